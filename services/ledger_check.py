"""Is everybody paid what the rules owe them, once, and nobody anything else?"""

from array import array
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from db.queries import Connection, verification
from db.rows import GrantRow
from services import codec
from services.differences import Findings, shown
from services.rules import raid_life
from services.rules.events import BossDefeated, BreakthroughAchieved
from services.rules.reward_calculator import Grant, GrantKind, RewardCalculator, Title
from services.rules.state import Participant, RaidState
from services.rules.values import Reward

PAGE = 2_000


class LedgerCheck:
    """Takes what is owed in any order and looks each line up; `finish` tells what is in the ledger beside them.

    Memory: a page of lines, and eight bytes for each line of the ledger.
    """

    def __init__(self, connection: Connection, raid_id: int, findings: Findings) -> None:
        self._connection = connection
        self._raid_id = raid_id
        self._findings = findings
        self._waiting: list[GrantRow] = []
        self._seen = array("q")

    async def owe(self, player: int, grants: Iterable[Grant], strike_number: int, granted_at: datetime) -> None:
        """What a strike earned its own player."""
        await self._owe(self._line(player, grant, strike_number, granted_at) for grant in grants)

    async def owe_breakthrough(
        self,
        event: BreakthroughAchieved,
        analysts: Iterable[Participant],
        calculator: RewardCalculator,
    ) -> None:
        """What a breakthrough owes to all who had a point before; its own striker is paid with the strike."""
        grant = calculator.calculate_breakthrough_rewards(event.number)
        await self._owe(
            self._line(analyst.player, grant, event.strike_number, event.occurred_at)
            for analyst in analysts
            if analyst.first_analysis_number is not None and analyst.player != event.triggered_by
        )

    async def owe_victory(
        self,
        event: BossDefeated,
        participants: Iterable[Participant],
        calculator: RewardCalculator,
    ) -> None:
        everybody = tuple(participants)
        await self._owe(
            self._line(each.player, grant, event.strike_number, event.occurred_at)
            for each in everybody
            if (grant := calculator.calculate_victory_rewards(calculator.tier(each.contribution))).rewards
        )
        titles = (*_titles(everybody), (event.final_blow_by, Title.FINAL_BLOW))
        await self._owe_titles(titles, event.strike_number, event.occurred_at)

    async def owe_expiry(
        self,
        state: RaidState,
        participants: Iterable[Participant],
        calculator: RewardCalculator,
        expired_at: datetime,
    ) -> None:
        everybody = tuple(participants)
        removed = raid_life.hp_removed_permille(state)
        await self._owe(
            self._line(each.player, grant, None, expired_at)
            for each in everybody
            if (grant := calculator.calculate_expiry_rewards(calculator.tier(each.contribution), removed)).rewards
        )
        await self._owe_titles(_titles(everybody), None, expired_at)

    async def finish(self) -> None:
        """Compares what still waits, and names every line that nobody was owed."""
        await self._flush()
        lines = (await verification.other_sums(self._connection, self._raid_id)).grants
        if lines == len(self._seen):
            return
        seen, after = set(self._seen), 0
        while page := await verification.ledger(self._connection, self._raid_id, after, PAGE):
            after = page[-1].id
            for line in page:
                if line.id not in seen:
                    self._findings.note(_place(line), "", f"grant {line.id} of {shown(line.rewards)}", "nothing")

    def _line(self, player: int, grant: Grant, strike_number: int | None, granted_at: datetime) -> GrantRow:
        return GrantRow(
            id=0,
            raid_id=self._raid_id,
            user_id=player,
            kind=grant.kind.value,
            key=grant.key,
            rewards=codec.rewards_to_pairs(grant.rewards),
            strike_number=strike_number,
            granted_at=granted_at,
        )

    async def _owe_titles(
        self,
        titles: Iterable[tuple[int, Title]],
        strike_number: int | None,
        granted_at: datetime,
    ) -> None:
        nothing: tuple[Reward, ...] = ()
        await self._owe(
            self._line(player, Grant(GrantKind.TITLE, title.value, nothing), strike_number, granted_at)
            for player, title in titles
        )

    async def _owe(self, lines: Iterator[GrantRow]) -> None:
        while page := list(islice(lines, PAGE)):
            self._waiting += page
            if len(self._waiting) >= PAGE:
                await self._flush()

    async def _flush(self) -> None:
        owed, self._waiting = self._waiting, []
        if not owed:
            return
        keys = [(line.user_id, line.kind, line.key) for line in owed]
        found = await verification.grants(self._connection, self._raid_id, keys)
        for key, line in zip(keys, owed, strict=True):
            stored = found.get(key)
            if stored is None:
                self._findings.note(_place(line), "", "nothing", f"a grant of {shown(line.rewards)}")
            else:
                self._seen.append(stored.id)
                self._findings.compare_rows(_place(line), stored, line, but=frozenset({"id"}))


def _place(line: GrantRow) -> str:
    return f"grant {line.kind} {line.key} of player {line.user_id}"


def _titles(everybody: tuple[Participant, ...]) -> Iterator[tuple[int, Title]]:
    """Who has each title; nobody, when nobody has a score. Ties go to who was first."""
    best = {
        Title.MOST_DAMAGE: [(each.damage, -each.damage_number, each.player) for each in everybody],
        Title.MOST_ANALYSIS: [(each.analysis_points, -each.analysis_number, each.player) for each in everybody],
        Title.BEST_STRIKE: [(each.best_score, -each.best_score_number, each.player) for each in everybody],
    }
    for title, scores in best.items():
        score, _, player = max(scores, default=(0, 0, 0))
        if score:
            yield player, title
