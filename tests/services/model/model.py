"""What one raid should be: the pure rules alone, with what a service adds to them kept in plain Python values."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from services.errors import (
    BossAlreadyDefeatedError,
    CharacterNotOwnedError,
    EquipmentNotOwnedError,
    IdempotencyConflictError,
    InvalidConfigurationError,
    NoActiveEventError,
    PlayerNotFoundError,
)
from services.raid_views import sum_by_currency
from services.rules import raid_life, refusals
from services.rules.checks import Problem
from services.rules.configuration import BossConfiguration, RaidRules
from services.rules.draws import Draw
from services.rules.errors import InvalidTransitionError, WorldThreatError
from services.rules.events import BossDefeated, BreakthroughAchieved, CurseApplied, RaidEvent, StageAdvanced
from services.rules.manager import StrikeOutcome, WorldThreatManager
from services.rules.raid_life import Step
from services.rules.reward_calculator import Grant, GrantKind, RewardCalculator
from services.rules.state import Participant, RaidState
from services.rules.strike_resolver import StrikeResolver, StrikeScore
from services.rules.values import Character, Equipment, RaidOutcome, RaidStatus, Reward, StrikeAction
from services.views import StrikeSuccess

GrantKey = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class Wish:
    """A strike as it is asked for. Ids may be anybody's, or nobody's."""

    discord_id: str
    action: StrikeAction
    characters: tuple[int, ...]
    equipment: int | None
    key: str
    expected_sequence: int | None

    @property
    def content(self) -> tuple[object, ...]:
        """What makes it the same strike when its key comes again."""
        return (self.action, frozenset(self.characters), self.equipment)


@dataclass(frozen=True, slots=True)
class Told:
    """The answer to an accepted strike, as far as players see it."""

    number: int
    action: StrikeAction
    player: int
    team: tuple[tuple[int, int, int], ...]
    score: tuple[int, int, int, int]
    result: tuple[int, int, int]
    hp: tuple[int, int]
    stage: int
    weaknesses: tuple[Any, ...]
    curses: tuple[Any, ...]
    struck_at: datetime
    ready_at: datetime
    sequence: int
    rewards: tuple[Reward, ...]
    events: tuple[RaidEvent, ...]
    victory: bool
    replayed: bool


def told_by(answer: StrikeSuccess) -> Told:
    strike = answer.strike
    curse = () if answer.curse_triggered is None else (answer.curse_triggered,)
    shown = (*answer.breakthroughs, *answer.stages_advanced, *curse)
    return Told(
        number=strike.number,
        action=strike.action,
        player=strike.user_id,
        team=tuple((each.character_id, each.score, each.multiplier_permille) for each in strike.team),
        score=(strike.base_score, strike.affinity_permille, strike.stage_permille, strike.final_score),
        result=(strike.damage_dealt, strike.overkill, strike.analysis_points),
        hp=(strike.hp_before, strike.hp_after),
        stage=strike.stage,
        weaknesses=strike.weaknesses,
        curses=strike.curses,
        struck_at=strike.struck_at,
        ready_at=answer.ready_at,
        sequence=answer.raid.sequence,
        rewards=answer.rewards,
        events=tuple(sorted((each.event for each in shown), key=lambda event: event.sequence)),
        victory=answer.victory,
        replayed=answer.replayed,
    )


@dataclass(frozen=True, slots=True)
class Player:
    user_id: int
    characters: dict[int, Character]
    equipment: dict[int, Equipment]


@dataclass
class RaidModel:
    """One raid. `before` is the refusal that strikes meet while it is not live, from the raid before it."""

    raid_id: int
    boss: BossConfiguration
    seed: bytes
    state: RaidState
    players: dict[str, Player]
    before: WorldThreatError | None
    now: datetime
    state_changed_at: int = 0
    last_action_at: datetime | None = None
    participants: dict[int, Participant] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)
    events: list[RaidEvent] = field(default_factory=list)
    strikes: list[Told] = field(default_factory=list)
    grants: dict[GrantKey, tuple[Reward, ...]] = field(default_factory=dict)
    answers: dict[tuple[str, str], tuple[Wish, Told]] = field(default_factory=dict)

    # Striking

    def strike(self, wish: Wish) -> Told:
        """What the service should answer. Raises the refusal that it should raise."""
        self.settle()
        live = self.state.status in {RaidStatus.ACTIVE, RaidStatus.PAUSED}
        rules = self.boss.rules if live else RaidRules()
        refusals.check_team([str(number) for number in wish.characters], rules)
        known = self.answers.get((wish.discord_id, wish.key))
        if known is not None:
            first, told = known
            if first.content != wish.content:
                raise IdempotencyConflictError(idempotency_key=wish.key)
            return replace(told, replayed=True)
        if not live:
            raise self._why_not_live()
        refusals.check_raid(self.raid_id, self.state)
        player, team, equipment = self._owned(wish)
        refusals.check_unused([character.id for character in team], self.used)
        participant = self.participants.get(player.user_id, Participant(player.user_id))
        refusals.check_cooldown(participant, self.boss.rules, self.now)
        refusals.check_something_left_to_find(wish.action, self.state, self.boss)
        refusals.check_expectation(wish.expected_sequence, self.state_changed_at)
        resolver = StrikeResolver(self.boss)
        score = resolver.resolve(wish.action, team, equipment, resolver.pricing(self.state))
        refusals.check_effect(score)
        return self._accept(wish, participant, team, score)

    def _why_not_live(self) -> WorldThreatError:
        state = self.state
        if state.status is RaidStatus.SCHEDULED:
            return self.before or NoActiveEventError(next_starts_at=state.starts_at)
        if state.outcome is RaidOutcome.VICTORY and state.completed_at is not None:
            return BossAlreadyDefeatedError(raid_id=self.raid_id, defeated_at=state.completed_at)
        return NoActiveEventError()

    def _owned(self, wish: Wish) -> tuple[Player, tuple[Character, ...], Equipment | None]:
        player = self.players.get(wish.discord_id)
        if player is None:
            raise PlayerNotFoundError(discord_id=wish.discord_id)
        strange = tuple(str(number) for number in wish.characters if number not in player.characters)
        if strange:
            raise CharacterNotOwnedError(character_ids=strange)
        if wish.equipment is not None and wish.equipment not in player.equipment:
            raise EquipmentNotOwnedError(equipment_id=str(wish.equipment))
        equipment = None if wish.equipment is None else player.equipment[wish.equipment]
        return player, tuple(player.characters[number] for number in wish.characters), equipment

    def _accept(self, wish: Wish, participant: Participant, team: Sequence[Character], score: StrikeScore) -> Told:
        before = self.state
        analysts = [each for each in self.participants.values() if each.first_analysis_number is not None]
        outcome = self._manager().apply(before, participant, wish.action, score, self.now)
        self.participants[participant.player] = outcome.participant
        self.used.update(character.id for character in team)
        self.last_action_at = self.now
        self._move(outcome.state, outcome.events)
        rewards = self._pay(outcome, analysts)
        shown = tuple(
            event for event in outcome.events if isinstance(event, BreakthroughAchieved | StageAdvanced | CurseApplied)
        )
        told = Told(
            number=outcome.state.strikes,
            action=wish.action,
            player=participant.player,
            team=tuple(
                (character.id, each.score, each.multiplier_permille)
                for character, each in zip(team, score.team, strict=True)
            ),
            score=(score.base_score, score.affinity_permille, score.stage_permille, score.final_score),
            result=(outcome.damage_dealt, outcome.overkill, outcome.analysis_points),
            hp=(before.hp, outcome.state.hp),
            stage=before.stage,
            weaknesses=before.open_weaknesses,
            curses=tuple(curse.affinity for curse in before.curses),
            struck_at=self.now,
            ready_at=refusals.ready_at(self.now, self.boss.rules),
            sequence=outcome.state.sequence,
            rewards=rewards,
            events=shown,
            victory=outcome.state.outcome is RaidOutcome.VICTORY,
            replayed=False,
        )
        self.strikes.append(told)
        self.answers[wish.discord_id, wish.key] = (wish, told)
        return told

    def _pay(self, outcome: StrikeOutcome, analysts: Sequence[Participant]) -> tuple[Reward, ...]:
        """Enters what the strike earned everybody; gives what its striker sees of it."""
        striker, calculator = outcome.participant, self._calculator()
        rewards = [reward for grant in outcome.grants for reward in grant.rewards]
        for grant in outcome.grants:
            self._grant(striker.player, grant)
        for event in outcome.events:
            if isinstance(event, BreakthroughAchieved):
                for analyst in analysts:
                    if analyst.player != striker.player:
                        self._grant(analyst.player, calculator.calculate_breakthrough_rewards(event.number))
            elif isinstance(event, BossDefeated):
                for each in self.participants.values():
                    self._grant(each.player, calculator.calculate_victory_rewards(calculator.tier(each.contribution)))
                rewards += calculator.calculate_victory_rewards(calculator.tier(striker.contribution)).rewards
        return sum_by_currency(rewards)

    def _grant(self, player: int, grant: Grant) -> None:
        if grant.kind is not GrantKind.VICTORY or grant.rewards:
            self.grants[player, grant.kind.value, grant.key] = grant.rewards

    # The clock and admins

    def settle(self) -> None:
        """The raid starts or expires when it is time."""
        if raid_life.is_due_to_expire(self.state, self.now):
            self._move(*raid_life.expire(self.state, self.boss, self.now))
            removed, calculator = raid_life.hp_removed_permille(self.state), self._calculator()
            for each in self.participants.values():
                tier = calculator.tier(each.contribution)
                self._grant(each.player, calculator.calculate_expiry_rewards(tier, removed))
        elif raid_life.is_due_to_start(self.state, self.now):
            self._move(*raid_life.start(self.state, self.boss, self.now))

    def administer(self, act: str, reason: str, value: Any) -> None:
        """Raises what the service should raise."""
        try:
            raid_life.check_not_over(self.raid_id, self.state)
            self._move(*self._step(act, reason, value))
        except InvalidTransitionError as error:
            problem = Problem(error.path, str(error).removeprefix(f"{error.path}: "))
            raise InvalidConfigurationError((problem,)) from error
        if act == "rewards":
            self.boss = replace(self.boss, rewards=value)

    def _step(self, act: str, reason: str, value: Any) -> Step:
        state, now = self.state, self.now
        match act:
            case "pause":
                return raid_life.pause(state, self.boss, now, reason)
            case "resume":
                return raid_life.resume(state, self.boss, now, reason)
            case "end":
                return raid_life.cancel(state, self.boss, now, reason)
            case "adjust":
                return raid_life.adjust_hp(state, self._manager(), value, now, reason)
            case _:
                return raid_life.update(state, raid_life.RaidUpdate(**{act: value}), now, reason)

    def _move(self, state: RaidState, events: tuple[RaidEvent, ...]) -> None:
        self.state = state
        self.events += events
        for event in events:
            if isinstance(event, BreakthroughAchieved | StageAdvanced | CurseApplied):
                self.state_changed_at = event.sequence

    def _manager(self) -> WorldThreatManager:
        return WorldThreatManager(self.boss, lambda number: Draw(self.seed, number))

    def _calculator(self) -> RewardCalculator:
        return RewardCalculator(self.boss.rewards, self.boss.tier)
