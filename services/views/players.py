"""Players and what they own."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.rules.values import Affinity, EquipmentEffect, Stat


class RosterOrder(StrEnum):
    EFFECTIVE_SCORE = "effective_score"
    NAME = "name"
    RARITY = "rarity"


@dataclass(frozen=True, slots=True)
class Player:
    """`id` is public and opaque; `user_id` never leaves the server."""

    user_id: int
    id: str
    name: str
    discord_id: str | None


@dataclass(frozen=True, slots=True)
class StatValue:
    stat: Stat
    value: int


@dataclass(frozen=True, slots=True)
class CharacterRaidUse:
    available: bool
    used_at: datetime | None
    score: int
    multiplier_permille: int


@dataclass(frozen=True, slots=True)
class Character:
    """A player's copy. `raid_use` is None when there is no active raid."""

    id: int
    key: str
    name: str
    series: str | None
    rarity: int
    stars: int
    stats: tuple[StatValue, ...]
    affinities: tuple[Affinity, ...]
    image_url: str | None
    raid_use: CharacterRaidUse | None


@dataclass(frozen=True, slots=True)
class CatalogueCharacter:
    key: str
    name: str
    series: str | None
    rarity: int
    stats: tuple[StatValue, ...]
    affinities: tuple[Affinity, ...]
    image_url: str | None


@dataclass(frozen=True, slots=True)
class Equipment:
    id: int
    name: str
    effects: tuple[EquipmentEffect, ...]


@dataclass(frozen=True, slots=True)
class RosterFilter:
    """`ids`: only these copies, as the caller spelled them; None for all."""

    ids: tuple[str, ...] | None = None
    available: bool | None = None
    search: str | None = None
    affinity: Affinity | None = None
    order_by: RosterOrder = RosterOrder.EFFECTIVE_SCORE


@dataclass(frozen=True, slots=True)
class DueReminder:
    """A player who wants to be told that they may strike again, since `ready_at`, in this raid.

    `language` is the BCP 47 tag of the one they asked in; None when nobody said.
    """

    user_id: int
    discord_id: str
    ready_at: datetime
    raid_id: int
    language: str | None
