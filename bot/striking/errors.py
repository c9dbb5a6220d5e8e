"""What the API refuses a strike with, in a sentence each that says what to do next."""

import re
from datetime import datetime

from discord.utils import format_dt

from bot.names import shown
from bot.striking.answers import Refusal
from bot.striking.words import Say

__all__ = ["REFUSALS", "sentence"]

MOST_TRIGGERS = 5
REFUSALS = frozenset(
    {
        "AnalysisComplete",
        "BossAlreadyDefeated",
        "CharactersAlreadyUsed",
        "CharactersNotOwned",
        "CooldownActive",
        "EquipmentNotOwned",
        "IdempotencyConflict",
        "InvalidTeam",
        "NoActiveRaid",
        "Overloaded",
        "PlayerNotFound",
        "RaidPaused",
        "StateChanged",
        "ZeroEffect",
    }
)
"""Every error that the union of executeStrike may hold."""


def sentence(say: Say, refusal: Refusal) -> str:
    """What happened and what to do; of an error that a newer API has come to know, what the API itself says."""
    if refusal.kind not in REFUSALS:
        return f"⚠️ {shown(refusal.message, 500)}"
    said = "⚠️ " + say(
        f"strike-refused-{_key(refusal.kind)}",
        count=len(refusal.characters),
        min=refusal.min_size,
        max=refusal.max_size,
        when=_when(refusal.ready_at),
        next=_when(refusal.next_starts_at),
        scheduled="no" if refusal.next_starts_at is None else "yes",
    )
    if refusal.kind != "StateChanged":
        return said
    newest = refusal.triggers[-MOST_TRIGGERS:]
    lines = [said, *(say.trigger(trigger) for trigger in newest)]
    if len(refusal.triggers) > len(newest):
        lines.insert(1, say("strike-earlier-changes", count=len(refusal.triggers) - len(newest)))
    return "\n".join(lines)


def _key(kind: str) -> str:
    """``CooldownActive`` as ``cooldown-active``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", kind).lower()


def _when(instant: datetime | None) -> str:
    return "" if instant is None else format_dt(instant, "R")
