"""Who is told that they may strike again."""

from datetime import datetime

from resolvers import limits
from resolvers.answers import ReminderAcknowledged, ReminderSet
from resolvers.context import Context
from resolvers.limits import within
from services.views import DueReminder


async def due_reminders(context: Context, *, first: int) -> tuple[DueReminder, ...]:
    within("first", first, limits.PAGE)
    return await context.service.reminders.due(context.principal, first=first)


async def set_reminder(context: Context, *, discord_id: str | None, wanted: bool, language: str | None) -> ReminderSet:
    player = await context.service.reminders.set_wanted(
        context.principal, discord_id=discord_id, wanted=wanted, language=language
    )
    return ReminderSet(player, wanted)


async def acknowledge_reminder(context: Context, *, discord_id: str, ready_at: datetime) -> ReminderAcknowledged:
    player, acknowledged = await context.service.reminders.acknowledge(
        context.principal, discord_id=discord_id, ready_at=ready_at
    )
    return ReminderAcknowledged(player, acknowledged)
