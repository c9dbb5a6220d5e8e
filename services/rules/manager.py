"""What a strike sets off, in this order: points, defeat, breakthroughs, stages, curse (rules.md 4)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from services.rules.configuration import BossConfiguration, WeaknessPool
from services.rules.draws import Draw
from services.rules.events import (
    BossDefeated,
    BreakthroughAchieved,
    CurseApplied,
    CurseFizzled,
    RaidEvent,
    StageAdvanced,
)
from services.rules.reward_calculator import Grant, RewardCalculator
from services.rules.state import ActiveCurse, Participant, RaidState, contribution
from services.rules.strike_resolver import StrikeScore
from services.rules.values import Affinity, AffinityKind, RaidOutcome, RaidStatus, StrikeAction, quickly_made

DrawNumber = Callable[[int], Draw]
"""Gives draw number n of the raid: ``lambda n: Draw(seed, n)``."""


@quickly_made
@dataclass(frozen=True, slots=True)
class StrikeOutcome:
    """What one accepted strike did.

    `grants` are the striker's own. Every breakthrough among `events` is owed to all other analysts as well,
    and a defeat to every participant: the service pays those in one statement each.
    """

    state: RaidState
    participant: Participant
    events: tuple[RaidEvent, ...]
    grants: tuple[Grant, ...]
    damage_dealt: int
    overkill: int
    analysis_points: int


class WorldThreatManager:
    """Moves one raid's state by its configuration and its secret draws."""

    def __init__(self, configuration: BossConfiguration, draw: DrawNumber) -> None:
        self._configuration = configuration
        self._draw = draw
        self._calculator = RewardCalculator(configuration.rewards, configuration.tier)
        self._resistant = frozenset(resistance.key for resistance in configuration.resistances)

    def apply(
        self,
        state: RaidState,
        participant: Participant,
        action: StrikeAction,
        score: StrikeScore,
        now: datetime,
    ) -> StrikeOutcome:
        """An accepted strike of `participant`, priced as `score` by `state`. `state` must be active."""
        before, number = participant, state.strikes + 1
        fight = action is StrikeAction.FIGHT
        damage_dealt = min(score.points, state.hp) if fight else 0
        analysis_points = 0 if fight else score.points
        participant = _add_to_participant(participant, number, score, action, damage_dealt, now)
        state = _add_to_state(state, before, participant, damage_dealt, analysis_points)
        events: tuple[RaidEvent, ...] = ()
        if state.hp == 0:
            state, events = self._defeat(state, participant.player, number, now)
        else:
            state, events = self.reach_breakthroughs(state, participant.player, now)
            state, stages = self.reach_stages(state, number, now)
            state, curse = self._run_curse_clock(state, participant.player, now)
            events += stages + curse
        return StrikeOutcome(
            state=state,
            participant=participant,
            events=events,
            grants=self._grants(before, participant, number, score, state.breakthroughs, events),
            damage_dealt=damage_dealt,
            overkill=score.points - damage_dealt if fight else 0,
            analysis_points=analysis_points,
        )

    def reach_breakthroughs(
        self,
        state: RaidState,
        player: int,
        now: datetime,
    ) -> tuple[RaidState, tuple[RaidEvent, ...]]:
        """Opens every threshold that the analysis points have reached; one strike can open several (4.3)."""
        thresholds = self._configuration.analysis_thresholds
        events: list[RaidEvent] = []
        while state.breakthroughs < len(thresholds) and state.analysis_points >= thresholds[state.breakthroughs]:
            draws, weakness = self.select_random_weakness(state)
            state = replace(
                state,
                breakthroughs=state.breakthroughs + 1,
                weaknesses=state.weaknesses if weakness is None else (*state.weaknesses, weakness),
                draws=draws,
                sequence=state.sequence + 1,
            )
            revealed = "there is nothing left to reveal." if weakness is None else f"weak to {weakness.value}!"
            events.append(
                BreakthroughAchieved(
                    sequence=state.sequence,
                    occurred_at=now,
                    message=f"Breakthrough {state.breakthroughs}! {self._configuration.name}: {revealed}",
                    strike_number=state.strikes,
                    number=state.breakthroughs,
                    threshold=thresholds[state.breakthroughs - 1],
                    weakness=weakness,
                    rewarded_players=state.analysts,
                    triggered_by=player,
                ),
            )
        return state, tuple(events)

    def select_random_weakness(self, state: RaidState) -> tuple[int, Affinity | None]:
        """A kind by weight, then a value of it uniformly, among what is no weakness or resistance yet.

        Returns the new number of draws and the weakness: None, without a draw, when nothing is left.
        """
        taken = {weakness.key for weakness in state.weaknesses} | self._resistant
        pools = [pool for pool in self._configuration.weakness_pool if pool.weight > 0]
        if not any(_candidates(pool, taken) for pool in pools):
            return state.draws, None
        draw = self._draw(state.draws + 1)
        while True:
            pool = draw.choose_weighted(pools, [pool.weight for pool in pools])
            candidates = _candidates(pool, taken)
            if candidates:
                return state.draws + 1, draw.choose(candidates)
            pools.remove(pool)

    def stage_of(self, state: RaidState) -> int:
        """The stage that HP and analysis points have earned; stages only rise (4.4)."""
        configuration = self._configuration
        hp_stage = analysis_stage = 1
        for below in configuration.stage_hp_below_permille:
            hp_stage += state.hp * 1000 < state.total_hp * below
        for points in configuration.stage_analysis_points:
            analysis_stage += state.analysis_points >= points
        return min(max(hp_stage, analysis_stage, state.stage), configuration.stage_count)

    def reach_stages(
        self,
        state: RaidState,
        strike_number: int | None,
        now: datetime,
    ) -> tuple[RaidState, tuple[RaidEvent, ...]]:
        """Passes every stage up to the one that is earned; each applies its effects, one event each."""
        events: list[RaidEvent] = []
        for stage in range(state.stage + 1, self.stage_of(state) + 1):
            effect = self._configuration.stage_effect(stage)
            weakness = None if effect is None else self._new_weakness(state, effect.add_weakness)
            if weakness is not None:
                state = replace(state, weaknesses=(*state.weaknesses, weakness))
            curse = None if effect is None else self._new_curse(state, effect.add_curse)
            state = replace(state, stage=stage, sequence=state.sequence + 1)
            replaced = None
            if curse is not None:
                state, replaced = self._add_curse(state, curse, None, now)
            told = f"{self._configuration.name} enters stage {stage}!" if effect is None else effect.message
            events.append(
                StageAdvanced(
                    sequence=state.sequence,
                    occurred_at=now,
                    message=told,
                    strike_number=strike_number,
                    from_stage=stage - 1,
                    to_stage=stage,
                    added_weakness=weakness,
                    added_curse=curse,
                    replaced_curse=replaced,
                ),
            )
        return state, tuple(events)

    def _new_weakness(self, state: RaidState, weakness: Affinity | None) -> Affinity | None:
        known = weakness is None or weakness in state.weaknesses or weakness.key in self._resistant
        return None if known else weakness

    def _new_curse(self, state: RaidState, curse: Affinity | None) -> Affinity | None:
        if curse is None or curse.key in self._resistant or any(active.affinity == curse for active in state.curses):
            return None
        return None if self._configuration.curse_limit(curse.kind) == 0 else curse

    def _run_curse_clock(
        self,
        state: RaidState,
        player: int,
        now: datetime,
    ) -> tuple[RaidState, tuple[RaidEvent, ...]]:
        """When `curse_every` strikes have come the clock restarts and a curse is drawn (4.5)."""
        if state.curse_clock < state.curse_every:
            return state, ()
        state = replace(state, curse_clock=0, sequence=state.sequence + 1)
        candidates = self.available_curses(state)
        name = self._configuration.name
        if not candidates:
            fizzled = CurseFizzled(
                sequence=state.sequence,
                occurred_at=now,
                message=f"{name} reaches for a curse, but finds none.",
                strike_number=state.strikes,
            )
            return state, (fizzled,)
        state = replace(state, draws=state.draws + 1)
        draw = self._draw(state.draws)
        curse = draw.choose(candidates)
        state, replaced = self._add_curse(state, curse, draw, now)
        instead = "" if replaced is None else f" {replaced.value} is free again."
        applied = CurseApplied(
            sequence=state.sequence,
            occurred_at=now,
            message=f"{name} grows stronger: {curse.value} is cursed.{instead}",
            strike_number=state.strikes,
            curse=curse,
            replaced=replaced,
            triggered_by=player,
        )
        return state, (applied,)

    def available_curses(self, state: RaidState) -> list[Affinity]:
        """The pool less active curses and resistances, kinds with limit 0 left out."""
        active = {curse.affinity.key for curse in state.curses} | self._resistant
        return [
            curse
            for curse in dict.fromkeys(self._configuration.curse_pool)
            if curse.key not in active and self._configuration.curse_limit(curse.kind) != 0
        ]

    def _add_curse(
        self,
        state: RaidState,
        curse: Affinity,
        draw: Draw | None,
        now: datetime,
    ) -> tuple[RaidState, Affinity | None]:
        """Adds `curse`; at its kind's limit it replaces a random active curse of the same kind.

        A stage's curse comes without a draw of its own and takes one only when it must replace.
        """
        new = ActiveCurse(curse, now, state.sequence)
        same_kind = _of_kind(state.curses, curse.kind)
        limit = self._configuration.curse_limit(curse.kind)
        if limit is None or len(same_kind) < limit:
            return replace(state, curses=(*state.curses, new)), None
        if draw is None:
            state = replace(state, draws=state.draws + 1)
            draw = self._draw(state.draws)
        replaced = draw.choose(same_kind)
        kept = tuple(active for active in state.curses if active is not replaced)
        return replace(state, curses=(*kept, new)), replaced.affinity

    def _defeat(
        self,
        state: RaidState,
        player: int,
        number: int,
        now: datetime,
    ) -> tuple[RaidState, tuple[RaidEvent, ...]]:
        state = replace(
            state,
            status=RaidStatus.COMPLETED,
            outcome=RaidOutcome.VICTORY,
            completed_at=now,
            final_blow_by=player,
            sequence=state.sequence + 1,
        )
        defeated = BossDefeated(
            sequence=state.sequence,
            occurred_at=now,
            message=f"{self._configuration.name} is defeated!",
            strike_number=number,
            final_blow_by=player,
            participants=state.participants,
        )
        return state, (defeated,)

    def _grants(
        self,
        before: Participant,
        after: Participant,
        number: int,
        score: StrikeScore,
        breakthroughs: int,
        events: tuple[RaidEvent, ...],
    ) -> tuple[Grant, ...]:
        """The strike's own reward, milestones, and breakthroughs: earlier ones come with the first analysis point."""
        strike = self._calculator.calculate_strike_rewards(number, score.final_score)
        milestones = self._calculator.calculate_milestone_rewards(before, after)
        if (before.first_analysis_number is not None and not events) or after.first_analysis_number is None:
            return milestones if strike is None else (strike, *milestones)  # nothing was opened, and nothing is owed
        reached = sum(isinstance(event, BreakthroughAchieved) for event in events)
        owed = breakthroughs if before.first_analysis_number is None else reached
        return (
            *(() if strike is None else (strike,)),
            *milestones,
            *(
                self._calculator.calculate_breakthrough_rewards(breakthrough)
                for breakthrough in range(breakthroughs - owed + 1, breakthroughs + 1)
            ),
        )


def _candidates(pool: WeaknessPool, taken: set[str]) -> list[Affinity]:
    affinities = dict.fromkeys(Affinity(pool.kind, value) for value in pool.values)
    return [affinity for affinity in affinities if affinity.key not in taken]


def _of_kind(curses: tuple[ActiveCurse, ...], kind: AffinityKind) -> tuple[ActiveCurse, ...]:
    return tuple(curse for curse in curses if curse.affinity.kind is kind)


def _add_to_participant(
    participant: Participant,
    number: int,
    score: StrikeScore,
    action: StrikeAction,
    damage: int,
    now: datetime,
) -> Participant:
    """The striker's totals after the strike, each with the number of the strike that reached it.

    One new value for all of it: this runs for every strike.
    """
    fight = action is StrikeAction.FIGHT
    analysis_points = 0 if fight else score.points
    total_damage = participant.damage + damage
    total_points = participant.analysis_points + analysis_points
    contributed = contribution(total_damage, total_points) != participant.contribution
    first_analysis = participant.first_analysis_number
    best = score.final_score > participant.best_score
    return Participant(
        player=participant.player,
        fights=participant.fights + fight,
        analyses=participant.analyses + (not fight),
        damage=total_damage,
        damage_number=number if damage else participant.damage_number,
        analysis_points=total_points,
        analysis_number=number if analysis_points else participant.analysis_number,
        contribution_number=number if contributed else participant.contribution_number,
        strikes_number=number,
        first_analysis_number=number if first_analysis is None and analysis_points else first_analysis,
        best_score=score.final_score if best else participant.best_score,
        best_score_number=number if best else participant.best_score_number,
        last_action_at=now,
    )


def _add_to_state(
    state: RaidState,
    before: Participant,
    after: Participant,
    damage: int,
    analysis_points: int,
) -> RaidState:
    """The raid after a strike, before what it sets off. A strike that kills does not move the curse clock."""
    hp = state.hp - damage
    return RaidState(  # not `replace`, which costs as much as all else here: this runs for every strike
        status=state.status,
        total_hp=state.total_hp,
        hp=hp,
        curse_every=state.curse_every,
        outcome=state.outcome,
        analysis_points=state.analysis_points + analysis_points,
        breakthroughs=state.breakthroughs,
        stage=state.stage,
        weaknesses=state.weaknesses,
        curses=state.curses,
        curse_clock=state.curse_clock + (hp > 0),
        fights=state.fights + after.fights - before.fights,
        analyses=state.analyses + after.analyses - before.analyses,
        participants=state.participants + (before.strikes == 0),
        analysts=state.analysts + (before.first_analysis_number is None and after.first_analysis_number is not None),
        damage=state.damage + damage,
        hp_adjusted=state.hp_adjusted,
        sequence=state.sequence,
        draws=state.draws,
        final_blow_by=state.final_blow_by,
        starts_at=state.starts_at,
        ends_at=state.ends_at,
        paused_at=state.paused_at,
        completed_at=state.completed_at,
    )
