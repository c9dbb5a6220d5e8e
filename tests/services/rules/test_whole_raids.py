"""What must always hold (rules.md 7), in whole random raids: as far as it is the rules' business."""

from collections import Counter, defaultdict
from fractions import Fraction
from itertools import pairwise

from hypothesis import given, settings

from services.rules.errors import WorldThreatError
from services.rules.events import (
    BossDefeated,
    BreakthroughAchieved,
    CurseApplied,
    CurseFizzled,
    RaidChanged,
    RaidEventKind,
    StageAdvanced,
)
from services.rules.replay import LoggedStrike, RaidReplay
from services.rules.reward_calculator import GrantKind
from services.rules.state import RaidState
from services.rules.values import Affinity, EquipmentEffectKind, RaidOutcome, RaidStatus, StrikeAction
from tests.services.rules.builders import PROPERTY
from tests.services.rules.random_raids import Raid, raids

ANY_RAID = given(raid=raids())
RAIDS = settings(PROPERTY, max_examples=60)
"""For one property; each of them plays other raids."""


def test_random_raids_meet_everything_that_can_happen() -> None:
    # Were one of these never met, the properties below would say nothing about it.
    met: set[object] = set()

    @settings(PROPERTY, max_examples=250)
    @ANY_RAID
    def meet(raid: Raid) -> None:
        met.update(event.kind for event in raid.events)
        met.update(type(refusal) for refusal in raid.refusals)
        met.update([raid.state.outcome, raid.state.status])
        for event in raid.events:
            if isinstance(event, CurseApplied | StageAdvanced):
                replaced = event.replaced if isinstance(event, CurseApplied) else event.replaced_curse
                met.add((event.kind, "replaces", replaced is not None))
            if isinstance(event, BreakthroughAchieved):
                met.add((event.kind, "reveals", event.weakness is not None))
        for moment in raid.moments:
            met.add(("breakthroughs at once", sum(isinstance(event, BreakthroughAchieved) for event in moment.events)))

    meet()
    assert set(RaidEventKind) <= met
    assert set(RaidOutcome) <= met
    assert {RaidStatus.ACTIVE, RaidStatus.PAUSED, RaidStatus.COMPLETED} <= met
    assert {(RaidEventKind.CURSE_APPLIED, "replaces", yes) for yes in (True, False)} <= met
    assert {(RaidEventKind.STAGE_ADVANCED, "replaces", yes) for yes in (True, False)} <= met
    assert {(RaidEventKind.BREAKTHROUGH, "reveals", yes) for yes in (True, False)} <= met
    assert {("breakthroughs at once", number) for number in (1, 2, 3)} <= met
    rules_own = {kind for kind in WorldThreatError.__subclasses__() if kind.__module__ == "services.rules.errors"}
    assert rules_own <= met


@RAIDS
@ANY_RAID
def test_hp_that_is_gone_is_damage_and_adjustments(raid: Raid) -> None:
    damage = sum(outcome.damage_dealt for _, _, outcome, _ in raid.strikes)
    adjusted, hp = 0, raid.configuration.total_hp
    for event in raid.events:
        if isinstance(event, RaidChanged) and event.changes.hp is not None:
            before = next(moment.before.hp for moment in raid.moments if event in moment.events)
            adjusted += before - event.changes.hp
    assert raid.state.total_hp - raid.state.hp == damage + adjusted
    assert (raid.state.damage, raid.state.hp_adjusted, raid.state.total_hp) == (damage, adjusted, hp)


@RAIDS
@ANY_RAID
def test_hp_forms_one_unbroken_chain(raid: Raid) -> None:
    hp = raid.configuration.total_hp
    for moment in raid.moments:
        assert moment.before.hp == hp
        hp = moment.after.hp
        if moment.outcome is not None and moment.score is not None and isinstance(moment.cause, LoggedStrike):
            fight = moment.cause.action is StrikeAction.FIGHT
            outcome, points = moment.outcome, moment.score.points
            assert moment.before.hp - moment.after.hp == outcome.damage_dealt
            assert outcome.damage_dealt + outcome.overkill == (points if fight else 0)
            assert outcome.analysis_points == (0 if fight else points)
            assert outcome.overkill == 0 or hp == 0
        elif isinstance(moment.cause, RaidChanged) and moment.cause.changes.hp is not None:
            assert hp == moment.cause.changes.hp >= 1
        else:
            assert moment.before.hp == hp
        assert 0 <= hp <= moment.after.total_hp
        assert (hp == 0) == (moment.after.outcome is RaidOutcome.VICTORY)


@RAIDS
@ANY_RAID
def test_a_defeated_boss_is_defeated_once_and_struck_no_more(raid: Raid) -> None:
    events = list(raid.events)
    defeats = [event for event in events if isinstance(event, BossDefeated)]
    won = raid.state.outcome is RaidOutcome.VICTORY
    assert len(defeats) == won
    if won:
        strike, _, _, _ = raid.strikes[-1]
        assert events[-1] is defeats[0]
        assert defeats[0].strike_number == raid.state.strikes == len(raid.strikes)
        assert defeats[0].final_blow_by == raid.state.final_blow_by == strike.player
        assert defeats[0].participants == len(raid.participants)
        assert raid.moments[-1].cause is strike
    else:
        assert raid.state.final_blow_by is None


@RAIDS
@ANY_RAID
def test_a_raid_that_is_over_stays_as_it_ended(raid: Raid) -> None:
    over = [moment.after.status is RaidStatus.COMPLETED for moment in raid.moments]
    assert sum(over) == over[-1]
    assert (raid.state.outcome is not None) == over[-1] == (raid.state.completed_at is not None)


@RAIDS
@ANY_RAID
def test_participants_totals_are_the_sums_over_the_log(raid: Raid) -> None:
    totals: dict[int, Counter[str]] = defaultdict(Counter)
    reached: dict[tuple[int, str], int] = {}
    for number, (strike, score, outcome, _) in enumerate(raid.strikes, start=1):
        mine, fight = totals[strike.player], strike.action is StrikeAction.FIGHT
        gains = {
            "fights": int(fight),
            "analyses": int(not fight),
            "damage": outcome.damage_dealt,
            "analysis_points": outcome.analysis_points,
            "best_score": max(0, score.final_score - mine["best_score"]),
            "strikes": 1,
        }
        mine.update(gains)
        reached |= {(strike.player, metric): number for metric, gain in gains.items() if gain}
        contribution = mine["damage"] + mine["analysis_points"] * 6 // 5
        if contribution != mine["contribution"]:
            mine["contribution"], reached[strike.player, "contribution"] = contribution, number
    assert set(totals) == set(raid.participants)
    for player, participant in raid.participants.items():
        mine = totals[player]
        for metric in ("fights", "analyses", "damage", "analysis_points", "best_score", "strikes", "contribution"):
            assert getattr(participant, metric) == mine[metric], metric
        for metric, at in {
            "damage": participant.damage_number,
            "analysis_points": participant.analysis_number,
            "best_score": participant.best_score_number,
            "strikes": participant.strikes_number,
            "contribution": participant.contribution_number,
        }.items():
            assert at == reached.get((player, metric), 0), metric
        assert participant.last_action_at == max(one.struck_at for one, *_ in raid.strikes if one.player == player)


@RAIDS
@ANY_RAID
def test_the_raids_totals_are_the_sums_over_the_log(raid: Raid) -> None:
    state, actions = raid.state, Counter(strike.action for strike, *_ in raid.strikes)
    assert state.analysis_points == sum(outcome.analysis_points for _, _, outcome, _ in raid.strikes)
    assert (state.fights, state.analyses) == (actions[StrikeAction.FIGHT], actions[StrikeAction.ANALYZE])
    assert state.strikes == len(raid.strikes)
    assert state.participants == len({strike.player for strike, *_ in raid.strikes})
    assert state.analysts == sum(participant.analysis_points > 0 for participant in raid.participants.values())


@RAIDS
@ANY_RAID
def test_sequence_and_number_have_no_gaps(raid: Raid) -> None:
    sequences = [event.sequence for event in raid.events]
    assert sequences == list(range(1, len(sequences) + 1))
    assert raid.state.sequence == len(sequences)
    assert [outcome.participant.strikes_number for _, _, outcome, _ in raid.strikes] == list(
        range(1, len(raid.strikes) + 1),
    )
    for moment in raid.moments:
        number = moment.after.strikes if isinstance(moment.cause, LoggedStrike) else None
        assert {event.strike_number for event in moment.events} <= {number}
        struck_at = moment.cause.struck_at if isinstance(moment.cause, LoggedStrike) else moment.cause.occurred_at
        assert {event.occurred_at for event in moment.events} <= {struck_at}


@RAIDS
@ANY_RAID
def test_a_character_is_used_at_most_once(raid: Raid) -> None:
    used = Counter(character.id for strike, *_ in raid.strikes for character in strike.team)
    assert set(used.values()) <= {1}
    assert used.total() == sum(len(strike.team) for strike, *_ in raid.strikes)


@RAIDS
@ANY_RAID
def test_nobody_strikes_within_their_cooldown(raid: Raid) -> None:
    times = defaultdict(list)
    for strike, *_ in raid.strikes:
        times[strike.player].append(strike.struck_at)
    shortest = raid.configuration.rules.cooldown_seconds
    for mine in times.values():
        assert all((later - earlier).total_seconds() >= shortest for earlier, later in pairwise(mine))


@RAIDS
@ANY_RAID
def test_curses_keep_to_their_limits_and_weaknesses_are_never_resistances(raid: Raid) -> None:
    configuration = raid.configuration
    resistant = set(configuration.resistances)
    from_stages = {effect.add_curse for effect in configuration.stage_effects}
    for moment in raid.moments:
        state = moment.after
        cursed = [curse.affinity for curse in state.curses]
        assert len(set(cursed)) == len(cursed)
        assert not resistant & set(cursed)
        assert set(cursed) <= {*configuration.curse_pool, *from_stages}
        for kind, active in Counter(affinity.kind for affinity in cursed).items():
            limit = configuration.curse_limit(kind)
            assert limit is None or active <= limit
        assert len(set(state.weaknesses)) == len(state.weaknesses)
        assert not resistant & set(state.weaknesses)
        assert set(state.open_weaknesses) == set(state.weaknesses) - set(cursed)


def told_curses(curses: list[Affinity], added: Affinity | None, replaced: Affinity | None) -> list[Affinity]:
    """The curses after an event says that one was added and, perhaps, one replaced."""
    if replaced is not None:
        assert added is not None
        assert replaced in curses
        assert replaced.kind is added.kind
    kept = [curse for curse in curses if curse != replaced]
    return kept if added is None else [*kept, added]


@RAIDS
@ANY_RAID
def test_the_events_alone_tell_the_bosss_state(raid: Raid) -> None:
    """What a client keeps by following the events is what the raid is."""
    weaknesses, curses = list(raid.created.weaknesses), list[Affinity]()
    stage, breakthroughs, draws = 1, 0, 0
    for event in raid.events:
        match event:
            case StageAdvanced():
                assert (event.from_stage, event.to_stage) == (stage, stage + 1)
                stage += 1
                weaknesses += [] if event.added_weakness is None else [event.added_weakness]
                curses = told_curses(curses, event.added_curse, event.replaced_curse)
                draws += event.replaced_curse is not None
            case CurseApplied():
                curses = told_curses(curses, event.curse, event.replaced)
                draws += 1
            case BreakthroughAchieved():
                breakthroughs += 1
                assert event.number == breakthroughs
                assert event.threshold == raid.configuration.analysis_thresholds[breakthroughs - 1]
                weaknesses += [] if event.weakness is None else [event.weakness]
                draws += event.weakness is not None
            case _:
                pass
    state = raid.state
    assert (state.stage, state.breakthroughs, state.draws) == (stage, breakthroughs, draws)
    assert list(state.weaknesses) == weaknesses
    assert [curse.affinity for curse in state.curses] == curses


@RAIDS
@ANY_RAID
def test_what_is_reached_is_opened_at_once(raid: Raid) -> None:
    configuration = raid.configuration
    highest = 1
    for moment in raid.moments:
        state = moment.after
        if state.outcome is RaidOutcome.VICTORY:
            assert (state.stage, state.breakthroughs) == (moment.before.stage, moment.before.breakthroughs)
            continue
        assert state.breakthroughs == sum(state.analysis_points >= at for at in configuration.analysis_thresholds)
        by_hp = sum(
            Fraction(state.hp, state.total_hp) < Fraction(below, 1000)
            for below in configuration.stage_hp_below_permille
        )
        by_analysis = sum(state.analysis_points >= at for at in configuration.stage_analysis_points)
        highest = max(highest, 1 + by_hp, 1 + by_analysis)
        assert state.stage == highest <= configuration.stage_count


@RAIDS
@ANY_RAID
def test_the_curse_clock_strikes_when_its_strikes_have_come(raid: Raid) -> None:
    clock = 0
    for moment in raid.moments:
        told = [event for event in moment.events if isinstance(event, CurseApplied | CurseFizzled)]
        if isinstance(moment.cause, LoggedStrike) and moment.after.outcome is not RaidOutcome.VICTORY:
            clock += 1
            due = clock >= moment.before.curse_every
            clock = 0 if due else clock
            assert len(told) == due
            assert moment.events[-1:] == (tuple(told) or moment.events[-1:])
        else:
            assert not told
        assert moment.after.curse_clock == clock


@RAIDS
@ANY_RAID
def test_a_curse_fizzles_only_when_there_is_none_to_draw(raid: Raid) -> None:
    configuration = raid.configuration
    for moment in raid.moments:
        for event in moment.events:
            if not isinstance(event, CurseApplied | CurseFizzled):
                continue
            active = {curse.affinity for curse in moment.before.curses}
            for stage in (other for other in moment.events if isinstance(other, StageAdvanced)):
                active -= {stage.replaced_curse}
                active |= set() if stage.added_curse is None else {stage.added_curse}
            left = {
                affinity
                for affinity in configuration.curse_pool
                if affinity not in active
                and affinity not in configuration.resistances
                and configuration.curse_limit(affinity.kind) != 0
            }
            if isinstance(event, CurseFizzled):
                assert not left
            else:
                assert event.curse in left
                same_kind = [curse for curse in active if curse.kind is event.curse.kind]
                limit = configuration.curse_limit(event.curse.kind)
                assert (event.replaced in same_kind) == (limit is not None and len(same_kind) >= limit)


def plain_multiplier(affinities: set[Affinity], weak: set[Affinity], disfavored: set[Affinity]) -> int:
    favor = min(3, len(affinities & (weak - disfavored)))
    against = min(3, len(affinities & disfavored))
    return int(1000 * Fraction(3, 2) ** favor * Fraction(3, 4) ** against)


def plain_score(raid: Raid, strike: LoggedStrike, before: RaidState) -> tuple[int, int, int]:
    """The page's formulas, written once more and as plainly as can be: base, affinity permille, final score."""
    disfavored = set(raid.configuration.resistances) | {curse.affinity for curse in before.curses}
    weak = set(before.weaknesses)
    effects = () if strike.equipment is None else strike.equipment.effects
    weak |= {effect.affinity for effect in effects if effect.affinity is not None}
    cards = [
        (
            (character.sheet.stats[1] + character.sheet.stats[7]) * (9 + character.stars) // 10,
            plain_multiplier(set(character.sheet.affinities), weak, disfavored),
        )
        for character in strike.team
    ]
    base = sum(score for score, _ in cards)
    affinity = sum(score * multiplier for score, multiplier in cards) // base if base else 1000
    bonus = {effect.kind: effect.amount or 0 for effect in effects}
    base += bonus.get(EquipmentEffectKind.STAT_BONUS, 0)
    stage = 1000 + 100 * (before.stage - 1)
    effect = raid.configuration.stage_effect(before.stage)
    if effect is not None and effect.fight_permille and strike.action is StrikeAction.FIGHT:
        stage = effect.fight_permille
    final = base * affinity * stage // 1_000_000 + bonus.get(EquipmentEffectKind.FINAL_SCORE_BONUS, 0)
    return base, affinity, final


@RAIDS
@ANY_RAID
def test_a_strike_is_priced_by_the_state_before_it(raid: Raid) -> None:
    for strike, score, _, before in raid.strikes:
        assert (score.base_score, score.affinity_permille, score.final_score) == plain_score(raid, strike, before)
        assert score.points == score.final_score // 10 >= 1


@RAIDS
@ANY_RAID
def test_nothing_is_granted_twice_and_every_analyst_gets_every_breakthrough(raid: Raid) -> None:
    granted = Counter((player, grant.kind, grant.key) for player, grant in raid.grants)
    # What the service pays to all who are analysts when a breakthrough comes, in one statement.
    for moment in raid.moments:
        for event in moment.events:
            if isinstance(event, BreakthroughAchieved):
                analysts = {
                    strike.player
                    for number, (strike, _, outcome, _) in enumerate(raid.strikes, start=1)
                    if number <= event.strike_number and outcome.analysis_points
                }
                assert event.triggered_by in analysts
                assert event.rewarded_players == len(analysts)
                others = analysts - {event.triggered_by}
                granted.update((player, GrantKind.BREAKTHROUGH, str(event.number)) for player in others)
    assert set(granted.values()) <= {1}
    for player, participant in raid.participants.items():
        mine = {(kind, key) for owner, kind, key in granted if owner == player}
        opened = raid.state.breakthroughs if participant.analysis_points else 0
        assert {key for kind, key in mine if kind is GrantKind.BREAKTHROUGH} == {str(k + 1) for k in range(opened)}
        goals = (goal.contribution for goal in raid.configuration.rewards.milestones)
        assert {key for kind, key in mine if kind is GrantKind.MILESTONE} == {
            str(goal) for goal in goals if goal <= participant.contribution
        }


@PROPERTY
@ANY_RAID
def test_the_log_and_the_seed_replay_to_the_same_raid_bit_for_bit(raid: Raid) -> None:
    replay = RaidReplay(raid.configuration, raid.seed, raid.created)
    for moment in raid.moments:
        # repr beside ==, for affinities are equal however they are spelled.
        assert repr(replay.state) == repr(moment.before)
        if isinstance(moment.cause, LoggedStrike):
            found = replay.strike(moment.cause)
            assert found == (moment.score, moment.outcome)
            assert repr(found) == repr((moment.score, moment.outcome))
        else:
            events = replay.change(moment.cause)
            assert events == moment.events
            assert repr(events) == repr(moment.events)
        assert repr(replay.state) == repr(moment.after)
    assert replay.state == raid.state
    assert replay.participants == raid.participants
