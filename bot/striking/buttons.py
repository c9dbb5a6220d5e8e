"""The components of striking panels and what their custom ids say.

Every panel is made of ordinary components that the bot forgets once they are sent; bot.striking.items recognises them
by their custom ids when they are used, also after a restart.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

import discord
from discord import ui

from bot.striking.codec import PanelState

__all__ = [
    "BUTTON_TEMPLATE",
    "CHIP_TEMPLATE",
    "LONGEST_SEARCH",
    "SELECT_TEMPLATE",
    "Act",
    "Pick",
    "Screen",
    "button",
    "chip",
    "items_on",
    "select",
]

BUTTON_TEMPLATE: Final = r"wtp:(?P<act>[a-z]):(?P<page>\d{0,2}):(?P<state>[\w-]+)"
SELECT_TEMPLATE: Final = r"wts:(?P<act>[a-z]):(?P<page>\d{0,2}):(?P<state>[\w-]+)"
CHIP_TEMPLATE: Final = r"wtq:(?P<owner>\d{1,20}):(?P<search>[\s\S]{1,50})"
LONGEST_SEARCH: Final = 50

Part = ui.Item[Any]


class Act(StrEnum):
    """What a button does."""

    FIGHT = "f"
    ANALYZE = "a"
    FIGHT_FOR_SURE = "x"
    ANALYZE_FOR_SURE = "y"
    OPEN = "o"
    BEST = "b"
    LAST = "l"
    CHOOSE = "t"
    CLEAR = "c"
    SEARCH = "s"
    KEEP = "k"


class Pick(StrEnum):
    """What a select chooses."""

    EQUIPMENT = "e"
    SIZE = "z"
    CANDIDATES = "c"
    CHOSEN = "d"
    AFFINITY = "w"


class Screen(ui.LayoutView):
    """A message of Components V2 in one container. The library keeps nothing of it once it is sent."""

    def __init__(self, *parts: Part | None, colour: discord.Colour) -> None:
        super().__init__(timeout=None)
        self.add_item(ui.Container(*(part for part in parts if part is not None), accent_colour=colour))
        self.stop()


def button(
    act: Act,
    label: str,
    state: PanelState,
    *,
    page: int | None = None,
    style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    emoji: str | None = None,
    disabled: bool = False,
) -> ui.Button[Any]:
    return ui.Button(
        label=label[:80],
        style=style,
        emoji=emoji,
        disabled=disabled,
        custom_id=f"wtp:{act}:{'' if page is None else page}:{state.pack()}",
    )


def select(
    pick: Pick,
    placeholder: str,
    options: Sequence[discord.SelectOption],
    state: PanelState,
    *,
    page: int | None = None,
    values: tuple[int, int] = (1, 1),
    disabled: bool = False,
) -> ui.ActionRow[Any]:
    """A row with a select; `values` are how many may be chosen, at least and at most."""
    return ui.ActionRow(
        ui.Select(
            placeholder=placeholder[:150],
            options=list(options),
            min_values=values[0],
            max_values=values[1],
            disabled=disabled,
            custom_id=f"wts:{pick}:{'' if page is None else page}:{state.pack()}",
        )
    )


def items_on(view: ui.LayoutView | None) -> list[Part]:
    """Everything on a panel; of what was tapped the component itself, not what the library put in its place."""
    children = [] if view is None else view.walk_children()
    return [item.item if isinstance(item, ui.DynamicItem) else item for item in children]


def chip(label: str, owner: int, search: str) -> ui.Button[Any]:
    """Takes a search away again; until then its custom id keeps what is searched for."""
    return ui.Button(label=label[:80], emoji="✖️", custom_id=f"wtq:{owner}:{search[:LONGEST_SEARCH]}")
