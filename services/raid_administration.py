"""Create, start, pause, resume, end, adjust, update: what moves a raid beside its strikes.

Each act is one transaction under the raid's lock: the raid, its events, what it pays, and the admin log.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import asyncpg

from db.engine import Database
from db.queries import Connection, administration, strike_reads, strike_writes
from db.rows import RaidRow
from services import codec, views
from services.boss_overrides import RewardOverrides
from services.errors import (
    InvalidConfigurationError,
    InvalidInputError,
    InvalidTransitionError,
    RaidAlreadyActiveError,
    RaidNotFoundError,
)
from services.raid_records import Rulebook, event_rows, new_row, newest_state_change, row_of, state_of
from services.raid_views import raid_view
from services.rules import raid_life
from services.rules.checks import (
    LONGEST_DESCRIPTION,
    Problem,
    RosterSurvey,
    Severity,
    check_configuration,
    check_rewards,
)
from services.rules.configuration import BossConfiguration
from services.rules.raid_life import RaidUpdate, Step
from services.rules.state import RaidState, new_raid
from services.rules.values import RaidOutcome
from services.shelf import Shelf
from services.strike_facts import parse_id

LONGEST_REASON = 1_000
KEYS_FORGOTTEN_AT_ONCE = 5_000

Act = Callable[[RaidState, Rulebook, datetime], Step]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, as the admin log shows it."""

    name: str
    token_id: int | None = None


@dataclass(frozen=True, slots=True)
class NewRaid:
    """`starts_at` None: at once."""

    name: str
    boss: BossConfiguration
    starts_at: datetime | None
    ends_at: datetime | None


class RaidAdministration:
    def __init__(self, database: Database, shelf: Shelf, on_commit: Callable[[], None] = lambda: None) -> None:
        self._database = database
        self._shelf = shelf
        self._on_commit = on_commit

    async def settle(self) -> None:
        """Expires and starts the raids whose time has come. Safe to call at any time, from any process."""
        async with self._database.driver_connection() as connection:
            acted = False
            async with connection.transaction():
                for row in await strike_reads.lock_due_raids(connection):
                    now = await _now(connection, row)
                    if raid_life.is_due_to_expire(state_of(row), now):
                        await self._move(connection, row, _expire, now)
                        acted = True
            async with connection.transaction():
                acted = await self._start_next(connection) or acted
        if acted:
            self._on_commit()

    async def forget_old_keys(self) -> None:
        """Idempotency keys are kept for the raid's life and a day; older ones go, a bounded number at a time."""
        while True:
            async with self._database.transaction() as connection:
                if await administration.forget_idempotency_keys(connection, KEYS_FORGOTTEN_AT_ONCE) == 0:
                    return

    async def _start_next(self, connection: Connection) -> bool:
        """The earliest raid whose time has come begins, unless another is live: then it waits for that one's end."""
        if await strike_reads.lock_live_raid(connection) is not None:
            return False
        for row in await strike_reads.lock_due_raids(connection):
            now = await _now(connection, row)
            if raid_life.is_due_to_start(state_of(row), now):
                try:
                    async with connection.transaction():  # a savepoint: another process may start one just now
                        await self._move(connection, row, _start, now)
                except asyncpg.UniqueViolationError:
                    return False
                return True
        return False

    async def create(
        self, actor: Actor, raid: NewRaid, survey: RosterSurvey, *, accept_warnings: bool
    ) -> views.RaidCreated:
        """A new raid, scheduled or live at once.

        Raises:
            InvalidConfigurationError: with every error, or every warning that was not accepted.
            RaidAlreadyActiveError: it should start at once, and another raid is live.
        """
        problems = (*_check_name(raid.name, "raid.name"), *check_configuration(raid.boss, survey))
        async with self._database.driver_connection() as connection, connection.transaction():
            now = await strike_reads.database_time(connection)
            problems = (*_check_times(raid, now), *problems)
            refused = problems if not accept_warnings else tuple(p for p in problems if p.severity is Severity.ERROR)
            if refused:
                raise InvalidConfigurationError(refused)
            live = await strike_reads.lock_live_raid(connection)
            scheduled = raid.starts_at is not None and raid.starts_at > now
            if live is not None and not scheduled:
                raise RaidAlreadyActiveError(raid_id=live.id)
            try:
                async with connection.transaction():
                    view = await self._add(connection, actor, raid, now, scheduled=scheduled)
            except asyncpg.UniqueViolationError:
                other = await strike_reads.lock_live_raid(connection)
                raise RaidAlreadyActiveError(raid_id=other.id if other else 0) from None
        self._on_commit()
        return views.RaidCreated(view, problems)

    async def _add(
        self,
        connection: Connection,
        actor: Actor,
        raid: NewRaid,
        now: datetime,
        *,
        scheduled: bool,
    ) -> views.Raid:
        state = new_raid(raid.boss, starts_at=raid.starts_at or now, ends_at=raid.ends_at)
        document = codec.boss_to_json(raid.boss)
        row = new_row(raid.name.strip(), state, secrets.token_bytes(32))
        row = row._replace(id=await strike_writes.add_raid(connection, row, actor.name, document))
        await strike_writes.add_admin_action(
            connection,
            raid_id=row.id,
            actor=actor.name,
            token_id=actor.token_id,
            action="create_raid",
            reason="a new raid",
            before={},
            after={
                "name": row.raid_name,
                "starts_at": row.starts_at.isoformat(),
                "ends_at": None if row.ends_at is None else row.ends_at.isoformat(),
                "boss": document,
            },
        )
        if scheduled:
            return raid_view(row, await self._shelf.rulebook(connection, row), state)
        return (await self._move(connection, row, _start, now)).view()

    async def pause(self, actor: Actor, raid_id: str, reason: str) -> views.Raid:
        """Raises RaidNotFoundError, InvalidConfigurationError, BossAlreadyDefeatedError, as do all that follow."""
        return await self._act(
            actor,
            "pause_raid",
            raid_id,
            reason,
            lambda state, book, now: raid_life.pause(state, book.boss, now, reason),
        )

    async def resume(self, actor: Actor, raid_id: str, reason: str) -> views.Raid:
        return await self._act(
            actor,
            "resume_raid",
            raid_id,
            reason,
            lambda state, book, now: raid_life.resume(state, book.boss, now, reason),
        )

    async def end(self, actor: Actor, raid_id: str, reason: str) -> views.Raid:
        """Cancels: nothing more is paid, what was earned stays."""
        return await self._act(
            actor, "end_raid", raid_id, reason, lambda state, book, now: raid_life.cancel(state, book.boss, now, reason)
        )

    async def adjust_hp(self, actor: Actor, raid_id: str, reason: str, hp: int) -> views.Raid:
        return await self._act(
            actor,
            "adjust_boss_hp",
            raid_id,
            reason,
            lambda state, book, now: raid_life.adjust_hp(state, book.manager, hp, now, reason),
        )

    async def update(
        self,
        actor: Actor,
        raid_id: str,
        reason: str,
        update: RaidUpdate,
        rewards: RewardOverrides | None,
    ) -> views.Raid:
        """`rewards` go over the raid's own, from now on."""
        problems = [*_check_name("unchanged" if update.name is None else update.name, "name")]
        length = len(update.description or "")
        if length > LONGEST_DESCRIPTION:
            problems.append(
                Problem("description", f"must have at most {LONGEST_DESCRIPTION} characters; this has {length}."),
            )
        if problems:
            raise InvalidConfigurationError(tuple(problems))

        def planned(rulebook: Rulebook) -> RaidUpdate:
            return replace(update, rewards=None if rewards is None else rewards.over(rulebook.boss.rewards))

        def act(state: RaidState, rulebook: Rulebook, now: datetime) -> Step:
            wanted = planned(rulebook)
            refused = () if wanted.rewards is None else tuple(check_rewards(wanted.rewards))
            if refused:
                raise InvalidConfigurationError(refused)
            return raid_life.update(state, wanted, now, reason)

        return await self._act(actor, "update_raid", raid_id, reason, act, planned)

    async def _act(
        self,
        actor: Actor,
        action: str,
        raid_id: str,
        reason: str,
        act: Act,
        planned: Callable[[Rulebook], RaidUpdate] | None = None,
    ) -> views.Raid:
        if not reason.strip() or len(reason) > LONGEST_REASON:
            raise InvalidInputError("reason", f"say why, in 1 to {LONGEST_REASON} characters.")
        number = parse_id(raid_id)
        async with self._database.driver_connection() as connection, connection.transaction():
            row = None if number is None else await strike_reads.lock_raid(connection, number)
            if row is None:
                raise RaidNotFoundError(raid_id=raid_id)
            before = _described(row, (await self._shelf.rulebook(connection, row)).boss)
            now = await _now(connection, row)
            try:
                raid_life.check_not_over(row.id, state_of(row))
                moved = await self._move(connection, row, act, now, planned)
            except InvalidTransitionError as error:
                message = str(error).removeprefix(f"{error.path}: ")
                raise InvalidConfigurationError((Problem(error.path, message),)) from error
            await strike_writes.add_admin_action(
                connection,
                raid_id=row.id,
                actor=actor.name,
                token_id=actor.token_id,
                action=action,
                reason=reason,
                **_difference(before, _described(moved.row, moved.rulebook.boss)),
            )
        self._on_commit()
        return moved.view()

    async def _move(
        self,
        connection: Connection,
        row: RaidRow,
        act: Act,
        now: datetime,
        planned: Callable[[Rulebook], RaidUpdate] | None = None,
    ) -> "_Moved":
        """Applies `act` to the locked raid and writes what follows from it."""
        rulebook = await self._shelf.rulebook(connection, row)
        state, events = act(state_of(row), rulebook, now)
        state_changed_at = newest_state_change(events, row.state_changed_at)
        moved = row_of(row, state, state_changed_at=state_changed_at, last_action_at=row.last_action_at)
        await strike_writes.add_events(connection, event_rows(row.id, events, state, state_changed_at))
        await strike_writes.save_raid(connection, moved)
        if state.outcome is RaidOutcome.EXPIRED:
            await _pay_expiry(connection, rulebook, row.id, state, now)
        if planned is not None:
            update = planned(rulebook)
            boss = replace(
                rulebook.boss,
                description=rulebook.boss.description if update.description is None else update.description,
                rewards=update.rewards or rulebook.boss.rewards,
            )
            name = (update.name or row.raid_name).strip()
            await strike_writes.save_configuration(connection, row.id, name, codec.boss_to_json(boss))
            revision = row.configuration_revision + 1
            moved = moved._replace(raid_name=name, configuration_revision=revision)
            rulebook = Rulebook(row.id, revision, boss, row.secret_seed)  # not on the shelf before it is committed
        return _Moved(moved, rulebook, state)


@dataclass(frozen=True, slots=True)
class _Moved:
    """A raid after an act."""

    row: RaidRow
    rulebook: Rulebook
    state: RaidState

    def view(self) -> views.Raid:
        return raid_view(self.row, self.rulebook, self.state)


def _described(row: RaidRow, boss: BossConfiguration) -> dict[str, Any]:
    """What an admin can move, for the log's before and after."""
    return {
        "name": row.raid_name,
        "description": boss.description,
        "status": row.status,
        "outcome": row.outcome,
        "current_hp": row.current_hp,
        "stage": row.current_stage,
        "ends_at": None if row.ends_at is None else row.ends_at.isoformat(),
        "curse_every": row.curse_trigger_threshold,
        "rewards": codec.rewards_to_json(boss.rewards),
    }


def _start(state: RaidState, rulebook: Rulebook, now: datetime) -> Step:
    return raid_life.start(state, rulebook.boss, now)


def _expire(state: RaidState, rulebook: Rulebook, now: datetime) -> Step:
    return raid_life.expire(state, rulebook.boss, now)


async def _now(connection: Connection, row: RaidRow) -> datetime:
    """The database's clock, never before the raid's newest strike."""
    now = await strike_reads.database_time(connection)
    return now if row.last_action_at is None else max(now, row.last_action_at)


async def _pay_expiry(
    connection: Connection,
    rulebook: Rulebook,
    raid_id: int,
    state: RaidState,
    now: datetime,
) -> None:
    removed = raid_life.hp_removed_permille(state)
    tiers = [
        (
            0 if tier is None else tier.contribution,
            codec.rewards_to_pairs(rulebook.calculator.calculate_expiry_rewards(tier, removed).rewards),
        )
        for tier in rulebook.calculator.tiers()
    ]
    await strike_writes.grant_victory(connection, raid_id, tiers, None, now)
    await strike_writes.grant_titles(connection, raid_id, None, None, now)


def _check_name(name: str, path: str) -> tuple[Problem, ...]:
    length = len(name.strip())
    return () if 1 <= length <= 100 else (Problem(path, f"must have 1 to 100 characters; this has {length}."),)


def _check_times(raid: NewRaid, now: datetime) -> tuple[Problem, ...]:
    if raid.ends_at is not None and raid.ends_at <= max(now, raid.starts_at or now):
        return (Problem("ends_at", "must be in the future and after starts_at."),)
    if raid.ends_at is not None and raid.ends_at > now + raid_life.LONGEST_RAID:
        return (Problem("ends_at", "must be within a hundred years."),)
    return ()


def _difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, dict[str, Any]]:
    changed = [name for name in before if before[name] != after[name]]
    return {"before": {name: before[name] for name in changed}, "after": {name: after[name] for name in changed}}
