"""How fast we post altogether. Discord takes 50 requests a second from a bot; the rest is for answering players."""

import asyncio
from typing import Final

__all__ = ["Pace"]

POSTS_PER_SECOND: Final = 30


class Pace:
    """Hands out turns, evenly spaced; whoever waits for an answer after their turn holds nobody up."""

    def __init__(self, per_second: float = POSTS_PER_SECOND) -> None:
        self._seconds_apart = 1 / per_second
        self._next_at = 0.0

    async def turn(self) -> None:
        now = asyncio.get_running_loop().time()
        mine = max(now, self._next_at)
        self._next_at = mine + self._seconds_apart
        await asyncio.sleep(mine - now)
