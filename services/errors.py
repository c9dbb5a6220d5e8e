"""Every expected failure. Each carries facts; `str()` is a sentence for people.

WorldThreatError
├── InvalidTeamSizeError        the team is too small, too large, or names a character twice
├── IdempotencyConflictError    the key was used before with other content
├── RaidPausedError             the raid is paused
├── BossAlreadyDefeatedError    the boss is dead
├── NoActiveEventError          there is no raid to strike
├── PlayerNotFoundError         nobody is registered under this Discord id
├── CharacterNotOwnedError      the player does not own these characters
├── EquipmentNotOwnedError      the player does not own this equipment
├── CharacterAlreadyUsedError   these characters struck in this raid before
├── CooldownError               the player struck a moment ago
├── AnalysisCompleteError       there is nothing left to find
├── StateChangedError           the boss has changed since the strike was planned
├── ZeroEffectError             the strike would do nothing
├── OverloadedError             too much at once; try again with the same key
├── RateLimitedError            asked too often; try again later
├── RaidNotFoundError           no raid has this id
├── RaidAlreadyActiveError      another raid is live
├── InvalidConfigurationError   a configuration or change is refused, with every problem by its path
│   └── (InvalidTransitionError the rules' own, for a single field)
├── UnknownCharactersError      the catalogue has no such characters
├── InvalidInputError           a value makes no sense; names the field
├── UnauthenticatedError        the token is unknown, expired or revoked
└── ForbiddenError              the caller may not do this
"""

from services.rules.checks import Problem
from services.rules.errors import (
    AnalysisCompleteError,
    BossAlreadyDefeatedError,
    CharacterAlreadyUsedError,
    CooldownError,
    InvalidTeamSizeError,
    InvalidTransitionError,
    NoActiveEventError,
    RaidPausedError,
    StateChangedError,
    WorldThreatError,
    ZeroEffectError,
)

__all__ = [
    "AnalysisCompleteError",
    "BossAlreadyDefeatedError",
    "CharacterAlreadyUsedError",
    "CharacterNotOwnedError",
    "CooldownError",
    "EquipmentNotOwnedError",
    "ForbiddenError",
    "IdempotencyConflictError",
    "InvalidConfigurationError",
    "InvalidInputError",
    "InvalidTeamSizeError",
    "InvalidTransitionError",
    "NoActiveEventError",
    "OverloadedError",
    "PlayerNotFoundError",
    "RaidAlreadyActiveError",
    "RaidNotFoundError",
    "RaidPausedError",
    "RateLimitedError",
    "StateChangedError",
    "UnauthenticatedError",
    "UnknownCharactersError",
    "WorldThreatError",
    "ZeroEffectError",
]


class IdempotencyConflictError(WorldThreatError):
    def __init__(self, *, idempotency_key: str) -> None:
        self.idempotency_key = idempotency_key
        super().__init__("idempotencyKey: this key was used before for another strike; use a new key for a new strike.")


class PlayerNotFoundError(WorldThreatError):
    def __init__(self, *, discord_id: str) -> None:
        self.discord_id = discord_id
        super().__init__("discordId: no player is registered under this Discord id.")


class CharacterNotOwnedError(WorldThreatError):
    """`character_ids`: as they were given, in the team's order."""

    def __init__(self, *, character_ids: tuple[str, ...]) -> None:
        self.character_ids = character_ids
        super().__init__(f"characterIds: the player does not own {', '.join(character_ids)}.")


class EquipmentNotOwnedError(WorldThreatError):
    def __init__(self, *, equipment_id: str) -> None:
        self.equipment_id = equipment_id
        super().__init__(f"equipmentId: the player does not own {equipment_id}.")


class OverloadedError(WorldThreatError):
    def __init__(self, *, retry_after_ms: int) -> None:
        self.retry_after_ms = retry_after_ms
        super().__init__(f"Too much at once. Try again in {retry_after_ms} ms with the same idempotency key.")


class RateLimitedError(WorldThreatError):
    def __init__(self, *, retry_after_ms: int) -> None:
        self.retry_after_ms = retry_after_ms
        super().__init__(f"Asked too often. Nothing was done; try again in {retry_after_ms} ms.")


class RaidNotFoundError(WorldThreatError):
    def __init__(self, *, raid_id: str) -> None:
        self.raid_id = raid_id
        super().__init__(f"raidId: there is no raid {raid_id}.")


class RaidAlreadyActiveError(WorldThreatError):
    def __init__(self, *, raid_id: int) -> None:
        self.raid_id = raid_id
        super().__init__(f"Raid {raid_id} is live; end it first, or give startsAt to schedule the new one.")


class InvalidConfigurationError(WorldThreatError):
    """`problems`: all of them; warnings are among them when they were not accepted."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        told = "; ".join(f"{problem.path}: {problem.message}" for problem in problems[:3])
        more = "" if len(problems) <= 3 else f" And {len(problems) - 3} more."
        super().__init__(f"{told}{more}")


class UnknownCharactersError(WorldThreatError):
    def __init__(self, *, character_keys: tuple[str, ...]) -> None:
        self.character_keys = character_keys
        super().__init__(f"characterKey: the catalogue has no {', '.join(character_keys)}.")


class InvalidInputError(WorldThreatError):
    """`field` names the argument as the caller spells it."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(f"{field}: {message}")


class UnauthenticatedError(WorldThreatError):
    def __init__(self, message: str) -> None:
        super().__init__(message)


class ForbiddenError(WorldThreatError):
    def __init__(self, message: str) -> None:
        super().__init__(message)
