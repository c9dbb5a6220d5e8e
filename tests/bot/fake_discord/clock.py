"""The time on the loopback Discord: the machine's, plus what a test lets pass."""

import itertools
import time
from datetime import UTC, datetime

DISCORD_EPOCH_MILLISECONDS = 1_420_070_400_000


class Clock:
    def __init__(self) -> None:
        self._ahead_seconds = 0.0

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self._ahead_seconds

    def advance(self, seconds: float) -> None:
        """Lets time pass at once: interaction tokens age, nonces are forgotten, buckets fill."""
        self._ahead_seconds += seconds

    def stamp(self) -> str:
        return datetime.fromtimestamp(self.now(), UTC).isoformat()


class Snowflakes:
    """Ids that carry the time they were made at, as Discord's do; never the same twice."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)

    def next(self) -> int:
        milliseconds = int(self._clock.now() * 1000) - DISCORD_EPOCH_MILLISECONDS
        return (milliseconds << 22) | (next(self._numbers) & 0x3F_FFFF)
