"""Reminders: who wants them, and whose cooldown is over.

`reminders` lags behind the strikes until `catch_up`: it reads only the strikes that came since it was last asked,
and what is due is then one range of a partial index, however many players there are.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, exists, func, not_, select, union, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.models import (
    Analysis,
    CharacterUsage,
    Participant,
    Reminder,
    ReminderProgress,
    Strike,
    User,
    UserCharacter,
)
from db.rows import DueReminderRow


async def wanting(connection: AsyncConnection, user_ids: Sequence[int]) -> set[int]:
    """Those of these players who want reminders."""
    statement = select(Reminder.user_id).where(_of(user_ids), Reminder.wanted)
    return set((await connection.execute(statement)).scalars())


async def set_wanted(connection: AsyncConnection, user_id: int, *, wanted: bool, language: str | None) -> None:
    """Without a language the one before stays."""
    statement = insert(Reminder).values(user_id=user_id, wanted=wanted, language=language)
    changed = {
        "wanted": wanted,
        "language": func.coalesce(statement.excluded.language, Reminder.language),
        "updated_at": func.now(),
    }
    await connection.execute(statement.on_conflict_do_update(index_elements=[Reminder.user_id], set_=changed))


async def lock_progress(connection: AsyncConnection, raid_id: int) -> int:
    """The newest strike that `reminders` knows of; whoever else wants to move it waits for this transaction."""
    await connection.execute(insert(ReminderProgress).values(raid_id=raid_id).on_conflict_do_nothing())
    statement = select(ReminderProgress.number).where(ReminderProgress.raid_id == raid_id).with_for_update()
    number: int = (await connection.execute(statement)).scalar_one()
    return number


async def catch_up(connection: AsyncConnection, raid_id: int, cooldown: timedelta, after: int, newest: int) -> None:
    """Arms the reminders of who struck after strike `after`, up to `newest`; the progress must be locked.

    Also of who does not want any now: whoever changes their mind finds their own reminder as it should be.
    """
    strikers = union(
        *(
            select(log.user_id).where(log.raid_id == raid_id, log.number > after, log.number <= newest)
            for log in (Strike, Analysis)
        )
    ).subquery("strikers")
    await _arm(connection, raid_id, cooldown, select(strikers.c.user_id))
    await connection.execute(
        update(ReminderProgress).where(ReminderProgress.raid_id == raid_id).values(number=newest),
    )


async def arm_one(connection: AsyncConnection, raid_id: int, cooldown: timedelta, user_id: int) -> None:
    """The same for one player, by their newest strike."""
    await _arm(connection, raid_id, cooldown, select(User.id).where(User.id == user_id))


async def _arm(connection: AsyncConnection, raid_id: int, cooldown: timedelta, whom: Select[Any]) -> None:
    ready_at = Participant.last_action_at + cooldown
    await connection.execute(
        update(Reminder)
        .where(
            Participant.raid_id == raid_id,
            Participant.user_id == Reminder.user_id,
            Reminder.user_id.in_(whom),
        )
        .values(raid_id=raid_id, ready_at=ready_at, armed=Reminder.reminded_of.is_distinct_from(ready_at)),
    )


async def due(connection: AsyncConnection, raid_id: int, until: datetime, limit: int) -> list[DueReminderRow]:
    """The first `limit` that are armed and ready by `until`, longest ready first."""
    statement = (
        select(Reminder.user_id, User.discord_id, Reminder.ready_at, Reminder.language, _somebody_left(raid_id))
        .join(User, User.id == Reminder.user_id)
        .where(
            Reminder.raid_id == raid_id,
            Reminder.ready_at <= until,
            Reminder.wanted,
            Reminder.armed,
            User.discord_id.is_not(None),
        )
        .order_by(Reminder.ready_at, Reminder.user_id)
        .limit(limit)
    )
    rows: Any = await connection.execute(statement)  # neither is null: the conditions say so
    return [DueReminderRow._make(row) for row in rows]


async def disarm_exhausted(connection: AsyncConnection, raid_id: int, user_ids: Sequence[int]) -> None:
    """Those of these players who have nobody left to send are not due any more."""
    await connection.execute(
        update(Reminder).where(_of(user_ids), not_(_somebody_left(raid_id))).values(armed=False),
    )


async def acknowledge(connection: AsyncConnection, user_id: int, ready_at: datetime) -> bool:
    """Whether the player was still to be told that they may strike from `ready_at` on; from now on they are not."""
    statement = (
        update(Reminder)
        .where(
            Reminder.user_id == user_id,
            Reminder.ready_at == ready_at,
            Reminder.reminded_of.is_distinct_from(ready_at),
        )
        .values(reminded_of=ready_at, armed=False)
        .returning(Reminder.user_id)
    )
    return (await connection.execute(statement)).first() is not None


async def rearm(connection: AsyncConnection, user_id: int) -> None:
    """The player has somebody to send again: a reminder that was dropped for want of characters counts after all."""
    await connection.execute(
        update(Reminder)
        .where(
            Reminder.user_id == user_id,
            Reminder.ready_at.is_not(None),
            Reminder.reminded_of.is_distinct_from(Reminder.ready_at),
        )
        .values(armed=True),
    )


def _of(user_ids: Sequence[int]) -> Any:
    return Reminder.user_id == func.any(bindparam("users", list(user_ids), ARRAY(BigInteger)))


def _somebody_left(raid_id: int) -> Any:
    used = exists().where(CharacterUsage.raid_id == raid_id, CharacterUsage.character_id == UserCharacter.id)
    return exists().where(UserCharacter.user_id == Reminder.user_id, not_(used))
