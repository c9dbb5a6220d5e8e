"""/raid_strike and /raid_team: from the filled panel to the report in two taps."""

from typing import Any, Final, Protocol

import discord
from discord import ui

from bot.answers import defer
from bot.api import RaidApi
from bot.striking import flow
from bot.striking.flow import Player
from bot.striking.items import PanelButton, PanelSelect, SearchChip, SearchModal
from bot.striking.panel import StrikeActionView
from bot.striking.roster import RosterButton, roster_screen

__all__ = ["DYNAMIC_ITEMS", "FORMS", "StrikeActionView", "open_panel", "open_team"]

DYNAMIC_ITEMS: Final[tuple[type[ui.DynamicItem[Any]], ...]] = (PanelButton, PanelSelect, SearchChip, RosterButton)
FORMS: Final = (SearchModal,)


class Bot(Protocol):
    """What striking needs of the bot."""

    @property
    def api(self) -> RaidApi: ...


async def open_panel(bot: Bot, interaction: discord.Interaction[Any]) -> None:
    """Answers with the panel, filled with the best unused team, for nobody else to see."""
    await defer(interaction)
    await flow.show(interaction, await flow.best(Player.of(bot.api, interaction)))


async def open_team(bot: Bot, interaction: discord.Interaction[Any]) -> None:
    """Answers with the player's characters, for nobody else to see."""
    await defer(interaction)
    await flow.show(interaction, await roster_screen(Player.of(bot.api, interaction)))
