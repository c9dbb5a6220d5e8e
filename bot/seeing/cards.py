"""What a raid looks like in Discord: cards of Components V2, and the pieces they are put together from.

Everything here is a pure function of what the API told; sending is for others. A card holds at most 4,000 characters
and 40 components whatever the raid's names are: lists are cut, names go through `bot.names.shown`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import discord
from discord import ui
from discord.utils import format_dt

from bot.names import shown
from bot.seeing.facts import Entry, Outcome, Raid, Reward, Situation, Standing, Status
from bot.texts import text
from bot.views import RaidLayoutView

__all__ = [
    "FIGHT",
    "GOLD",
    "NAMES_SHOWN",
    "Card",
    "Locale",
    "Part",
    "bar",
    "board_lines",
    "button",
    "colour_of",
    "footer",
    "idle_parts",
    "names_line",
    "note_view",
    "raid_parts",
    "ready_line",
    "rewards_line",
    "standing_text",
    "status_view",
    "tier_line",
]

Locale = discord.Locale | str | None
Part = ui.Item[Any]

FIGHT: Final = discord.Colour(0xFF3D5A)
GOLD: Final = discord.Colour(0xFFD66B)
STILL: Final = discord.Colour(0x8F88A8)
BAR_LENGTH: Final = 12
"""Squares; as many as a phone shows on one line."""
NAMES_SHOWN: Final = 12
HP_LEFT, HP_GONE = "\N{LARGE RED SQUARE}", "\N{BLACK LARGE SQUARE}"
FOUND, UNKNOWN = "\N{LARGE BLUE SQUARE}", "\N{BLACK LARGE SQUARE}"
MEDALS: Final = {1: "\N{FIRST PLACE MEDAL}", 2: "\N{SECOND PLACE MEDAL}", 3: "\N{THIRD PLACE MEDAL}"}


def bar(part: int, whole: int, full: str, empty: str, length: int = BAR_LENGTH) -> str:
    """`part` of `whole` in squares; the first goes only when nothing is left, the last comes only when all is there."""
    if whole <= 0 or part >= whole:
        return full * length
    squares = 0 if part <= 0 else min(length - 1, max(1, part * length // whole))
    return full * squares + empty * (length - squares)


def names_line(locale: Locale, names: Sequence[str]) -> str:
    """Names in one line, the first dozen of them."""
    line = " · ".join(f"**{shown(name)}**" for name in names[:NAMES_SHOWN])
    if len(names) > NAMES_SHOWN:
        line += " " + text(locale, "status-more", count=len(names) - NAMES_SHOWN)
    return line


def rewards_line(locale: Locale, rewards: Sequence[Reward]) -> str:
    """Amounts with their currencies; a currency without an icon of its own is named."""
    return " · ".join(
        text(locale, "rewards-amount", amount=reward.amount, currency=shown(reward.currency, 24))
        for reward in rewards[:NAMES_SHOWN]
    ) or text(locale, "rewards-nothing")


class Card(RaidLayoutView):
    """One container. Its buttons are answered by the dynamic items that the bot registered at its start, for as long
    as the message exists.
    """

    def __init__(self, *parts: Part, colour: discord.Colour = FIGHT) -> None:
        super().__init__(timeout=None)
        self.add_item(ui.Container(*parts, accent_colour=colour))

    def is_dispatchable(self) -> bool:
        """False: the library keeps no view for each message that was ever sent, nor answers for one."""
        return False


def button(label: str, custom_id: str, *, strong: bool = False, disabled: bool = False) -> ui.Button[Any]:
    style = discord.ButtonStyle.primary if strong else discord.ButtonStyle.secondary
    return ui.Button(label=label, custom_id=custom_id, style=style, disabled=disabled)


def note_view(title: str, body: str) -> Card:
    """A card that says one thing."""
    return Card(ui.TextDisplay(f"## {title}\n{body}"), colour=STILL)


def status_view(
    locale: Locale, raid: Raid, *, standing: str | None = None, top: Sequence[Entry] = (), below: Sequence[Part] = ()
) -> Card:
    """The card of a raid, live or over: with the player's own standing, or the first three, and what stands below."""
    parts: list[Part] = raid_parts(locale, raid)
    if top:
        title = text(locale, "status-top")
        parts += [ui.Separator(), ui.TextDisplay(f"**{title}**\n" + board_lines(locale, top))]
    if standing is not None:
        parts += [ui.Separator(), ui.TextDisplay(standing)]
    return Card(*parts, *below, colour=colour_of(raid))


def colour_of(raid: Raid) -> discord.Colour:
    if raid.outcome is Outcome.VICTORY:
        return GOLD
    return FIGHT if raid.status is Status.ACTIVE else STILL


def raid_parts(locale: Locale, raid: Raid) -> list[Part]:
    head = ui.TextDisplay[Any](f"## {shown(raid.boss, 60)}\n-# {shown(raid.name, 60)} · {state_of(locale, raid)}")
    parts: list[Part] = [head if raid.image_url is None else ui.Section(head, accessory=ui.Thumbnail(raid.image_url))]
    if raid.status is Status.COMPLETED:
        return [*parts, ui.TextDisplay(_report(locale, raid))]
    parts.append(ui.TextDisplay(_hp(locale, raid)))
    parts.append(ui.TextDisplay(_analysis(locale, raid)))
    parts.append(ui.Separator())
    parts.append(ui.TextDisplay(_affinities(locale, raid)))
    return parts


def state_of(locale: Locale, raid: Raid) -> str:
    """The line under the name: the stage, and what is unusual about the raid."""
    stage = text(locale, "status-stage", number=raid.stage, count=raid.stages)
    if raid.status is Status.PAUSED:
        return f"{stage} · {text(locale, 'status-paused')}"
    if raid.outcome is not None:
        return text(locale, f"status-outcome-{raid.outcome.name.lower()}")
    if raid.ends_at is not None:
        return f"{stage} · {text(locale, 'status-ends', when=format_dt(raid.ends_at, 'R'))}"
    return stage


def _hp(locale: Locale, raid: Raid) -> str:
    lines = [
        bar(raid.hp, raid.total_hp, HP_LEFT, HP_GONE),
        text(locale, "status-hp", current=raid.hp, total=raid.total_hp, percent=raid.hp_permille / 10),
    ]
    if raid.stage < raid.stages and raid.stage <= len(raid.stage_hp_below_permille):
        below = raid.stage_hp_below_permille[raid.stage - 1]
        lines.append("-# " + text(locale, "status-next-stage", number=raid.stage + 1, percent=below / 10))
    return "\n".join(lines)


def _analysis(locale: Locale, raid: Raid) -> str:
    """Progress from the last breakthrough to the next, for that is what the next strike moves."""
    count = len(raid.thresholds)
    if raid.next_threshold is None:
        return text(locale, "status-analysis-complete", count=count)
    reached = raid.thresholds[raid.breakthroughs - 1] if raid.breakthroughs else 0
    return "\n".join(
        (
            bar(raid.analysis_points - reached, raid.next_threshold - reached, FOUND, UNKNOWN),
            text(
                locale,
                "status-analysis",
                points=raid.analysis_points,
                threshold=raid.next_threshold,
                number=raid.breakthroughs + 1,
                count=count,
            ),
        )
    )


def _affinities(locale: Locale, raid: Raid) -> str:
    lines = []
    if raid.weaknesses:
        lines.append(text(locale, "status-weak", names=names_line(locale, raid.weaknesses)))
    else:
        lines.append(text(locale, "status-weak-none"))
    if raid.curses:
        lines.append(text(locale, "status-cursed", names=names_line(locale, raid.curses)))
    if raid.resistances:
        lines.append(text(locale, "status-resistant", names=names_line(locale, raid.resistances)))
    lines.append("-# " + text(locale, "status-curse-clock", strikes=raid.strikes_until_curse))
    return "\n".join(lines)


def _report(locale: Locale, raid: Raid) -> str:
    lines = []
    if raid.outcome is not Outcome.VICTORY:
        lines += [
            bar(raid.hp, raid.total_hp, HP_LEFT, HP_GONE),
            text(locale, "status-hp", current=raid.hp, total=raid.total_hp, percent=raid.hp_permille / 10),
        ]
    lines.append(
        text(
            locale,
            "status-report",
            strikes=raid.strikes,
            participants=raid.participants,
            breakthroughs=raid.breakthroughs,
            when=format_dt(raid.completed_at or raid.starts_at, "R"),
        )
    )
    return "\n".join(lines)


def standing_text(locale: Locale, raid: Raid, standing: Standing | None, now: datetime) -> str:
    """What a player has done in the raid and may do now. None: nobody is registered under their id."""
    lines = [f"**{text(locale, 'status-you')}**"]
    if standing is None:
        return "\n".join([*lines, text(locale, "status-you-new" if raid.live else "status-you-absent")])
    if standing.rank is None:
        lines.append(text(locale, "status-you-none" if raid.live else "status-you-absent"))
    else:
        lines.append(
            text(
                locale,
                "status-you-rank",
                rank=standing.rank,
                contribution=standing.contribution,
                damage=standing.damage,
                analysis=standing.analysis_points,
                strikes=standing.strikes,
            )
        )
        lines.append(tier_line(locale, standing))
    if raid.status is Status.ACTIVE:
        lines.append(ready_line(locale, standing, now))
    return "\n".join(lines)


def tier_line(locale: Locale, standing: Standing) -> str:
    tier = None if standing.tier is None else shown(standing.tier, 24).capitalize()
    if standing.next_tier is None:
        return text(locale, "status-tier-none") if tier is None else text(locale, "status-tier-highest", tier=tier)
    following, missing = shown(standing.next_tier, 24).capitalize(), standing.contribution_to_next_tier
    if tier is None:
        return text(locale, "status-tier-first", next=following, missing=missing)
    return text(locale, "status-tier", tier=tier, next=following, missing=missing)


def ready_line(locale: Locale, standing: Standing, now: datetime) -> str:
    if standing.available_characters == 0:
        return text(locale, "status-ready-nobody")
    if standing.ready_at is not None and standing.ready_at > now:
        return text(
            locale, "status-ready-at", when=format_dt(standing.ready_at, "R"), characters=standing.available_characters
        )
    return text(locale, "status-ready", characters=standing.available_characters)


def board_lines(locale: Locale, entries: Sequence[Entry], own_id: str | None = None) -> str:
    """Rows of a leaderboard; the own one stands out."""
    lines = []
    for entry in entries:
        place = MEDALS.get(entry.rank) or f"`{entry.rank:>3}`"
        row = text(locale, "board-row", place=place, name=shown(entry.name, 24), score=entry.score)
        lines.append(f"**{row}** ◂" if entry.player_id == own_id else row)
    return "\n".join(lines)


def idle_parts(locale: Locale, situation: Situation) -> tuple[str, str]:
    """Title and sentence for when there is nothing to strike."""
    if situation.next is not None:
        return text(locale, "status-next-title", boss=shown(situation.next.boss, 60)), text(
            locale,
            "status-next",
            raid=shown(situation.next.name, 60),
            when=format_dt(situation.next.starts_at, "F"),
            relative=format_dt(situation.next.starts_at, "R"),
        )
    return text(locale, "status-none-title"), text(locale, "status-none")


def footer(locale: Locale, now: datetime) -> Part:
    return ui.TextDisplay("-# " + text(locale, "live-updated", when=format_dt(now, "R")))
