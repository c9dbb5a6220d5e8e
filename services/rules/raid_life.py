"""Start, pause, resume, end, adjust, update: a raid's life beside its strikes (rules.md 6).

scheduled -> active <-> paused -> completed (victory | expired | cancelled). Every step is an event. The steps of
the clock (`start`, `expire`) are taken when they are due; before `cancel` and `update`, `check_not_over`. A step
that an admin takes raises InvalidTransitionError when its reason is blank.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.rules.checks import LONGEST_CURSE_CLOCK
from services.rules.configuration import BossConfiguration, RewardConfiguration
from services.rules.errors import BossAlreadyDefeatedError, InvalidTransitionError
from services.rules.events import RaidChanged, RaidChanges, RaidEvent, RaidEventKind, RaidStarted
from services.rules.manager import WorldThreatManager
from services.rules.state import RaidState
from services.rules.values import RaidOutcome, RaidStatus

Step = tuple[RaidState, tuple[RaidEvent, ...]]

LONGEST_RAID = timedelta(days=36_525)
"""How far ahead an end may lie: a pause moves it, and a time has to stay one that can be written."""

_LIVE = (RaidStatus.ACTIVE, RaidStatus.PAUSED)


@dataclass(frozen=True, slots=True)
class RaidUpdate:
    """What an admin may change in a raid that is not over; None leaves it as it is."""

    name: str | None = None
    description: str | None = None
    ends_at: datetime | None = None
    curse_every: int | None = None
    rewards: RewardConfiguration | None = None


def check_not_over(raid_id: int, state: RaidState) -> None:
    """Raises:
    BossAlreadyDefeatedError: the raid was won.
    InvalidTransitionError: it expired or was cancelled.
    """
    if state.outcome is RaidOutcome.VICTORY and state.completed_at is not None:
        raise BossAlreadyDefeatedError(raid_id=raid_id, defeated_at=state.completed_at)
    if state.status is RaidStatus.COMPLETED:
        raise InvalidTransitionError("raidId", "raidId: the raid is over; nothing in it can be changed any more.")


def is_due_to_start(state: RaidState, now: datetime) -> bool:
    return state.status is RaidStatus.SCHEDULED and state.starts_at is not None and state.starts_at <= now


def is_due_to_expire(state: RaidState, now: datetime) -> bool:
    """Only an active raid runs out of time: a pause moves its end."""
    return state.status is RaidStatus.ACTIVE and state.ends_at is not None and state.ends_at <= now


def start(state: RaidState, boss: BossConfiguration, now: datetime) -> Step:
    """The scheduled raid begins now."""
    state = replace(state, status=RaidStatus.ACTIVE, starts_at=now, sequence=state.sequence + 1)
    started = RaidStarted(
        sequence=state.sequence,
        occurred_at=now,
        message=f"{boss.name} has appeared with {boss.total_hp:,} HP!",
    )
    return state, (started,)


def pause(state: RaidState, boss: BossConfiguration, now: datetime, reason: str) -> Step:
    """Raises InvalidTransitionError unless the raid is active."""
    if state.status is not RaidStatus.ACTIVE:
        raise InvalidTransitionError(
            "raidId", f"raidId: only an active raid can be paused; this one is {state.status}."
        )
    state = replace(state, status=RaidStatus.PAUSED, paused_at=now)
    return _changed(state, RaidEventKind.RAID_PAUSED, f"The raid against {boss.name} is paused.", now, reason)


def resume(state: RaidState, boss: BossConfiguration, now: datetime, reason: str) -> Step:
    """Goes on; `ends_at` moves by the length of the pause. Raises InvalidTransitionError unless it is paused."""
    if state.status is not RaidStatus.PAUSED or state.paused_at is None:
        raise InvalidTransitionError(
            "raidId", f"raidId: only a paused raid can be resumed; this one is {state.status}."
        )
    ends_at = None if state.ends_at is None else state.ends_at + (now - state.paused_at)
    state = replace(state, status=RaidStatus.ACTIVE, paused_at=None, ends_at=ends_at)
    return _changed(state, RaidEventKind.RAID_RESUMED, f"The raid against {boss.name} goes on.", now, reason)


def expire(state: RaidState, boss: BossConfiguration, now: datetime) -> Step:
    """Time is up and the boss stands."""
    return _end(state, RaidOutcome.EXPIRED, f"{boss.name} stands: time is up.", now, None)


def cancel(state: RaidState, boss: BossConfiguration, now: datetime, reason: str) -> Step:
    """An admin ends the raid. What was earned stays; nothing more is paid."""
    return _end(state, RaidOutcome.CANCELLED, f"The raid against {boss.name} was ended.", now, reason)


def adjust_hp(state: RaidState, manager: WorldThreatManager, hp: int, now: datetime, reason: str) -> Step:
    """Sets the HP, never to 0: an adjustment does not kill. Stages that it reaches follow at once.

    Raises:
        InvalidTransitionError: the raid is not live, or `hp` is not in 1..total.
    """
    if state.status not in _LIVE:
        raise InvalidTransitionError(
            "raidId", f"raidId: HP can be adjusted in a live raid; this one is {state.status}."
        )
    if not 1 <= hp <= state.total_hp:
        raise InvalidTransitionError("currentHp", f"currentHp: must be from 1 to {state.total_hp}; {hp} is not.")
    message = f"The boss's HP was set from {state.hp:,} to {hp:,}."
    state = replace(state, hp=hp, hp_adjusted=state.hp_adjusted + state.hp - hp)
    state, events = _changed(state, RaidEventKind.HP_ADJUSTED, message, now, reason, RaidChanges(hp=hp))
    state, stages = manager.reach_stages(state, None, now)
    return state, events + stages


def update(state: RaidState, update: RaidUpdate, now: datetime, reason: str) -> Step:
    """Changes what may be changed; rewards count from now on, for what is not earned yet.

    Raises:
        InvalidTransitionError: nothing is changed, `ends_at` is not after now and the start, or `curse_every`
            is out of range.
    """
    if update == RaidUpdate():
        raise InvalidTransitionError(
            "input",
            "input: nothing to change; give name, description, endsAt, curseEvery or rewards.",
        )
    if update.ends_at is not None and update.ends_at <= now:
        raise InvalidTransitionError("endsAt", "endsAt: must be in the future; use endRaid to end the raid now.")
    if update.ends_at is not None and update.ends_at > now + LONGEST_RAID:
        raise InvalidTransitionError("endsAt", "endsAt: must be within a hundred years.")
    if update.ends_at is not None and state.starts_at is not None and update.ends_at <= state.starts_at:
        raise InvalidTransitionError("endsAt", f"endsAt: must be after the start at {state.starts_at.isoformat()}.")
    if update.curse_every is not None and not 1 <= update.curse_every <= LONGEST_CURSE_CLOCK:
        raise InvalidTransitionError(
            "curseEvery",
            f"curseEvery: must be from 1 to {LONGEST_CURSE_CLOCK}; {update.curse_every} is not.",
        )
    state = replace(
        state,
        ends_at=update.ends_at or state.ends_at,
        curse_every=update.curse_every or state.curse_every,
    )
    changes = RaidChanges(
        name=update.name,
        description=update.description,
        ends_at=update.ends_at,
        curse_every=update.curse_every,
        rewards=update.rewards,
    )
    return _changed(state, RaidEventKind.RAID_UPDATED, "The raid was changed.", now, reason, changes)


def hp_removed_permille(state: RaidState) -> int:
    """The share of HP that is gone, for what an expired raid pays."""
    return (state.total_hp - state.hp) * 1000 // state.total_hp


def _end(state: RaidState, outcome: RaidOutcome, message: str, now: datetime, reason: str | None) -> Step:
    state = replace(state, status=RaidStatus.COMPLETED, outcome=outcome, completed_at=now, paused_at=None)
    return _changed(state, RaidEventKind.RAID_ENDED, message, now, reason, RaidChanges(outcome=outcome))


def _changed(
    state: RaidState,
    kind: RaidEventKind,
    message: str,
    now: datetime,
    reason: str | None,
    changes: RaidChanges | None = None,
) -> Step:
    if reason is not None and not reason.strip():
        raise InvalidTransitionError("reason", "reason: must say why; it is kept in the log and shown with the event.")
    state = replace(state, sequence=state.sequence + 1)
    event = RaidChanged(
        kind=kind,
        sequence=state.sequence,
        occurred_at=now,
        message=message,
        reason=reason,
        changes=changes or RaidChanges(),
    )
    return state, (event,)
