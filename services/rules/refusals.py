"""Who may strike, checked in order; the first that fails is the answer, and nothing is spent (rules.md 2).

The idempotency key (2.2) and what a player owns (2.4) are looked up by the service between these steps.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from services.rules.configuration import BossConfiguration, RaidRules
from services.rules.errors import (
    AnalysisCompleteError,
    BossAlreadyDefeatedError,
    CharacterAlreadyUsedError,
    CooldownError,
    InvalidTeamSizeError,
    NoActiveEventError,
    RaidPausedError,
    StateChangedError,
    ZeroEffectError,
)
from services.rules.state import Participant, RaidState
from services.rules.strike_resolver import StrikeScore
from services.rules.values import RaidOutcome, RaidStatus, StrikeAction


def check_team(character_ids: Sequence[str], rules: RaidRules) -> None:
    """2.1: the raid's own limits of size, and no character named twice.

    Raises:
        InvalidTeamSizeError: naming the duplicates in the order they come.
    """
    duplicates: tuple[str, ...] = ()
    if len(set(character_ids)) < len(character_ids):
        duplicates = tuple(character for character, times in Counter(character_ids).items() if times > 1)
    if duplicates or not rules.min_team_size <= len(character_ids) <= rules.max_team_size:
        raise InvalidTeamSizeError(
            size=len(character_ids),
            min_size=rules.min_team_size,
            max_size=rules.max_team_size,
            duplicate_ids=duplicates,
        )


def check_raid(raid_id: int, state: RaidState) -> None:
    """2.3: the raid is live.

    Raises:
        RaidPausedError, BossAlreadyDefeatedError, NoActiveEventError
    """
    if state.status is RaidStatus.ACTIVE:
        return
    if state.status is RaidStatus.PAUSED:
        raise RaidPausedError(raid_id=raid_id)
    if state.outcome is RaidOutcome.VICTORY and state.completed_at is not None:
        raise BossAlreadyDefeatedError(raid_id=raid_id, defeated_at=state.completed_at)
    raise NoActiveEventError(next_starts_at=state.starts_at if state.status is RaidStatus.SCHEDULED else None)


def check_raid_is_meant(raid_id: int, meant: str | None) -> None:
    """2.3 as well: the live raid is the one that the strike was planned for.

    Raises:
        NoActiveEventError
    """
    if meant is not None and meant != str(raid_id):
        raise NoActiveEventError(f"Raid {meant[:20]} is not live; raid {raid_id} is. Nothing was spent.")


def ready_at(last_action_at: datetime, rules: RaidRules) -> datetime:
    """When a player who last struck then may strike again."""
    return last_action_at + timedelta(seconds=rules.cooldown_seconds)


def check_cooldown(participant: Participant, rules: RaidRules, now: datetime) -> None:
    """2.6: ready when ``now >= last + cooldown``; shared by fight and analyze, and it goes on while paused.

    Raises:
        CooldownError
    """
    if participant.last_action_at is None:
        return
    ready = ready_at(participant.last_action_at, rules)
    if now < ready:
        raise CooldownError(ready_at=ready)


def check_unused(character_ids: Iterable[int], used: Collection[int]) -> None:
    """2.5: no character strikes twice in a raid.

    Raises:
        CharacterAlreadyUsedError: naming all of them, in the team's order.
    """
    again = tuple(character for character in character_ids if character in used)
    if again:
        raise CharacterAlreadyUsedError(character_ids=again)


def check_something_left_to_find(action: StrikeAction, state: RaidState, configuration: BossConfiguration) -> None:
    """2.7: an analysis finds something only until the last threshold is reached.

    Raises:
        AnalysisCompleteError
    """
    if action is StrikeAction.ANALYZE and state.breakthroughs >= len(configuration.analysis_thresholds):
        raise AnalysisCompleteError


def check_expectation(expected_sequence: int | None, state_changed_at: int) -> None:
    """2.8: no curse, breakthrough or stage came after what the player saw.

    Raises:
        StateChangedError
    """
    if expected_sequence is not None and state_changed_at > expected_sequence:
        raise StateChangedError(expected_sequence=expected_sequence, sequence=state_changed_at)


def check_effect(score: StrikeScore) -> None:
    """2.9: characters are irrevocable, they are not burnt for nothing.

    Raises:
        ZeroEffectError
    """
    if score.points < 1:
        raise ZeroEffectError(final_score=score.final_score)
