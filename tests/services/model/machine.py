"""Random raids, step by step: what the service answers and stores is what the rules alone make of the same steps."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.boss_overrides import RewardOverrides
from services.errors import BossAlreadyDefeatedError
from services.raid_records import event_of, participant_of, state_of
from services.rules.configuration import BossConfiguration
from services.rules.errors import WorldThreatError
from services.rules.state import new_raid
from services.rules.values import RaidOutcome, RaidStatus, StrikeAction
from services.views import StrikeSuccess
from tests.services.model.model import RaidModel, Told, Wish, told_by
from tests.services.model.stage import FIRST_MOMENT, STRANGER, Stage
from tests.services.rules.random_raids import random_configuration
from tests.services.world import ADMIN

MOMENTS = st.sampled_from([1, 60, 599, 600, 1_800, 3_599, 3_600, 3_601, 7_200])
"""Seconds by which the clock moves, about the cooldowns and the ends of raids."""
ACTS = ("adjust", "pause", "resume", "curse_every", "ends_at", "rewards", "adjust", "resume", "resume", "end")


@dataclass(frozen=True, slots=True)
class Plan:
    """A strike as it is drawn; what it names is looked up when it is made."""

    player: int
    action: StrikeAction
    size: int
    fresh: bool
    stranger: bool
    equipment: int
    expected: int | None


PLANS = st.builds(
    Plan,
    player=st.sampled_from([0, 1, 2, 3, 0, 1, 2, 3, 4]),
    action=st.sampled_from(StrikeAction),
    size=st.sampled_from([1, 2, 3, 1, 2, 3, 4, 0, 7]),
    fresh=st.sampled_from([True, True, True, True, False]),
    stranger=st.sampled_from([False] * 7 + [True]),
    equipment=st.sampled_from([0, 0, 0, 1, 2, 3, 4]),
    expected=st.sampled_from([None, None, None, None, 0, 10]),
)


class RaidMachine(RuleBasedStateMachine):
    """A raid and its model. Each example is a raid of its own; the players and the clock go on."""

    stage: ClassVar[Stage]
    met: ClassVar[set[object]]
    now: ClassVar[datetime] = FIRST_MOMENT
    before: ClassVar[WorldThreatError | None] = None

    @initialize(
        seed=st.integers(0, 2**64 - 1),
        starts_in=st.sampled_from([None, None, None, 600]),
        ends_in=st.sampled_from([None, None, 3_600, 10_800]),
    )
    def begin(self, seed: int, starts_in: int | None, ends_in: int | None) -> None:
        self._move_clock(timedelta(days=2))
        boss, now = _small(random_configuration(Random(seed))), type(self).now
        starts_at = None if starts_in is None else now + timedelta(seconds=starts_in)
        ends_at = None if ends_in is None else now + timedelta(seconds=ends_in)
        raid_id, secret = self.stage.create(boss, starts_at=starts_at, ends_at=ends_at)
        state = new_raid(boss, starts_at=starts_at or now, ends_at=ends_at)
        self.model = RaidModel(raid_id, boss, secret, state, self.stage.players, type(self).before, now)
        self.model.settle()
        self.wishes: list[Wish] = []

    # Steps

    @rule(plans=st.lists(PLANS, min_size=1, max_size=3))
    def strike(self, plans: list[Plan]) -> None:
        self._strike([self._wish(plan, place) for place, plan in enumerate(plans)])

    @rule(plans=st.lists(PLANS, min_size=3, max_size=8))
    def rush(self, plans: list[Plan]) -> None:
        """Many arrive at once."""
        self.strike(plans)

    @precondition(lambda self: self.wishes)
    @rule(which=st.integers(0, 1_000), change=st.sampled_from([None, None, "action", "team", "equipment", "order"]))
    def repeat(self, which: int, change: str | None) -> None:
        """A key once more, with its own content or another."""
        wish = self.wishes[which % len(self.wishes)]
        other = StrikeAction.FIGHT if wish.action is StrikeAction.ANALYZE else StrikeAction.ANALYZE
        self._strike(
            [
                Wish(
                    wish.discord_id,
                    other if change == "action" else wish.action,
                    wish.characters[:1] if change == "team" else wish.characters[:: -1 if change == "order" else 1],
                    None if change == "equipment" else wish.equipment,
                    wish.key,
                    None,
                )
            ]
        )

    @rule(act=st.sampled_from(ACTS), amount=st.integers(0, 1_000))
    def administer(self, act: str, amount: int) -> None:
        desk, given = self.stage.service.desk, {"raid_id": str(self.model.raid_id), "reason": act}
        match act:
            case "pause":
                self._administer(act, None, lambda: desk.pause_raid(ADMIN, **given))
            case "resume":
                self._administer(act, None, lambda: desk.resume_raid(ADMIN, **given))
            case "end":
                self._administer(act, None, lambda: desk.end_raid(ADMIN, **given))
            case "adjust":
                hp = self.model.state.total_hp * amount // 990
                self._administer(act, hp, lambda: desk.adjust_boss_hp(ADMIN, **given, current_hp=hp))
            case "curse_every":
                self._update(act, amount % 7, curse_every=amount % 7)
            case "ends_at":
                ends_at = type(self).now + timedelta(minutes=120 - amount // 5)
                self._update(act, ends_at, ends_at=ends_at)
            case _:
                rewards = RewardOverrides(strike_divisor=1 + amount)
                self._update(act, rewards.over(self.model.boss.rewards), rewards=rewards)

    @precondition(lambda self: self.model.state.status is RaidStatus.PAUSED)
    @rule()
    def go_on(self) -> None:
        """Left to `administer` alone, few raids that are paused would ever be struck again."""
        self.administer("resume", 0)

    @rule(seconds=MOMENTS, noticed=st.booleans())
    def pass_time(self, seconds: int, *, noticed: bool) -> None:
        """The clock goes on; the raid clock may see it, or leave it to the next strike."""
        self._move_clock(timedelta(seconds=seconds))
        self.model.now = type(self).now
        if noticed:
            self.stage.notice_the_time()
            self.model.settle()

    # What must hold after each of them

    @invariant()
    def stored_is_what_the_rules_make_of_it(self) -> None:
        if not hasattr(self, "model"):
            return
        model, stored = self.model, self.stage.stored(self.model.raid_id)
        assert state_of(stored.raid) == model.state
        assert stored.raid.state_changed_at == model.state_changed_at
        assert stored.raid.last_action_at == model.last_action_at
        assert [event_of(row) for row in stored.events] == model.events
        assert {row.user_id: participant_of(row) for row in stored.participants} == model.participants
        assert stored.used == model.used
        assert stored.grants == model.grants
        assert stored.strikes == [
            (told.number, told.player, told.struck_at, told.result, told.hp[1]) for told in model.strikes
        ]

    def teardown(self) -> None:
        if not hasattr(self, "model"):
            return
        model, cls = self.model, type(self)
        cls.met.update(type(event) for event in model.events)
        cls.met.add(model.state.outcome)
        self.stage.verify(model.raid_id)
        if model.state.status is not RaidStatus.COMPLETED:
            self._administer(
                "end",
                None,
                lambda: self.stage.service.desk.end_raid(ADMIN, raid_id=str(model.raid_id), reason="end"),
            )
        won = model.state.outcome is RaidOutcome.VICTORY and model.state.completed_at is not None
        cls.before = (
            BossAlreadyDefeatedError(raid_id=model.raid_id, defeated_at=model.state.completed_at)  # type: ignore[arg-type]
            if won
            else None
        )

    # How a step is made on both sides

    def _strike(self, wishes: list[Wish]) -> None:
        answers = self.stage.strike_all(wishes)
        for wish, answer in zip(wishes, answers, strict=True):
            try:
                expected: Told | WorldThreatError = self.model.strike(wish)
            except WorldThreatError as refusal:
                expected = refusal
            self.met.add(type(expected))
            if isinstance(expected, Told):
                self.met.add(("replayed", expected.replayed))
                assert isinstance(answer, StrikeSuccess), answer
                assert told_by(answer) == expected
                if not expected.replayed:
                    self.wishes.append(wish)
            else:
                _same_refusal(answer, expected)

    def _wish(self, plan: Plan, place: int) -> Wish:
        players = list(self.stage.players.items())
        discord_id, player = players[plan.player] if plan.player < len(players) else (STRANGER, players[0][1])
        copies = [copy for copy in player.characters if not (plan.fresh and copy in self.model.used)]
        if plan.stranger:
            copies = [*players[(plan.player + 1) % len(players)][1].characters][:1] + copies
        gear = [None, *player.equipment, 10**12]
        expected = None if plan.expected is None else max(0, self.model.state.sequence - plan.expected)
        key = f"{self.model.raid_id} {len(self.model.answers)} {place} {plan.player}"
        return Wish(discord_id, plan.action, tuple(copies[: plan.size]), gear[plan.equipment], key, expected)

    def _update(self, field: str, value: object, **change: Any) -> None:
        given: dict[str, Any] = {
            "name": None, "description": None, "ends_at": None, "curse_every": None, "rewards": None, **change
        }  # fmt: skip
        desk, raid_id = self.stage.service.desk, str(self.model.raid_id)
        self._administer(field, value, lambda: desk.update_raid(ADMIN, raid_id=raid_id, reason=field, **given))

    def _administer(self, act: str, value: Any, work: Callable[[], Any]) -> None:
        refusal: WorldThreatError | None = None
        try:
            self.model.administer(act, act, value)
        except WorldThreatError as error:
            refusal = error
        self.met.add((act, refusal is None))
        answer: object = None
        try:
            self.stage.runner.run(work())
        except WorldThreatError as error:
            answer = error
        if refusal is None:
            assert answer is None
        else:
            _same_refusal(answer, refusal)

    def _move_clock(self, by: timedelta) -> None:
        cls = type(self)
        cls.now += by
        self.stage.set_clock(cls.now)


def _small(boss: BossConfiguration) -> BossConfiguration:
    """The same with as much HP, and as much to find, as a few players can do."""
    return replace(
        boss,
        total_hp=1 + boss.total_hp % 300,
        analysis_thresholds=tuple(sorted({1 + points // 8 for points in boss.analysis_thresholds})),
    )


def _same_refusal(answer: object, expected: WorldThreatError) -> None:
    assert type(answer) is type(expected), (answer, expected)
    assert (vars(answer), str(answer)) == (vars(expected), str(expected))
