"""Processes wake each other: after a commit, a NOTIFY without payload, so that the others read at once.

Nothing depends on it. The tailers read by themselves every moment (services/tailer.py), so a wake-up that is lost,
late or never sent costs latency and no event. It is sent on a connection of its own, after the commit and at most
`TOLD_PER_SECOND` times a second: inside a strike's transaction it would make all strikes wait for each other.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import asyncpg

from db.engine import Database
from services.outage import Outage

CHANNEL = "worldthreat_committed"
TOLD_PER_SECOND = 20
CHECK_SECONDS = 10.0
CHECK_PATIENCE_SECONDS = 5.0
STOP_SECONDS = 1.0


class Wakeups:
    """One per process: `start` it, `tell` it of every commit, `stop` it at the end."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stir = asyncio.Event()
        self._committed = False
        self._stopping = False
        self._on_wake: Callable[[], None] = lambda: None
        self._task: asyncio.Task[None] | None = None

    def start(self, on_wake: Callable[[], None]) -> None:
        """`on_wake` is called when another process has committed, or may have: after the line was down."""
        self._on_wake = on_wake
        self._task = asyncio.create_task(self._keep_connected(), name="wake-ups")

    async def stop(self) -> None:
        """Tells of the last commit, if the line is up, and ends."""
        self._stopping = True
        self._stir.set()
        if self._task is not None:
            _, late = await asyncio.wait([self._task], timeout=STOP_SECONDS)
            if late:
                self._task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await self._task

    def tell(self) -> None:
        """Something was committed here. Never waits."""
        self._committed = True
        self._stir.set()

    async def _keep_connected(self) -> None:
        outage = Outage("wake-ups")
        while not self._stopping:
            try:
                async with self._database.driver_connection() as connection:
                    await self._serve(connection, outage)
            except Exception as error:  # noqa: BLE001 - whatever it is, it costs latency only, and must not end this
                await asyncio.sleep(outage.note(error))

    async def _serve(self, connection: "asyncpg.Connection[asyncpg.Record]", outage: Outage) -> None:
        own = connection.get_server_pid()

        def hear(_connection: Any, sender: int, _channel: str, _payload: object) -> None:
            if sender != own:
                self._on_wake()

        connection.add_termination_listener(lambda _connection: self._stir.set())
        await connection.add_listener(CHANNEL, hear)
        outage.end()
        self._on_wake()
        while True:
            if self._committed:
                self._committed = False
                try:
                    await connection.execute(f"NOTIFY {CHANNEL}", timeout=CHECK_PATIENCE_SECONDS)
                except BaseException:
                    self._committed = True  # for the next connection
                    raise
            if self._stopping:
                return
            self._stir.clear()
            await asyncio.sleep(1 / TOLD_PER_SECOND)
            await self._wait(connection)

    async def _wait(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Until there is something to do. Raises when the connection is lost."""
        while not (self._committed or self._stopping):
            try:
                async with asyncio.timeout(CHECK_SECONDS):  # wait_for can lose a cancellation before Python 3.12
                    await self._stir.wait()
                self._stir.clear()
            except TimeoutError:
                await connection.execute("SELECT 1", timeout=CHECK_PATIENCE_SECONDS)
            if connection.is_closed():
                raise ConnectionResetError
