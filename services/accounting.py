"""Do the books balance? A cheap look every minute, beside `worldthreat raid verify`, which proves everything.

It covers the live raid and the ones that ended last. Of each: the totals of the raid against those of its participants,
and both against the strikes, events and uses that came since the last look, at most the newest `LARGEST_STEP` strikes.
Older ones were looked at when they were new, and logs only grow. It reads one snapshot for each raid, locks nothing,
and may run in every process.
"""

import asyncio
import contextlib
import random
from dataclasses import dataclass

import structlog

from db.engine import Database
from db.queries import accounting
from db.queries.accounting import RaidBooks
from services import metrics
from services.outage import Outage
from services.outages import is_database_away

EVERY_SECONDS = 60.0
LARGEST_STEP = 20_000
RAIDS = 5

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Imbalance:
    """Two figures of one account that should be the same."""

    account: str
    kept: int
    counted: int | None

    def __str__(self) -> str:
        return f"{self.account}: {self.kept}, counted {self.counted}"


class AccountingWatch:
    """One per process: `start` it, `stop` it; `mismatch` is what it knows."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._looked_at: dict[int, int] = {}
        self._wrong: dict[int, tuple[Imbalance, ...]] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def mismatch(self) -> int:
        """How many raids have books that did not balance when they were last looked at. Must be 0."""
        return len(self._wrong)

    def start(self) -> None:
        self._task = asyncio.create_task(self._watch(), name="accounting")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def look(self) -> dict[int, tuple[Imbalance, ...]]:
        """One look; gives the raids whose books do not balance, with every account that does not.

        What is wrong is logged as an error when it is found, and looked at again each time until it is right.
        """
        async with self._database.reading() as connection:
            for raid_id, strikes in await accounting.watched_raids(connection, RAIDS):
                after = max(self._looked_at.get(raid_id, 0), strikes - LARGEST_STEP, 0)
                books = await accounting.books(connection, raid_id, after)
                self._note(raid_id, books, imbalances(books, after))
        metrics.set_accounting_mismatch(self.mismatch)
        return dict(self._wrong)

    def _note(self, raid_id: int, books: RaidBooks, found: tuple[Imbalance, ...]) -> None:
        if not found:
            self._looked_at[raid_id] = books.strikes
            if self._wrong.pop(raid_id, None):
                log.warning("the books of a raid balance again", raid_id=raid_id)
        elif self._wrong.get(raid_id) != found:
            self._wrong[raid_id] = found
            log.error("the books of a raid do not balance", raid_id=raid_id, accounts=[str(each) for each in found])

    async def _watch(self) -> None:
        outage = Outage("database, for the accounting")
        while True:
            # Not all processes at once.
            await asyncio.sleep(EVERY_SECONDS * random.uniform(0.5, 1.5))
            try:
                await self.look()
                outage.end()
            except Exception as error:
                if is_database_away(error):
                    outage.note(error)
                else:
                    log.exception("accounting: tried again in a while")


def imbalances(books: RaidBooks, after: int) -> tuple[Imbalance, ...]:
    """The accounts of a raid that do not balance; its strikes behind number `after` were counted."""
    accounts: tuple[tuple[str, int, int | None], ...] = (
        ("strikes behind the one looked at last", books.strikes - after, books.new_strikes),
        ("the newest strike's number", books.strikes, books.newest_number),
        ("fights", books.fights, _sum(books.anchor_fights, books.new_fights)),
        ("damage", books.damage, _sum(books.anchor_damage, books.new_damage)),
        ("analysis points", books.analysis_points, _sum(books.anchor_analysis_points, books.new_analysis_points)),
        ("events", books.sequence, _sum(books.anchor_sequence, books.new_events)),
        ("HP that is gone", books.hp_gone, books.damage + books.hp_adjusted),
        ("characters used", books.new_team_sizes, books.new_usages),
        ("participants", books.participants, books.participant_rows),
        ("analysts", books.analysts, books.participants_analysts),
        ("participants' strikes", books.strikes, books.participants_strikes),
        ("participants' damage", books.damage, books.participants_damage),
        ("participants' analysis points", books.analysis_points, books.participants_analysis_points),
        ("players on the leaderboard's steps", books.players_on_steps, books.participant_rows),
        ("defeats", int(books.won), books.defeats),
    )
    return tuple(Imbalance(name, kept, counted) for name, kept, counted in accounts if kept != counted)


def _sum(before: int | None, new: int) -> int | None:
    """None where the strike that was looked at last is not in the log any more."""
    return None if before is None else before + new
