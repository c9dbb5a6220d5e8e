"""Between the rows of the database and the values of the rules, both ways."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from db.rows import EventRow, ParticipantRow, RaidRow, RevisionRow
from services import codec, views
from services.rules.configuration import BossConfiguration
from services.rules.draws import Draw, seed_hash
from services.rules.events import STATE_CHANGING_KINDS, RaidEvent, RaidEventKind
from services.rules.manager import WorldThreatManager
from services.rules.reward_calculator import RewardCalculator
from services.rules.state import ActiveCurse, Participant, RaidState
from services.rules.strike_resolver import StrikeResolver
from services.rules.values import Affinity, CharacterSheet, RaidOutcome, RaidStatus, StrikeAction

AFFINITIES_KEPT = 2
"""A strike that sets something off is shown with the state before it and the one after."""


ShownAffinities = tuple[tuple[Affinity, ...], tuple[views.Curse, ...]]


def shown_affinities(state: RaidState) -> ShownAffinities:
    """The open weaknesses and the curses."""
    return (
        state.open_weaknesses,
        tuple(views.Curse(curse.affinity, curse.applied_at, curse.sequence) for curse in state.curses),
    )


@dataclass(frozen=True, slots=True)
class _Affinities:
    """What is shown of these very tuples."""

    weaknesses: tuple[Affinity, ...]
    curses: tuple[ActiveCurse, ...]
    shown: ShownAffinities


@dataclass(frozen=True)
class Rulebook:
    """What one raid is played by: its configuration at one revision, and the rules' classes made for it."""

    raid_id: int
    revision: int
    boss: BossConfiguration
    seed: bytes
    _stages: dict[int, views.Stage] = field(default_factory=dict, init=False, compare=False, repr=False)
    _affinities: list[_Affinities] = field(default_factory=list, init=False, compare=False, repr=False)

    @cached_property
    def resolver(self) -> StrikeResolver:
        return StrikeResolver(self.boss)

    @cached_property
    def manager(self) -> WorldThreatManager:
        return WorldThreatManager(self.boss, lambda number: Draw(self.seed, number))

    @cached_property
    def calculator(self) -> RewardCalculator:
        return RewardCalculator(self.boss.rewards, self.boss.tier)

    # What every answer shows and hardly anything changes is made once.

    @cached_property
    def seed_hash(self) -> str:
        return seed_hash(self.seed)

    @cached_property
    def boss_view(self) -> views.Boss:
        boss = self.boss
        return views.Boss(
            name=boss.name,
            tier=boss.tier,
            dominant_stats=boss.dominant_stats,
            image_url=boss.image_url,
            initial_weaknesses=boss.weaknesses,
            curse_pool=boss.curse_pool,
            curse_limits=boss.curse_limits,
            weakness_pool=boss.weakness_pool,
        )

    def stage_view(self, stage: int) -> views.Stage:
        view = self._stages.get(stage)
        if view is None:
            effect = self.boss.stage_effect(stage)
            view = self._stages[stage] = views.Stage(
                number=stage,
                count=self.boss.stage_count,
                fight_permille=self.resolver.stage_permille(StrikeAction.FIGHT, stage),
                analyze_permille=self.resolver.stage_permille(StrikeAction.ANALYZE, stage),
                hp_thresholds_permille=self.boss.stage_hp_below_permille,
                message=None if effect is None else effect.message,
            )
        return view

    def shown_affinities(self, state: RaidState) -> ShownAffinities:
        """The same as the function's. States share the tuples until a curse, breakthrough or stage comes."""
        for known in self._affinities:
            if known.weaknesses is state.weaknesses and known.curses is state.curses:
                return known.shown
        known = _Affinities(state.weaknesses, state.curses, shown_affinities(state))
        self._affinities[:] = [known, *self._affinities[: AFFINITIES_KEPT - 1]]
        return known.shown


def state_of(row: RaidRow) -> RaidState:
    return RaidState(
        status=RaidStatus(row.status),
        outcome=None if row.outcome is None else RaidOutcome(row.outcome),
        total_hp=row.total_hp,
        hp=row.current_hp,
        curse_every=row.curse_trigger_threshold,
        analysis_points=row.current_analysis_points,
        breakthroughs=row.thresholds_unlocked,
        stage=row.current_stage,
        weaknesses=codec.affinities_from_json(row.current_weaknesses),
        curses=codec.curses_from_json(row.current_curses),
        curse_clock=row.strikes_since_last_curse,
        fights=row.fights,
        analyses=row.analyses,
        participants=row.participants,
        analysts=row.analysts,
        damage=row.damage,
        hp_adjusted=row.hp_adjusted,
        sequence=row.sequence,
        draws=row.draws,
        final_blow_by=row.final_blow_by,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        paused_at=row.paused_at,
        completed_at=row.completed_at,
    )


def row_of(row: RaidRow, state: RaidState, *, state_changed_at: int, last_action_at: datetime | None) -> RaidRow:
    """`row`, moved to `state`."""
    return row._replace(
        status=state.status.value,
        outcome=None if state.outcome is None else state.outcome.value,
        current_hp=state.hp,
        current_stage=state.stage,
        current_analysis_points=state.analysis_points,
        thresholds_unlocked=state.breakthroughs,
        current_weaknesses=codec.affinities_to_json(state.weaknesses),
        current_curses=codec.curses_to_json(state.curses),
        curse_trigger_threshold=state.curse_every,
        strikes_since_last_curse=state.curse_clock,
        fights=state.fights,
        analyses=state.analyses,
        participants=state.participants,
        analysts=state.analysts,
        damage=state.damage,
        hp_adjusted=state.hp_adjusted,
        sequence=state.sequence,
        state_changed_at=state_changed_at,
        draws=state.draws,
        final_blow_by=state.final_blow_by,
        starts_at=state.starts_at or row.starts_at,
        ends_at=state.ends_at,
        paused_at=state.paused_at,
        completed_at=state.completed_at,
        last_action_at=last_action_at,
    )


def newest_state_change(events: tuple[RaidEvent, ...], before: int) -> int:
    """The sequence of the newest curse, breakthrough or stage: `before`, unless one is among `events`."""
    return max((event.sequence for event in events if event.kind in STATE_CHANGING_KINDS), default=before)


def event_rows(
    raid_id: int,
    events: tuple[RaidEvent, ...],
    after: RaidState,
    state_changed_at: int,
) -> list[EventRow]:
    """One act's events. Each carries the boss as the whole act left it: nothing ever stood in between."""
    boss = codec.boss_at_event_to_json(after, state_changed_at)
    return [
        EventRow(
            raid_id=raid_id,
            sequence=event.sequence,
            kind=event.kind.value,
            strike_number=event.strike_number,
            payload=codec.event_to_json(event),
            boss=boss,
            occurred_at=event.occurred_at,
        )
        for event in events
    ]


def event_of(row: EventRow) -> RaidEvent:
    return codec.event_from_json(
        RaidEventKind(row.kind),
        sequence=row.sequence,
        occurred_at=row.occurred_at,
        strike_number=row.strike_number,
        payload=row.payload,
    )


def participant_of(row: ParticipantRow) -> Participant:
    return Participant(
        player=row.user_id,
        fights=row.fights,
        analyses=row.analyses,
        damage=row.damage,
        damage_number=row.damage_number,
        analysis_points=row.analysis_points,
        analysis_number=row.analysis_number,
        contribution_number=row.contribution_number,
        strikes_number=row.strikes_number,
        first_analysis_number=row.first_analysis_number,
        best_score=row.best_score,
        best_score_number=row.best_score_number,
        last_action_at=row.last_action_at,
    )


def participant_row(raid_id: int, participant: Participant) -> ParticipantRow:
    """`participant` must have struck."""
    if participant.last_action_at is None:
        raise ValueError("a participant has struck at least once")
    return ParticipantRow(
        raid_id=raid_id,
        user_id=participant.player,
        fights=participant.fights,
        analyses=participant.analyses,
        strikes=participant.strikes,
        strikes_number=participant.strikes_number,
        damage=participant.damage,
        damage_number=participant.damage_number,
        analysis_points=participant.analysis_points,
        analysis_number=participant.analysis_number,
        contribution=participant.contribution,
        contribution_number=participant.contribution_number,
        first_analysis_number=participant.first_analysis_number,
        best_score=participant.best_score,
        best_score_number=participant.best_score_number,
        last_action_at=participant.last_action_at,
    )


def sheet_of(row: RevisionRow) -> CharacterSheet:
    return CharacterSheet(
        name=row.name,
        series=row.series,
        rarity=row.rarity,
        stats=tuple(row.stats),
        affinities=codec.affinities_from_json(row.affinities),
        image_url=row.image_url,
    )


def boss_at(document: dict[str, Any], current: RaidState) -> RaidState:
    """`current`, with what the event's boss document says of stage, weaknesses and curses."""
    return replace(
        current,
        stage=document["stage"],
        breakthroughs=document["breakthroughs"],
        weaknesses=codec.affinities_from_json(document["weaknesses"]),
        curses=codec.curses_from_json(document["curses"]),
        curse_every=document["curse_every"],
    )


def new_row(name: str, state: RaidState, seed: bytes) -> RaidRow:
    """The row of a raid that nobody has struck yet, without an id."""
    if state.starts_at is None:
        raise ValueError("a new raid has a start")
    return RaidRow(
        id=0,
        raid_name=name,
        status=state.status.value,
        outcome=None,
        total_hp=state.total_hp,
        current_hp=state.hp,
        current_stage=state.stage,
        current_analysis_points=0,
        thresholds_unlocked=0,
        current_weaknesses=codec.affinities_to_json(state.weaknesses),
        current_curses=[],
        curse_trigger_threshold=state.curse_every,
        strikes_since_last_curse=0,
        fights=0,
        analyses=0,
        participants=0,
        analysts=0,
        damage=0,
        hp_adjusted=0,
        sequence=0,
        state_changed_at=0,
        draws=0,
        configuration_revision=1,
        secret_seed=seed,
        final_blow_by=None,
        starts_at=state.starts_at,
        ends_at=state.ends_at,
        paused_at=None,
        completed_at=None,
        last_action_at=None,
    )
