"""Choosing a team by hand: pages of 25, best first, those who have struck left out; the choice survives it all.

The team, the size and the equipment are in every component's custom id, the page in those that turn pages. What is
filtered for is the option that the filter shows as chosen, and what is searched for is in the custom id of the button
that takes the search away: all of it lies in the message, and nothing in the bot.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import discord
from discord import ui

from bot.seeing.cards import FIGHT
from bot.striking.answers import Affinity, Card
from bot.striking.buttons import BUTTON_TEMPLATE, CHIP_TEMPLATE, Act, Pick, Screen, button, chip, items_on, select
from bot.striking.codec import MOST_IN_A_TEAM, PanelState
from bot.striking.loading import PAGE, Candidates, Situation
from bot.striking.panel import noticed, projection
from bot.striking.words import CURSED, WEAK, Locale, Say, card_line, label, reasons

__all__ = ["Browsing", "affinity_of", "after_picking", "state_on", "team_screen"]

ALL: Final = "*"
MOST_OPTIONS: Final = 25
LONGEST_VALUE: Final = 100
LAST_PAGE: Final = 99
FILTER_PREFIX: Final = f"wts:{Pick.AFFINITY}:"
SHOWN_PREFIXES: Final = (f"wts:{Pick.CANDIDATES}:", f"wts:{Pick.CHOSEN}:")


@dataclass(frozen=True, slots=True)
class Browsing:
    """Where somebody is among their characters, read from the panel that shows it."""

    page: int = 0
    search: str | None = None
    affinity: Affinity | None = None

    @classmethod
    def on(cls, view: ui.LayoutView | None, page: int) -> "Browsing":
        search, affinity = None, None
        for item in items_on(view):
            if isinstance(item, ui.Button) and (found := re.fullmatch(CHIP_TEMPLATE, item.custom_id or "")):
                search = found["search"]
            if isinstance(item, ui.Select) and item.custom_id.startswith(FILTER_PREFIX):
                affinity = next((affinity_of(each.value) for each in item.options if each.default), None)
        return cls(page, search, affinity)


def state_on(view: ui.LayoutView | None) -> PanelState | None:
    """The state that the panel's buttons carry; None for a panel without one."""
    for item in items_on(view):
        if isinstance(item, ui.Button) and (found := re.fullmatch(BUTTON_TEMPLATE, item.custom_id or "")):
            return PanelState.unpack(found["state"])
    return None


def after_picking(
    view: ui.LayoutView | None, custom_id: str, team: Sequence[int], values: Sequence[str]
) -> tuple[tuple[int, ...], int]:
    """The team once `values` are what is chosen in the select `custom_id`, and how many found no place in it.

    Whoever is in the team and not among that select's options stays in it. Six fit, whatever a client sends.
    """
    offered = {
        each.value
        for item in items_on(view)
        if isinstance(item, ui.Select) and item.custom_id == custom_id
        for each in item.options
    }
    stay = [member for member in team if str(member) not in offered]
    come = [int(value) for value in dict.fromkeys(values) if value in offered]
    picked = [*stay, *come]
    return tuple(picked[:MOST_IN_A_TEAM]), max(0, len(picked) - MOST_IN_A_TEAM)


def affinity_of(value: str) -> Affinity | None:
    """The affinity that a filter's option stands for; None for all."""
    kind, colon, said = value.partition(":")
    return Affinity(kind, said) if colon else None


def team_screen(
    locale: Locale, situation: Situation, found: Candidates, browsing: Browsing, notice: str | None = None
) -> Screen:
    say, state = Say(locale), situation.state
    pages = max(1, (found.total + PAGE - 1) // PAGE)
    page = min(found.page, pages - 1)
    title = say("strike-choosing", count=len(state.team), most=MOST_IN_A_TEAM)
    where = say("strike-choosing-page", page=page + 1, pages=pages, total=found.total)
    team = "\n".join(card_line(say, card) for card in situation.cards) or say("strike-choosing-none")
    nobody = None if found.cards else ui.TextDisplay[Any](say("strike-choosing-nobody"))
    return Screen(
        noticed(notice),
        ui.TextDisplay(f"## {title}\n{team}"),
        ui.TextDisplay(projection(say, situation)) if situation.cards else None,
        ui.Separator(),
        ui.TextDisplay(f"-# {where}\n-# {say('strike-choosing-legend', weak=WEAK, cursed=CURSED)}"),
        nobody,
        _candidates_row(say, found, state, page),
        _chosen_row(say, situation, page),
        _filter_row(say, situation, found, browsing, page),
        _pages_row(say, state, page, pages, browsing),
        ui.ActionRow(
            button(
                Act.KEEP,
                say("strike-button-done"),
                state,
                style=discord.ButtonStyle.success,
                emoji="✅",
                disabled=not state.team,
            ),
            button(Act.BEST, say("strike-button-best"), state, emoji="✨"),
            button(Act.CLEAR, say("strike-button-clear"), state, page=page, disabled=not state.team),
        ),
        colour=FIGHT,
    )


def _candidates_row(say: Say, found: Candidates, state: PanelState, page: int) -> ui.ActionRow[Any] | None:
    if not found.cards:
        return None
    on_page = {card.id for card in found.cards}
    room = MOST_IN_A_TEAM - sum(member not in on_page for member in state.team)
    options = [_option(say, card, chosen=card.id in state.team) for card in found.cards]
    return select(
        Pick.CANDIDATES,
        say("strike-choosing-full") if room == 0 else say("strike-choosing-pick"),
        options,
        state,
        page=page,
        values=(0, min(len(options), max(1, room))),
        disabled=room == 0,
    )


def _chosen_row(say: Say, situation: Situation, page: int) -> ui.ActionRow[Any] | None:
    """The team itself, to take members out of it wherever their page is."""
    if not situation.cards:
        return None
    options = [_option(say, card, chosen=True) for card in situation.cards]
    return select(
        Pick.CHOSEN,
        say("strike-choosing-remove"),
        options,
        situation.state,
        page=page,
        values=(0, len(options)),
    )


def _filter_row(say: Say, situation: Situation, found: Candidates, browsing: Browsing, page: int) -> ui.ActionRow[Any]:
    """What the boss is weak to first, then what is most frequent on this page."""
    raid = situation.raid
    against = {each.same for each in (*raid.curses, *raid.resistances)}
    here = Counter(each.same for card in found.cards for each in card.affinities)
    written = {each.same: each for card in found.cards for each in card.affinities}
    offered: dict[tuple[str, str], Affinity] = (
        {} if browsing.affinity is None else {browsing.affinity.same: browsing.affinity}
    )
    offered |= {each.same: each for each in raid.weaknesses}
    offered |= {same: written[same] for same, _ in here.most_common()}
    options = [discord.SelectOption(label=say("strike-filter-all"), value=ALL, default=browsing.affinity is None)]
    for same, each in offered.items():
        value = f"{each.kind}:{each.value.strip()}"
        if len(value) > LONGEST_VALUE or len(options) == MOST_OPTIONS:
            continue
        mark = f"{CURSED} " if same in against else f"{WEAK} " if each in raid.weaknesses else ""
        options.append(
            discord.SelectOption(
                label=mark + label(each.value, 60),
                value=value,
                description=say(f"strike-kind-{each.kind.lower()}"),
                default=browsing.affinity is not None and browsing.affinity.same == same,
            )
        )
    return select(Pick.AFFINITY, say("strike-filter"), options, situation.state, page=page)


def _pages_row(say: Say, state: PanelState, page: int, pages: int, browsing: Browsing) -> ui.ActionRow[Any]:
    row = ui.ActionRow[Any](
        button(Act.CHOOSE, say("strike-button-previous"), state, page=max(0, page - 1), emoji="◀️", disabled=page == 0),
        button(
            Act.CHOOSE,
            say("strike-button-following"),
            state,
            page=min(LAST_PAGE, page + 1),
            emoji="▶️",
            disabled=page + 1 >= pages or page >= LAST_PAGE - 1,
        ),
        button(Act.SEARCH, say("strike-button-search"), state, page=page, emoji="🔎"),
    )
    if browsing.search is not None:
        row.add_item(chip(label(browsing.search, 40), state.owner, browsing.search))
    return row


def _option(say: Say, card: Card, *, chosen: bool) -> discord.SelectOption:
    worth = say("strike-option", worth=card.worth, factor=say.factor(card.multiplier_permille))
    why = reasons(card, markdown=False)
    return discord.SelectOption(
        label=label(card.name),
        value=str(card.id),
        description=label(f"{worth} {why}".strip(), 100),
        default=chosen,
    )
