"""Names of strangers, made safe for Discord."""

import re
import unicodedata
from typing import Final

__all__ = ["plain", "shown"]

MARKS_PER_LETTER: Final = 2
JOINED_AT_MOST: Final = 4
"""A family of four with all its skins; longer chains are somebody's joke."""
NOTHING_LEFT: Final = "???"
ELLIPSIS: Final = "…"
BLANKS: Final = frozenset({"Zs", "Zl", "Zp"})
INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
JOINER: Final = "\N{ZERO WIDTH JOINER}"
# What Discord's markdown, links, mentions, emoji and timestamps begin or end with. A backslash before any
# punctuation is swallowed, so escaping too much costs nothing.
MARKDOWN: Final = re.compile(r"([\\*_~|`<>#\[\]():./])")
AT_THE_BEGINNING: Final = re.compile(r"^([-+])")


def plain(name: str, limit: int = 32) -> str:
    """`name` on one line, at most `limit` characters as people count them, without markdown: for labels and pictures.

    Control and invisible characters, text direction overrides and piled-up accents are gone; an @ mentions nobody.
    """
    cleaned = _cleaned(name)
    clusters = _clusters(cleaned)
    if len(clusters) > limit:
        clusters = [*clusters[: limit - 1], ELLIPSIS]
    return "".join(clusters).replace("@", "@\N{ZERO WIDTH SPACE}") or NOTHING_LEFT


def shown(name: str, limit: int = 32) -> str:
    """As `plain`, and nothing in it is taken for markdown, a link, an emoji or a mention: for messages and embeds."""
    return AT_THE_BEGINNING.sub(r"\\\1", MARKDOWN.sub(r"\\\1", plain(name, limit)))


def _cleaned(name: str) -> str:
    kept: list[str] = []
    marks = 0
    for character in unicodedata.normalize("NFC", name):
        category = unicodedata.category(character)
        if category.startswith("M"):
            marks += 1
            if kept and marks <= MARKS_PER_LETTER:
                kept.append(character)
        elif category in BLANKS or character in "\t\n\r\v\f":
            marks = 0
            kept.append(" ")
        elif character == JOINER:
            kept.append(character)
        elif category not in INVISIBLE:
            marks = 0
            kept.append(character)
    return " ".join("".join(kept).strip(JOINER).split())


def _clusters(text: str) -> list[str]:
    """What people take for one character each: a letter with its accents, an emoji with its skin and its family."""
    clusters: list[str] = []
    joining, joined = False, 0
    for character in text:
        belongs = joining or character == JOINER or _is_skin(character) or unicodedata.category(character)[0] == "M"
        if belongs and clusters and joined < JOINED_AT_MOST:
            clusters[-1] += character
        else:
            clusters.append(character)
            joined = 0
        joining = character == JOINER
        joined += joining
    return clusters


def _is_skin(character: str) -> bool:
    return "\N{EMOJI MODIFIER FITZPATRICK TYPE-1-2}" <= character <= "\N{EMOJI MODIFIER FITZPATRICK TYPE-6}"
