"""What goes wrong between the bot and Discord, when a test says so."""

import asyncio
import contextlib
import random
import re
from collections import Counter
from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal

from tests.bot.fake_discord.model import Channel


class Way(Enum):
    """How one request goes wrong."""

    RATE_LIMIT = auto()
    BAN = auto()
    SERVER_ERROR = auto()
    SERVER_ERROR_AFTER = auto()
    LOST_REQUEST = auto()
    LOST_ANSWER = auto()
    DELAY = auto()


@dataclass(slots=True)
class Fault:
    """Hits `share` of the requests that match, `times` of them at the most."""

    way: Way
    share: float
    times: int | None
    matches: re.Pattern[str]
    status: int = 500
    seconds: float = 0.0
    scope: Literal["user", "shared", "global"] = "user"


@dataclass(frozen=True, slots=True)
class Denied:
    """`code` 0: the usual one of the status."""

    status: int
    code: int


class Faults:
    """`route` is a regular expression for `METHOD /path`, as in `POST /channels/`; without one every request counts.

    For one channel alone: `route=in_channel(channel)`.
    """

    def __init__(self, seed: int = 7) -> None:
        self.happened: Counter[Way] = Counter()
        self.denied: dict[int, Denied] = {}
        self.gateway_refuses = False
        self._chance = random.Random(seed)
        self._faults: list[Fault] = []
        self._cleared = asyncio.Event()

    def rate_limit(
        self,
        times: int | None = 1,
        *,
        share: float = 1.0,
        route: str = "",
        retry_after: float = 0.2,
        scope: Literal["user", "shared", "global"] = "user",
    ) -> None:
        """429, not carried out. `shared` is a limit that others used up too, `global` one of all routes."""
        self._add(Fault(Way.RATE_LIMIT, share, times, re.compile(route), seconds=retry_after, scope=scope))

    def ban(self, times: int | None = 1, *, route: str = "") -> None:
        """429 from the proxy before Discord: HTML, without the headers of a rate limit."""
        self._add(Fault(Way.BAN, 1.0, times, re.compile(route)))

    def server_error(
        self,
        share: float = 1.0,
        times: int | None = None,
        *,
        status: int = 503,
        route: str = "",
        carried_out: bool = False,
    ) -> None:
        """5xx, before the request is carried out or after. discord.py itself repeats 500, 502, 504, not 503."""
        way = Way.SERVER_ERROR_AFTER if carried_out else Way.SERVER_ERROR
        self._add(Fault(way, share, times, re.compile(route), status=status))

    def lose_answers(self, share: float = 1.0, times: int | None = None, *, route: str = "") -> None:
        """The request is carried out, the connection is cut before the answer."""
        self._add(Fault(Way.LOST_ANSWER, share, times, re.compile(route)))

    def lose_requests(self, share: float = 1.0, times: int | None = None, *, route: str = "") -> None:
        """The connection is cut before anything is carried out."""
        self._add(Fault(Way.LOST_REQUEST, share, times, re.compile(route)))

    def delay(self, seconds: float, share: float = 1.0, times: int | None = None, *, route: str = "") -> None:
        """Answered after so long, or once everything works again."""
        self._add(Fault(Way.DELAY, share, times, re.compile(route), seconds=seconds))

    def deny(self, channel_id: int, status: Literal[403, 404] = 403, *, code: int = 0) -> None:
        """The bot may not see this channel any more (50001; or 50013), or the channel is gone (10003)."""
        self.denied[channel_id] = Denied(status, code)

    def allow(self, channel_id: int) -> None:
        self.denied.pop(channel_id, None)

    def clear(self) -> None:
        """Everything works again."""
        self._faults.clear()
        self._cleared.set()
        self._cleared = asyncio.Event()
        self.denied.clear()
        self.gateway_refuses = False

    async def let_pass(self, seconds: float) -> None:
        """Sleeps so long, or until everything works again."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._cleared.wait()

    def drawn_for(self, request: str) -> Fault | None:
        """The fault that hits this request, counted."""
        for fault in self._faults:
            if fault.times == 0 or not fault.matches.search(request) or self._chance.random() >= fault.share:
                continue
            if fault.times is not None:
                fault.times -= 1
            self.happened[fault.way] += 1
            return fault
        return None

    def _add(self, fault: Fault) -> None:
        self._faults.append(fault)


def in_channel(channel: Channel, method: str = "") -> str:
    """Matches the requests about one channel."""
    return f"^{method or '[A-Z]+'} /channels/{channel.id}(/|$)"
