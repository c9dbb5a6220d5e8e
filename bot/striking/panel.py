"""The panel to strike from, and the screens that stand in its place when nobody may strike."""

from typing import Any, Final

import discord
from discord import ui
from discord.utils import format_dt

from bot.seeing.cards import FIGHT, GOLD, HP_GONE, HP_LEFT, STILL, bar
from bot.striking.answers import RaidNow, Worth
from bot.striking.buttons import Act, Pick, Screen, button, items_on, select
from bot.striking.codec import MOST_IN_A_TEAM, PanelState
from bot.striking.loading import NothingToStrike, Situation
from bot.striking.words import Locale, Say, affinities_line, card_line, label, name

__all__ = ["StrikeActionView", "head", "in_the_air", "screen_of", "sure", "try_again"]

MOST_OPTIONS: Final = 25
PAUSED: Final = "PAUSED"

Part = ui.Item[Any]


class StrikeActionView(Screen):
    """The filled panel: the boss, the team and what it would do, and everything one may do about it."""

    def __init__(self, locale: Locale, situation: Situation, notice: str | None = None) -> None:
        say, state = Say(locale), situation.state
        super().__init__(
            noticed(notice),
            *head(say, situation.raid),
            ui.Separator(),
            ui.TextDisplay(team_text(say, situation)),
            ui.TextDisplay(projection(say, situation)),
            ui.ActionRow(
                _strike_button(say, Act.FIGHT, situation.fight, state, complete=False),
                _strike_button(
                    say, Act.ANALYZE, situation.analyze, state, complete=situation.raid.next_threshold is None
                ),
            ),
            ui.ActionRow(
                button(Act.CHOOSE, say("strike-button-change"), state, page=0, emoji="👥"),
                *([] if situation.suggested else [button(Act.BEST, say("strike-button-best"), state, emoji="✨")]),
                button(Act.LAST, say("strike-button-last"), state, emoji="⏮️"),
            ),
            _equipment_row(say, situation),
            _size_row(say, state),
            colour=FIGHT,
        )


def screen_of(locale: Locale, found: Situation | NothingToStrike, *, owner: int, notice: str | None = None) -> Screen:
    """The one screen that fits: the panel where one may strike, else why not and what to do."""
    say = Say(locale)
    if isinstance(found, NothingToStrike):
        return _nothing_to_strike(say, found, owner, notice)
    state, standing = found.state, found.standing
    if found.raid.status == PAUSED:
        return _told(say, found, notice, "paused", STILL)
    if standing is not None and standing.available == 0:
        return _told(say, found, notice, "all-used" if standing.used else "no-characters", STILL)
    if standing is not None and standing.ready_at is not None:
        return _cooldown(say, found, notice)
    if found.suggested and not state.team:
        return _told(say, found, notice, "too-few", STILL)
    return StrikeActionView(locale, found, notice)


def head(say: Say, raid: RaidNow) -> list[Part]:
    """Who is fought, how it stands, and what counts for and against."""
    under = [name(raid.name, 60), say("strike-stage", number=raid.stage, count=raid.stages)]
    if raid.ends_at is not None:
        under.append(say("strike-ends", when=format_dt(raid.ends_at, "R")))
    title = ui.TextDisplay[Any](f"## {name(raid.boss, 60)}\n-# {' · '.join(under)}")
    lines = [
        bar(raid.hp, raid.total_hp, HP_LEFT, HP_GONE),
        say("strike-hp", current=raid.hp, total=raid.total_hp, percent=raid.hp_permille / 10),
    ]
    if raid.weaknesses:
        lines.append(say("strike-weak", names=affinities_line(raid.weaknesses)))
    if raid.curses or raid.resistances:
        lines.append(say("strike-cursed", names=affinities_line((*raid.curses, *raid.resistances))))
    lines.append("-# " + say("strike-curse-clock", strikes=raid.strikes_until_curse))
    picture = raid.image_url if raid.image_url is not None and raid.image_url.startswith("https://") else None
    return [
        title if picture is None else ui.Section(title, accessory=ui.Thumbnail(picture, description=label(raid.boss))),
        ui.TextDisplay("\n".join(lines)),
    ]


def team_text(say: Say, situation: Situation) -> str:
    if not situation.cards:
        return f"### {say('strike-team-none')}\n{say('strike-team-none-next')}"
    key = "strike-team-best" if situation.suggested else "strike-team-own"
    title = say(key, count=len(situation.cards))
    return f"### {title}\n" + "\n".join(card_line(say, card) for card in situation.cards)


def projection(say: Say, situation: Situation) -> str:
    """What the team would do, and with what multipliers."""
    lines = []
    if situation.fight is not None:
        lines.append(say("strike-projected-fight", points=situation.fight.points))
    if situation.analyze is not None:
        lines.append(say("strike-projected-analyze", points=situation.analyze.points))
    if situation.raid.next_threshold is None:
        lines.append(say("strike-analysis-complete"))
    lines += _multipliers(say, situation)
    if situation.piece is not None:
        piece = situation.piece
        lines.append(say("strike-with-equipment", name=name(piece.name, 40), effect=name(say.effects(piece), 100)))
    standing = situation.standing
    if standing is not None:
        lines.append("-# " + say("strike-ready", available=standing.available, used=standing.used))
    return "\n".join(lines)


def _multipliers(say: Say, situation: Situation) -> list[str]:
    fight, analyze = situation.fight, situation.analyze
    either = fight or analyze
    if either is None:
        return []
    stages = {worth.stage_permille for worth in (fight, analyze) if worth is not None}
    factors = " / ".join(say.factor(permille) for permille in sorted(stages, reverse=True))
    return ["-# " + say("strike-multipliers", affinity=say.factor(either.affinity_permille), stage=factors)]


def noticed(notice: str | None) -> Part | None:
    return None if notice is None else ui.TextDisplay(notice)


def sure(locale: Locale, view: ui.LayoutView, act: Act, state: PanelState) -> ui.LayoutView:
    """The panel `view`, changed: it asks whether six characters shall really go."""
    say = Say(locale)
    fight = act is Act.FIGHT
    container = next((item for item in view.children if isinstance(item, ui.Container)), None)
    if container is None:
        raise ValueError("the panel has no container")
    for row in [item for item in container.children if isinstance(item, ui.ActionRow)]:
        container.remove_item(row)
    container.add_item(ui.TextDisplay(f"### {say('strike-sure', count=len(state.team))}\n{say('strike-sure-why')}"))
    container.add_item(
        ui.ActionRow(
            button(Act.KEEP, say("strike-button-back"), state),
            button(
                Act.FIGHT_FOR_SURE if fight else Act.ANALYZE_FOR_SURE,
                say("strike-button-fight-sure" if fight else "strike-button-analyze-sure"),
                state,
                style=discord.ButtonStyle.danger if fight else discord.ButtonStyle.primary,
                emoji="⚔️" if fight else "🔍",
            ),
        )
    )
    view.stop()
    return view


def in_the_air(locale: Locale, view: ui.LayoutView, tapped: str) -> ui.LayoutView:
    """The panel `view`, changed: the strike is on its way, and nothing else can be tapped.

    The same button still can: were the bot stopped just now, nobody else would tell what became of the strike, and the
    key in its custom id makes one strike of any number of taps.
    """
    for item in items_on(view):
        if isinstance(item, ui.Button | ui.Select):
            item.disabled = item.custom_id != tapped
            if isinstance(item, ui.Button) and item.custom_id == tapped:
                item.label, item.emoji = Say(locale)("strike-in-the-air"), discord.PartialEmoji(name="⏳")
    view.stop()
    return view


def try_again(locale: Locale, notice: str, act: Act, state: PanelState) -> Screen:
    """For a strike of which nobody knows whether it came through: the same key again, and it happens once."""
    say = Say(locale)
    return Screen(
        ui.TextDisplay(f"## {say('strike-unknown-title')}\n{notice}"),
        ui.ActionRow(
            button(act, say("strike-button-again"), state, style=discord.ButtonStyle.primary, emoji="🔁"),
        ),
        colour=STILL,
    )


def _strike_button(say: Say, act: Act, worth: Worth | None, state: PanelState, *, complete: bool) -> ui.Button[Any]:
    fight = act is Act.FIGHT
    key = "strike-button-fight" if fight else "strike-button-analyze"
    if worth is not None:
        said = say(f"{key}-points", points=worth.points)
    else:
        said = say("strike-button-analyze-complete") if complete else say(key)
    return button(
        act,
        said,
        state,
        style=discord.ButtonStyle.danger if fight else discord.ButtonStyle.primary,
        emoji="⚔️" if fight else "🔍",
        disabled=worth is None or not state.team,
    )


def _equipment_row(say: Say, situation: Situation) -> Part | None:
    if not situation.pieces:
        return None
    taken = situation.state.equipment
    pieces = sorted(situation.pieces, key=lambda piece: piece.id != taken)[: MOST_OPTIONS - 1]
    options = [discord.SelectOption(label=say("strike-equipment-none"), value="0", default=situation.piece is None)]
    options += [
        discord.SelectOption(
            label=label(piece.name),
            value=str(piece.id),
            description=say.effects(piece),
            default=piece.id == taken,
            emoji="🗡️",
        )
        for piece in pieces
    ]
    return select(Pick.EQUIPMENT, say("strike-equipment"), options, situation.state)


def _size_row(say: Say, state: PanelState) -> Part:
    options = [
        discord.SelectOption(label=say("strike-size", count=size), value=str(size), default=size == state.size)
        for size in range(1, MOST_IN_A_TEAM + 1)
    ]
    return select(Pick.SIZE, say("strike-size-choose"), options, state)


def _again_row(say: Say, state: PanelState) -> Part:
    return ui.ActionRow(button(Act.OPEN, say("strike-button-refresh"), state, emoji="🔄"))


def _told(say: Say, found: Situation, notice: str | None, reason: str, colour: discord.Colour) -> Screen:
    """The boss, and why this player does not strike now."""
    standing = found.standing
    used, available = (0, 0) if standing is None else (standing.used, standing.available)
    told = say(f"strike-{reason}", used=used, available=available)
    return Screen(
        noticed(notice),
        *head(say, found.raid),
        ui.Separator(),
        ui.TextDisplay(f"### {say(f'strike-{reason}-title')}\n{told}"),
        _again_row(say, found.state),
        colour=colour,
    )


def _cooldown(say: Say, found: Situation, notice: str | None) -> Screen:
    standing = found.standing
    if standing is None or standing.ready_at is None:
        raise ValueError("there is no cooldown")
    lines = [
        f"### {say('strike-cooldown-title', when=format_dt(standing.ready_at, 'R'))}",
        say("strike-cooldown", when=format_dt(standing.ready_at, "t")),
        "-# " + say("strike-ready", available=standing.available, used=standing.used),
    ]
    return Screen(
        noticed(notice),
        *head(say, found.raid),
        ui.Separator(),
        ui.TextDisplay("\n".join(lines)),
        ui.TextDisplay(team_text(say, found)) if found.suggested and found.cards else None,
        _again_row(say, found.state),
        colour=STILL,
    )


def _nothing_to_strike(say: Say, found: NothingToStrike, owner: int, notice: str | None) -> Screen:
    lines = []
    if found.next_name is not None and found.next_starts_at is not None:
        when = format_dt(found.next_starts_at, "R")
        lines.append(f"### {say('strike-next-title', when=when)}")
        lines.append(
            say("strike-next", raid=name(found.next_name, 60), when=format_dt(found.next_starts_at, "F")),
        )
    else:
        lines.append(f"### {say('strike-no-raid-title')}\n{say('strike-no-raid')}")
    if found.last_boss is not None and found.last_outcome is not None:
        outcome = found.last_outcome.lower()
        lines.append(say(f"strike-last-{outcome}", boss=name(found.last_boss, 60)))
        if found.rank is not None:
            lines.append(say("strike-last-yours", rank=found.rank, contribution=found.contribution))
    victory = found.next_name is None and found.last_outcome == "VICTORY"
    nowhere = PanelState.new(owner=owner, raid=0, sequence=0, size=MOST_IN_A_TEAM)
    return Screen(
        noticed(notice), ui.TextDisplay("\n".join(lines)), _again_row(say, nowhere), colour=GOLD if victory else STILL
    )
