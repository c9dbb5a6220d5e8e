"""Several API processes on one port: uvicorn's supervisor keeps them, the launcher is beside them.

A worker is a whole application over the shared PostgreSQL. What must be there once (the database and its migrations,
the demo's crowd, the Discord bot) is the launcher's; what each worker does by itself, the raid clock above all, is
safe many times: it is done under the raid's row lock.
"""

import asyncio
import contextlib
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Final

import structlog
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.config import STARTUP_FAILURE
from uvicorn.server import HANDLED_SIGNALS
from uvicorn.supervisors.multiprocess import SIGNALS, Multiprocess

from worldthreat.errors import StartError
from worldthreat.logs import configure_logs
from worldthreat.settings import Settings

STOP_SECONDS: Final = 12.0
"""Longer than a worker takes that waits for its slowest client; then it is killed."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Worker:
    """One API process to be. It travels to that process, where uvicorn calls it for its application."""

    settings: Settings
    database_url: str

    def __call__(self) -> ASGIApp:
        configure_logs(self.settings)
        return _WorkerApp(self.settings, self.database_url)


class _WorkerApp:
    """Everything of the process, made and closed by its lifespan."""

    def __init__(self, settings: Settings, database_url: str) -> None:
        self._settings = settings
        self._database_url = database_url
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif self._app is not None:
            await self._app(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Here, so that a starting process answers its supervisor before it imports the whole house.
        from worldthreat.wiring import application  # noqa: PLC0415

        farewell: list[Message] = []

        async def tell(message: Message) -> None:
            if message["type"] == "lifespan.shutdown.complete":
                farewell.append(message)  # uvicorn ends the process at once: what is ours is closed first
            else:
                await send(message)

        async with application(self._settings, self._database_url) as running:
            self._app = running.app
            with _ending_with_the_launcher(), _drained_first(running.drain):
                await running.app(scope, receive, tell)
        for message in farewell:
            await send(message)


@contextlib.contextmanager
def _ending_with_the_launcher() -> Iterator[None]:
    """A launcher that is killed leaves no workers behind, which would hold its port and its database."""
    launcher, loop = multiprocessing.parent_process(), asyncio.get_running_loop()
    if launcher is None:
        yield
        return

    def orphaned() -> None:
        loop.remove_reader(launcher.sentinel)
        os.kill(os.getpid(), signal.SIGTERM)

    loop.add_reader(launcher.sentinel, orphaned)
    try:
        yield
    finally:
        loop.remove_reader(launcher.sentinel)


@contextlib.contextmanager
def _drained_first(drain: Callable[[], Awaitable[None]]) -> Iterator[None]:
    """At SIGTERM `drain` is called, and only then does uvicorn hear of it and close what is open."""
    loop, stop = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)
    draining: set[asyncio.Task[None]] = set()

    async def drain_and_stop(number: int) -> None:
        await drain()
        if callable(stop):
            stop(number, None)

    def begin(number: int) -> None:
        if not draining:
            draining.add(loop.create_task(drain_and_stop(number)))

    def hear(number: int, _frame: object) -> None:
        loop.call_soon_threadsafe(begin, number)

    signal.signal(signal.SIGTERM, hear)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, stop)


class Workers(Multiprocess):
    """uvicorn's supervisor, run beside an event loop: `run` in a thread, everything else in the main thread.

    `on_serving` is called once, from that thread, when every worker answers.
    """

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket], on_serving: Callable[[], None]) -> None:
        before = {number: signal.getsignal(number) for number in SIGNALS}
        super().__init__(config, sockets)
        for number in HANDLED_SIGNALS:
            signal.signal(number, lambda _number, _frame: self.should_exit.set())  # not up to half a second later
        self._signals_before = before
        self._on_serving = on_serving
        self._told = False

    def close(self) -> None:
        """Gives the signals back. Raises StartError when a worker could not start."""
        for number, handler in self._signals_before.items():
            signal.signal(number, handler)
        if any(process.exitcode == STARTUP_FAILURE for process in self.processes):
            raise StartError("An API process cannot start: the log above says why.")

    def keep_subprocess_alive(self) -> None:
        before = [process.pid for process in self.processes]
        super().keep_subprocess_alive()
        for pid, process in zip(before, self.processes, strict=True):
            if process.pid != pid:
                log.warning("an API process had died and was started again", died=pid, started=process.pid)
        if not self._told and all(process.is_ready() for process in self.processes):
            self._told = True
            self._on_serving()

    def join_all(self) -> None:
        deadline = time.monotonic() + STOP_SECONDS
        for worker in self.processes:
            worker.process.join(max(0.0, deadline - time.monotonic()))
            if worker.process.is_alive():
                log.warning("an API process did not end in time and is killed", pid=worker.pid)
                worker.process.kill()
                worker.process.join()


async def run_workers(config: uvicorn.Config, listener: socket.socket, serving: asyncio.Event) -> None:
    """Runs `config.workers` API processes until Ctrl-C or SIGTERM; `serving` is set once all of them answer.

    Raises StartError when one cannot start.
    """
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def on_serving() -> None:
        loop.call_soon_threadsafe(serving.set)

    workers = Workers(config, [listener], on_serving)

    def run() -> None:
        # The workers inherit it: Ctrl-C in the terminal reaches every process, and to end them is the launcher's.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            workers.run()
        finally:
            loop.call_soon_threadsafe(ended.set)

    thread = threading.Thread(target=run, name="workers")
    thread.start()
    try:
        await ended.wait()
    finally:
        workers.should_exit.set()
        await asyncio.to_thread(thread.join)
        workers.close()
