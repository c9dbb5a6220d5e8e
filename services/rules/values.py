"""Stats, affinities, characters and equipment: the words of the game (rules.md 1)."""

from dataclasses import dataclass, field, fields, make_dataclass
from enum import StrEnum
from typing import Any, TypeVar

Value = TypeVar("Value")


def quickly_made(cls: type[Value]) -> type[Value]:
    """Gives a frozen dataclass the constructor of one that is not, nine times as fast: for what each strike makes anew.

    The class is frozen for mypy, which sees every assignment in this program; at run time nothing stops one.
    """
    described: Any = cls  # mypy cannot say "a class that is a dataclass"
    thawed: Any = make_dataclass(
        cls.__name__,
        [
            (each.name, Any, field(default=each.default, default_factory=each.default_factory, init=each.init))
            for each in fields(described)
        ],
    )
    described.__init__ = thawed.__init__
    del described.__setattr__, described.__delattr__
    return cls


class Stat(StrEnum):
    HP = "hp"
    ATK = "atk"
    MAG = "mag"
    VIT = "vit"
    SPR = "spr"
    INT = "int"
    SPD = "spd"
    LCK = "lck"


STATS: tuple[Stat, ...] = tuple(Stat)
"""The order in which a character's eight stats are kept."""

STAT_INDEX: dict[Stat, int] = {stat: index for index, stat in enumerate(STATS)}


class AffinityKind(StrEnum):
    ELEMENTAL = "elemental"
    ARCHETYPE = "archetype"
    GENRE = "genre"
    SERIES = "series"


class StrikeAction(StrEnum):
    FIGHT = "fight"
    ANALYZE = "analyze"


class RaidStatus(StrEnum):
    SCHEDULED = "scheduled"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"


class RaidOutcome(StrEnum):
    VICTORY = "victory"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


def affinity_key(kind: AffinityKind, value: str) -> str:
    """How affinities are compared: without case and surrounding blanks, e.g. ``elemental:fire``."""
    return f"{kind.value}:{value.strip().casefold()}"


@dataclass(frozen=True, slots=True)
class Affinity:
    """A kind and a value. Compared by `key`, shown as first written."""

    kind: AffinityKind = field(compare=False)
    value: str = field(compare=False)
    key: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", self.value.strip())
        object.__setattr__(self, "key", affinity_key(self.kind, self.value))


@dataclass(frozen=True, slots=True)
class CharacterSheet:
    """What is true of a character whoever owns it.

    `stats` are the eight stats in the order of `STATS`; `rarity` is 1..6.
    """

    name: str
    series: str | None
    rarity: int
    stats: tuple[int, ...]
    affinities: tuple[Affinity, ...]
    image_url: str | None = None
    affinity_keys: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "affinity_keys", frozenset(affinity.key for affinity in self.affinities))


@quickly_made
@dataclass(frozen=True, slots=True)
class Character:
    """One player's own copy of a character. `stars` is 1..6."""

    id: int
    sheet: CharacterSheet
    stars: int


class EquipmentEffectKind(StrEnum):
    AFFINITY_ADD = "affinity_add"
    STAT_BONUS = "stat_bonus"
    FINAL_SCORE_BONUS = "final_score_bonus"


@dataclass(frozen=True, slots=True)
class EquipmentEffect:
    """AFFINITY_ADD carries `affinity`, STAT_BONUS `stat` and `amount`, FINAL_SCORE_BONUS `amount`."""

    kind: EquipmentEffectKind
    stat: Stat | None = None
    affinity: Affinity | None = None
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class Equipment:
    """One piece per strike, reusable."""

    id: int
    name: str
    effects: tuple[EquipmentEffect, ...]


@quickly_made
@dataclass(frozen=True, slots=True)
class Reward:
    currency: str
    amount: int
