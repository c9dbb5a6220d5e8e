"""Is this configuration playable? Errors refuse it; warnings are taken only when accepted (rules.md 6)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from services.rules.configuration import BossConfiguration, RaidRules, RewardConfiguration
from services.rules.values import Affinity, Reward

LARGEST_WHOLE_NUMBER = 2**53 - 1
"""The largest whole number that JavaScript, and so every client, holds exactly."""

LARGEST_TEAM = 6
COMMON_AFFINITY_PERMILLE = 400
CAPACITY_USED_PERMILLE = 900
SHORT_CURSE_CLOCK = 10
LONGEST_NAME = 100
LONGEST_DESCRIPTION = 4_000
LARGEST_PERMILLE = 100_000
LARGEST_WEAKNESS_PERMILLE = 4_641
"""Three weaknesses then multiply by at most 99.961, which fits the DECIMAL(5,3) of rules.md 3."""

LONGEST_CURSE_CLOCK = 10_000_000
LONGEST_LIST = 1_000


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """`path` names the field as the configuration spells it, e.g. ``stage_effects[0].stage``."""

    path: str
    message: str
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class RosterSurvey:
    """What the registered characters are: `holders` counts the characters with each affinity key.

    `capacity` is the damage that all registered copies could deal together; None when nobody owns one.
    """

    characters: int
    holders: Mapping[str, int]
    capacity: int | None = None


def check_configuration(boss: BossConfiguration, survey: RosterSurvey) -> tuple[Problem, ...]:
    """Every problem of `boss`, errors before warnings. With errors there are no warnings: they come first."""
    errors = (
        *_check_boss(boss),
        *_check_affinities(boss),
        *_check_analysis(boss),
        *_check_curse_limits(boss),
        *_check_stages(boss),
        *_check_stage_effects(boss),
        *_check_rules(boss.rules),
        *check_rewards(boss.rewards),
    )
    return errors or tuple(_warn(boss, survey))


def _range(path: str, value: int, low: int, high: int) -> Iterator[Problem]:
    if not low <= value <= high:
        yield Problem(path, f"must be from {low} to {high}; {value} is not.")


def _length(path: str, text: str, low: int, high: int) -> Iterator[Problem]:
    if not low <= len(text.strip()) <= high:
        yield Problem(path, f"must have {low} to {high} characters; this has {len(text.strip())}.")


def _check_boss(boss: BossConfiguration) -> Iterator[Problem]:
    yield from _length("name", boss.name, 1, LONGEST_NAME)
    yield from _length("description", boss.description, 0, LONGEST_DESCRIPTION)
    yield from _range("total_hp", boss.total_hp, 1, LARGEST_WHOLE_NUMBER)
    yield from _range("tier", boss.tier, 1, 100)
    yield from _range("curse_every", boss.curse_every, 1, LONGEST_CURSE_CLOCK)
    if boss.image_url is not None and not boss.image_url.startswith("https://"):
        yield Problem("image_url", "must begin with https://.")
    if not boss.dominant_stats:
        yield Problem("dominant_stats", "must name at least one stat.")
    if len(set(boss.dominant_stats)) < len(boss.dominant_stats):
        yield Problem("dominant_stats", "names a stat twice.")


def _check_affinities(boss: BossConfiguration) -> Iterator[Problem]:
    for path, affinity in _affinities(boss):
        yield from _length(f"{path}.value", affinity.value, 1, LONGEST_NAME)
    resistant = set(boss.resistances)
    for path, affinity in (*_listed("weaknesses", boss.weaknesses), *_stage_weaknesses(boss)):
        if affinity in resistant:
            yield Problem(path, f"{affinity.value} is both a weakness and a resistance; it must be one of them.")
    for field in ("weaknesses", "resistances", "curse_pool"):
        affinities: tuple[Affinity, ...] = getattr(boss, field)
        if len(affinities) > LONGEST_LIST:
            yield Problem(field, f"must have at most {LONGEST_LIST} entries; this has {len(affinities)}.")
        if len(set(affinities)) < len(affinities):
            yield Problem(field, "names an affinity twice.")


def _listed(path: str, affinities: Iterable[Affinity]) -> Iterator[tuple[str, Affinity]]:
    return ((f"{path}[{index}]", affinity) for index, affinity in enumerate(affinities))


def _stage_weaknesses(boss: BossConfiguration) -> Iterator[tuple[str, Affinity]]:
    for index, effect in enumerate(boss.stage_effects):
        if effect.add_weakness is not None:
            yield f"stage_effects[{index}].add_weakness", effect.add_weakness


def _stage_curses(boss: BossConfiguration) -> Iterator[tuple[str, Affinity]]:
    for index, effect in enumerate(boss.stage_effects):
        if effect.add_curse is not None:
            yield f"stage_effects[{index}].add_curse", effect.add_curse


def _affinities(boss: BossConfiguration) -> Iterator[tuple[str, Affinity]]:
    """Every affinity that the configuration names, with its path."""
    yield from _listed("weaknesses", boss.weaknesses)
    yield from _listed("resistances", boss.resistances)
    yield from _listed("curse_pool", boss.curse_pool)
    yield from _stage_weaknesses(boss)
    yield from _stage_curses(boss)
    for index, pool in enumerate(boss.weakness_pool):
        yield from _listed(f"weakness_pool[{index}].values", (Affinity(pool.kind, value) for value in pool.values))


def _check_analysis(boss: BossConfiguration) -> Iterator[Problem]:
    yield from _rising("analysis_thresholds", boss.analysis_thresholds)
    for index, pool in enumerate(boss.weakness_pool):
        yield from _range(f"weakness_pool[{index}].weight", pool.weight, 0, 1_000_000)
        if len(pool.values) > LONGEST_LIST:
            yield Problem(f"weakness_pool[{index}].values", f"must have at most {LONGEST_LIST} entries.")
    if len({pool.kind for pool in boss.weakness_pool}) < len(boss.weakness_pool):
        yield Problem("weakness_pool", "names a kind twice.")


def _check_curse_limits(boss: BossConfiguration) -> Iterator[Problem]:
    for index, limit in enumerate(boss.curse_limits):
        yield from _range(f"curse_limits[{index}].limit", limit.limit, 0, LONGEST_LIST)
    if len({limit.kind for limit in boss.curse_limits}) < len(boss.curse_limits):
        yield Problem("curse_limits", "names a kind twice.")


def _check_stages(boss: BossConfiguration) -> Iterator[Problem]:
    yield from _rising("stage_analysis_points", boss.stage_analysis_points)
    below = boss.stage_hp_below_permille
    if any(first <= second for first, second in pairwise(below)):
        yield Problem("stage_hp_below_permille", "must fall strictly, as the boss's HP does.")
    for index, permille in enumerate(below):
        yield from _range(f"stage_hp_below_permille[{index}]", permille, 1, 1000)
    if len(boss.stage_analysis_points) > len(below):
        yield Problem("stage_analysis_points", f"must have at most {len(below)} entries, one for each stage passed.")


def _check_stage_effects(boss: BossConfiguration) -> Iterator[Problem]:
    for index, effect in enumerate(boss.stage_effects):
        yield from _range(f"stage_effects[{index}].stage", effect.stage, 2, boss.stage_count)
        yield from _length(f"stage_effects[{index}].message", effect.message, 1, 500)
        if effect.fight_permille is not None:
            yield from _range(f"stage_effects[{index}].fight_permille", effect.fight_permille, 1, LARGEST_PERMILLE)
        if effect.add_curse is not None and boss.curse_limit(effect.add_curse.kind) == 0:
            yield Problem(f"stage_effects[{index}].add_curse", f"the limit of {effect.add_curse.kind} curses is 0.")
    if len({effect.stage for effect in boss.stage_effects}) < len(boss.stage_effects):
        yield Problem("stage_effects", "has two effects for one stage.")


def _rising(path: str, values: Sequence[int]) -> Iterator[Problem]:
    if len(values) > LONGEST_LIST:
        yield Problem(path, f"must have at most {LONGEST_LIST} entries; this has {len(values)}.")
    for index, value in enumerate(values):
        yield from _range(f"{path}[{index}]", value, 1, LARGEST_WHOLE_NUMBER)
    if any(first >= second for first, second in pairwise(values)):
        yield Problem(path, "must rise strictly.")


def _check_rules(rules: RaidRules) -> Iterator[Problem]:
    yield from _range("rules.min_team_size", rules.min_team_size, 1, LARGEST_TEAM)
    yield from _range("rules.max_team_size", rules.max_team_size, 1, LARGEST_TEAM)
    if rules.min_team_size > rules.max_team_size:
        yield Problem("rules.min_team_size", f"must not be above max_team_size ({rules.max_team_size}).")
    yield from _range("rules.cooldown_seconds", rules.cooldown_seconds, 0, 30 * 24 * 3600)
    yield from _range("rules.weakness_permille", rules.weakness_permille, 1000, LARGEST_WEAKNESS_PERMILLE)
    yield from _range("rules.curse_permille", rules.curse_permille, 0, 1000)
    yield from _range("rules.damage_divisor", rules.damage_divisor, 1, 1_000_000)
    yield from _range("rules.analysis_divisor", rules.analysis_divisor, 1, 1_000_000)


def check_rewards(rewards: RewardConfiguration) -> Iterator[Problem]:
    """The problems of a reward configuration, with paths from ``rewards.`` on."""
    yield from _range("rewards.strike_divisor", rewards.strike_divisor, 1, LARGEST_WHOLE_NUMBER)
    yield from _rising("rewards.milestones", [milestone.contribution for milestone in rewards.milestones])
    for index, milestone in enumerate(rewards.milestones):
        yield from _check_amounts(f"rewards.milestones[{index}].rewards", milestone.rewards)
    yield from _check_amounts("rewards.breakthrough", rewards.breakthrough)
    yield from _check_amounts("rewards.victory", rewards.victory)
    yield from _rising("rewards.tiers", [tier.contribution for tier in rewards.tiers])
    for index, tier in enumerate(rewards.tiers):
        yield from _length(f"rewards.tiers[{index}].name", tier.name, 1, LONGEST_NAME)
        yield from _range(f"rewards.tiers[{index}].victory_permille", tier.victory_permille, 0, LARGEST_PERMILLE)
    if len({tier.name for tier in rewards.tiers}) < len(rewards.tiers):
        yield Problem("rewards.tiers", "names a tier twice.")


def _check_amounts(path: str, rewards: tuple[Reward, ...]) -> Iterator[Problem]:
    for index, reward in enumerate(rewards):
        yield from _length(f"{path}[{index}].currency", reward.currency, 1, 50)
        yield from _range(f"{path}[{index}].amount", reward.amount, 0, 10**9)
    if len({reward.currency for reward in rewards}) < len(rewards):
        yield Problem(path, "names a currency twice.")


def _warn(boss: BossConfiguration, survey: RosterSurvey) -> Iterator[Problem]:
    for path, affinity in _affinities(boss):
        holders = survey.holders.get(affinity.key, 0)
        if holders == 0:
            yield _warning(path, f"no character of the roster has {affinity.kind} {affinity.value}.")
        elif holders * 1000 > survey.characters * COMMON_AFFINITY_PERMILLE:
            yield _warning(
                path,
                f"{holders} of {survey.characters} characters have {affinity.kind} {affinity.value}: more than 40 %.",
            )
    capacity = survey.capacity
    if capacity is not None and boss.total_hp * 1000 > capacity * CAPACITY_USED_PERMILLE:
        yield _warning(
            "total_hp",
            f"is above 90 % of the {capacity:,} damage that all registered characters can deal before weaknesses "
            "and stages; the boss may be out of reach.",
        )
    if boss.curse_every < SHORT_CURSE_CLOCK:
        yield _warning("curse_every", f"a curse every {boss.curse_every} strikes is very often; 10 or more is usual.")


def _warning(path: str, message: str) -> Problem:
    return Problem(path, message, Severity.WARNING)
