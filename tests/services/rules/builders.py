"""Small values for the rules' tests: a boss, a raid under way, a team, a strike of so many points."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings

from services.rules.configuration import BossConfiguration
from services.rules.draws import Draw
from services.rules.manager import StrikeOutcome, WorldThreatManager
from services.rules.state import ActiveCurse, Participant, RaidState, new_raid
from services.rules.strike_resolver import StrikeScore
from services.rules.values import (
    STAT_INDEX,
    Affinity,
    AffinityKind,
    Character,
    CharacterSheet,
    RaidStatus,
    Stat,
    StrikeAction,
)

NOW = datetime(2030, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SEED = bytes(range(32))

PROPERTY = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
"""The same examples in every run: a property that holds here today holds in CI tomorrow."""


def elemental(value: str) -> Affinity:
    return Affinity(AffinityKind.ELEMENTAL, value)


def genre(value: str) -> Affinity:
    return Affinity(AffinityKind.GENRE, value)


def elementals(values: str) -> tuple[Affinity, ...]:
    """One elemental affinity for each word of `values`."""
    return tuple(elemental(value) for value in values.split())


def boss(**fields: Any) -> BossConfiguration:
    configuration = BossConfiguration(name="Gloom", total_hp=10_000, dominant_stats=(Stat.ATK, Stat.SPD, Stat.LCK))
    return replace(configuration, **fields)


def active(configuration: BossConfiguration, **fields: Any) -> RaidState:
    """The boss's raid, under way since an hour ago."""
    raid = new_raid(configuration, starts_at=NOW - HOUR, ends_at=None)
    return replace(replace(raid, status=RaidStatus.ACTIVE, sequence=1), **fields)


def cursed(*affinities: Affinity) -> tuple[ActiveCurse, ...]:
    return tuple(ActiveCurse(affinity, NOW - HOUR, 1) for affinity in affinities)


def stats(**values: int) -> tuple[int, ...]:
    """Eight stats, 0 where nothing is said."""
    filled = [0] * len(STAT_INDEX)
    for name, value in values.items():
        filled[STAT_INDEX[Stat(name)]] = value
    return tuple(filled)


def character(number: int, score: int, affinities: Iterable[Affinity] = (), *, stars: int = 1) -> Character:
    """A character whose dominant stats sum to `score`, all of it attack."""
    sheet = CharacterSheet(f"Character {number}", None, stars, stats(atk=score), tuple(affinities))
    return Character(number, sheet, stars)


def score_of(points: int, *, final_score: int | None = None) -> StrikeScore:
    """A strike that scores so many points."""
    final = points * 10 if final_score is None else final_score
    return StrikeScore(
        base_score=final,
        affinity_permille=1000,
        stage_permille=1000,
        final_score=final,
        points=points,
        team=(),
    )


def manager_of(configuration: BossConfiguration, seed: bytes = SEED) -> WorldThreatManager:
    return WorldThreatManager(configuration, lambda number: Draw(seed, number))


def strike(
    configuration: BossConfiguration,
    state: RaidState,
    points: int,
    action: StrikeAction = StrikeAction.FIGHT,
    *,
    participant: Participant | None = None,
    seed: bytes = SEED,
) -> StrikeOutcome:
    """One strike of `points` on `state`, by player 7 unless somebody else is given."""
    striker = participant or Participant(7)
    return manager_of(configuration, seed).apply(state, striker, action, score_of(points), NOW)


def analyze(
    configuration: BossConfiguration,
    state: RaidState,
    points: int,
    *,
    participant: Participant | None = None,
    seed: bytes = SEED,
) -> StrikeOutcome:
    return strike(configuration, state, points, StrikeAction.ANALYZE, participant=participant, seed=seed)
