"""Views of raids and strikes, made from their state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from db.rows import RaidRow, StrikeRow
from services import views
from services.raid_records import Rulebook, ShownAffinities, shown_affinities
from services.rules.events import RaidEventKind
from services.rules.refusals import ready_at
from services.rules.state import RaidState
from services.rules.values import CharacterSheet, RaidStatus, Reward, StrikeAction, quickly_made


def raid_view(row: RaidRow, rulebook: Rulebook, state: RaidState) -> views.Raid:
    """The raid of `row` as it stands, or stood, in `state`."""
    boss = rulebook.boss
    thresholds = boss.analysis_thresholds
    weaknesses, curses = rulebook.shown_affinities(state)
    return views.Raid(
        id=row.id,
        name=row.raid_name,
        description=boss.description or None,
        status=state.status,
        outcome=state.outcome,
        boss=rulebook.boss_view,
        hp=views.HitPoints(state.hp, state.total_hp, state.hp_permille),
        analysis=views.AnalysisProgress(
            points=state.analysis_points,
            unlocked=state.breakthroughs,
            thresholds=thresholds,
            next_threshold=thresholds[state.breakthroughs] if state.breakthroughs < len(thresholds) else None,
        ),
        stage=rulebook.stage_view(state.stage),
        weaknesses=weaknesses,
        resistances=boss.resistances,
        curses=curses,
        curse_clock=views.CurseClock(state.strikes_until_curse, state.curse_every),
        totals=views.RaidTotals(state.strikes, state.fights, state.analyses, state.participants, state.damage),
        rewards=boss.rewards,
        seed_hash=rulebook.seed_hash,
        seed=row.secret_seed.hex() if state.status is RaidStatus.COMPLETED else None,
        sequence=state.sequence,
        starts_at=state.starts_at or row.starts_at,
        ends_at=state.ends_at,
        completed_at=state.completed_at,
    )


def strike_view(
    row: StrikeRow,
    before: RaidState,
    sheets: Mapping[int, CharacterSheet],
    equipment: views.Equipment | None,
    shown: ShownAffinities | None = None,
) -> views.Strike:
    """The strike of `row`; `before` tells the boss's stage, weaknesses and curses it met; `sheets` by revision.

    `shown` are `before`'s, for who has them already.
    """
    weaknesses, curses = shown or shown_affinities(before)
    return views.Strike(
        id=f"{row.raid_id}.{row.number}",
        raid_id=row.raid_id,
        number=row.number,
        action=StrikeAction.FIGHT if row.fight else StrikeAction.ANALYZE,
        user_id=row.user_id,
        team=tuple(
            [
                views.StrikeCharacter(copy_id, sheets[revision_id].name, score, multiplier)
                for copy_id, revision_id, _stars, score, multiplier in row.team_characters
            ]
        ),
        equipment=equipment,
        base_score=row.base_score,
        affinity_permille=row.affinity_permille,
        stage_permille=row.stage_permille,
        final_score=row.final_score,
        damage_dealt=row.damage_dealt,
        overkill=row.overkill,
        analysis_points=row.analysis_points,
        stage=before.stage,
        hp_before=row.boss_hp_after + row.damage_dealt,
        hp_after=row.boss_hp_after,
        weaknesses=weaknesses,
        curses=tuple([curse.affinity for curse in curses]),
        struck_at=row.at,
    )


def success_view(
    strike: views.Strike,
    raid: views.Raid,
    rulebook: Rulebook,
    events: Sequence[views.Event],
    rewards: Sequence[Reward],
    *,
    replayed: bool,
) -> views.StrikeSuccess:
    """The answer to an accepted strike. `events` are those that it set off."""

    def happened(kind: RaidEventKind) -> tuple[views.RaidEvent, ...]:
        return tuple([views.RaidEvent(raid.id, event) for event in events if event.kind is kind])

    curses = happened(RaidEventKind.CURSE_APPLIED)
    return views.StrikeSuccess(
        strike=strike,
        raid=raid,
        rewards=sum_by_currency(rewards),
        curse_triggered=curses[0] if curses else None,
        breakthroughs=happened(RaidEventKind.BREAKTHROUGH),
        stages_advanced=happened(RaidEventKind.STAGE_ADVANCED),
        victory=bool(happened(RaidEventKind.BOSS_DEFEATED)),
        ready_at=ready_at(strike.struck_at, rulebook.boss.rules),
        replayed=replayed,
    )


@quickly_made
@dataclass(frozen=True, slots=True)
class AcceptedStrike:
    """All that the answer to an accepted strike is made of. The line does not hold the raid's lock to make it."""

    raid: RaidRow
    rulebook: Rulebook
    row: StrikeRow
    before: RaidState
    after: RaidState
    events: tuple[views.Event, ...]
    rewards: tuple[Reward, ...]
    sheets: Mapping[int, CharacterSheet]
    equipment: views.Equipment | None
    replayed: bool = False

    def answer(self) -> views.StrikeSuccess:
        return success_view(
            strike_view(
                self.row, self.before, self.sheets, self.equipment, self.rulebook.shown_affinities(self.before)
            ),
            raid_view(self.raid, self.rulebook, self.after),
            self.rulebook,
            self.events,
            self.rewards,
            replayed=self.replayed,
        )


def sum_by_currency(rewards: Sequence[Reward]) -> tuple[Reward, ...]:
    """One reward per currency, in the order the currencies first come."""
    if len(rewards) < 2:
        return tuple(rewards)
    amounts: dict[str, int] = {}
    for reward in rewards:
        amounts[reward.currency] = amounts.get(reward.currency, 0) + reward.amount
    return tuple(Reward(currency, amount) for currency, amount in amounts.items())
