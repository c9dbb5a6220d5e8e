"""Makes trouble, by a seed: kills, hangs and cuts, each while strikes are on their way."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random

from tests.chaos.house import House
from tests.chaos.troubled_wire import COMMIT_ANSWERED, COMMIT_ASKED, Cut

PAUSE_SECONDS = (0.02, 0.4)
PROGRESS_STRIKES = 3
PROGRESS_SECONDS = 12.0
"""After each trouble so many strikes are waited for, at most so long: trouble without strikes proves nothing."""
HANG_SECONDS = (0.1, 2.5)
DELAY_SECONDS = (0.005, 0.08)

KILLS = {"backend": 70, "postmaster": 20, "worker": 12, "server": 4, "launcher": 2}
"""SIGKILL to whom, with weights."""
WIRE = {"cut at once": 5, "cut a question": 6, "cut an answer": 6, "cut a COMMIT": 8, "cut a COMMIT's answer": 24}
SLOW = {"delay": 3, "hang": 5, "hang and cut": 4, "end a session": 5}


@dataclass
class Trouble:
    """`kills` counts who was killed with SIGKILL, `others` what else was done. `accepted` tells how many strikes.

    `longest_silence`: for how many seconds hardly a strike was accepted after which trouble.
    """

    house: House
    chance: Random
    accepted: Callable[[], int]
    kills: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)
    longest_silence: tuple[float, str] = (0.0, "nothing")

    @asynccontextmanager
    async def made(self) -> AsyncIterator[None]:
        """Trouble all the time; at the end everything flows again, and who was killed is back."""
        task = asyncio.create_task(self._make_trouble(), name="trouble")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self.house.wire.mend()
        await self.house.settled()
        if not task.cancelled():
            task.result()

    async def _make_trouble(self) -> None:
        for act in self._acts():
            await asyncio.sleep(self.chance.uniform(*PAUSE_SECONDS))
            if act in KILLS:
                self.kills[act] += self._kill(act)
            elif act in WIRE:
                self._cut(act)
            else:
                await self._slow_down(act)
            await self._progress(act)

    def _acts(self) -> Iterator[str]:
        """Each once in some order, and then by their weights."""
        weights = KILLS | WIRE | SLOW
        yield from self.chance.sample(list(weights), len(weights))
        while True:
            yield from self.chance.choices(list(weights), list(weights.values()))

    async def _progress(self, act: str) -> None:
        before, loop = self.accepted(), asyncio.get_running_loop()
        began = loop.time()
        while loop.time() < began + PROGRESS_SECONDS:
            if self.accepted() >= before + PROGRESS_STRIKES:
                break
            await asyncio.sleep(0.01)
        self.longest_silence = max(self.longest_silence, (loop.time() - began, act))

    def _kill(self, whom: str) -> bool:
        house, number = self.house, self.chance.randrange(1_000)
        match whom:
            case "backend":
                return house.kill_backend(number)
            case "postmaster":
                return house.kill_postmaster()
            case "worker":
                return house.kill_worker(number)
            case "server":
                return house.kill_alone()
            case _:
                return house.kill_launcher()

    def _cut(self, act: str) -> None:
        wire = self.house.wire
        match act:
            case "cut at once":
                wire.cut_at_once()
            case "cut a question":
                wire.cut_later(Cut(from_client=True, after=self.chance.randrange(3_000)))
            case "cut an answer":
                wire.cut_later(Cut(from_client=False, after=self.chance.randrange(3_000)))
            case "cut a COMMIT":
                wire.cut_later(Cut(from_client=True, after=self.chance.randint(-5, 6), at=COMMIT_ASKED))
            case _:
                wire.cut_later(Cut(from_client=False, after=self.chance.randint(-5, 12), at=COMMIT_ANSWERED))

    async def _slow_down(self, act: str) -> None:
        wire = self.house.wire
        match act:
            case "delay":
                wire.delay(self.chance.uniform(*DELAY_SECONDS))
                await asyncio.sleep(self.chance.uniform(0.2, 1.5))
            case "end a session":
                self.house.kill_backend(self.chance.randrange(1_000), how=signal.SIGTERM)
            case _:
                wire.hang()
                await asyncio.sleep(self.chance.uniform(*HANG_SECONDS))
                if act == "hang and cut":
                    wire.cut_at_once()
        self.others[act] += 1
        wire.flow()
