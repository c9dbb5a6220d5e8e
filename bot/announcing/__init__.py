"""Telling Discord what happens: announcements in channels, reminders to players."""

from bot.announcing.channels import DYNAMIC_ITEMS, configure_channel
from bot.announcing.handler import WorldThreatEventHandler
from bot.announcing.reminders import Reminders, set_reminder
from bot.announcing.switching import switch_off

__all__ = [
    "DYNAMIC_ITEMS",
    "Reminders",
    "WorldThreatEventHandler",
    "configure_channel",
    "set_reminder",
    "switch_off",
]
