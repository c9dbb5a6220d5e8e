"""/raid_admin: for the people named in the settings, in the home server alone."""

from bot.admin.changing import DYNAMIC_ITEMS, FORMS, Change, confirm_change
from bot.admin.creating import NewRaid, boss_choices, create_raid
from bot.admin.permission import is_admin
from bot.admin.status import show_status

__all__ = [
    "DYNAMIC_ITEMS",
    "FORMS",
    "Change",
    "NewRaid",
    "boss_choices",
    "confirm_change",
    "create_raid",
    "is_admin",
    "show_status",
]
