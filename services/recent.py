"""What many ask for at the same time is read once: a page with thousands of viewers costs a few queries a second."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

from services.views import Principal, Role

Value = TypeVar("Value")

ANSWERS_KEPT = 256


def is_anybody(principal: Principal) -> bool:
    """Whether answers to `principal` are the same as to everybody else in the crowd."""
    return principal.role in (Role.PUBLIC, Role.VIEWER)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A read that is going on, or is done; `since` is when it began: what was committed before, it has seen."""

    since: float
    answer: asyncio.Future[Any]


class Recent:
    """Answers that are at most `seconds` old, and no older than the last `forget`; with 0 seconds each is read anew."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._readings: OrderedDict[Hashable, _Reading] = OrderedDict()

    async def get(self, question: Hashable, read: Callable[[], Awaitable[Value]]) -> Value:
        """What `read` gives, or has given to an equal question that was asked at most so long ago.

        An error is told to everybody who waits for it, and to nobody after them. A caller that goes away takes
        nothing from the others.
        """
        if self._seconds <= 0:
            return await read()
        now = asyncio.get_running_loop().time()
        reading = self._readings.get(question)
        if reading is None or now - reading.since > self._seconds or _failed(reading):
            reading = _Reading(now, asyncio.ensure_future(_read(read)))
            self._readings[question] = reading
            self._readings.move_to_end(question)
            self._drop(now)
        answer: Value = await asyncio.shield(reading.answer)
        return answer

    def forget(self) -> None:
        """Something has changed: who asks from now on is told of it."""
        self._readings.clear()

    def _drop(self, now: float) -> None:
        """Forgets what is too old to be told, and the oldest if there is still too much."""
        while self._readings:
            oldest = next(iter(self._readings.values()))
            if now - oldest.since <= self._seconds and len(self._readings) <= ANSWERS_KEPT:
                return
            self._readings.popitem(last=False)


async def _read(read: Callable[[], Awaitable[Value]]) -> Value:
    return await read()


def _failed(reading: _Reading) -> bool:
    return reading.answer.done() and (reading.answer.cancelled() or reading.answer.exception() is not None)
