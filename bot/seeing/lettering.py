"""Writing in pictures, with fonts that come with the bot, so that a picture looks alike on every machine.

They are those of the package pymupdf-fonts: FiraGO, Noto Sans and its symbols (Latin, Greek, Cyrillic, Thai,
Devanagari and more). Chinese, Japanese and Korean fonts are large: one of the machine's own is taken where there is
one. What no font has is drawn as an empty box: a name from elsewhere is visibly not spelled out, never just missing.
"""

import contextlib
import functools
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import groupby
from typing import Final, Literal

import pymupdf_fonts
from PIL import ImageDraw, ImageFont

__all__ = ["Lettering", "Weight"]

Weight = Literal["600", "800"]
FONTS: Final[dict[Weight, tuple[str, ...]]] = {
    "600": ("figo", "notos", "symbol2", "symbol1"),
    "800": ("figbo", "notosbo", "symbol2", "symbol1"),
}
"""Of each weight, by pymupdf-fonts' names: the first that has a character writes it."""
LARGE_FONTS: Final = (
    "NotoSansCJK-Bold.ttc",
    "NotoSansCJK-Regular.ttc",
    "NotoSansJP-Bold.otf",
    "DroidSansFallbackFull.ttf",
    "ipaexg.ttf",
    "Arial Unicode.ttf",
    "msgothic.ttc",
)
"""Of the machine, by file name: Pillow looks where the system keeps its fonts."""
NO_CHARACTER: Final = "\U0010fffd"
"""Of the private use area: no font has it, so it shows what a font draws for what it lacks."""
BOX_WIDTH, BOX_HEIGHT, BOX_LINE = 0.62, 0.72, 0.07
ELLIPSIS: Final = "…"
SMALLEST_SHARE: Final = 0.8
"""Of the size asked for, before a text is cut instead."""


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of one font; `font` None: to be drawn as boxes."""

    text: str
    font: ImageFont.FreeTypeFont | None
    width: float


class Lettering:
    """Writes on one drawing, whose coordinates are `scale` times those given here."""

    def __init__(self, draw: ImageDraw.ImageDraw, scale: int = 1) -> None:
        self._draw, self._scale = draw, scale

    def write(
        self,
        at: tuple[float, float],
        text: str,
        size: int,
        colour: str,
        *,
        weight: Weight = "600",
        align: Literal["left", "centre", "right"] = "left",
        within: float | None = None,
    ) -> float:
        """Writes `text` with its baseline through `at`; returns its width. Wider than `within`, it is first made
        smaller and then cut.
        """
        size *= self._scale
        if within is not None:
            text, size = fitted(text, size, weight, within * self._scale)
        runs = list(_runs(text, size, weight))
        width = sum(run.width for run in runs)
        x = at[0] * self._scale - {"left": 0.0, "centre": width / 2, "right": width}[align]
        baseline = at[1] * self._scale
        for run in runs:
            if run.font is None:
                self._boxes(x, baseline, run, size, colour)
            else:
                self._draw.text((x, baseline), run.text, font=run.font, fill=colour, anchor="ls")
            x += run.width
        return width / self._scale

    def _boxes(self, x: float, baseline: float, run: Run, size: int, colour: str) -> None:
        for number in range(len(run.text)):
            left = x + number * size * BOX_WIDTH
            corners = (
                left + size * 0.06,
                baseline - size * BOX_HEIGHT,
                left + size * (BOX_WIDTH - 0.06),
                baseline,
            )
            self._draw.rectangle(corners, outline=colour, width=max(1, round(size * BOX_LINE)))


def width_of(text: str, size: int, weight: Weight) -> float:
    return sum(run.width for run in _runs(text, size, weight))


def fitted(text: str, size: int, weight: Weight, within: float) -> tuple[str, int]:
    """A text and a size that take at most `within` pixels; where not one letter fits, the ellipsis alone."""
    needed = width_of(text, size, weight)
    if needed <= within:
        return text, size
    smaller = max(int(size * within / needed), int(size * SMALLEST_SHARE))
    kept = text
    while kept and width_of(kept, smaller, weight) > within:
        kept = kept.removesuffix(ELLIPSIS)[:-1].rstrip()
        kept = kept + ELLIPSIS if kept else ""
    return kept or ELLIPSIS, smaller


def _runs(text: str, size: int, weight: Weight) -> Iterator[Run]:
    lettered = [(character, _font_name(character, weight)) for character in text]
    visible = [(character, name) for character, name in lettered if name != ""]
    for name, members in groupby(visible, key=lambda each: each[1]):
        written = "".join(character for character, _ in members)
        if name is None:
            yield Run(written, None, len(written) * size * BOX_WIDTH)
        else:
            font = _font(name, size)
            yield Run(written, font, font.getlength(written))


@functools.lru_cache(maxsize=4096)
def _font_name(character: str, weight: Weight) -> str | None:
    """The first font that has the character; None when none has; "" for what has no width of its own.

    Scripts from right to left are not written either: without shaping they would come out backwards.
    """
    if unicodedata.bidirectional(character) in {"R", "AL"}:
        return None
    for name in (*FONTS[weight], *_large_font()):
        if character.isspace() or _has(name, character):
            return name
    return "" if unicodedata.category(character)[0] == "M" or unicodedata.category(character) == "Cf" else None


def _has(name: str, character: str) -> bool:
    """Pillow tells no font's characters: a missing one looks like one that no font has."""
    font = _font(name, 32)
    drawn = font.getmask(character)
    return drawn.size != (0, 0) and bytes(drawn) != _missing(name) and drawn.getbbox() is not None


@functools.cache
def _missing(name: str) -> bytes:
    return bytes(_font(name, 32).getmask(NO_CHARACTER))


@functools.lru_cache(maxsize=256)
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    # Basic layout: shaping needs a library that is not on every machine, and most scripts do without.
    file = name if name in LARGE_FONTS else BytesIO(_content(name))
    return ImageFont.truetype(file, size, layout_engine=ImageFont.Layout.BASIC)


@functools.cache
def _large_font() -> tuple[str, ...]:
    """The first of the large fonts that this machine has, if it has one."""
    for name in LARGE_FONTS:
        with contextlib.suppress(OSError):
            _font(name, 32)
            return (name,)
    return ()


@functools.cache
def _content(name: str) -> bytes:
    content: bytes = pymupdf_fonts.myfont(name)
    return content
