"""`/raid_leaderboard`: ranks by a metric, page by page, with the own place and its neighbours.

What is shown hangs on nothing but the buttons' ids, so paging goes on after a restart, and in a raid that is over.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self, cast

import discord
from discord import ui

from bot.answers import defer, insist
from bot.names import shown
from bot.seeing import queries
from bot.seeing.cards import Card, Locale, Part, board_lines, button, colour_of, idle_parts, note_view
from bot.seeing.facts import Leaderboard, Metric
from bot.seeing.queries import LISTED, PAGE_LENGTH
from bot.texts import text

if TYPE_CHECKING:
    from bot.app import WorldThreatBot

__all__ = ["BoardButton", "BoardPageButton", "board_button", "leaderboard_view", "show_leaderboard"]

BOARD: Final = "seeing:board"
Interaction = discord.Interaction[Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which leaderboard somebody looks: `page` counts from 0."""

    raid_id: str
    metric: Metric
    page: int = 0

    def custom_id(self, button_name: str) -> str:
        """`button_name` keeps apart the buttons of one message that lead to the same place."""
        return f"seeing:to:{button_name}:{self.raid_id}:{self.metric.value}:{self.page}"


async def show_leaderboard(bot: "WorldThreatBot", interaction: Interaction, metric: str = "CONTRIBUTION") -> None:
    """Answers with the first page, for the one who asks alone; `metric` as the API names it, in any case."""
    await defer(interaction)
    situation = queries.situation(await bot.api.ask(queries.STATUS))
    raid = situation.shown
    if raid is None:
        view = note_view(*idle_parts(interaction.locale, situation))
    else:
        view = await _view(bot, interaction, Place(raid.id, Metric(metric.upper())))
    await insist(lambda: interaction.edit_original_response(view=view))


async def _view(bot: "WorldThreatBot", interaction: Interaction, place: Place) -> Card:
    variables = {"raidId": place.raid_id, "metric": place.metric.value, "discordId": str(interaction.user.id)}
    found = queries.leaderboard(await bot.api.ask(queries.LEADERBOARD, variables))
    if found is None:
        return note_view(text(interaction.locale, "board-gone-title"), text(interaction.locale, "board-gone"))
    return leaderboard_view(interaction.locale, found, place)


def leaderboard_view(locale: Locale, board: Leaderboard, place: Place) -> Card:
    """One page; one beyond the last shows the last."""
    pages = max(1, -(-len(board.top) // PAGE_LENGTH))
    page = min(place.page, pages - 1)
    rows = board.top[page * PAGE_LENGTH : (page + 1) * PAGE_LENGTH]
    own_id = None if board.own is None else board.own.player_id
    title = text(locale, "board-title", metric=text(locale, f"board-metric-{place.metric.name.lower()}"))
    heading = f"## {title}\n-# {shown(board.raid.boss, 60)} · {shown(board.raid.name, 60)}"
    parts: list[Part] = [
        ui.TextDisplay(heading),
        ui.TextDisplay(board_lines(locale, rows, own_id) if rows else text(locale, "board-empty")),
    ]
    if board.own is None:
        if rows:
            parts.append(ui.TextDisplay("-# " + text(locale, "board-not-on-it")))
    elif all(row.player_id != own_id for row in rows):
        title = text(locale, "board-around")
        parts += [ui.Separator(), ui.TextDisplay(f"**{title}**\n" + board_lines(locale, board.around, own_id))]
    if page == pages - 1 and board.raid.participants > LISTED:
        parts.append(ui.TextDisplay("-# " + text(locale, "board-first", first=LISTED, count=board.raid.participants)))
    parts.append(ui.ActionRow(*_metric_buttons(locale, place)))
    if pages > 1:
        parts.append(ui.ActionRow(*_page_buttons(locale, board, place, page, pages)))
    return Card(*parts, colour=colour_of(board.raid))


def _metric_buttons(locale: Locale, place: Place) -> list[Part]:
    return [
        button(
            text(locale, f"board-metric-{metric.name.lower()}"),
            Place(place.raid_id, metric).custom_id("metric"),
            strong=metric is place.metric,
            disabled=metric is place.metric,
        )
        for metric in Metric
    ]


def _page_buttons(locale: Locale, board: Leaderboard, place: Place, page: int, pages: int) -> list[Part]:
    def leading_to(label: str, name: str, target: int) -> Part:
        there = Place(place.raid_id, place.metric, max(0, min(target, pages - 1)))
        return button(label, there.custom_id(name), disabled=there.page == page)

    buttons = [
        leading_to("◀", "before", page - 1),
        button(text(locale, "board-page", page=page + 1, pages=pages), "seeing:page", disabled=True),
        leading_to("▶", "after", page + 1),
    ]
    own = [index for index, row in enumerate(board.top) if board.own and row.player_id == board.own.player_id]
    if own:
        buttons.append(leading_to(text(locale, "board-mine"), "mine", own[0] // PAGE_LENGTH))
    return buttons


def board_button(locale: Locale) -> ui.Button[Any]:
    """A button that shows whoever taps it the leaderboard, for messages of all kinds."""
    return button(text(locale, "board-button"), BOARD)


class BoardButton(ui.DynamicItem[ui.Button[Any]], template=BOARD):
    """See `board_button`."""

    @classmethod
    async def from_custom_id(cls, _interaction: Interaction, item: ui.Item[Any], _match: re.Match[str], /) -> Self:
        return cls(cast("ui.Button[Any]", item))

    async def callback(self, interaction: Interaction) -> None:
        await show_leaderboard(interaction.client, interaction)


class BoardPageButton(
    ui.DynamicItem[ui.Button[Any]],
    template=r"seeing:to:[a-z]+:(?P<raid_id>[\w-]{1,40}):(?P<metric>CONTRIBUTION|DAMAGE|ANALYSIS|STRIKES):(?P<page>\d{1,2})",
):
    """Leads to another page or metric, in the same message."""

    def __init__(self, item: ui.Button[Any], place: Place) -> None:
        super().__init__(item)
        self.place = place

    @classmethod
    async def from_custom_id(cls, _interaction: Interaction, item: ui.Item[Any], match: re.Match[str], /) -> Self:
        return cls(cast("ui.Button[Any]", item), Place(match["raid_id"], Metric(match["metric"]), int(match["page"])))

    async def callback(self, interaction: Interaction) -> None:
        await defer(interaction, thinking=False)
        view = await _view(interaction.client, interaction, self.place)
        await insist(lambda: interaction.edit_original_response(view=view))
