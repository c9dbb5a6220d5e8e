"""Bars for a result's page: SVG that reads on light and dark, drawn from the figures alone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, ROW, LABELS, VALUES = 720, 30, 210, 90
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#24292f}.title{font-weight:600}.bar{fill:#0a6cc4}.other{fill:#8c959f}"
    ".target{stroke:#cf222e;stroke-width:2;stroke-dasharray:4 3}.at{fill:#cf222e}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.bar{fill:#58a6ff}.other{fill:#6e7681}.at{fill:#ff7b72}}"
)


@dataclass(frozen=True, slots=True)
class Bars:
    """One bar a value. `ours` are the labels in colour; `target` is a line across; `logarithmic` for wide ranges."""

    name: str
    title: str
    unit: str
    values: Sequence[tuple[str, float]]
    ours: frozenset[str]
    target: float | None = None
    logarithmic: bool = False

    def svg(self) -> str:
        most = max([value for _, value in self.values] + [self.target or 0.0]) or 1.0
        room = WIDTH - LABELS - VALUES

        def length(value: float) -> float:
            share = math.log1p(max(0.0, value)) / math.log1p(most) if self.logarithmic else value / most
            return round(room * share, 1)

        height = ROW * (len(self.values) + 1) + 30
        scale = ", logarithmic" if self.logarithmic else ""
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
            f"<title>{escape(self.title)}</title><style>{STYLE}</style>",
            f'<text class="title" x="8" y="20">{escape(self.title)} ({escape(self.unit)}{scale})</text>',
        ]
        for number, (label, value) in enumerate(self.values):
            top = 34 + number * ROW
            look = "bar" if label in self.ours else "other"
            parts += [
                f'<text x="{LABELS - 10}" y="{top + 15}" text-anchor="end">{escape(label)}</text>',
                f'<rect class="{look}" x="{LABELS}" y="{top}" width="{length(value)}" height="20" rx="3"/>',
                f'<text x="{LABELS + length(value) + 8}" y="{top + 15}">{value:,.4g}</text>',
            ]
        if self.target is not None:
            at, bottom = LABELS + length(self.target), 34 + len(self.values) * ROW
            parts += [
                f'<line class="target" x1="{at}" x2="{at}" y1="28" y2="{bottom}"/>',
                f'<text class="at" x="{at + 4}" y="{bottom + 14}">target {self.target:,.4g}</text>',
            ]
        return "\n".join([*parts, "</svg>"]) + "\n"
