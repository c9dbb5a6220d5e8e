"""An open loop: every player's first strike at its own moment, whatever the server does, in a process of its own.

    python -m bench.load.rush_load JOB

JOB is a file of JSON with the fields of `Job`; one line of JSON comes back, the fields of `Told`. The moments are drawn
uniformly beforehand. A strike's wait begins at its moment, also when no connection was free then. Overload is answered
by the same strike with the same key after `retryAfterMs`, a lost connection after a second.
"""

import asyncio
import dataclasses
import random
import sys
import time
from collections import Counter, deque
from dataclasses import dataclass
from pathlib import Path

import orjson
import uvloop

from bench.kit.crowd import Crowd
from bench.kit.processes import allow_open_files
from bench.load.strike_requests import StrikeRequests, read_answer
from bench.load.wire import Wire

SUCCESS, OVERLOADED = "ExecuteStrikeSuccess", "Overloaded"
LOST_RETRY_SECONDS = 1.0
TICK_SECONDS = 0.001
BUCKET_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Job:
    """Every player of the crowd strikes within `seconds`; who is not answered `patience_seconds` later is lost."""

    port: int
    seconds: float
    patience_seconds: float
    most_connections: int
    crowd: dict[str, int]
    team_size: int
    key_prefix: str
    tokens: list[str]
    seed: int


@dataclass(frozen=True, slots=True)
class Told:
    """Milliseconds of accepted strikes: `p50_ms` and `p99_ms` of the attempt that was accepted, from the moment it was
    due; `until_accepted_p99_ms` from the strike's first moment, all retries included. `timeline` has
    [seconds, accepted, p99 ms] for each ten seconds.
    """

    accepted: int
    damage: int
    lost: int
    overloads: int
    overloaded_strikes: int
    reconnected: int
    replayed: int
    refused: dict[str, int]
    seconds: float
    p50_ms: float
    p99_ms: float
    slowest_ms: float
    until_accepted_p99_ms: float
    behind_p99_ms: float
    connections: int
    client_cpu_seconds: float
    timeline: list[tuple[float, int, float]]


class Rush:
    def __init__(self, job: Job) -> None:
        self._job = job
        self._requests = StrikeRequests(Crowd(**job.crowd), job.team_size, job.key_prefix, job.tokens)
        players = job.crowd["players"]
        draw = random.Random(job.seed)
        self._moments = sorted(draw.uniform(0, job.seconds) for _ in range(players))
        self._due: list[float] = self._moments[:]
        self._free: list[Wire] = []
        self._backlog: deque[int] = deque()
        self._asking: dict[Wire, int] = {}
        self._connections = 0
        self._start = 0.0
        self._waits: list[tuple[float, float, float]] = []
        self._behind: list[float] = []
        self._left = players
        self._done = asyncio.Event()
        self._refused: Counter[str] = Counter()
        self._damage = self._overloads = self._reconnected = self._replayed = 0
        self._overloaded: set[int] = set()

    async def run(self) -> Told:
        cpu, self._start = time.process_time(), time.perf_counter()
        number = 0
        while number < len(self._moments):
            now = time.perf_counter() - self._start
            while number < len(self._moments) and self._moments[number] <= now:
                self._ask(number)
                number += 1
            await asyncio.sleep(TICK_SECONDS)
        try:
            async with asyncio.timeout(self._job.patience_seconds):
                await self._done.wait()
        except TimeoutError:
            pass  # who is left is told as lost
        return self._told(time.perf_counter() - self._start, time.process_time() - cpu)

    def _ask(self, number: int) -> None:
        """On a free connection; on a new one when there is none; later when there may be no more."""
        while self._free:
            wire = self._free.pop()
            if wire.is_open:
                self._send(wire, number)
                return
        self._backlog.append(number)
        if self._connections < self._job.most_connections:
            self._connections += 1
            asyncio.get_running_loop().create_task(self._connect()).add_done_callback(self._connected)

    async def _connect(self) -> Wire:
        _, wire = await asyncio.get_running_loop().create_connection(
            lambda: Wire(self._answered, self._lost), "127.0.0.1", self._job.port
        )
        return wire

    def _connected(self, connecting: "asyncio.Task[Wire]") -> None:
        if connecting.exception() is not None:  # the server's queue of new connections is full: those that are must do
            self._connections -= 1
            asyncio.get_running_loop().call_later(LOST_RETRY_SECONDS, self._try_backlog)
            return
        self._rest(connecting.result())

    def _try_backlog(self) -> None:
        if self._backlog:
            self._ask(self._backlog.popleft())

    def _rest(self, wire: Wire) -> None:
        if self._backlog:
            self._send(wire, self._backlog.popleft())
        else:
            self._free.append(wire)

    def _send(self, wire: Wire, number: int) -> None:
        self._behind.append(time.perf_counter() - self._start - self._due[number])
        self._asking[wire] = number
        wire.send(self._requests.request(number))

    def _answered(self, wire: Wire, status: int, body: bytes) -> None:
        now, number = time.perf_counter() - self._start, self._asking.pop(wire)
        answer = read_answer(status, body)
        if answer.kind == SUCCESS:
            self._waits.append((now, now - self._due[number], now - self._moments[number]))
            self._damage += answer.damage
            self._replayed += answer.replayed
            self._finish_one()
        elif answer.kind == OVERLOADED or status == 503:
            self._overloads += 1
            self._overloaded.add(number)
            self._again(number, answer.retry_after_ms / 1000 or LOST_RETRY_SECONDS)
        else:
            self._refused[answer.kind] += 1
            self._finish_one()
        self._rest(wire)

    def _again(self, number: int, seconds: float) -> None:
        self._due[number] = time.perf_counter() - self._start + seconds
        asyncio.get_running_loop().call_later(seconds, self._ask, number)

    def _lost(self, wire: Wire) -> None:
        self._connections -= 1
        number = self._asking.pop(wire, None)
        if number is not None:
            self._reconnected += 1
            self._again(number, LOST_RETRY_SECONDS)

    def _finish_one(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._done.set()

    def _told(self, seconds: float, cpu: float) -> Told:
        attempts = sorted(wait for _, wait, _ in self._waits)
        totals = sorted(total for _, _, total in self._waits)
        buckets: dict[int, list[float]] = {}
        for at, wait, _ in self._waits:
            buckets.setdefault(int(at // BUCKET_SECONDS), []).append(wait)
        return Told(
            accepted=len(self._waits),
            damage=self._damage,
            lost=self._left,
            overloads=self._overloads,
            overloaded_strikes=len(self._overloaded),
            reconnected=self._reconnected,
            replayed=self._replayed,
            refused=dict(self._refused),
            seconds=round(seconds, 1),
            p50_ms=_at(attempts, 0.5),
            p99_ms=_at(attempts, 0.99),
            slowest_ms=_at(attempts, 1.0),
            until_accepted_p99_ms=_at(totals, 0.99),
            behind_p99_ms=_at(sorted(self._behind), 0.99),
            connections=self._connections,
            client_cpu_seconds=round(cpu, 1),
            timeline=[
                (bucket * BUCKET_SECONDS, len(waits), _at(sorted(waits), 0.99))
                for bucket, waits in sorted(buckets.items())
            ],
        )


def _at(waits: list[float], share: float) -> float:
    return round(waits[min(len(waits) - 1, int(len(waits) * share))] * 1000, 1) if waits else 0.0


def main() -> None:
    job = Job(**orjson.loads(Path(sys.argv[1]).read_bytes()))
    allow_open_files(job.most_connections + 50)
    told = uvloop.run(Rush(job).run())
    sys.stdout.write(orjson.dumps(dataclasses.asdict(told)).decode() + "\n")


if __name__ == "__main__":
    main()
