"""What a raid's picture looks like: a pure function of facts and words, drawn by Pillow.

Opaque and dark with a light edge, so that it reads the same on Discord's dark and light. Everything is drawn at twice
the size and scaled down, which smooths the slants. Drawing takes some 100 ms of a thread and no memory beyond itself.
"""

import math
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image, ImageColor, ImageDraw, ImageOps

from bot.seeing.lettering import Lettering

__all__ = ["FIGHT", "FOUND", "GOLD", "HEIGHT", "WIDTH", "Look", "Mark", "Row", "drawn"]

WIDTH, HEIGHT = 1000, 580
SCALE: Final = 2
PANEL, EDGE, LINE, ROW, FIRST, RAY = "#120c1e", "#4a3d66", "#2c2340", "#211833", "#5a3a0c", "#1f1026"
INK, DIM, WARM = "#ffffff", "#c9c3dc", "#ffe9c4"
GOLD, FIGHT, FOUND, TRACK = "#ffd66b", "#ff8f6b", "#7fe3ff", "#050308"
CREST_DARK, CREST_BRIGHT = "#5a0c2a", "#d8453f"
HP_FROM, HP_TO = "#c2123f", "#ff8a3d"
MEDALS: Final = (GOLD, DIM, "#d08a55")
COLOURS_KEPT: Final = 255
SIGNS: Final = (FOUND, GOLD, FIGHT, WARM, MEDALS[2])
HP_BAR: Final = (166.0, 108.0, 954.0, 144.0)
CHART: Final = (92.0, 222.0, 636.0, 452.0)
BOARD: Final = (676.0, 186.0, 964.0, 490.0)
MARKS_LABELLED_APART: Final = 34.0


@dataclass(frozen=True, slots=True)
class Row:
    """One of the strongest raiders."""

    place: str
    name: str
    score: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment on the chart, `at` in permille of the time: a stage with its number, or a breakthrough (empty label)."""

    at_permille: int
    label: str


@dataclass(frozen=True, slots=True)
class Look:
    """All that is drawn, in words. `curve`: permille of the time, permille of the HP; `legend` names stages and
    breakthroughs.
    """

    title: str
    raid: str
    headline: str
    accent: str
    crest: tuple[str, str, str]
    hp: str
    percent: str
    hp_permille: int
    stage_permille: tuple[int, ...]
    curve: tuple[tuple[int, int], ...]
    marks: tuple[Mark, ...]
    time_from: str
    time_to: str
    legend: tuple[str, str]
    board_title: str
    rows: tuple[Row, ...]
    nobody: str
    stats: tuple[tuple[str, str], ...]
    won: bool


def drawn(look: Look) -> bytes:
    """The picture as PNG: `WIDTH` x `HEIGHT` pixels."""
    image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), PANEL)
    _Drawing(image, look).draw()
    small = image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    kept = _with_few_colours(small)
    buffer = BytesIO()
    kept.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _with_few_colours(image: Image.Image) -> Image.Image:
    """A third of the bytes. The small signs' colours are few pixels: a strip of each keeps them in the palette."""
    strip = image.height // 20
    counted = Image.new("RGB", (image.width, image.height + strip * len(SIGNS)))
    counted.paste(image)
    for number, colour in enumerate(SIGNS):
        counted.paste(colour, (0, image.height + strip * number, image.width, image.height + strip * (number + 1)))
    return counted.quantize(COLOURS_KEPT, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).crop((0, 0, *image.size))


class _Drawing:
    """Takes coordinates of the finished picture."""

    def __init__(self, image: Image.Image, look: Look) -> None:
        self._image, self._look = image, look
        self._pen = ImageDraw.Draw(image)
        self._write = Lettering(self._pen, SCALE).write

    def draw(self) -> None:
        if self._look.won:
            self._rays()
        self._head()
        self._hp_bar()
        self._crest()
        self._chart()
        self._board()
        self._stats()
        self._pen.rectangle(_box(0, 0, WIDTH - 0.5, HEIGHT - 0.5), outline=EDGE, width=2 * SCALE)
        self._pen.rectangle(_box(0, 0, WIDTH, 5), fill=self._look.accent)

    def _rays(self) -> None:
        """A victory shines from behind the head."""
        centre_x, centre_y, reach = 500.0, 120.0, 1200.0
        for ray in range(0, 36, 2):
            ends = [
                (centre_x + reach * math.cos(math.tau * n / 36), centre_y + reach * math.sin(math.tau * n / 36))
                for n in (ray, ray + 1)
            ]
            self._pen.polygon(_points((centre_x, centre_y), *ends), fill=RAY)

    def _head(self) -> None:
        look = self._look
        raid_width = self._write((964, 56), look.raid, 19, DIM, align="right", within=230)
        self._write((168, 58), look.title, 38, INK, weight="800", within=964 - 168 - raid_width - 24)
        self._write((168, 92), look.headline, 24, look.accent, weight="800", within=796)

    def _hp_bar(self) -> None:
        look, (left, top, right, bottom) = self._look, HP_BAR
        self._pen.polygon(_slanted(left - 3, top - 3, right + 3, bottom + 3), fill=INK)
        self._pen.polygon(_slanted(left, top, right, bottom), fill=TRACK)
        if look.hp_permille:
            filled = max(left + 6, left + (right - left) * look.hp_permille / 1000)
            self._fill(_slanted(left, top, filled, bottom), (left, right), across=True)
        for permille in look.stage_permille:
            x = left + (right - left) * permille / 1000
            reached = look.hp_permille < permille
            self._pen.polygon(
                _points((x, bottom + 6), (x + 7, bottom + 15), (x - 7, bottom + 15)), fill=GOLD if reached else INK
            )
        for dx, dy, colour in ((0, 2, TRACK), (2, 0, TRACK), (-2, 0, TRACK), (0, -2, TRACK), (0, 0, INK)):
            self._write((left + 22 + dx, bottom - 11 + dy), look.hp, 23, colour, weight="800")
            self._write((right - 14 + dx, bottom - 10 + dy), look.percent, 26, colour, weight="800", align="right")

    def _crest(self) -> None:
        x, y = 84.0, 96.0
        self._diamond(x, y, 70, PANEL)
        self._diamond(x, y, 66, GOLD)
        for radius in range(61, 9, -4):
            self._diamond(x, y, radius, _between(CREST_BRIGHT, CREST_DARK, (radius / 61) ** 2))
        above, number, below = self._look.crest
        self._write((x, y - 22), above, 14, WARM, weight="800", align="centre", within=66)
        self._write((x, y + 18), number, 50, INK, weight="800", align="centre", within=84)
        self._write((x, y + 38), below, 14, WARM, weight="800", align="centre", within=52)

    def _diamond(self, x: float, y: float, radius: float, colour: str) -> None:
        self._pen.polygon(_points((x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)), fill=colour)

    def _fill(self, outline: list[tuple[float, float]], span: tuple[float, float], *, across: bool) -> None:
        """Fills with the boss's colours: along `span` from left to right, or from bottom to top."""
        mask = Image.new("L", self._image.size, 0)
        ImageDraw.Draw(mask).polygon(outline, fill=255)
        gradient = Image.linear_gradient("L")
        start, end = (round(each * SCALE) for each in span)
        if across:
            stripe = gradient.rotate(90).resize((end - start, self._image.height))
            at = (start, 0)
        else:
            stripe = gradient.resize((self._image.width, end - start))
            at = (0, start)
        bright = ImageOps.colorize(stripe, HP_FROM if across else HP_TO, HP_TO if across else HP_FROM, mid=None)
        self._image.paste(bright, at, mask.crop((*at, at[0] + bright.width, at[1] + bright.height)))

    # The chart

    def _chart(self) -> None:
        left, top, right, bottom = CHART
        for quarter in range(5):
            y = bottom - (bottom - top) * quarter / 4
            self._pen.line(_points((left, y), (right, y)), fill=LINE, width=SCALE)
            self._write((left - 10, y + 6), f"{quarter * 25} %", 17, DIM, align="right")
        curve = [self._on_chart(time, hp) for time, hp in self._look.curve]
        if len(curve) > 1:
            self._fill(_points((curve[0][0], bottom), *curve, (curve[-1][0], bottom)), (top, bottom), across=False)
            self._pen.line(_points(*curve), fill=INK, width=3 * SCALE, joint="curve")
        self._marks()
        if curve:
            x, y = curve[-1]
            self._pen.ellipse(_box(x - 7, y - 7, x + 7, y + 7), fill=INK)
            self._pen.ellipse(_box(x - 4, y - 4, x + 4, y + 4), fill=self._look.accent)
        self._write((left, bottom + 26), self._look.time_from, 17, DIM)
        self._write((right, bottom + 26), self._look.time_to, 17, DIM, align="right")
        x = left + 130
        for colour, what in zip((GOLD, FOUND), self._look.legend, strict=True):
            self._diamond(x, bottom + 20, 7, colour)
            x += 14 + self._write((x + 14, bottom + 26), what, 17, DIM, within=140) + 28

    def _on_chart(self, time_permille: int, hp_permille: int) -> tuple[float, float]:
        left, top, right, bottom = CHART
        return left + (right - left) * time_permille / 1000, bottom - (bottom - top) * hp_permille / 1000

    def _marks(self) -> None:
        """Breakthroughs on the ground, stages above the chart with a line down; of crowded stages the newest tells."""
        _, top, _, bottom = CHART
        for mark in self._look.marks:
            x, _ = self._on_chart(mark.at_permille, 0)
            if not mark.label:
                self._diamond(x, bottom, 10, PANEL)
                self._diamond(x, bottom, 8, FOUND)
        newest = math.inf
        for mark in reversed([each for each in self._look.marks if each.label]):
            x, _ = self._on_chart(mark.at_permille, 0)
            for y in range(round(top), round(bottom), 10):
                self._pen.line(_points((x, y), (x, y + 5)), fill=GOLD, width=2 * SCALE)
            if newest - x >= MARKS_LABELLED_APART:
                newest = x
                self._diamond(x, top - 14, 16, GOLD)
                self._write((x, top - 8), mark.label, 17, PANEL, weight="800", align="centre")

    # Beside and below

    def _board(self) -> None:
        look, (left, top, right, _) = self._look, BOARD
        self._write((left, top + 18), look.board_title, 19, DIM, weight="800", within=right - left)
        y = top + 32
        if not look.rows:
            self._write((left, y + 28), look.nobody, 19, INK)
        for number, row in enumerate(look.rows):
            medal = MEDALS[number] if number < len(MEDALS) else DIM
            self._pen.rectangle(_box(left, y, right, y + 44), fill=FIRST if number == 0 else ROW)
            self._pen.rectangle(_box(left, y, left + 4, y + 44), fill=medal)
            self._write((left + 24, y + 30), row.place, 20, medal, weight="800", align="centre", within=32)
            score_width = self._write((right - 12, y + 30), row.score, 20, INK, weight="800", align="right")
            self._write((left + 46, y + 30), row.name, 20, INK, within=right - left - 70 - score_width)
            y += 50

    def _stats(self) -> None:
        each = (WIDTH - 2 * 36) / len(self._look.stats)
        for number, (figure, what) in enumerate(self._look.stats):
            x = 36 + each * (number + 0.5)
            self._write((x, 538), figure, 27, INK, weight="800", align="centre", within=each - 20)
            self._write((x, 562), what, 17, WARM, align="centre", within=each - 20)


def _between(one: str, other: str, share: float) -> str:
    """A colour `share` of the way from one to the other."""
    pairs = zip(ImageColor.getrgb(one), ImageColor.getrgb(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _box(left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
    return left * SCALE, top * SCALE, right * SCALE, bottom * SCALE


def _points(*points: tuple[float, float]) -> list[tuple[float, float]]:
    return [(x * SCALE, y * SCALE) for x, y in points]


def _slanted(left: float, top: float, right: float, bottom: float) -> list[tuple[float, float]]:
    lean = (bottom - top) / 4
    return _points((left + lean, top), (right + lean, top), (right, bottom), (left, bottom))
