"""What a page that watched itself has found, in figures."""

import itertools
import statistics
from collections.abc import Sequence
from typing import Any


def frames_of(watched: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Of the intervals between the frames of all turns, in milliseconds."""
    intervals: list[float] = sorted(itertools.chain.from_iterable(turn["intervals"] for turn in watched))

    def within(permille: int) -> float:
        return round(intervals[min(len(intervals) - 1, len(intervals) * permille // 1000)], 2)

    return {
        "frames": len(intervals),
        "frames_per_second": round(len(intervals) / sum(intervals) * 1000, 1),
        "p50_ms": within(500),
        "p99_ms": within(990),
        "p999_ms": within(999),
        "worst_ms": round(intervals[-1], 1),
        "over_20_ms_permille": round(sum(each > 20 for each in intervals) / len(intervals) * 1000, 2),
        "longest_task_ms": round(max(turn["longest"] for turn in watched), 1),
        "tasks_over_50_ms": sum(turn["long"] for turn in watched),
    }


def drain_of(samples: list[tuple[float, float, float]]) -> dict[str, Any]:
    """`samples`: milliseconds, and which parts of their bar the HP and the bright part cover."""
    trailing: list[float] = []
    then = 0
    for now, _, bright in samples:
        # The last moment at which the HP still reached as far as the bright part does now. Both only ever fall.
        while then + 1 < len(samples) and samples[then + 1][0] <= now and samples[then + 1][1] >= bright - 0.0005:
            then += 1
        trailing.append(now - samples[then][0])
    return {
        "samples": len(samples),
        "worst_seconds": round(max(trailing) / 1000, 2),
        "median_seconds": round(statistics.median(trailing) / 1000, 2),
        "widest_permille": round(max(bright - hp for _, hp, bright in samples) * 1000),
        "struck_off_permille": round((samples[0][1] - samples[-1][1]) * 1000),
        "moves": sum(before[1] != after[1] for before, after in itertools.pairwise(samples)),
    }
