"""Strikes that wait for their answer, and batches of them on their way to the database."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from services import views
from services.raid_views import AcceptedStrike
from services.strike_batch import StrikeBatch


@dataclass(slots=True, eq=False)
class Waiting:
    """`in_doubt`: the strike was accepted in a transaction before, whose commit may have succeeded unheard."""

    command: views.StrikeCommand
    answer: asyncio.Future[views.StrikeSuccess]
    since: float
    in_doubt: bool = False
    settled: bool = False
    """Its answer is certain, whether or not anybody still waits for it."""


@dataclass(slots=True, eq=False)
class Flight:
    """A batch on its way to the database.

    `judged` is None when it is judged only there, under the lock; `singly`: strike by strike, each in a transaction.
    """

    strikes: list[Waiting]
    judged: StrikeBatch | None = None
    singly: bool = False
    followed: bool = False
    """Strikes that came later are taken already: none that came still later may get ahead of them."""
    task: "asyncio.Task[bool] | None" = None
    """True when it was written just as it was judged, so that what was judged after it holds."""

    @property
    def has_landed(self) -> bool:
        return self.task is not None and self.task.done()


def accepted_now(strikes: Sequence[Waiting], judged: StrikeBatch) -> list[Waiting]:
    """Those that this batch writes: neither refused nor accepted before."""
    return [
        waiting
        for waiting, answer in zip(strikes, judged.answers, strict=True)
        if isinstance(answer, AcceptedStrike) and not answer.replayed
    ]


def doubt(strikes: Sequence[Waiting]) -> list[Waiting]:
    """From now on their commit may succeed unheard; gives those of which no earlier one may have."""
    fresh = [waiting for waiting in strikes if not waiting.in_doubt]
    for waiting in fresh:
        waiting.in_doubt = True
    return fresh


def believe(strikes: Sequence[Waiting]) -> None:
    """Nothing of them was committed, as is known for certain."""
    for waiting in strikes:
        waiting.in_doubt = False
