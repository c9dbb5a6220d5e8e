"""The strike line: one queue and one writer per process; all that waits goes into one transaction.

The writer waits for nothing but work: while one batch commits, the next gathers. It locks the live raid's
row, which also orders it among other processes' writers, and only then takes what waits. A caller is answered
after the commit, never before.

    a refused strike            fails alone, its error is its answer
    a batch that fails          is tried again strike by strike
    a lost connection           is opened again; strikes whose commit is in doubt are looked up by their keys
    a database that stays away  OverloadedError: the strike may be tried again with the same key
    a full queue                OverloadedError at once
    a caller that goes away     does not cancel its strike
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import asyncpg
import structlog

from db.engine import Database
from db.queries import Connection, strike_reads
from services import metrics, views
from services.errors import OverloadedError, WorldThreatError
from services.raid_views import AcceptedStrike
from services.shelf import Shelf
from services.strike_batch import Answer, RaidDueError, StrikeBatch, Success

LARGEST_BATCH = 256
LONGEST_QUEUE = 4_096
PATIENCE_SECONDS = 10.0
RETRY_AFTER_MS = 1_000

CONNECTION_LOST = (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError)
"""What a killed backend, a restarting server or a cut line look like from here."""

DATABASE_AWAY = (
    *CONNECTION_LOST,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,  # connections, memory, disk
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class _Waiting:
    """`in_doubt`: the strike was accepted in a transaction before, whose commit may have succeeded unheard."""

    command: views.StrikeCommand
    answer: asyncio.Future[Success]
    since: float
    in_doubt: bool = False


class StrikeLine:
    """Start it once per process; `strike` may be called by any number of tasks."""

    def __init__(
        self,
        database: Database,
        shelf: Shelf,
        settle: Callable[[], Awaitable[None]],
        on_commit: Callable[[], None] = lambda: None,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        """`settle` starts and expires raids whose time has come; `on_commit` hears of every batch that wrote.

        A strike waits at most about `patience_seconds` for a database that is away.
        """
        self._database = database
        self._shelf = shelf
        self._settle = settle
        self._on_commit = on_commit
        self._patience_seconds = patience_seconds
        self._queue: deque[_Waiting] = deque()
        self._wake = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        self._writer = asyncio.create_task(self._write_forever(), name="strike line")

    async def stop(self) -> None:
        """Answers what waits, then ends. New strikes are refused as overload from now on."""
        self._stopping = True
        self._wake.set()
        if self._writer is not None:
            await self._writer
            self._writer = None

    @property
    def depth(self) -> int:
        """How many strikes wait."""
        return len(self._queue)

    async def strike(self, command: views.StrikeCommand) -> views.StrikeSuccess:
        """Puts a strike in line and waits for its answer.

        Raises:
            WorldThreatError: why the strike was refused.
            OverloadedError: the queue is full, or the database stays away.
        """
        if self._stopping or len(self._queue) >= LONGEST_QUEUE:
            raise OverloadedError(retry_after_ms=RETRY_AFTER_MS)
        waiting = _Waiting(command, asyncio.get_running_loop().create_future(), time.monotonic())
        self._queue.append(waiting)
        self._wake.set()
        success = await waiting.answer  # who stops waiting ends the waiting, not the strike
        return success.answer() if isinstance(success, AcceptedStrike) else success

    async def _write_forever(self) -> None:
        while not (self._stopping and not self._queue):
            try:
                async with self._database.driver_connection() as connection:
                    await self._write_while_connected(connection)
            except DATABASE_AWAY as error:
                log.warning("strike line: database away", error=type(error).__name__, waiting=len(self._queue))
                await self._wait_for_database()
            except Exception:
                log.exception("strike line: unexpected failure", waiting=len(self._queue))
                await self._wait_for_database()

    async def _wait_for_database(self) -> None:
        """Refuses who has waited too long, all when stopping; the others keep their place."""
        patience = 0.0 if self._stopping else self._patience_seconds
        while self._queue and time.monotonic() - self._queue[0].since >= patience:
            _fail(self._queue.popleft(), OverloadedError(retry_after_ms=RETRY_AFTER_MS))
        await asyncio.sleep(0.1)

    async def _write_while_connected(self, connection: Connection) -> None:
        while True:
            if not self._queue:
                if self._stopping:
                    return
                self._wake.clear()
                await self._wake.wait()
                continue
            await self._write_batch(connection)

    async def _write_batch(self, connection: Connection) -> None:
        """One transaction. What it took and did not answer stands in line again, in its old order."""
        batch: list[_Waiting] = []
        try:
            await self._commit(connection, batch, LARGEST_BATCH)
        except RaidDueError:
            self._put_back(batch)
            await self._settle()
        except DATABASE_AWAY:
            self._put_back(batch)
            raise
        except Exception:
            if not batch:
                raise
            log.exception("strike line: a batch failed, its strikes are tried one by one", strikes=len(batch))
            await self._write_singly(connection, batch)

    async def _write_singly(self, connection: Connection, batch: list[_Waiting]) -> None:
        for position, waiting in enumerate(batch):
            try:
                await self._commit(connection, [], 1, only=waiting)
            except RaidDueError:
                self._put_back(batch[position:])
                await self._settle()
                return
            except DATABASE_AWAY:
                self._put_back(batch[position:])
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, it is this caller's answer, and masked there
                _fail(waiting, error)

    def _put_back(self, batch: list[_Waiting]) -> None:
        self._queue.extendleft(reversed(batch))

    async def _commit(
        self,
        connection: Connection,
        batch: list[_Waiting],
        limit: int,
        only: _Waiting | None = None,
    ) -> None:
        """Locks the raid, takes what waits into `batch` (or just `only`), judges, commits, answers."""
        async with connection.transaction():
            raid = await strike_reads.lock_live_raid(connection)
            if await strike_reads.is_raid_due(connection):
                raise RaidDueError
            if only is not None:
                batch.append(only)
            while self._queue and only is None and len(batch) < limit:
                batch.append(self._queue.popleft())
            answers = await StrikeBatch(connection, self._shelf, raid).strike_all([each.command for each in batch])
            accepted = [waiting for waiting, answer in zip(batch, answers, strict=True) if _is_accepted_now(answer)]
            for waiting in accepted:
                waiting.in_doubt = True  # until the commit is heard of
        for waiting, answer in zip(batch, answers, strict=True):
            _give(waiting, answer)
        metrics.BATCH_SIZE.observe(len(batch) or 1)
        if accepted:
            self._on_commit()


def _is_accepted_now(answer: Answer) -> bool:
    """Whether this transaction wrote the strike: it was neither refused nor accepted before."""
    return isinstance(answer, AcceptedStrike) and not answer.replayed


def _give(waiting: _Waiting, answer: Answer) -> None:
    if isinstance(answer, WorldThreatError):
        _fail(waiting, answer)
    elif not waiting.answer.done():
        # Found by its key after a commit in doubt: it was this very strike, not a second one.
        mine = waiting.in_doubt and answer.replayed
        waiting.answer.set_result(replace(answer, replayed=False) if mine else answer)


def _fail(waiting: _Waiting, error: Exception) -> None:
    if not waiting.answer.done():
        waiting.answer.set_exception(error)
        with contextlib.suppress(asyncio.CancelledError):
            waiting.answer.exception()  # a caller that went away does not leave an unheard error behind
