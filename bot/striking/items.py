"""The components of striking panels at work: recognised by their custom ids, in any process, after any restart."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final, Self

import discord
from discord import ui

from bot.answers import defer, respond, tell
from bot.api import RaidApi
from bot.striking import flow
from bot.striking.buttons import (
    BUTTON_TEMPLATE,
    CHIP_TEMPLATE,
    LONGEST_SEARCH,
    SELECT_TEMPLATE,
    Act,
    Pick,
    Screen,
)
from bot.striking.codec import PanelState, StaleStateError
from bot.striking.flow import Player
from bot.striking.panel import in_the_air, sure
from bot.striking.team import Browsing, affinity_of, after_picking, state_on
from bot.striking.words import Say
from bot.texts import text
from bot.views import RaidModal

__all__ = ["PanelButton", "PanelSelect", "SearchChip", "SearchModal"]

ASKED_FOR_SIX: Final = 6
SEARCH_FIELD: Final = "search"
STRIKES: Final = frozenset({Act.FIGHT, Act.ANALYZE, Act.FIGHT_FOR_SURE, Act.ANALYZE_FOR_SURE})

Interaction = discord.Interaction[Any]


async def only_the_owner(interaction: Interaction, owner: int | None) -> bool:
    """Whether the panel is the one's who uses it; tells the others, and those whose panel is too old."""
    if owner == interaction.user.id:
        return True
    await tell(interaction, text(interaction.locale, "strike-stale" if owner is None else "strike-not-yours"))
    return False


def unpacked(match: re.Match[str]) -> PanelState | None:
    """The state in a custom id; None when another version of the bot wrote it."""
    try:
        return PanelState.unpack(match["state"])
    except StaleStateError:
        return None


def layout_of(item: ui.DynamicItem[Any]) -> ui.LayoutView | None:
    """The panel that the item was tapped on, as the library has read it from the message."""
    return item.view if isinstance(item.view, ui.LayoutView) else None


async def answer(interaction: Interaction, made: Callable[[], Awaitable[Screen]]) -> None:
    """Says at once that the tap arrived, then shows what comes of it in the same message."""
    await defer(interaction, thinking=False)
    await flow.show(interaction, await made())


def player_of(interaction: Interaction) -> Player:
    api: RaidApi = interaction.client.api
    return Player.of(api, interaction)


class PanelButton(ui.DynamicItem[ui.Button[Any]], template=BUTTON_TEMPLATE):
    def __init__(self, item: ui.Button[Any], act: str, page: str, state: PanelState | None) -> None:
        super().__init__(item)
        self.act, self.page, self.state = act, int(page or 0), state

    @classmethod
    async def from_custom_id(cls, _interaction: Interaction, item: ui.Item[Any], match: re.Match[str], /) -> Self:
        if not isinstance(item, ui.Button):
            raise TypeError(f"{item!r} is no button")
        return cls(item, match["act"], match["page"], unpacked(match))

    async def interaction_check(self, interaction: Interaction, /) -> bool:
        return await only_the_owner(interaction, None if self.state is None else self.state.owner)

    async def callback(self, interaction: Interaction) -> None:
        state, player = self.state, player_of(interaction)
        if state is None:
            return
        act = Act(self.act)
        if act in STRIKES:
            await self._strike(interaction, player, act, state)
        elif act is Act.SEARCH:
            modal = SearchModal(player, state, Browsing.on(layout_of(self), self.page).search)
            await respond(interaction, lambda: interaction.response.send_modal(modal))
        else:
            await answer(interaction, lambda: self._screen(player, act, state))

    async def _screen(self, player: Player, act: Act, state: PanelState) -> Screen:
        browsing = Browsing.on(layout_of(self), self.page)
        match act:
            case Act.CHOOSE:
                return await flow.choosing(player, state, browsing)
            case Act.CLEAR:
                return await flow.choosing(player, replace(state, team=()), browsing)
            case Act.KEEP:
                return await flow.kept(player, state)
            case Act.LAST:
                return await flow.last(player, state)
            case _:
                return await flow.best(player, size=state.size, equipment=state.equipment)

    async def _strike(self, interaction: Interaction, player: Player, act: Act, state: PanelState) -> None:
        panel = layout_of(self)
        if panel is None:
            return
        if act in {Act.FIGHT, Act.ANALYZE} and len(state.team) >= ASKED_FOR_SIX:
            asking = sure(player.locale, panel, act, state)
            await respond(interaction, lambda: interaction.response.edit_message(view=asking))
            return
        waiting = in_the_air(player.locale, panel, self.custom_id)
        await respond(interaction, lambda: interaction.response.edit_message(view=waiting))
        await flow.show(interaction, await flow.strike(player, act, state))


class PanelSelect(ui.DynamicItem[ui.Select[Any]], template=SELECT_TEMPLATE):
    def __init__(self, item: ui.Select[Any], pick: str, page: str, state: PanelState | None) -> None:
        super().__init__(item)
        self.pick, self.page, self.state = pick, int(page or 0), state

    @classmethod
    async def from_custom_id(cls, _interaction: Interaction, item: ui.Item[Any], match: re.Match[str], /) -> Self:
        if not isinstance(item, ui.Select):
            raise TypeError(f"{item!r} is no select")
        return cls(item, match["act"], match["page"], unpacked(match))

    async def interaction_check(self, interaction: Interaction, /) -> bool:
        return await only_the_owner(interaction, None if self.state is None else self.state.owner)

    async def callback(self, interaction: Interaction) -> None:
        state = self.state
        if state is not None:
            await answer(interaction, lambda: self._screen(player_of(interaction), state))

    async def _screen(self, player: Player, state: PanelState) -> Screen:
        values, pick = self.item.values, Pick(self.pick)
        browsing = Browsing.on(layout_of(self), self.page)
        match pick:
            case Pick.EQUIPMENT:
                equipped = replace(state, equipment=int(values[0]) or None)
                return await flow.kept(player, equipped)
            case Pick.SIZE:
                return await flow.best(player, size=int(values[0]), equipment=state.equipment)
            case Pick.AFFINITY:
                wanted = replace(browsing, page=0, affinity=affinity_of(values[0]))
                return await flow.choosing(player, state, wanted)
            case Pick.CANDIDATES | Pick.CHOSEN:
                team, left_out = after_picking(layout_of(self), self.custom_id, state.team, values)
                notice = player.say("strike-too-many", count=left_out) if left_out else None
                return await flow.choosing(player, replace(state, team=tuple(sorted(team))), browsing, notice)


class SearchChip(ui.DynamicItem[ui.Button[Any]], template=CHIP_TEMPLATE):
    """Takes the search away."""

    def __init__(self, item: ui.Button[Any], owner: int) -> None:
        super().__init__(item)
        self.owner = owner

    @classmethod
    async def from_custom_id(cls, _interaction: Interaction, item: ui.Item[Any], match: re.Match[str], /) -> Self:
        if not isinstance(item, ui.Button):
            raise TypeError(f"{item!r} is no button")
        return cls(item, int(match["owner"]))

    async def interaction_check(self, interaction: Interaction, /) -> bool:
        return await only_the_owner(interaction, self.owner)

    async def callback(self, interaction: Interaction) -> None:
        try:
            state = state_on(layout_of(self))
        except StaleStateError:
            state = None
        if state is None:
            await only_the_owner(interaction, None)
            return
        browsing = replace(Browsing.on(layout_of(self), 0), search=None)
        chosen = state
        await answer(interaction, lambda: flow.choosing(player_of(interaction), chosen, browsing))


class SearchModal(RaidModal):
    """Asks for a part of a name."""

    template = re.compile(r"wtf:(?P<state>[\w-]+)")

    def __init__(self, player: Player, state: PanelState, search: str | None) -> None:
        say = Say(player.locale)
        super().__init__(title=say("strike-search-title"), custom_id=f"wtf:{state.pack()}")
        self.add_item(
            ui.Label(
                text=say("strike-search-label"),
                description=say("strike-search-hint"),
                component=ui.TextInput(
                    default=search, max_length=LONGEST_SEARCH, required=False, custom_id=SEARCH_FIELD
                ),
            )
        )

    @classmethod
    async def submitted(cls, interaction: Interaction, match: re.Match[str], written: Mapping[str, str], /) -> None:
        state = unpacked(match)
        if not await only_the_owner(interaction, None if state is None else state.owner) or state is None:
            return
        message = interaction.message
        panel = None if message is None else ui.LayoutView.from_message(message, timeout=None)
        search = written[SEARCH_FIELD].strip()[:LONGEST_SEARCH] or None
        wanted = replace(Browsing.on(panel, 0), search=search)
        await answer(interaction, lambda: flow.choosing(player_of(interaction), state, wanted))
