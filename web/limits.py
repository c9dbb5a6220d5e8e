"""How often somebody may ask, and how many connections they may hold.

Operations are counted, over HTTP and WebSocket alike, per token and per address, in windows of a few seconds: in this
process, or in Redis for all processes together. One counts for more when it is dear, or its document is a new one.
Who is over is told when to come back; nothing is done for them, and nobody else is hurt.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final

import structlog
from graphql import OperationType
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import RedisStorage, Storage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import StorageError
from starlette.types import Scope

from schema.execution import Operation
from schema.limits import DEAREST
from services.errors import OverloadedError, RateLimitedError
from services.views import Principal, Role
from web.tally import Tally

COST_OF_ONE: Final = 1_000
"""So many fields in an answer count as one operation more."""
NEW_DOCUMENT: Final = 4
CHARACTERS_OF_ONE: Final = 100
"""So many characters of a new document count as one operation more for its address: a thousand take some 10 ms to read.
Not for a token: after a restart every document is a new one, also for those who ask little.
"""
BAD_TOKENS: Final = RateLimitItemPerSecond(50, 10, "bad-tokens")
FULL_RETRY_MS: Final = 5_000
REDIS_SECONDS: Final = 0.25
REDIS_AWAY_SECONDS: Final = 5.0
SOCKETS_OF_ROLE: Final[Mapping[Role, int]] = {Role.PLAYER: 20, Role.BOT: 200, Role.ADMIN: 200}
"""Connections that one token may hold; an overlay's token is on as many screens as there are."""
EXECUTIONS_OF_ADDRESS: Final = 100
"""Subscriptions that one address may have executed at once. Whoever joins one that runs already adds none."""
EXECUTIONS_STARTED: Final = RateLimitItemPerSecond(200, 10, "executions")
"""And so many it may start: each costs some 5 ms before it says anything."""
PACE_SECONDS: Final = 0.025
"""One after another: fifty that begin at once keep everybody's strikes waiting for half a second."""
MOST_AT_ONCE: Final = 5_000
"""Operations under way in this process; more than strikes may wait in line, who are told by the line itself."""
BUSY_RETRY_MS: Final = 1_000
MOST_WINDOWS: Final = 20_000

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Rates:
    """How often; None: as often as one likes. `address` counts all who have no token, a player's or a viewer's."""

    address: RateLimitItem | None = None
    subscriptions: RateLimitItem | None = None
    player: RateLimitItem | None = None
    bot: RateLimitItem | None = None
    admin: RateLimitItem | None = None


@dataclass(frozen=True, slots=True)
class EdgeLimits:
    """`redis_url`: where processes count together."""

    rates: Rates = field(default_factory=Rates)
    sockets_per_address: int = 10_000
    redis_url: str | None = None


@lru_cache(10_000)
def network_of(host: str) -> str:
    """Under which address somebody is counted: with IPv6 everybody has 2**64 of them."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(IPv6Network((address, 64), strict=False).network_address)
    return host


def address_of(scope: Scope) -> str:
    """Who is at the other end, as far as the server or a proxy that it trusts knows."""
    client = scope.get("client")
    return network_of(client[0]) if client else "local"


class LocalWindows(Storage):
    """Counters of this process. The library's own looks through all of them with every hit."""

    STORAGE_SCHEME = ["async+worldthreat"]  # noqa: RUF012 - the library's registry

    def __init__(self) -> None:
        super().__init__()
        self._windows: dict[str, tuple[int, float]] = {}

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        now = time.time()
        count, ends = self._windows.get(key, (0, 0.0))
        if ends <= now:
            count, ends = 0, now + expiry
            if len(self._windows) >= MOST_WINDOWS:
                self._drop(now)
        self._windows[key] = (count + amount, ends)
        return count + amount

    def _drop(self, now: float) -> None:
        """Those that have ended; with too many that have not, all: then it is not one who asks too often."""
        self._windows = {key: window for key, window in self._windows.items() if window[1] > now}
        if len(self._windows) >= MOST_WINDOWS:
            self._windows = {}

    async def get(self, key: str) -> int:
        count, ends = self._windows.get(key, (0, 0.0))
        return count if ends > time.time() else 0

    async def get_expiry(self, key: str) -> float:
        return self._windows.get(key, (0, time.time()))[1]

    async def check(self) -> bool:
        return True

    async def reset(self) -> int | None:
        self._windows = {}
        return None

    async def clear(self, key: str) -> None:
        self._windows.pop(key, None)


class Connections:
    """How many there are, per address and per token."""

    def __init__(self, per_address: int) -> None:
        self._per_address = per_address
        self._of_addresses: Counter[str] = Counter()
        self._of_tokens: Counter[int] = Counter()

    @property
    def count(self) -> int:
        return self._of_addresses.total()

    def opened(self, address: str) -> bool:
        """Whether there may be one more; then it is to be `closed`."""
        if self._of_addresses[address] >= self._per_address:
            return False
        self._of_addresses[address] += 1
        return True

    def greeted(self, principal: Principal) -> bool:
        """The same for one that has said who it is; to be `closed` with its principal."""
        allowed = SOCKETS_OF_ROLE.get(principal.role)
        if principal.token_id is None or allowed is None:
            return True
        if self._of_tokens[principal.token_id] >= allowed:
            return False
        self._of_tokens[principal.token_id] += 1
        return True

    def closed(self, address: str, principal: Principal | None) -> None:
        self._of_addresses[address] -= 1
        if not self._of_addresses[address]:
            del self._of_addresses[address]
        if principal is None or principal.token_id is None or principal.role not in SOCKETS_OF_ROLE:
            return
        self._of_tokens[principal.token_id] -= 1
        if not self._of_tokens[principal.token_id]:
            del self._of_tokens[principal.token_id]


class Gate:
    """One per process."""

    def __init__(self, limits: EdgeLimits) -> None:
        self.connections = Connections(limits.sockets_per_address)
        self.tally = Tally()
        self.at_once = 0
        self._rates = limits.rates
        self._here = FixedWindowRateLimiter(LocalWindows())
        self._together = None if limits.redis_url is None else FixedWindowRateLimiter(_redis(limits.redis_url))
        self._away_until = 0.0
        self._of_role = {Role.PLAYER: limits.rates.player, Role.BOT: limits.rates.bot, Role.ADMIN: limits.rates.admin}
        self._blocked: dict[str, float] = {}
        self._executions: Counter[str] = Counter()
        self._next_start: dict[str, float] = {}

    def enter(self) -> None:
        """One more operation is under way, until it has to `leave`. Raises OverloadedError when there are too many."""
        if self.at_once >= MOST_AT_ONCE:
            raise OverloadedError(retry_after_ms=BUSY_RETRY_MS)
        self.at_once += 1

    def leave(self) -> None:
        self.at_once -= 1

    async def check(self, principal: Principal, address: str, operation: Operation, cost: int) -> None:
        """Counts an operation. Raises RateLimitedError when it is one too many."""
        weight, reading = 1 + min(cost, DEAREST) // COST_OF_ONE, 0
        if operation.is_new:
            operation.is_new = False
            weight += NEW_DOCUMENT
            reading = len(operation.query) // CHARACTERS_OF_ONE
        of_token = self._of_role.get(principal.role)
        if of_token is not None:
            await self._hit(of_token, f"token-{principal.token_id}", weight)
        if principal.role not in {Role.BOT, Role.ADMIN}:
            subscribes = operation.kind is OperationType.SUBSCRIPTION
            of_address = self._rates.subscriptions if subscribes else self._rates.address
            if of_address is not None:
                await self._hit(of_address, f"{'subscribe' if subscribes else 'ask'}-{address}", weight + reading)

    async def admit(self, principal: Principal, address: str) -> Callable[[], None]:
        """One more subscription is executed for somebody at `address`; what is returned says that it has ended.

        Comes back when it is its turn to begin, PACE_SECONDS after the one before from there.

        Raises RateLimitedError when there are too many, with every change of the raid each costs its execution, or when
        too many were started.
        """
        if principal.role in {Role.BOT, Role.ADMIN}:
            return lambda: None
        if self._executions[address] >= EXECUTIONS_OF_ADDRESS:
            raise RateLimitedError(retry_after_ms=FULL_RETRY_MS)
        await self._hit_here(EXECUTIONS_STARTED, address)
        self._executions[address] += 1

        def ended() -> None:
            self._executions[address] -= 1
            if not self._executions[address]:
                del self._executions[address]
                self._next_start.pop(address, None)

        now = time.monotonic()
        begins = max(now, self._next_start.get(address, 0.0))
        self._next_start[address] = begins + PACE_SECONDS
        try:
            if begins > now:
                await asyncio.sleep(begins - now)
        except asyncio.CancelledError:
            ended()
            raise
        return ended

    def check_stranger(self, address: str) -> None:
        """For a token that nobody knows yet. Raises RateLimitedError where too many were none."""
        until = self._blocked.get(address)
        if until is None:
            return
        remaining = until - time.monotonic()
        if remaining > 0:
            raise RateLimitedError(retry_after_ms=int(remaining * 1_000) + 1)
        del self._blocked[address]

    @property
    def has_strangers(self) -> bool:
        return bool(self._blocked)

    async def bad_token(self, address: str) -> None:
        """Somebody there has sent a token that is none: it may have cost a question to the database."""
        if not await self._here.hit(BAD_TOKENS, address) and len(self._blocked) < MOST_WINDOWS:
            self._blocked[address] = time.monotonic() + BAD_TOKENS.get_expiry()

    async def _hit(self, rate: RateLimitItem, who: str, weight: int) -> None:
        limiter = self._here
        if self._together is not None and time.monotonic() >= self._away_until:
            limiter = self._together
        try:
            fits = await limiter.hit(rate, who, cost=weight)
        except StorageError as error:
            log.warning("Redis away: each process counts for itself", error=type(error.storage_error).__name__)
            self._away_until = time.monotonic() + REDIS_AWAY_SECONDS
            limiter = self._here
            fits = await limiter.hit(rate, who, cost=weight)
        if not fits:
            raise RateLimitedError(retry_after_ms=await self._retry_after_ms(limiter, rate, who))

    async def _hit_here(self, rate: RateLimitItem, who: str) -> None:
        if not await self._here.hit(rate, who):
            raise RateLimitedError(retry_after_ms=await self._retry_after_ms(self._here, rate, who))

    async def _retry_after_ms(self, limiter: FixedWindowRateLimiter, rate: RateLimitItem, who: str) -> int:
        try:
            reset = (await limiter.get_window_stats(rate, who)).reset_time
        except StorageError:
            return rate.get_expiry() * 1_000
        return max(1, int((reset - time.time()) * 1_000) + 1)


def _redis(url: str) -> RedisStorage:
    scheme, separator, rest = url.partition("://")
    spoken = {"valkey": "redis", "valkeys": "rediss", "unix": "redis+unix"}.get(scheme, scheme)
    return RedisStorage(
        f"async+{spoken}{separator}{rest}",
        wrap_exceptions=True,
        implementation="redispy",
        socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
    )
