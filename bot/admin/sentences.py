"""What admins are told of raids and refusals."""

from datetime import datetime
from typing import Final

import discord

from bot.admin.queries import Raid, Refusal
from bot.names import shown
from bot.texts import text

__all__ = ["moment_text", "raid_line", "refusal_text"]

PROBLEMS_SHOWN: Final = 8
MESSAGE_LENGTH: Final = 180


def moment_text(when: datetime, style: discord.utils.TimestampStyle = "f") -> str:
    """In everyone's own time zone: Discord draws it."""
    return discord.utils.format_dt(when, style)


def raid_line(locale: discord.Locale, raid: Raid) -> str:
    """The raid's name and boss."""
    return text(locale, "admin-raid-line", raid=shown(raid.name, 60), boss=shown(raid.boss, 60))


def refusal_text(locale: discord.Locale, refused: Refusal) -> str:
    """Why it was refused, every problem on a line of its own as far as they fit."""
    if refused.kind == "RaidAlreadyActive":
        return text(locale, "admin-already-live")
    if refused.kind == "BossAlreadyDefeated":
        return text(locale, "admin-already-defeated")
    if refused.kind == "RaidNotFound":
        return text(locale, "admin-no-such-raid")
    if not refused.problems:
        return text(locale, "admin-refused", message=shown(refused.message, 600))
    lines = [
        ("⚠️ " if problem.is_warning else "⛔ ") + shown(problem.message, MESSAGE_LENGTH)
        for problem in refused.problems[:PROBLEMS_SHOWN]
    ]
    if len(refused.problems) > PROBLEMS_SHOWN:
        lines.append(text(locale, "admin-more-problems", count=len(refused.problems) - PROBLEMS_SHOWN))
    heading = "admin-warned" if refused.acceptable else "admin-impossible"
    return "\n".join([text(locale, heading), *lines])
