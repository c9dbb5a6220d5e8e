"""A raid that changes at an even pace."""

import asyncio

from bench.kit.world import TOTAL_HP
from bench.load.http_clients import Clients

UPDATES_PER_SECOND = 4.0
STEP = 1_000
ADJUST = "mutation Adjust($input: AdjustBossHpInput!) { adjustBossHp(input: $input) { __typename %s } }"
SEQUENCE = "... on UpdateRaidSuccess { raid { sequence } }"


class Changes:
    """Changes of a raid's HP, four a second, by an admin over the API. Each takes `STEP` more than the one before."""

    def __init__(self, admins: Clients, raid_id: int, *, with_sequence: bool = False) -> None:
        self._admins = admins
        self._raid_id = raid_id
        self._document = ADJUST % (SEQUENCE if with_sequence else "")
        self._answered: list[tuple[float, int]] = []
        self.made = 0
        self.refused = 0

    async def make(self, wanted: int) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        tasks = []
        for number in range(wanted):
            await asyncio.sleep(max(0.0, started + number / UPDATES_PER_SECOND - loop.time()))
            self.made += 1
            tasks.append(asyncio.create_task(self._make(TOTAL_HP - STEP * self.made)))
        await asyncio.gather(*tasks)

    async def _make(self, hp: int) -> None:
        given = {"raidId": str(self._raid_id), "reason": "benchmark", "currentHp": hp}
        try:
            answer = (await self._admins.ask(self._document, {"input": given}))["adjustBossHp"]
        except RuntimeError:  # a server that cannot keep up lets them time out
            self.refused += 1
            return
        if "raid" in answer:
            self._answered.append((asyncio.get_running_loop().time(), answer["raid"]["sequence"]))

    def sequence_known_at(self, at: float) -> int:
        """The raid's newest event that an admin had been told of by `at` (seconds of the event loop)."""
        return max((sequence for answered, sequence in self._answered if answered <= at), default=0)
