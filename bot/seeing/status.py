"""`/raid_status`: the raid as it stands and one's own part in it; and the buttons that stand below a status."""

import re
from typing import TYPE_CHECKING, Any, Final, Self, cast

import discord
from discord import ui
from discord.utils import utcnow

from bot.answers import defer, insist
from bot.seeing import queries
from bot.seeing.cards import (
    STILL,
    Card,
    Locale,
    Part,
    button,
    idle_parts,
    note_view,
    raid_parts,
    standing_text,
    status_view,
)
from bot.seeing.facts import Raid, Standing, Status
from bot.seeing.leaderboard import board_button
from bot.seeing.rewards import rewards_button
from bot.texts import text

if TYPE_CHECKING:
    from bot.app import WorldThreatBot

__all__ = ["StandingButton", "StrikeButton", "live_buttons", "show_status"]

STANDING: Final = "seeing:standing"
STRIKE: Final = "seeing:strike"
Interaction = discord.Interaction[Any]


async def show_status(bot: "WorldThreatBot", interaction: Interaction) -> None:
    """Answers with the live raid and the player's standing in it, for them alone; without one with what comes next and
    how the last one went.
    """
    await defer(interaction)
    view = await _view(bot, interaction.user.id, interaction.locale)
    await insist(lambda: interaction.edit_original_response(view=view))


async def _view(bot: "WorldThreatBot", user_id: int, locale: Locale) -> Card:
    situation = queries.situation(await bot.api.ask(queries.STATUS))
    raid = situation.shown
    if raid is None:
        return note_view(*idle_parts(locale, situation))
    standing = standing_text(locale, raid, await _standing(bot, raid, user_id), utcnow())
    if situation.live is not None:
        return status_view(locale, raid, standing=standing, below=[own_buttons(locale, raid)])
    title, sentence = idle_parts(locale, situation)
    return Card(
        ui.TextDisplay(f"## {title}\n{sentence}"),
        ui.Separator(),
        *raid_parts(locale, raid),
        ui.TextDisplay(standing),
        own_buttons(locale, raid),
        colour=STILL,
    )


async def _standing(bot: "WorldThreatBot", raid: Raid, user_id: int) -> Standing | None:
    variables = {"discordId": str(user_id), "raidId": raid.id}
    return queries.standing((await bot.api.ask(queries.STANDING, variables))["participation"])


def own_buttons(locale: Locale, raid: Raid) -> Part:
    """Below a status for one player."""
    strike = [strike_button(locale)] if raid.status is Status.ACTIVE else []
    return ui.ActionRow(*strike, board_button(locale), rewards_button(locale))


def live_buttons(locale: Locale, raid: Raid) -> Part:
    """Below a status for everybody."""
    strike = [strike_button(locale)] if raid.status is Status.ACTIVE else []
    return ui.ActionRow(*strike, button(text(locale, "status-standing-button"), STANDING), board_button(locale))


def strike_button(locale: Locale) -> ui.Button[Any]:
    """A button that opens the strike panel for whoever taps it, for messages of all kinds."""
    return button(text(locale, "status-strike-button"), STRIKE, strong=True)


class StandingButton(ui.DynamicItem[ui.Button[Any]], template=STANDING):
    """Shows whoever taps it the status with their own standing."""

    @classmethod
    async def from_custom_id(cls, _interaction: Interaction, item: ui.Item[Any], _match: re.Match[str], /) -> Self:
        return cls(cast("ui.Button[Any]", item))

    async def callback(self, interaction: Interaction) -> None:
        await show_status(interaction.client, interaction)


class StrikeButton(ui.DynamicItem[ui.Button[Any]], template=STRIKE):
    """See `strike_button`."""

    @classmethod
    async def from_custom_id(cls, _interaction: Interaction, item: ui.Item[Any], _match: re.Match[str], /) -> Self:
        return cls(cast("ui.Button[Any]", item))

    async def callback(self, interaction: Interaction) -> None:
        from bot.striking import open_panel  # noqa: PLC0415 - striking shows our cards, so it imports us first

        await open_panel(interaction.client, interaction)
