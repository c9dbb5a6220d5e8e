"""What a benchmark says: conditions, figures, and a verdict on each criterion; as JSON, Markdown and plots."""

import importlib.metadata
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from bench.kit.plot import Bars

RESULTS = Path(__file__).parent.parent / "results"


@dataclass(frozen=True, slots=True)
class Criterion:
    value: float
    target: float
    holds: bool


def at_most(value: float, target: float) -> Criterion:
    return Criterion(value, target, value <= target)


def at_least(value: float, target: float) -> Criterion:
    return Criterion(value, target, value >= target)


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        lines = [f"## {self.title}", "", _row(self.columns), _row(["---", *["---:"] * (len(self.columns) - 1)])]
        return "\n".join([*lines, *map(_row, self.rows)])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def conditions(*packages: str) -> dict[str, Any]:
    """The machine and the versions: two runs compare only where these agree."""
    return {
        "machine": f"{_cores()} shared cores, {psutil.virtual_memory().total / 2**30:.0f} GiB, {platform.system()}",
        "cores": _cores(),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in packages},
    }


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def write(
    name: str,
    *,
    title: str,
    given: Mapping[str, Any],
    figures: Mapping[str, Any],
    verdict: Mapping[str, Criterion],
    tables: Sequence[Table],
    plots: Sequence[Bars] = (),
    notes: Sequence[str] = (),
) -> None:
    """Writes ``results/NAME.json``, ``results/NAME.md`` and the plots, and prints the second."""
    RESULTS.mkdir(exist_ok=True)
    result = {
        "conditions": given,
        "figures": figures,
        "verdict": {criterion: asdict(judged) for criterion, judged in verdict.items()},
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    judged = Table(
        "Verdict",
        ("criterion", "value", "target", "holds"),
        [
            (criterion, f"{one.value:,g}", f"{one.target:,g}", "yes" if one.holds else "**no**")
            for criterion, one in verdict.items()
        ],
    )
    said = ", ".join(f"{key} {value}" for key, value in given.items() if not isinstance(value, dict | list))
    shown = [f"![{plot.title}]({name}-{plot.name}.svg)" for plot in plots]
    for plot in plots:
        (RESULTS / f"{name}-{plot.name}.svg").write_text(plot.svg(), encoding="utf-8")
    parts = [f"# {title}", said, judged.markdown(), *shown, *(table.markdown() for table in tables), *notes]
    text = "\n\n".join(parts) + "\n"
    (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
    print(text)
