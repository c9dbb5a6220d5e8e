"""Why a strike is refused. The whole tree, with what the service adds, is drawn in `services.errors`."""

from datetime import datetime


class WorldThreatError(Exception):
    """Base of every expected failure. `str()` is a sentence for the player."""


class InvalidTeamSizeError(WorldThreatError):
    """The team is too small, too large, or names a character twice."""

    def __init__(self, *, size: int, min_size: int, max_size: int, duplicate_ids: tuple[str, ...] = ()) -> None:
        self.size, self.min_size, self.max_size, self.duplicate_ids = size, min_size, max_size, duplicate_ids
        if duplicate_ids:
            super().__init__(
                f"characterIds: each character may be named once; named twice: {', '.join(duplicate_ids)}."
            )
        else:
            super().__init__(f"characterIds: a team has {min_size} to {max_size} characters, this one has {size}.")


class NoActiveEventError(WorldThreatError):
    """There is no raid to strike, or not the one that is meant. `next_starts_at`: when the next one begins, if one is
    scheduled.
    """

    def __init__(self, message: str = "There is no active raid.", *, next_starts_at: datetime | None = None) -> None:
        self.next_starts_at = next_starts_at
        soon = "" if next_starts_at is None else f" The next one starts at {next_starts_at.isoformat()}."
        super().__init__(f"{message}{soon}")


class RaidPausedError(WorldThreatError):
    def __init__(self, *, raid_id: int) -> None:
        self.raid_id = raid_id
        super().__init__("The raid is paused. Nothing was spent; strike again when it goes on.")


class BossAlreadyDefeatedError(WorldThreatError):
    def __init__(self, *, raid_id: int, defeated_at: datetime) -> None:
        self.raid_id, self.defeated_at = raid_id, defeated_at
        super().__init__("The boss is already defeated. Nothing was spent.")


class CharacterAlreadyUsedError(WorldThreatError):
    """`character_ids`: all of the team's characters that were used before."""

    def __init__(self, *, character_ids: tuple[int, ...]) -> None:
        self.character_ids = character_ids
        ids = ", ".join(map(str, character_ids))
        super().__init__(f"Each character strikes once per raid; already used: {ids}.")


class CooldownError(WorldThreatError):
    def __init__(self, *, ready_at: datetime) -> None:
        self.ready_at = ready_at
        super().__init__(f"You struck a moment ago and can strike again at {ready_at.isoformat()}.")


class AnalysisCompleteError(WorldThreatError):
    def __init__(self) -> None:
        super().__init__("There is nothing left to find: every analysis threshold is reached. Fight instead.")


class StateChangedError(WorldThreatError):
    """A curse, breakthrough or stage came after the `expected_sequence` the strike was planned on."""

    def __init__(self, *, expected_sequence: int, sequence: int) -> None:
        self.expected_sequence, self.sequence = expected_sequence, sequence
        super().__init__("The boss has changed since this strike was planned. Nothing was spent; look again.")


class ZeroEffectError(WorldThreatError):
    def __init__(self, *, final_score: int) -> None:
        self.final_score = final_score
        super().__init__(
            f"This strike would have no effect (final score {final_score}). Nothing was spent: "
            "characters strike once per raid, choose stronger ones.",
        )


class InvalidTransitionError(WorldThreatError):
    """An admin asked for something that the raid's status does not allow. `path` names the input field."""

    def __init__(self, path: str, message: str) -> None:
        self.path = path
        super().__init__(message)
