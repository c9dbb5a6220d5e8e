"""Whole random raids: random bosses, rosters, strikes and admin steps, played by the rules from start to end."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count, islice
from random import Random

from hypothesis import strategies as st

from services.rules import raid_life, refusals
from services.rules.checks import RosterSurvey, Severity, check_configuration
from services.rules.configuration import (
    BossConfiguration,
    CurseLimit,
    RaidRules,
    RewardConfiguration,
    StageEffect,
    WeaknessPool,
)
from services.rules.draws import Draw
from services.rules.errors import WorldThreatError
from services.rules.events import STATE_CHANGING_KINDS, RaidChanged, RaidEvent, RaidStarted
from services.rules.manager import StrikeOutcome, WorldThreatManager
from services.rules.raid_life import RaidUpdate, Step
from services.rules.replay import LoggedStrike
from services.rules.reward_calculator import Grant
from services.rules.state import Participant, RaidState, new_raid
from services.rules.strike_resolver import StrikeResolver, StrikeScore
from services.rules.values import (
    Affinity,
    AffinityKind,
    Character,
    CharacterSheet,
    Equipment,
    EquipmentEffect,
    EquipmentEffectKind,
    Stat,
    StrikeAction,
)
from tests.services.rules.builders import NOW

PLAYERS = 4
CHARACTERS_EACH = 10
REASON = "because"
ADMIN_STEPS = (*("pause", "resume", "resume", "adjust", "curse clock", "end", "rewards", "name") * 2, "cancel")
AFFINITIES = tuple(Affinity(kind, value) for kind in AffinityKind for value in "abc")

EQUIPMENT = (
    None,
    Equipment(1, "Lantern", (EquipmentEffect(EquipmentEffectKind.AFFINITY_ADD, affinity=AFFINITIES[0]),)),
    Equipment(2, "Blade", (EquipmentEffect(EquipmentEffectKind.STAT_BONUS, stat=Stat.ATK, amount=120),)),
    Equipment(3, "Charm", (EquipmentEffect(EquipmentEffectKind.FINAL_SCORE_BONUS, amount=35),)),
)


@dataclass(frozen=True)
class StrikeStep:
    """Somebody tries to strike, with unused characters (`fresh`) or the first ones, used or not."""

    player: int
    action: StrikeAction
    size: int
    fresh: bool
    equipment: int
    expected_sequence: int | None


@dataclass(frozen=True)
class AdminStep:
    """An admin tries something, whether the raid allows it or not; `amount` is from 0 to 1000."""

    what: str
    amount: int


@dataclass(frozen=True)
class Moment:
    """One accepted thing: its cause as the log keeps it, the state before and after, the events it made."""

    cause: LoggedStrike | RaidStarted | RaidChanged
    before: RaidState
    after: RaidState
    events: tuple[RaidEvent, ...]
    score: StrikeScore | None = None
    outcome: StrikeOutcome | None = None


@dataclass
class Raid:
    """A raid that is played step by step, with all that it leaves behind."""

    configuration: BossConfiguration
    seed: bytes
    ends_at: datetime | None
    rosters: tuple[tuple[Character, ...], ...]
    now: datetime = NOW
    state_changed_at: int = 0
    participants: dict[int, Participant] = field(default_factory=dict)
    moments: list[Moment] = field(default_factory=list)
    refusals: list[WorldThreatError] = field(default_factory=list)
    grants: list[tuple[int, Grant]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.created = new_raid(self.configuration, starts_at=NOW, ends_at=self.ends_at)
        self.state = self.created
        self.resolver = StrikeResolver(self.configuration)
        self._play_by(self.configuration)
        self._take(raid_life.start(self.state, self.configuration, self.now))

    def _play_by(self, configuration: BossConfiguration) -> None:
        self._manager = WorldThreatManager(configuration, lambda number: Draw(self.seed, number))

    @property
    def events(self) -> Iterator[RaidEvent]:
        return (event for moment in self.moments for event in moment.events)

    @property
    def strikes(self) -> list[tuple[LoggedStrike, StrikeScore, StrikeOutcome, RaidState]]:
        """Each accepted strike with its score, its outcome and the state before it."""
        return [
            (moment.cause, moment.score, moment.outcome, moment.before)
            for moment in self.moments
            if isinstance(moment.cause, LoggedStrike) and moment.score and moment.outcome
        ]

    def play(self, step: StrikeStep | AdminStep, wait: timedelta) -> None:
        """The clock goes on by `wait`, and then the step is tried."""
        self.now += wait
        if raid_life.is_due_to_expire(self.state, self.now):
            self._take(raid_life.expire(self.state, self.configuration, self.now))
        try:
            if isinstance(step, StrikeStep):
                self._strike(step)
            else:
                self._administer(step)
        except WorldThreatError as refusal:
            self.refusals.append(refusal)

    def _strike(self, step: StrikeStep) -> None:
        rules = self.configuration.rules
        used = {character.id for strike, *_ in self.strikes for character in strike.team}
        choices = [one for one in self.rosters[step.player] if not (step.fresh and one.id in used)]
        team = tuple(choices[: step.size])
        equipment = EQUIPMENT[step.equipment]
        participant = self.participants.get(step.player, Participant(step.player))
        refusals.check_team([str(character.id) for character in team], rules)
        refusals.check_raid(1, self.state)
        refusals.check_unused([character.id for character in team], used)
        refusals.check_cooldown(participant, rules, self.now)
        refusals.check_something_left_to_find(step.action, self.state, self.configuration)
        refusals.check_expectation(step.expected_sequence, self.state_changed_at)
        before = self.state
        score = self.resolver.resolve(step.action, team, equipment, self.resolver.pricing(before))
        refusals.check_effect(score)
        outcome = self._manager.apply(before, participant, step.action, score, self.now)
        self.participants[step.player] = outcome.participant
        self.grants += ((step.player, grant) for grant in outcome.grants)
        cause = LoggedStrike(step.player, step.action, team, equipment, self.now)
        self._add(Moment(cause, before, outcome.state, outcome.events, score, outcome))

    def _administer(self, step: AdminStep) -> None:
        state, now = self.state, self.now
        updates: dict[str, Callable[[], RaidUpdate]] = {
            "curse clock": lambda: RaidUpdate(curse_every=step.amount % 7),
            "end": lambda: RaidUpdate(ends_at=now + timedelta(minutes=step.amount - 20)),
            "rewards": lambda: RaidUpdate(rewards=RewardConfiguration(strike_divisor=1 + step.amount)),
            "name": lambda: RaidUpdate(name=f"Raid {step.amount}", description=""),
        }
        if step.what == "pause":
            self._take(raid_life.pause(state, self.configuration, now, REASON))
        elif step.what == "resume":
            self._take(raid_life.resume(state, self.configuration, now, REASON))
        elif step.what == "adjust":
            hp = state.total_hp * step.amount // 1000
            self._take(raid_life.adjust_hp(state, self._manager, hp, now, REASON))
        else:
            raid_life.check_not_over(1, state)
            if step.what == "cancel":
                self._take(raid_life.cancel(state, self.configuration, now, REASON))
            else:
                update = updates[step.what]()
                self._take(raid_life.update(state, update, now, REASON))
                if update.rewards is not None:
                    self._play_by(replace(self.configuration, rewards=update.rewards))

    def _take(self, step: Step) -> None:
        after, events = step
        cause = events[0]
        assert isinstance(cause, RaidStarted | RaidChanged)
        self._add(Moment(cause, self.state, after, events))

    def _add(self, moment: Moment) -> None:
        self.moments.append(moment)
        self.state = moment.after
        for event in moment.events:
            if event.kind in STATE_CHANGING_KINDS:
                self.state_changed_at = event.sequence


def some(chance: Random, least: int, most: int) -> tuple[Affinity, ...]:
    """From `least` to `most` different affinities."""
    return tuple(chance.sample(AFFINITIES, chance.randint(least, most)))


def rising(chance: Random, least: int, most: int, largest: int) -> tuple[int, ...]:
    return tuple(sorted(chance.sample(range(1, largest + 1), chance.randint(least, most))))


def random_configuration(chance: Random) -> BossConfiguration:
    """A small boss with everything in it, and always a playable one."""
    mixed = some(chance, 12, 12)
    resistances, weaknesses = mixed[: chance.randint(0, 2)], mixed[2 : 2 + chance.randint(0, 3)]
    limits = {kind: chance.choice([0, 1, 1, 2]) for kind in AffinityKind if chance.random() < 0.8}
    below = tuple(reversed(rising(chance, 0, 5, 1000)))
    effects = []
    for stage in range(2, len(below) + 2):
        (weakness, curse) = chance.sample(AFFINITIES, 2)
        effect = StageEffect(
            stage,
            f"Stage {stage}.",
            add_weakness=None if weakness in resistances or chance.random() < 0.4 else weakness,
            add_curse=None if limits.get(curse.kind) == 0 or chance.random() < 0.3 else curse,
            fight_permille=chance.choice([None, None, 2000]),
        )
        effects += [effect] if chance.random() < 0.8 else []
    configuration = BossConfiguration(
        name="Gloom",
        total_hp=chance.choice([chance.randint(1, 300), chance.randint(300, 3_000), chance.randint(3_000, 9_000)]),
        dominant_stats=(Stat.ATK, Stat.LCK),
        weaknesses=weaknesses,
        resistances=resistances,
        curse_pool=some(chance, *chance.choice([(0, 2), (4, 10), (4, 10)])),
        curse_limits=tuple(CurseLimit(kind, limit) for kind, limit in limits.items()),
        curse_every=chance.randint(1, 4),
        analysis_thresholds=rising(chance, 0, 7, 900),
        weakness_pool=tuple(
            WeaknessPool(kind, chance.randint(0, 3), tuple(chance.sample("abc", chance.randint(0, 3))))
            for kind in chance.sample(list(AffinityKind), chance.randint(0, 4))
        ),
        stage_hp_below_permille=below,
        stage_analysis_points=rising(chance, 0, len(below), 900),
        stage_effects=tuple(effects),
        rules=RaidRules(cooldown_seconds=chance.choice([0, 0, 600, 3600])),
        tier=chance.randint(1, 3),
    )
    survey = RosterSurvey(characters=0, holders={})
    assert not [one for one in check_configuration(configuration, survey) if one.severity is Severity.ERROR]
    return configuration


def random_roster(chance: Random, ids: Iterator[int]) -> tuple[Character, ...]:
    def sheet(number: int) -> CharacterSheet:
        stats = tuple(chance.choice([0, 90, chance.randint(1, 200)]) for _ in Stat)
        return CharacterSheet(f"Character {number}", None, 1, stats, some(chance, 0, 5))

    return tuple(Character(number, sheet(number), chance.randint(1, 6)) for number in islice(ids, CHARACTERS_EACH))


def random_step(chance: Random) -> StrikeStep | AdminStep:
    if chance.random() < 0.12:
        return AdminStep(chance.choice(ADMIN_STEPS), chance.randint(0, 1000))
    return StrikeStep(
        player=chance.randrange(PLAYERS),
        action=chance.choice(list(StrikeAction)),
        size=chance.choice([*[1, 2, 3, 4] * 3, 6, 7, 0]),
        fresh=chance.random() < 0.9,
        equipment=chance.randrange(len(EQUIPMENT)),
        expected_sequence=chance.choice([None, None, None, None, 3, 99]),
    )


@st.composite
def raids(draw: st.DrawFn) -> Raid:
    """A raid that was played, made from one number and a count of steps: a failure shrinks to the fewest steps."""
    chance = Random(draw(st.integers(0, 2**64 - 1)))
    ids = count(1)
    raid = Raid(
        configuration=random_configuration(chance),
        seed=chance.randbytes(32),
        ends_at=chance.choice([None, None, NOW + timedelta(hours=6)]),
        rosters=tuple(random_roster(chance, ids) for _ in range(PLAYERS)),
    )
    for _ in range(draw(st.integers(10, 50))):
        raid.play(random_step(chance), timedelta(minutes=chance.choice([0, 1, 10, 30, 60])))
    return raid
