"""The strike line: one queue and one writer per process; all that waits is written by one statement.

While one batch is on its way to the database, the next one is read up and judged by what the first will leave: the
database and this process work at the same time, and nothing waits for nothing. A batch is written under the live
raid's lock, which also orders it among other processes' writers, and only if it finds the raid there as it was judged
by; where somebody else has moved the raid meanwhile, it is judged anew, under the lock. While others keep moving it,
nothing is judged ahead. A caller is answered after the commit, never before.

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
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import asyncpg
import structlog

from db.engine import Database
from db.queries import Connection, strike_reads
from db.rows import RaidRow
from services import metrics, views
from services.errors import OverloadedError, WorldThreatError
from services.raid_views import AcceptedStrike
from services.shelf import Shelf
from services.strike_batch import Answer, StrikeBatch
from services.strike_books import is_written_at_once, prepare_books, write_books
from services.strike_facts import Changes, read_facts
from services.strike_flight import Flight, Waiting, accepted_now, believe, doubt

LARGEST_BATCH = 128
WORTH_JUDGING_AHEAD = 32
"""Fewer strikes than that wait until the batch before is written: they may become more."""
LONGEST_LOCK_WAIT_SECONDS = 0.25
"""Whoever waited longer reads the clock again, and takes along who came meanwhile."""
LONGEST_QUEUE = 4_096
PATIENCE_SECONDS = 10.0
RETRY_AFTER_MS = 1_000

CONNECTION_LOST = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # of a line on which the server has said goodbye, and which is not closed yet
)
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


class RaidDueError(Exception):
    """A raid must start or expire before any strike can be judged."""


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
        self._queue: deque[Waiting] = deque()
        self._unanswered = 0
        self._wake = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._stopping = False
        self._left: RaidRow | None = None  # as this line's last batch left the live raid
        self._alone = True  # nobody else has moved it between this line's last two batches

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
        """How many strikes wait for their answer."""
        return self._unanswered

    async def strike(self, command: views.StrikeCommand) -> views.StrikeSuccess:
        """Puts a strike in line and waits for its answer.

        Raises:
            WorldThreatError: why the strike was refused.
            OverloadedError: the queue is full, or the database stays away.
        """
        if self._stopping or self._unanswered >= LONGEST_QUEUE:
            raise OverloadedError(retry_after_ms=RETRY_AFTER_MS)
        waiting = Waiting(command, asyncio.get_running_loop().create_future(), time.monotonic())
        self._unanswered += 1
        self._queue.append(waiting)
        self._wake.set()
        return await waiting.answer  # who stops waiting ends the waiting, not the strike

    # The writer

    async def _write_forever(self) -> None:
        while not (self._stopping and not self._queue):
            try:
                async with (
                    self._database.driver_connection(planned_once=True) as writer,
                    self._database.driver_connection(planned_once=True) as reader,
                ):
                    await self._write_while_connected(writer, reader)
            except DATABASE_AWAY as error:
                log.warning("strike line: database away", error=type(error).__name__, waiting=self._unanswered)
                await self._wait_for_database()
            except Exception:
                log.exception("strike line: unexpected failure", waiting=self._unanswered)
                await self._wait_for_database()

    async def _wait_for_database(self) -> None:
        """Refuses who has waited too long, all when stopping; the others keep their place."""
        patience = 0.0 if self._stopping else self._patience_seconds
        while self._queue and time.monotonic() - self._queue[0].since >= patience:
            self._fail(self._queue.popleft(), OverloadedError(retry_after_ms=RETRY_AFTER_MS))
        await asyncio.sleep(0.1)

    async def _write_while_connected(self, writer: Connection, reader: Connection) -> None:
        """Until it has to stop and all is answered. Raises what the database refuses, with nothing on its way."""
        ahead: Flight | None = None
        while True:
            try:
                await self._until_worth_judging(ahead)
            except BaseException:
                if ahead is not None:
                    await self._land(ahead)
                raise
            if ahead is not None and ahead.has_landed:
                await self._land(ahead)
                ahead = None
            elif self._queue:
                ahead = await self._follow(writer, reader, ahead)
            else:
                return

    async def _until_worth_judging(self, flight: Flight | None) -> None:
        """Until enough strikes wait: one with nothing on the way, else some, or until what is on the way has landed."""
        while True:
            if flight is None:
                if self._queue or self._stopping:
                    return
            elif flight.has_landed or (flight.judged is not None and len(self._queue) >= WORTH_JUDGING_AHEAD):
                return
            self._wake.clear()
            await self._wake.wait()

    async def _follow(self, writer: Connection, reader: Connection, ahead: Flight | None) -> Flight | None:
        """Sends what waits after `ahead`, judged before that one has landed; None when it stands in line again."""
        if not self._alone:
            if ahead is not None:
                await self._land(ahead)
            return self._send(writer, Flight([]))
        following = Flight(self._take(LARGEST_BATCH if ahead is not None else self._half()))
        if ahead is not None:
            ahead.followed = True
        try:
            following.judged = await self._judge_ahead(reader, following.strikes, ahead)
        except DATABASE_AWAY:
            self._put_back(following.strikes)
            if ahead is not None:
                await self._land(ahead)
            raise
        except Exception:
            log.exception(
                "strike line: a batch failed, its strikes are tried one by one", strikes=len(following.strikes)
            )
            following.singly = True
        if ahead is not None and not await self._land(ahead, following.strikes):
            return None
        return self._send(writer, following)

    def _send(self, writer: Connection, flight: Flight) -> Flight:
        flight.task = asyncio.create_task(self._fly(writer, flight), name="strike batch")
        flight.task.add_done_callback(lambda _task: self._wake.set())
        return flight

    async def _land(self, flight: Flight, behind: Sequence[Waiting] = ()) -> bool:
        """Waits until the batch is written; whether it is as it was judged.

        If not, what of it has no answer stands in line again, and so does `behind`, which was judged after it.
        """
        holds = due = False
        try:
            holds = flight.task is not None and await flight.task
        except RaidDueError:
            due = True
        finally:
            if not holds:
                self._put_back(behind)
                self._put_back([waiting for waiting in flight.strikes if not waiting.settled])
        if due:
            await self._settle()
        return holds

    def _half(self) -> int:
        """Of those who wait together, so that the others can follow: answered together, all would come together again,
        and the database would wait for them, and they for it.
        """
        return min(LARGEST_BATCH, max(WORTH_JUDGING_AHEAD, len(self._queue) // 2))

    def _take(self, most: int) -> list[Waiting]:
        return [self._queue.popleft() for _ in range(min(most, len(self._queue)))]

    def _put_back(self, strikes: Sequence[Waiting]) -> None:
        self._queue.extendleft(reversed(strikes))

    # A batch

    async def _fly(self, connection: Connection, flight: Flight) -> bool:
        """Writes the batch and answers it; whether just as it was judged."""
        if not flight.singly:
            try:
                return await self._write_at_once(connection, flight) or await self._commit(connection, flight)
            except (RaidDueError, *DATABASE_AWAY):
                raise
            except Exception:
                if not flight.strikes:
                    raise
                strikes = len(flight.strikes)
                log.exception("strike line: a batch failed, its strikes are tried one by one", strikes=strikes)
        for waiting in flight.strikes:
            try:
                await self._commit(connection, Flight([waiting], followed=True))
            except (RaidDueError, *DATABASE_AWAY):
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, it is this caller's answer, and masked there
                self._fail(waiting, error)
        return False

    async def _write_at_once(self, connection: Connection, flight: Flight) -> bool:
        """One statement that locks, looks, writes and commits, if it takes no more; then answers.

        False when it was judged by a raid that somebody else has moved, or whose time is over: nothing is written.
        """
        judged = flight.judged
        if judged is None or not is_written_at_once(judged):
            return False
        accepted = accepted_now(flight.strikes, judged)
        doubted = doubt(accepted)
        try:
            self._alone = await write_books(connection, judged)
        except DATABASE_AWAY:
            raise
        except Exception:
            believe(doubted)  # the server said no
            raise
        if self._alone:
            self._answer_all(flight.strikes, judged, accepted)
        else:
            believe(doubted)
        return self._alone

    async def _commit(self, connection: Connection, flight: Flight) -> bool:
        """One transaction: locks the raid, judges unless what was judged ahead holds, writes, commits; then answers."""
        judged, strikes = flight.judged, flight.strikes
        async with connection.transaction():
            asked_at = time.monotonic()
            raid, due = await strike_reads.lock_raid_to_strike(connection)
            if due:
                raise RaidDueError
            waited = time.monotonic() - asked_at
            self._alone = raid == (self._left if judged is None else judged.facts.raid)
            holds = self._alone and judged is not None and waited < LONGEST_LOCK_WAIT_SECONDS
            if judged is None or not holds:
                if not flight.followed:
                    self._put_back(strikes)
                    strikes[:] = self._take(LARGEST_BATCH)
                judged = await self._judge(connection, strikes, raid, gives_way=False)
            if not await write_books(connection, judged):
                raise LookupError("a raid that is locked is as it was judged by")
            accepted = accepted_now(strikes, judged)
            doubt(accepted)  # until the commit is heard of
        self._answer_all(strikes, judged, accepted)
        return holds

    def _answer_all(self, strikes: Sequence[Waiting], judged: StrikeBatch, accepted: Sequence[Waiting]) -> None:
        """After the commit."""
        self._left = judged.row_after
        for waiting in strikes:
            self._settle_one(waiting)
        # Not at once: a hundred callers who wake first would keep the batch that follows from being sent.
        loop = asyncio.get_running_loop()
        loop.call_soon(loop.call_soon, self._give, tuple(strikes), judged.answers)
        metrics.BATCH_SIZE.observe(len(strikes) or 1)
        if accepted:
            self._on_commit()

    async def _judge_ahead(self, reader: Connection, strikes: Sequence[Waiting], ahead: Flight | None) -> StrikeBatch:
        """By what `ahead` will leave; with nothing on the way by what is there."""
        if ahead is None or ahead.judged is None:
            judged = await self._judge(reader, strikes, await strike_reads.live_raid(reader))
        else:
            judged = await self._judge(reader, strikes, ahead.judged.row_after, ahead.judged.changes)
        prepare_books(judged)
        return judged

    async def _judge(
        self,
        connection: Connection,
        strikes: Sequence[Waiting],
        raid: RaidRow | None,
        changes: Changes | None = None,
        *,
        gives_way: bool = True,
    ) -> StrikeBatch:
        commands = [waiting.command for waiting in strikes]
        batch = StrikeBatch(await read_facts(connection, self._shelf, commands, raid, changes))
        await batch.judge(commands, gives_way=gives_way)
        return batch

    # Answers

    def _give(self, strikes: Sequence[Waiting], answers: Sequence[Answer]) -> None:
        """All answers are made here, one after the other, before any caller wakes: it is a third quicker so."""
        for waiting, answer in zip(strikes, answers, strict=True):
            if isinstance(answer, WorldThreatError):
                self._fail(waiting, answer)
            elif not waiting.answer.done():
                # Found by its key after a commit in doubt: it was this very strike, not a second one.
                mine = waiting.in_doubt and answer.replayed
                told = replace(answer, replayed=False) if mine else answer
                try:
                    waiting.answer.set_result(told.answer() if isinstance(told, AcceptedStrike) else told)
                except Exception as error:  # noqa: BLE001 - it is this caller's answer, and nobody else's
                    self._fail(waiting, error)

    def _fail(self, waiting: Waiting, error: Exception) -> None:
        self._settle_one(waiting)
        if not waiting.answer.done():
            waiting.answer.set_exception(error)
            with contextlib.suppress(asyncio.CancelledError):
                waiting.answer.exception()  # a caller that went away does not leave an unheard error behind

    def _settle_one(self, waiting: Waiting) -> None:
        """Whatever happens to the line now, it has its answer, or is about to hear it."""
        if not waiting.settled:
            waiting.settled = True
            self._unanswered -= 1
