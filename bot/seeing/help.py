"""`/raid_help`: what one can do, in a minute's reading."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import ui

from bot.answers import defer, insist
from bot.seeing.cards import FIGHT, Card, Locale
from bot.seeing.leaderboard import board_button
from bot.seeing.status import strike_button
from bot.texts import text

if TYPE_CHECKING:
    from bot.app import WorldThreatBot

__all__ = ["help_view", "show_help"]

COMMANDS: Final = (
    "raid_status",
    "raid_strike",
    "raid_team",
    "raid_leaderboard",
    "raid_rewards",
    "raid_remind",
)
Interaction = discord.Interaction[Any]


async def show_help(bot: "WorldThreatBot", interaction: Interaction) -> None:
    """Answers with the help, for the one who asks alone."""
    await defer(interaction)
    view = help_view(interaction.locale, bot.mention_of)
    await insist(lambda: interaction.edit_original_response(view=view))


def help_view(locale: Locale, mention_of: Callable[[str], str]) -> Card:
    """`mention_of` makes a command's name clickable."""
    lines = [f"{mention_of(name)} {text(locale, 'help-' + name.replace('_', '-'))}" for name in COMMANDS]
    return Card(
        ui.TextDisplay(f"## {text(locale, 'help-title')}\n{text(locale, 'help-story')}"),
        ui.Separator(),
        ui.TextDisplay(text(locale, "help-how")),
        ui.Separator(),
        ui.TextDisplay("\n".join(lines)),
        ui.TextDisplay("-# " + text(locale, "help-admins", channel=mention_of("raid_channel"))),
        ui.ActionRow(strike_button(locale), board_button(locale)),
        colour=FIGHT,
    )
