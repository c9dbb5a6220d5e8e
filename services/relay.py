"""The relay: what one process has read from PostgreSQL, the others take from Redis or Valkey.

What it is good for. Without it every API process asks PostgreSQL for the raid up to ten times a second, and up to
forty times while strikes come in: two small queries each. Up to a handful of processes that is nothing, and the
relay not worth its keep. With many, most of them serving followers and few of them strikes, PostgreSQL is asked by
those that strike, and once a second by each other one; and a process that has just started finds the raid's last
events here when its followers come back all at once.

What is in Redis, by the raid's seed hash, which is public and the raid's alone in any number of databases:

    worldthreat:<version>:events:<seed hash>   a stream: each event under the id ``<sequence>-0``, so that a second
                                               send is refused; the newest few thousand, for a week
    worldthreat:<version>:states               pub/sub: the newest state

What may happen to it: anything. PostgreSQL stays the truth, and nothing waits for Redis but a bounded moment. State
that is not newer than what is known is nothing; an event is taken only in an unbroken run; whatever is missing is
read from PostgreSQL, which is asked in any case once a second, and soon after each wake-up (services/wakeups.py)
that no newer state follows. A PostgreSQL that was set back to a backup wants its Redis flushed. Whoever can write
to this Redis can show followers a wrong state for a second, and can fake events: it belongs in the same safe
network as PostgreSQL.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from services.outage import Outage
from services.relay_codec import RELAY_VERSION, event_from_bytes, event_to_bytes, raid_from_bytes, raid_to_bytes
from services.views import Raid, RaidEvent

STATES = f"worldthreat:{RELAY_VERSION}:states"
STREAM_LENGTH = 4_096
STREAM_SECONDS = 7 * 24 * 3600
PATIENCE_SECONDS = 1.0
SILENCE_SECONDS = 2.0
SECOND_SEND = "equal or smaller"
"""What Redis and Valkey say to an id that the stream has already."""
CONNECTION_LOST = (RedisConnectionError, RedisTimeoutError, OSError, TimeoutError)

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _News:
    """What is to be sent of one raid: its newest state, and the events since the last sending."""

    raid: Raid
    events: deque[RaidEvent] = field(default_factory=lambda: deque(maxlen=STREAM_LENGTH))
    forget: bool = False


class Relay:
    """One per process: `start` it, `stop` it at the end."""

    def __init__(self, url: str) -> None:
        """`url`: redis://, rediss://, unix://, or the same as valkey:// and valkeys://."""
        self._client: Redis = Redis.from_url(
            url.replace("valkey", "redis", 1) if url.startswith("valkey") else url,
            protocol=2,
            retry=Retry(NoBackoff(), 0),  # tried again here, where it is known what that is worth
            socket_timeout=PATIENCE_SECONDS,
            socket_connect_timeout=PATIENCE_SECONDS,
            client_name="worldthreat",
        )
        self._up = False
        self._news: dict[str, _News] = {}
        self._stir = asyncio.Event()
        self._complaints: set[str] = set()
        self._on_state: Callable[[Raid], None] = lambda _raid: None
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, on_state: Callable[[Raid], None]) -> None:
        """`on_state` is called with every state that is told by any process, this one too."""
        self._on_state = on_state
        self._tasks = [
            asyncio.create_task(self._listen_forever(), name="relay: listening"),
            asyncio.create_task(self._send_forever(), name="relay: sending"),
        ]

    async def stop(self) -> None:
        waiting: set[asyncio.Task[None]] = set(self._tasks)
        while waiting:  # a cancellation can be lost in the client's own timeouts
            for task in waiting:
                task.cancel()
            _, waiting = await asyncio.wait(waiting, timeout=1.0)
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            await self._client.aclose()

    @property
    def is_up(self) -> bool:
        """Whether Redis would tell of other processes' news now."""
        return self._up

    def tell(self, raid: Raid, events: Sequence[RaidEvent]) -> None:
        """What was read from PostgreSQL, for the others: the newest state and the events that led there.

        Never waits. While Redis is away it is forgotten: the others read PostgreSQL too.
        """
        if self._up:
            news = self._news.setdefault(raid.seed_hash, _News(raid))
            news.raid = raid
            news.events.extend(events)
            self._stir.set()

    def forget(self, raid: Raid) -> None:
        """Redis has events of the raid that PostgreSQL does not have: they go."""
        if self._up:
            self._news[raid.seed_hash] = _News(raid, forget=True)
            self._stir.set()

    async def events(self, raid: Raid, *, after: int, upto: int) -> tuple[RaidEvent, ...]:
        """The raid's events up to `upto` in one unbroken run, at most from the one after `after` on.

        The run may begin later, and is empty when Redis does not have `upto`, or has no answer within a moment.
        """
        if not self._up or after >= upto:
            return ()
        try:
            found = await self._client.xrevrange(
                _stream(raid), max=f"{upto}-0", min=f"{after + 1}-0", count=min(upto - after, STREAM_LENGTH)
            )
            return _unbroken(raid.id, upto, cast("list[tuple[bytes, dict[bytes, bytes]]]", found))
        except (RedisError, OSError, TimeoutError, ValueError) as error:
            self._complain(error)
            return ()

    # Sending

    async def _send_forever(self) -> None:
        while True:
            await self._stir.wait()
            self._stir.clear()
            news, self._news = self._news, {}
            for each in news.values():
                try:
                    await self._send(each)
                except Exception as error:  # noqa: BLE001 - what was to be sent is lost: the others see the gap
                    self._complain(error)

    async def _send(self, news: _News) -> None:
        stream = _stream(news.raid)
        pipeline: Pipeline
        async with self._client.pipeline(transaction=False) as pipeline:
            if news.forget:
                pipeline.execute_command("DEL", stream)
            for event in news.events:
                entry_id, entry = f"{event.event.sequence}-0", event_to_bytes(event)
                pipeline.execute_command("XADD", stream, "MAXLEN", "~", STREAM_LENGTH, entry_id, "event", entry)
            pipeline.execute_command("EXPIRE", stream, STREAM_SECONDS)
            pipeline.execute_command("PUBLISH", STATES, raid_to_bytes(news.raid))
            answers = await cast("Awaitable[list[Any]]", pipeline.execute(raise_on_error=False))
        for answer in answers:
            if isinstance(answer, Exception) and SECOND_SEND not in str(answer):
                self._complain(answer)

    def _complain(self, error: Exception) -> None:
        """Each kind of refusal is told once. A lost connection is for the listener to tell."""
        kind = str(error).split(" ", 1)[0]
        if not isinstance(error, CONNECTION_LOST) and kind not in self._complaints:
            self._complaints.add(kind)
            log.warning("relay: Redis cannot be used as it should; followers do not notice", error=str(error))

    # Listening

    async def _listen_forever(self) -> None:
        outage = Outage("relay")
        while True:
            try:
                await self._listen(outage)
            except Exception as error:  # noqa: BLE001 - whatever it is, PostgreSQL is asked meanwhile
                self._up = False
                await asyncio.sleep(outage.note(error))
            finally:
                self._up = False

    async def _listen(self, outage: Outage) -> None:
        """Raises when Redis is away, or says nothing even when asked."""
        async with self._client.pubsub() as pubsub:
            await pubsub.subscribe(STATES)
            asked = False
            while True:
                message = await pubsub.get_message(timeout=SILENCE_SECONDS)
                if message is None:
                    if asked:
                        raise TimeoutError
                    await pubsub.ping()
                    asked = True
                    continue
                asked = False
                if message["type"] == "subscribe":
                    outage.end()
                    self._up = True
                elif message["type"] == "message":
                    self._hear(message["data"])

    def _hear(self, data: bytes) -> None:
        try:
            raid = raid_from_bytes(data)
        except ValueError as error:
            self._complain(error)
        else:
            self._on_state(raid)


def _stream(raid: Raid) -> str:
    return f"worldthreat:{RELAY_VERSION}:events:{raid.seed_hash}"


def _unbroken(raid_id: int, upto: int, newest_first: list[tuple[bytes, dict[bytes, bytes]]]) -> tuple[RaidEvent, ...]:
    """The entries as events, oldest first, back to the first gap."""
    run: list[RaidEvent] = []
    for entry_id, fields in newest_first:
        sequence = upto - len(run)
        if entry_id != b"%d-0" % sequence:
            break
        run.append(event_from_bytes(raid_id, sequence, fields.get(b"event", b"")))
    return tuple(reversed(run))
