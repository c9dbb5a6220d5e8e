"""Whether the process lives, and whether it can do its work."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from services.outages import is_database_away
from web.lifecycle import Lifecycle

READY_SECONDS: Final = 1.0
FEED_BEHIND_SECONDS: Final = 5.0

log = structlog.get_logger(__name__)


class Health:
    """`is_migrated` asks the database whether it is at this version's migrations; `feed_age` tells how old it is what
    is known of the raids that are followed, in seconds.
    """

    def __init__(
        self, lifecycle: Lifecycle, is_migrated: Callable[[], Awaitable[bool]], feed_age: Callable[[], float]
    ) -> None:
        self._lifecycle = lifecycle
        self._is_migrated = is_migrated
        self._feed_age = feed_age
        self._asking: asyncio.Task[bool | None] | None = None

    async def healthz(self, _request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(self, _request: Request) -> Response:
        found = await self.found()
        status = 200 if all(found.values()) else 503
        return Response(orjson.dumps(found) + b"\n", status, {"Cache-Control": "no-store"}, "application/json")

    async def found(self) -> dict[str, bool]:
        """What there is to being ready, and whether it is so. Within READY_SECONDS."""
        migrated = await self._ask()
        return {
            "running": not self._lifecycle.stopping.is_set(),
            "database": migrated is not None,
            "migrations": migrated is True,
            "feed": self._feed_age() <= FEED_BEHIND_SECONDS,
        }

    async def _ask(self) -> bool | None:
        """None when the database does not answer in time. One question at a time: one that hangs is waited for again,
        and not given up, for to end it could take as long.
        """
        if self._asking is None:
            self._asking = asyncio.create_task(self._asked(), name="readiness")
        done, _ = await asyncio.wait([self._asking], timeout=READY_SECONDS)
        if not done:
            return None
        answer = done.pop().result()
        self._asking = None
        return answer

    async def _asked(self) -> bool | None:
        try:
            return await self._is_migrated()
        except Exception as error:  # noqa: BLE001 - whatever it is, there is no answer
            if not is_database_away(error):
                log.warning("the database cannot be asked whether it is ready", error=type(error).__name__)
            return None
