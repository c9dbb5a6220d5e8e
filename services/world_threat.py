"""The service: every use case of a raid, by the name its users know it by.

It asks who may, then hands over: strikes to the strike line, questions to the readers; what admins do lies on
its `desk`, who wants to be told when they may strike again in its `reminders`. One `WorldThreatService` per process;
`start` it before the first strike, `stop` it at the end.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence

import structlog

from db.engine import Database
from services import metrics, permissions, views
from services.accounting import AccountingWatch
from services.admin_desk import AdminDesk
from services.errors import InvalidInputError
from services.feed import RaidFeed
from services.outage import Outage
from services.outages import is_database_away
from services.planning import StrikePlanner
from services.player_book import PlayerBook
from services.raid_administration import RaidAdministration
from services.raid_reader import RaidReader
from services.readings import Readings
from services.recent import Recent
from services.reminders import ReminderBook
from services.rules.values import Affinity, StrikeAction
from services.shelf import Shelf
from services.strike_line import StrikeLine
from services.views import Principal

LONGEST_IDEMPOTENCY_KEY = 200
CLOCK_SECONDS = 1.0
PUBLIC_READS_SECONDS = 0.25
HOUSEKEEPING_SECONDS = 3600.0
DRAIN_SECONDS = 4.0

log = structlog.get_logger(__name__)


class WorldThreatService(Readings):
    def __init__(
        self,
        database: Database,
        on_commit: Callable[[], None] = lambda: None,
        *,
        updates_per_second: float = 4.0,
        public_reads_seconds: float = PUBLIC_READS_SECONDS,
    ) -> None:
        """`on_commit` hears of everything that moved a raid, after it was committed.

        A live subscription is told of the raid's state at most `updates_per_second` times a second. What other
        processes do to the live raid and its leaderboards, the public reads at most `public_reads_seconds` late,
        everybody from one read; what happens here, and all that others ask, is read as it is.
        """
        shelf = Shelf()
        reader = RaidReader(database, shelf)
        super().__init__(
            reader, PlayerBook(database, reader), Recent(public_reads_seconds), ReminderBook(database, reader)
        )
        self.feed = RaidFeed(self._reader, updates_per_second=updates_per_second)

        def committed() -> None:
            self._recent.forget()
            self.feed.wake()
            on_commit()

        self._planner = StrikePlanner(database, self._reader)
        self._administration = RaidAdministration(database, shelf, committed)
        self._line = StrikeLine(database, shelf, self._administration.settle, committed)
        self.desk = AdminDesk(database, self._administration, self._players)
        self.desk.on_player_change = self._recent.forget
        self._accounting = AccountingWatch(database)
        self._clock: asyncio.Task[None] | None = None
        self._drained = False

    async def start(self) -> None:
        """Opens the strike line and winds the clock that starts and expires raids by themselves."""
        self._line.start()
        self._accounting.start()
        self._clock = asyncio.create_task(self._watch_the_clock(), name="raid clock")

    async def drain(self) -> None:
        """Answers every strike that waits, refuses others from now on. Raises TimeoutError when it takes too long."""
        if self._drained:
            return
        self._drained = True
        async with asyncio.timeout(DRAIN_SECONDS):
            await self._line.stop()

    @property
    def strikes_waiting(self) -> int:
        return self._line.depth

    async def stop(self) -> None:
        """Answers every strike that waits, then ends."""
        if self._clock is not None:
            self._clock.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._clock
        await self._accounting.stop()
        try:
            await self.drain()
        except TimeoutError:
            log.warning("strikes are left without an answer: the database does not give one", waiting=self._line.depth)
        await self.feed.stop()

    @property
    def accounting_mismatch(self) -> int:
        """How many raids have books that did not balance at the last look, a minute ago at most or two. Must be 0."""
        return self._accounting.mismatch

    async def _watch_the_clock(self) -> None:
        cleaned_at = time.monotonic() - HOUSEKEEPING_SECONDS
        outage = Outage("database, for the raid clock")
        while True:
            try:
                if await self._reader.is_raid_due():
                    await self._administration.settle()
                if time.monotonic() - cleaned_at >= HOUSEKEEPING_SECONDS:
                    cleaned_at = time.monotonic()
                    await self._administration.forget_old_keys()
                outage.end()
            except Exception as error:
                if is_database_away(error):
                    outage.note(error)
                else:
                    log.exception("raid clock: tried again in a moment")
            await asyncio.sleep(CLOCK_SECONDS)

    # Striking

    async def execute_strike(
        self,
        principal: Principal,
        *,
        action: StrikeAction,
        character_ids: tuple[str, ...],
        equipment_id: str | None,
        discord_id: str | None,
        idempotency_key: str,
        expected_sequence: int | None,
        raid_id: str | None = None,
    ) -> views.StrikeSuccess:
        """A fight or an analysis, exactly once per idempotency key.

        Raises:
            WorldThreatError: any refusal of rules.md 2; nothing was spent.
            OverloadedError: try again with the same key.
            ForbiddenError, InvalidInputError
        """
        discord_id = permissions.striker(principal, discord_id)
        if not 1 <= len(idempotency_key) <= LONGEST_IDEMPOTENCY_KEY:
            raise InvalidInputError("idempotencyKey", f"must have 1 to {LONGEST_IDEMPOTENCY_KEY} characters.")
        command = views.StrikeCommand(
            discord_id=discord_id,
            action=action,
            character_ids=character_ids,
            equipment_id=equipment_id,
            idempotency_key=idempotency_key,
            expected_sequence=expected_sequence,
            raid_id=raid_id,
        )
        began = time.perf_counter()
        try:
            success = await self._line.strike(command)
        except BaseException as error:
            metrics.strike_failed(action, began, error)
            raise
        metrics.strike_answered(action, began, success)
        return success

    async def preview_strike(
        self,
        principal: Principal,
        *,
        action: StrikeAction,
        character_ids: tuple[str, ...],
        equipment_id: str | None,
        discord_id: str | None,
    ) -> views.StrikePreview:
        planned_for = permissions.planner(principal, discord_id)
        return await self._planner.preview(planned_for, action, character_ids, equipment_id)

    async def suggest_team(
        self,
        principal: Principal,
        *,
        discord_id: str,
        action: StrikeAction,
        size: int,
    ) -> views.SuggestedTeam | None:
        (found,) = await self.suggest_teams(principal, discord_id=discord_id, wanted=[(action, size)])
        return found

    async def suggest_teams(
        self,
        principal: Principal,
        *,
        discord_id: str,
        wanted: Sequence[tuple[StrikeAction, int]],
    ) -> list[views.SuggestedTeam | None]:
        """Aligned with `wanted`, of one reading of the player's characters."""
        return await self._planner.suggest(permissions.planner(principal, discord_id), wanted)

    async def team_candidates(
        self,
        principal: Principal,
        *,
        discord_id: str,
        action: StrikeAction,
        search: str | None,
        affinity: Affinity | None,
        first: int,
        after: str | None,
    ) -> views.CountedPage[views.TeamCandidate] | None:
        planned_for = permissions.planner(principal, discord_id)
        return await self._planner.candidates(
            planned_for, action, search=search, affinity=affinity, first=first, after=after
        )

    async def last_team(self, principal: Principal, *, discord_id: str) -> views.LastTeam | None:
        return await self._planner.last_team(permissions.planner(principal, discord_id))
