"""A strike before, when and after it is made, and a player's part in a raid."""

from dataclasses import dataclass
from datetime import datetime

from services.rules.values import Affinity, Reward, StrikeAction, quickly_made
from services.views.players import Character, Equipment, Player
from services.views.raids import Raid, RaidEvent


@quickly_made
@dataclass(frozen=True, slots=True)
class StrikeCommand:
    """A strike to be made. Ids are as the caller spelled them; `discord_id` is who strikes.

    `raid_id`: only in this raid; None for whichever is live.
    """

    discord_id: str
    action: StrikeAction
    character_ids: tuple[str, ...]
    equipment_id: str | None
    idempotency_key: str
    expected_sequence: int | None
    raid_id: str | None = None


@quickly_made
@dataclass(frozen=True, slots=True)
class StrikeCharacter:
    character_id: int
    name: str
    score: int
    multiplier_permille: int


@quickly_made
@dataclass(frozen=True, slots=True)
class Strike:
    """One accepted strike. `id` is ``<raid>.<number>``."""

    id: str
    raid_id: int
    number: int
    action: StrikeAction
    user_id: int
    team: tuple[StrikeCharacter, ...]
    equipment: Equipment | None
    base_score: int
    affinity_permille: int
    stage_permille: int
    final_score: int
    damage_dealt: int
    overkill: int
    analysis_points: int
    stage: int
    hp_before: int
    hp_after: int
    weaknesses: tuple[Affinity, ...]
    curses: tuple[Affinity, ...]
    struck_at: datetime


@quickly_made
@dataclass(frozen=True, slots=True)
class StrikeSuccess:
    """The answer to an accepted strike; the same words again when its key is seen again."""

    strike: Strike
    raid: Raid
    rewards: tuple[Reward, ...]
    curse_triggered: RaidEvent | None
    breakthroughs: tuple[RaidEvent, ...]
    stages_advanced: tuple[RaidEvent, ...]
    victory: bool
    ready_at: datetime
    replayed: bool


@dataclass(frozen=True, slots=True)
class StrikePreview:
    base_score: int
    affinity_permille: int
    stage_permille: int
    final_score: int
    points: int
    team: tuple[StrikeCharacter, ...]
    sequence: int


@dataclass(frozen=True, slots=True)
class SuggestedTeam:
    characters: tuple[Character, ...]
    preview: StrikePreview


@dataclass(frozen=True, slots=True)
class TeamCandidate:
    """A character that can still strike. `power` is what it would score all alone, `points` what that is worth.

    `weaknesses` are its affinities that count for it against the boss as it is, `curses` those that count against it.
    """

    character: Character
    score: int
    multiplier_permille: int
    power: int
    points: int
    weaknesses: tuple[Affinity, ...]
    curses: tuple[Affinity, ...]


@dataclass(frozen=True, slots=True)
class LastTeam:
    """Whom an earlier strike sent that can strike now: `complete` when they are all still there.

    `equipment` is what they took along, when the player still has it.
    """

    strike_id: str
    action: StrikeAction
    struck_at: datetime
    characters: tuple[Character, ...]
    complete: bool
    equipment: Equipment | None


@dataclass(frozen=True, slots=True)
class NextTier:
    name: str
    contribution_needed: int


@dataclass(frozen=True, slots=True)
class Participation:
    """One player in one raid. `ready_at` is None when they may strike now."""

    raid_id: int
    player: Player
    strikes: int
    fights: int
    analyses: int
    damage: int
    analysis_points: int
    contribution: int
    tier: str | None
    next_tier: NextTier | None
    ready_at: datetime | None
    available_characters: int
    used_characters: int
    rewards: tuple[Reward, ...]
