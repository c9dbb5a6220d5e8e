"""Who asks: a token is looked up once, remembered while it is used, and asked about again every second.

So a strike costs no question to the database for its token, and a token that has ended is refused a second or so
later, everywhere; in the process that ended it, at once. Whoever holds a connection open for a token is told then.
"""

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from db.engine import Database
from db.queries import administration
from services.errors import UnauthenticatedError
from services.outage import Outage
from services.outages import is_database_away
from services.tokens import hash_of, is_well_formed
from services.views import PUBLIC, Principal, Role

CHECK_SECONDS: Final = 1.0
TRUSTED_SECONDS: Final = 5.0
"""So long a token is taken for good when the database cannot be asked about it."""
UNUSED_SECONDS: Final = 60.0
MOST_REMEMBERED: Final = 20_000
NOTED_SECONDS: Final = 60.0

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class _Known:
    """`on_end`: of everybody who holds a connection open for it."""

    hash: bytes
    principal: Principal
    token_id: int
    checked_at: float
    used_at: float
    noted_at: float
    on_end: set[Callable[[], None]] = field(default_factory=set)


class Authenticator:
    """One per process. Until it is started it remembers nothing, and asks the database each time."""

    def __init__(self, database: Database, *, check_seconds: float = CHECK_SECONDS) -> None:
        self._database = database
        self._check_seconds = check_seconds
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._by_id: dict[int, _Known] = {}
        self._lookups: dict[bytes, asyncio.Task[Principal]] = {}
        self._checking: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._checking = asyncio.create_task(self._check_forever(), name="tokens")

    async def stop(self) -> None:
        if self._checking is not None:
            self._checking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._checking
            self._checking = None

    async def principal(self, secret: str | None) -> Principal:
        """The public without a token.

        Raises:
            UnauthenticatedError: the token is mistyped, unknown, expired or revoked.
        """
        if secret is None:
            return PUBLIC
        token_hash = hash_of(secret)
        known = self._known.get(token_hash)
        if known is not None:
            now = time.monotonic()
            if now - known.checked_at < TRUSTED_SECONDS:
                known.used_at = now
                return known.principal
        if not is_well_formed(secret):
            raise UnauthenticatedError("This is not a token of this server: check that it was copied whole.")
        if self._checking is None:
            return await self._look_up(token_hash)
        # However many come at once, the database is asked once; who goes away takes the answer from nobody.
        lookup = self._lookups.get(token_hash)
        if lookup is None:
            lookup = self._lookups[token_hash] = asyncio.create_task(self._look_up(token_hash))
            lookup.add_done_callback(lambda _task: self._lookups.pop(token_hash, None))
        return await asyncio.shield(lookup)

    def remembers(self, secret: str) -> bool:
        """Whether it was looked up before: then it costs nothing to ask who it is."""
        return hash_of(secret) in self._known

    def watch(self, principal: Principal, on_end: Callable[[], None]) -> Callable[[], None]:
        """Calls `on_end` when the principal's token has ended. What is returned ends the watching."""
        known = None if principal.token_id is None else self._by_id.get(principal.token_id)
        if known is None:
            if principal.token_id is not None and self._checking is not None:  # it has ended since it was looked up
                asyncio.get_running_loop().call_soon(on_end)
            return lambda: None
        known.on_end.add(on_end)

        def unwatch() -> None:
            known.on_end.discard(on_end)
            known.used_at = time.monotonic()

        return unwatch

    def end(self, token_id: int) -> None:
        """The token has ended: it is refused from now on."""
        known = self._by_id.pop(token_id, None)
        if known is None:
            return
        self._known.pop(known.hash, None)
        for on_end in list(known.on_end):
            on_end()

    async def _look_up(self, token_hash: bytes) -> Principal:
        asked_at = time.monotonic()
        async with self._database.reading() as connection:
            found = await administration.token_by_hash(connection, token_hash)
        if found is None:
            raise UnauthenticatedError("This token is not known here.")
        row, valid = found
        if not valid:
            self.end(row.id)
            ended = "was revoked" if row.revoked_at is not None else "has expired"
            raise UnauthenticatedError(f"This token {ended}.")
        principal = Principal(
            role=Role(row.role),
            token_id=row.id,
            token_name=row.name,
            user_id=row.user_id,
            discord_id=row.discord_id,
        )
        if self._checking is None:
            await self._note_use([row.id])
        else:
            self._remember(token_hash, row.id, principal, asked_at)
        return principal

    def _remember(self, token_hash: bytes, token_id: int, principal: Principal, now: float) -> None:
        known = self._by_id.get(token_id)
        if known is not None:
            known.checked_at, known.used_at, known.principal = now, now, principal
            return
        known = _Known(token_hash, principal, token_id, checked_at=now, used_at=now, noted_at=-NOTED_SECONDS)
        self._known[token_hash] = self._by_id[token_id] = known
        if len(self._known) > MOST_REMEMBERED:
            oldest = next((one for one in self._known.values() if not one.on_end), known)
            self._forget(oldest)

    def _forget(self, known: _Known) -> None:
        self._known.pop(known.hash, None)
        self._by_id.pop(known.token_id, None)

    async def _note_use(self, token_ids: list[int]) -> None:
        async with self._database.transaction() as connection:
            await administration.touch_tokens(connection, token_ids)

    async def _check_forever(self) -> None:
        outage = Outage("database, for tokens")
        while True:
            await asyncio.sleep(self._check_seconds)
            try:
                await self._check()
                outage.end()
            except Exception as error:
                if is_database_away(error):
                    outage.note(error)
                else:
                    log.exception("tokens could not be checked: tried again in a moment")

    async def _check(self) -> None:
        now = time.monotonic()
        for known in list(self._known.values()):
            if not known.on_end and now - known.used_at > UNUSED_SECONDS:
                self._forget(known)
        if not self._known:
            return
        asked = dict(self._by_id)
        async with self._database.reading() as connection:
            valid = await administration.valid_tokens(connection, list(asked))
        for token_id, known in asked.items():
            if token_id in valid:
                known.checked_at = now
            else:
                self.end(token_id)
        used = [one for one in self._known.values() if one.used_at - one.noted_at >= NOTED_SECONDS]
        if used:
            await self._note_use([one.token_id for one in used])
            for one in used:
                one.noted_at = now
