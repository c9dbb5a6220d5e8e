"""Thousands of WebSocket subscribers in one process, told what to do on stdin: a JSON command a line, an answer each.

    connect {port, count, query, variables}       subscribe `count` more; answers when each has its first state
    stall {count, port, query, variables}         subscribe `count` that read nothing after their first state
    measure {}                                    from here on count what arrives
    release {}                                    the stalled read again; answers with how many messages had waited
    finish {commits, patience}                    wait until everybody has the newest event of `commits`
                                                  ({sequence: unix seconds}); answers with what arrived
    storm {port, patience}                        cut everybody off and subscribe again, all at once, each from
                                                  the last sequence it has seen

A subscriber holds its events against the sequence it expects next: what is left out or told twice is counted.
"""

import asyncio
import gc
import socket
import sys
import time
import uuid
from array import array
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any

import orjson
import picows
import uvloop

from bench.kit.processes import allow_open_files

PROTOCOL = "graphql-transport-ws"
CONNECTING_AT_ONCE = 256
CONNECT_SECONDS = 60.0
STALLED_BUFFER_BYTES = 4096
RELEASED_SECONDS = 5.0
INIT = b'{"type":"connection_init"}'


@dataclass(frozen=True, slots=True)
class Told:
    """What one frame says: the sequence of its state, and the first and last of its events (0: none)."""

    sequence: int
    first: int
    last: int
    events: int
    strikes: int


@dataclass(slots=True)
class Tally:
    """What all subscribers have seen since `measure`. `arrivals` are told[place] at unix times, frame by frame."""

    told: list[Told] = field(default_factory=list)
    places: "array[int]" = field(default_factory=lambda: array("l"))
    times: "array[float]" = field(default_factory=lambda: array("d"))
    missed: int = 0
    repeated: int = 0
    frames: int = 0
    frame_bytes: int = 0
    closed: dict[str, int] = field(default_factory=dict)
    errors: dict[str, int] = field(default_factory=dict)


class Crowd:
    """All subscribers of this process."""

    def __init__(self) -> None:
        self.subscribers: list[Subscriber] = []
        self.stalled: list[Stalled] = []
        self.tally = Tally()
        self.measuring = False
        self._known: dict[bytes, int] = {}

    def place_of(self, body: bytes) -> int:
        """The place in ``tally.told`` of what this body says: equal bodies are read once."""
        place = self._known.get(body)
        if place is None:
            place = self._known[body] = len(self.tally.told)
            self.tally.told.append(_read(body))
        return place

    def forget(self) -> None:
        self._known.clear()
        self.tally = Tally()

    def error(self, what: str) -> None:
        self.tally.errors[what] = self.tally.errors.get(what, 0) + 1


def _read(body: bytes) -> Told:
    (answer,) = orjson.loads(body[:-1])["data"].values()
    events = [event["sequence"] for event in answer.get("events", ())]
    strikes = answer["raid"]["totals"]["strikes"] if "raid" in answer else 0
    if any(later != earlier + 1 for earlier, later in pairwise(events)):
        raise ValueError(f"the events of one message do not follow each other: {events}")
    return Told(answer["sequence"], events[0] if events else 0, events[-1] if events else 0, len(events), strikes)


class Subscriber(picows.WSListener):
    """One connection with one subscription."""

    __slots__ = (
        "_acknowledged",
        "_body_at",
        "_crowd",
        "_query",
        "_variables",
        "has_state",
        "is_cut",
        "last",
        "transport",
    )

    def __init__(self, crowd: Crowd, query: str, variables: dict[str, Any], last: int | None) -> None:
        self._crowd = crowd
        self._query = query
        self._variables = variables
        self._acknowledged = False
        self._body_at = 0
        self.has_state = False
        self.is_cut = False
        self.last = last
        self.transport: Any = None

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self.transport = transport
        transport.send(picows.WSMsgType.TEXT, INIT)

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        if not self.is_cut:
            said = getattr(transport.close_handshake, "recv", None)  # None for a peer that said nothing
            name = "cut off" if said is None else str(getattr(said.code, "value", said.code))
            self._crowd.tally.closed[name] = self._crowd.tally.closed.get(name, 0) + 1

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type is not picows.WSMsgType.TEXT:
            if frame.msg_type is picows.WSMsgType.PING:
                transport.send_pong(frame.get_payload_as_bytes())
            elif frame.msg_type is picows.WSMsgType.CLOSE:
                transport.send_close(frame.get_close_code())
                transport.disconnect()
            return
        text = frame.get_payload_as_bytes()
        if self._body_at:
            self._take(text)
        elif not self._acknowledged:
            self._acknowledge(transport, text)
        else:
            self._body_at = text.find(b'"payload":') + len(b'"payload":')
            self._take(text)

    def _acknowledge(self, transport: picows.WSTransport, text: bytes) -> None:
        if b'"connection_ack"' not in text:
            return
        self._acknowledged = True
        variables = self._variables if self.last is None else {**self._variables, "after": self.last}
        transport.send(
            picows.WSMsgType.TEXT,
            orjson.dumps(
                {
                    "id": str(uuid.uuid4()),
                    "type": "subscribe",
                    "payload": {"query": self._query, "variables": variables},
                }
            ),
        )

    def _take(self, text: bytes) -> None:
        crowd = self._crowd
        if b'"type":"next"' not in text[:80]:
            crowd.error(text[:160].decode(errors="replace"))
            return
        try:
            place = crowd.place_of(text[self._body_at :])
        except (ValueError, KeyError, TypeError) as error:
            crowd.error(f"{error!r}: {text[:160].decode(errors='replace')}")
            return
        told = crowd.tally.told[place]
        self.has_state = True
        if self.last is not None and told.events:
            if told.first > self.last + 1:
                crowd.tally.missed += told.first - self.last - 1
            elif told.first <= self.last:
                crowd.tally.repeated += self.last + 1 - told.first
        self.last = told.sequence
        if crowd.measuring:
            crowd.tally.places.append(place)
            crowd.tally.times.append(time.time())
            crowd.tally.frames += 1
            crowd.tally.frame_bytes += len(text)


class Stalled(Subscriber):
    """Reads nothing more once it has its first state, until it is `released`."""

    __slots__ = ("frames", "released")

    def __init__(self, crowd: Crowd, query: str, variables: dict[str, Any], last: int | None) -> None:
        super().__init__(crowd, query, variables, last)
        self.frames = 0
        self.released = False

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        """It is meant to be closed, sooner or later."""

    def _take(self, _text: bytes) -> None:
        self.frames += 1
        self.has_state = True
        if not self.released:
            self.transport.underlying_transport.pause_reading()

    def release(self) -> None:
        self.released = True
        if not self.transport.is_disconnected:
            self.transport.underlying_transport.resume_reading()


def _small_socket(_url: picows.WSParsedURL) -> socket.socket:
    """Its kernel keeps little for who does not read."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, STALLED_BUFFER_BYTES)
    made.setblocking(False)  # noqa: FBT003 - the library's own signature
    return made


async def _connect(make: Any, port: int, *, stalled: bool) -> Subscriber:
    _, listener = await picows.ws_connect(
        make,
        f"ws://127.0.0.1:{port}/graphql",
        extra_headers={"Sec-WebSocket-Protocol": PROTOCOL},
        websocket_handshake_timeout=CONNECT_SECONDS,
        enable_auto_pong=False,
        socket_factory=_small_socket if stalled else None,
    )
    if not isinstance(listener, Subscriber):
        raise TypeError(listener)
    return listener


async def _connect_all(
    crowd: Crowd, makers: list[Any], port: int, at_once: int, *, stalled: bool = False
) -> list[Subscriber]:
    gate = asyncio.Semaphore(at_once)

    async def one(make: Any) -> Subscriber | None:
        async with gate:
            try:
                return await _connect(make, port, stalled=stalled)
            except (OSError, TimeoutError, picows.WSError) as error:
                crowd.error(f"connecting: {type(error).__name__}")
                return None

    found = await asyncio.gather(*(one(make) for make in makers))
    return [subscriber for subscriber in found if subscriber is not None]


async def _until(done: Any, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while not done():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.005)
    return True


async def subscribe(crowd: Crowd, command: dict[str, Any], kind: type[Subscriber] = Subscriber) -> dict[str, Any]:
    make = partial(kind, crowd, command["query"], command.get("variables") or {}, None)
    started = time.monotonic()
    found = await _connect_all(
        crowd, [make] * command["count"], command["port"], CONNECTING_AT_ONCE, stalled=kind is Stalled
    )
    await _until(lambda: all(one.has_state for one in found), CONNECT_SECONDS)
    for one in found:
        if isinstance(one, Stalled):
            crowd.stalled.append(one)
        else:
            crowd.subscribers.append(one)
    return {
        "connected": len(found),
        "with_state": sum(one.has_state for one in found),
        "seconds": round(time.monotonic() - started, 3),
        "errors": crowd.tally.errors,
    }


async def storm(crowd: Crowd, command: dict[str, Any]) -> dict[str, Any]:
    """Everybody is cut off at one moment and comes back at the next, without waiting for one another."""
    old = crowd.subscribers
    for one in old:
        one.is_cut = True
        one.transport.disconnect(graceful=False)
    await asyncio.sleep(0)
    makers = [partial(Subscriber, crowd, one._query, one._variables, one.last) for one in old]  # noqa: SLF001 - our own
    missed, repeated = crowd.tally.missed, crowd.tally.repeated
    started = time.monotonic()
    crowd.subscribers = await _connect_all(crowd, makers, command["port"], len(makers))
    connected = time.monotonic() - started
    await _until(lambda: all(one.has_state for one in crowd.subscribers), command["patience"])
    seconds = time.monotonic() - started
    return {
        "with_state": sum(one.has_state for one in crowd.subscribers),
        "connected_seconds": round(connected, 3),
        "seconds": round(seconds, 3),
        "missed": crowd.tally.missed - missed,
        "repeated": crowd.tally.repeated - repeated,
        "errors": crowd.tally.errors,
        "closed": crowd.tally.closed,
    }


async def release(crowd: Crowd) -> dict[str, Any]:
    before = [one.frames for one in crowd.stalled]
    for one in crowd.stalled:
        one.release()
    await asyncio.sleep(RELEASED_SECONDS)
    waited = sorted(one.frames - frames for one, frames in zip(crowd.stalled, before, strict=True))
    return {"messages_waited": waited[len(waited) // 2]}


def measure(crowd: Crowd) -> dict[str, Any]:
    crowd.forget()
    crowd.measuring = True
    gc.collect()
    gc.freeze()
    return {}


async def finish(crowd: Crowd, command: dict[str, Any]) -> dict[str, Any]:
    commits = {int(sequence): at for sequence, at in command["commits"].items()}
    strikes = {int(number): at for number, at in command.get("strikes", {}).items()}
    newest = max(commits, default=0)
    await _until(lambda: all((one.last or 0) >= newest for one in crowd.subscribers), command["patience"])
    crowd.measuring = False
    tally = crowd.tally
    behind = sum(max(0, newest - (one.last or 0)) for one in crowd.subscribers)
    waits: list[float] = []
    ages: list[float] = []
    events = 0
    for place, at in zip(tally.places, tally.times, strict=True):
        told = tally.told[place]
        events += told.events
        waits += [at - commits[sequence] for sequence in range(told.first, told.last + 1) if sequence in commits]
        if told.strikes in strikes:
            ages.append(at - strikes[told.strikes])
    return {
        "frames": tally.frames,
        "events": events,
        "missing": tally.missed + behind,
        "repeated": tally.repeated,
        "frame_bytes": round(tally.frame_bytes / tally.frames) if tally.frames else 0,
        "seconds": round(max(tally.times) - min(tally.times), 3) if tally.times else 0.0,
        "commit_to_receipt_ms": quantiles(waits),
        "state_age_ms": quantiles(ages),
        "closed": tally.closed,
        "errors": tally.errors,
    }


def quantiles(seconds: list[float]) -> dict[str, float]:
    """p50, p99 and the largest, in milliseconds."""
    if not seconds:
        return {}
    ordered = sorted(seconds)
    return {
        name: round(ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000, 1)
        for name, part in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))
    }


async def main() -> None:
    allow_open_files(int(sys.argv[1]))
    crowd = Crowd()
    loop = asyncio.get_running_loop()
    gc.disable()  # thousands of listeners: a collection would be taken for the server's delay
    while line := await loop.run_in_executor(None, sys.stdin.buffer.readline):
        command = orjson.loads(line)
        match command["do"]:
            case "connect":
                answer = await subscribe(crowd, command)
            case "stall":
                answer = await subscribe(crowd, command, Stalled)
            case "measure":
                answer = measure(crowd)
            case "finish":
                answer = await finish(crowd, command)
            case "release":
                answer = await release(crowd)
            case "storm":
                answer = await storm(crowd, command)
            case unknown:
                raise ValueError(unknown)
        cpu = time.process_time()
        sys.stdout.buffer.write(orjson.dumps({**answer, "client_cpu_seconds": round(cpu, 2)}) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    uvloop.run(main())
