"""Words and names on striking panels, within Discord's limits whatever the names are."""

from collections.abc import Sequence
from typing import Final

import discord

from bot.names import plain, shown
from bot.striking.answers import Affinity, Card, Piece, Trigger
from bot.texts import text

__all__ = ["Locale", "Say", "affinities_line", "card_line", "label", "name", "reasons", "titled"]

Locale = discord.Locale | str | None
NAMES_IN_A_LINE: Final = 6
REASONS_ON_A_CARD: Final = 4
WEAK: Final = "\N{BLACK FOUR POINTED STAR}"
CURSED: Final = "\N{SKULL AND CROSSBONES}\N{VARIATION SELECTOR-16}"
STAR: Final = "\N{BLACK STAR}"


def name(said: str, limit: int = 32) -> str:
    """A stranger's name for a message: as `bot.names.shown`, and never longer than twice `limit` code points."""
    safe = shown(said, limit)
    return safe if len(safe) <= 2 * limit else safe[: 2 * limit - 1].rstrip("\\\u200d") + "…"


def label(said: str, limit: int = 80) -> str:
    """A stranger's name for a label or an option, which know no markdown: at most `limit` code points."""
    safe = plain(said, limit)
    return safe if len(safe) <= limit else safe[: limit - 1].rstrip("\u200d") + "…"


class Say:
    """The texts of one reader."""

    def __init__(self, locale: Locale) -> None:
        self.locale = locale

    def __call__(self, key: str, **arguments: str | float) -> str:
        return text(self.locale, key, **arguments)

    def factor(self, permille: int) -> str:
        """A multiplier of 1500 permille as 1.5, as the reader's language writes it."""
        return self("strike-factor", factor=permille / 1000)

    def trigger(self, trigger: Trigger) -> str:
        """One line on what a strike or the time set off."""
        details = []
        if trigger.kind == "curse" and trigger.curse is not None:
            curse = name(trigger.curse.value)
            if trigger.replaced is None:
                return self("strike-trigger-curse", curse=curse)
            return self("strike-trigger-curse-replaced", curse=curse, replaced=name(trigger.replaced.value))
        if trigger.weakness is not None:
            details.append(self("strike-trigger-weak", weakness=name(trigger.weakness.value)))
        if trigger.curse is not None:
            details.append(self("strike-trigger-cursed", curse=name(trigger.curse.value)))
        headline = self(f"strike-trigger-{trigger.kind}", number=trigger.number)
        return " ".join([headline, *details])

    def effects(self, piece: Piece) -> str:
        """What a piece of equipment does, for an option's description."""
        return label(
            ", ".join(
                self(f"strike-effect-{kind.lower().replace('_', '-')}", what=label(what, 30), amount=amount)
                for kind, what, amount in piece.effects[:3]
            )
            or self("strike-effect-none"),
            100,
        )


def affinities_line(affinities: Sequence[Affinity]) -> str:
    """The first six of them, and how many more there are."""
    shown_names = " · ".join(name(each.value, 20) for each in affinities[:NAMES_IN_A_LINE])
    more = len(affinities) - NAMES_IN_A_LINE
    return f"{shown_names} · +{more}" if more > 0 else shown_names


def reasons(card: Card, *, markdown: bool = True) -> str:
    """Why the card's multiplier is what it is: ``✦ fire ☠️ mage``."""
    said = name if markdown else label
    marked = [(WEAK, each) for each in card.weak] + [(CURSED, each) for each in card.cursed]
    line = " ".join(f"{mark} {said(each.value, 20)}" for mark, each in marked[:REASONS_ON_A_CARD])
    more = len(marked) - REASONS_ON_A_CARD
    return f"{line} +{more}" if more > 0 else line


def card_line(say: Say, card: Card) -> str:
    """A character in one line: name, stars, worth, and how that comes about where it is not just its score."""
    line = f"{titled(card)} · " + say("strike-card", worth=card.worth)
    if card.multiplier_permille != 1000:
        line += " " + say("strike-card-factor", score=card.score, factor=say.factor(card.multiplier_permille))
    why = reasons(card)
    return f"{line} · {why}" if why else line


def titled(card: Card) -> str:
    """Its name and its stars, as far as they are known."""
    return f"**{name(card.name, 36)}**" + ("" if card.stars is None else f" {card.stars}{STAR}")
