"""/raid_team: one's own characters, what each is worth against this boss now, and who has struck already."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

import discord
from discord import ui
from discord.utils import format_dt

from bot.seeing.cards import FIGHT, STILL
from bot.striking import queries
from bot.striking.answers import Affinity, Card, affinities
from bot.striking.buttons import Screen
from bot.striking.flow import Player
from bot.striking.items import answer, only_the_owner, player_of
from bot.striking.loading import registered
from bot.striking.words import Locale, Say, affinities_line, card_line, name, titled

__all__ = ["RosterButton", "roster_screen"]

PAGE: Final = 10
SKIPPED_AT_ONCE: Final = 100
LAST_PAGE: Final = 999
TEMPLATE: Final = r"wtr:(?P<what>[a-z]):(?P<which>[auw]):(?P<page>\d{1,3}):(?P<owner>\d{1,20})"

Interaction = discord.Interaction[Any]


class Which(StrEnum):
    """Which characters are listed."""

    ALL = "a"
    UNUSED = "u"
    USED = "w"


AVAILABLE: Final = {Which.ALL: None, Which.UNUSED: True, Which.USED: False}


@dataclass(frozen=True, slots=True)
class Marks:
    """What counts for and against characters; without a raid nothing does."""

    weaknesses: tuple[Affinity, ...]
    curses: tuple[Affinity, ...]
    resistances: tuple[Affinity, ...]


@dataclass(frozen=True, slots=True)
class Roster:
    """One page; `boss` is None without a live raid. `more` tells whether there is a page behind it."""

    boss: str | None
    raid: str | None
    against: Marks
    available: int
    used: int
    cards: tuple[Card, ...]
    page: int
    more: bool


async def roster_of(player: Player, which: Which, page: int) -> Roster:
    """The page, reached from the first one a hundred characters at a step; the first when there is no such page."""
    after, left, available = None, page * PAGE, AVAILABLE[which]
    while left > 0:
        step = min(left, SKIPPED_AT_ONCE)
        data = await registered(
            player.api, player.owner, player.name, queries.ROSTER_SKIP, first=step, after=after, available=available
        )
        passed = data["player"]["roster"]["pageInfo"]
        if not passed["hasNextPage"]:
            return await roster_of(player, which, 0)
        after, left = passed["endCursor"], left - step
    data = await registered(
        player.api, player.owner, player.name, queries.ROSTER, first=PAGE, after=after, available=available
    )
    raid, found = data["activeRaid"], data["player"]["roster"]
    against = Marks((), (), ())
    if raid is not None:
        against = Marks(
            affinities(raid["weaknesses"]),
            affinities(each["affinity"] for each in raid["curses"]),
            affinities(raid["resistances"]),
        )
    standing = data["participation"] if raid is not None else None
    return Roster(
        boss=None if raid is None else raid["boss"]["name"],
        raid=None if raid is None else raid["name"],
        against=against,
        available=0 if standing is None else standing["availableCharacters"],
        used=0 if standing is None else standing["usedCharacters"],
        cards=tuple(Card.of(each, against) for each in found["nodes"]),
        page=page,
        more=found["pageInfo"]["hasNextPage"],
    )


async def roster_screen(player: Player, which: Which = Which.ALL, page: int = 0) -> Screen:
    return _screen(player.locale, await roster_of(player, which, page), which, player.owner)


def _screen(locale: Locale, roster: Roster, which: Which, owner: int) -> Screen:
    say = Say(locale)
    lines = [f"## {say('team-title')}"]
    if roster.boss is None:
        lines.append(say("team-no-raid"))
    else:
        lines.append("-# " + say("team-against", boss=name(roster.boss, 60), raid=name(roster.raid or "", 60)))
        lines.append(say("team-counts", available=roster.available, used=roster.used))
        if roster.against.weaknesses:
            lines.append(say("strike-weak", names=affinities_line(roster.against.weaknesses)))
        cursed = (*roster.against.curses, *roster.against.resistances)
        if cursed:
            lines.append(say("strike-cursed", names=affinities_line(cursed)))
    return Screen(
        ui.TextDisplay("\n".join(lines)),
        ui.Separator(),
        ui.TextDisplay(_list(say, roster, which)),
        _which_row(say, which, owner) if roster.boss is not None else None,
        _pages_row(say, roster, which, owner) if roster.page or roster.more else None,
        colour=STILL if roster.boss is None else FIGHT,
    )


def _list(say: Say, roster: Roster, which: Which) -> str:
    if not roster.cards:
        nobody = say("strike-no-characters") if which is Which.ALL else say("team-nobody")
        return f"### {say('strike-no-characters-title')}\n{nobody}" if which is Which.ALL else nobody
    return "\n".join(
        f"`{number:>2}` {_line(say, card, known=roster.boss is not None)}"
        for number, card in enumerate(roster.cards, roster.page * PAGE + 1)
    )


def _line(say: Say, card: Card, *, known: bool) -> str:
    if not known:
        return titled(card)
    if card.used_at is not None:
        return f"~~{name(card.name, 36)}~~ · " + say("team-used", when=format_dt(card.used_at, "R"))
    return card_line(say, card)


def _which_row(say: Say, which: Which, owner: int) -> ui.ActionRow[Any]:
    labels: Sequence[tuple[Which, str]] = (
        (Which.ALL, "team-button-all"),
        (Which.UNUSED, "team-button-unused"),
        (Which.USED, "team-button-used"),
    )
    return ui.ActionRow(
        *(
            ui.Button[Any](
                label=say(key),
                style=discord.ButtonStyle.primary if each is which else discord.ButtonStyle.secondary,
                custom_id=f"wtr:w:{each}:0:{owner}",
            )
            for each, key in labels
        )
    )


def _pages_row(say: Say, roster: Roster, which: Which, owner: int) -> ui.ActionRow[Any]:
    before, behind = max(0, roster.page - 1), min(LAST_PAGE, roster.page + 1)
    return ui.ActionRow(
        ui.Button(
            label=say("strike-button-previous"),
            emoji="◀️",
            disabled=roster.page == 0,
            custom_id=f"wtr:p:{which}:{before}:{owner}",
        ),
        ui.Button(
            label=say("strike-button-following"),
            emoji="▶️",
            disabled=not roster.more or roster.page == LAST_PAGE,
            custom_id=f"wtr:n:{which}:{behind}:{owner}",
        ),
    )


class RosterButton(ui.DynamicItem[ui.Button[Any]], template=TEMPLATE):
    def __init__(self, item: ui.Button[Any], which: Which, page: int, owner: int) -> None:
        super().__init__(item)
        self.which, self.page, self.owner = which, page, owner

    @classmethod
    async def from_custom_id(cls, _interaction: Interaction, item: ui.Item[Any], match: re.Match[str], /) -> Self:
        if not isinstance(item, ui.Button):
            raise TypeError(f"{item!r} is no button")
        return cls(item, Which(match["which"]), int(match["page"]), int(match["owner"]))

    async def interaction_check(self, interaction: Interaction, /) -> bool:
        return await only_the_owner(interaction, self.owner)

    async def callback(self, interaction: Interaction) -> None:
        await answer(interaction, lambda: roster_screen(player_of(interaction), self.which, self.page))
