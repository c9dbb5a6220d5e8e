"""The house under fire: `worldthreat up` with two workers and its PostgreSQL, and a `worldthreat serve` behind a wire.

All three API processes serve the same raid. What our own supervision does not bring back (a launcher, a server that
stands alone) is started again here, as an operator's service manager would.
"""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
from sqlalchemy import URL

from db.cluster import PORT
from db.engine import Database
from tests.api_process import START_SECONDS, ApiProcess
from tests.chaos.troubled_wire import TroubledWire

WORKERS = 2
GONE_SECONDS = 25.0
DATABASE = "worldthreat"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@dataclass
class House:
    folder: Path
    wire: TroubledWire
    ports: tuple[int, int] = field(default_factory=lambda: (free_port(), free_port()))

    def __post_init__(self) -> None:
        self._up: ApiProcess | None = None
        self._alone: ApiProcess | None = None
        self._restarts: set[asyncio.Task[None]] = set()
        self._launched: list[ApiProcess] = []

    @property
    def urls(self) -> list[str]:
        return [f"http://127.0.0.1:{port}" for port in self.ports]

    @property
    def socket_dir(self) -> Path:
        return self.folder / "postgres"

    def database(self) -> Database:
        """Straight to PostgreSQL, past the wire."""
        query = {"host": str(self.socket_dir), "port": str(PORT)}
        return Database(URL.create("postgresql+asyncpg", "postgres", database=DATABASE, query=query))

    async def open(self) -> None:
        await self._start_up()
        await self._start_alone()
        await self.answers()

    async def answers(self) -> None:
        """Waits until both addresses say that they are ready."""
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client, asyncio.timeout(START_SECONDS):
            for url in self.urls:
                while True:
                    with contextlib.suppress(httpx.HTTPError):
                        if (await client.get(f"{url}/readyz")).status_code == 200:
                            break
                    await asyncio.sleep(0.05)

    async def close(self) -> list[int]:
        """SIGTERM to both; their exit codes. Nothing of theirs is left."""
        await self.settled()
        # One after the other: the second stops the database.
        return [await process.ends(signal.SIGTERM) for process in (self._alone, self._up) if process is not None]

    def kill_all(self) -> None:
        """Nothing may outlive a run, however it ends."""
        for task in self._restarts:
            task.cancel()
        for process in self._launched:
            for worker in process.workers():
                _kill(worker)
            if process.process.returncode is None:
                process.process.kill()
        postmaster = self.postmaster()
        if postmaster is not None:
            _kill(postmaster)

    async def settled(self) -> None:
        """Whoever is being started again has been."""
        await asyncio.gather(*self._restarts)

    def logs(self) -> str:
        """All that all of them ever said."""
        return "".join(log.read_text(encoding="utf-8") for log in sorted(self.folder.glob("*-*.log")))

    # Who can be killed. Each says whether there was somebody.

    def kill_worker(self, number: int) -> bool:
        workers = [] if self._up is None else self._up.workers()
        return bool(workers) and _kill(workers[number % len(workers)])

    def kill_alone(self) -> bool:
        return self._kill_and_restart(self._alone, self._start_alone)

    def kill_launcher(self) -> bool:
        return self._kill_and_restart(self._up, self._start_up)

    def kill_postmaster(self) -> bool:
        postmaster = self.postmaster()
        return postmaster is not None and _kill(postmaster)

    def kill_backend(self, number: int, *, how: signal.Signals = signal.SIGKILL) -> bool:
        """A session of an API process, in the midst of a transaction if there is one."""
        postmaster = self.postmaster()
        sessions = [] if postmaster is None else _sessions(postmaster)
        busy = [process for process, title in sessions if not title.endswith("idle")]
        chosen = busy or [process for process, _ in sessions]
        return bool(chosen) and _kill(chosen[number % len(chosen)], how)

    def postmaster(self) -> psutil.Process | None:
        """By its file; whoever has a stale file's pid by now is not it."""
        try:
            pid = int((self.socket_dir / "postmaster.pid").read_text(encoding="utf-8").split()[0])
            process = psutil.Process(pid)
            return process if str(self.socket_dir) in process.cmdline() else None
        except (OSError, ValueError, IndexError, psutil.Error):
            return None

    # Starting

    async def _start_up(self) -> None:
        settings = {"DATA_DIR": str(self.folder), "PORT": str(self.ports[0]), "WORKERS": str(WORKERS)}
        self._up = await self._started("up", settings)

    async def _start_alone(self) -> None:
        url = f"postgresql://postgres@127.0.0.1:{self.wire.port}/{DATABASE}"
        self._alone = await self._started("serve", {"DATABASE_URL": url, "PORT": str(self.ports[1])})

    async def _started(self, command: str, settings: dict[str, str]) -> ApiProcess:
        """Launched again and again: a start in the midst of trouble may say that there is no database."""
        async with asyncio.timeout(3 * START_SECONDS):
            while True:
                log = self.folder / f"{command}-{len(self._launched)}.log"
                process = await ApiProcess.launched(log, settings, command)
                self._launched.append(process)
                try:
                    await process.starts()
                except AssertionError:  # it has ended, with a line in its log
                    await asyncio.sleep(0.2)
                else:
                    return process

    def _kill_and_restart(self, process: ApiProcess | None, start: Callable[[], Awaitable[None]]) -> bool:
        if self._restarts or process is None or process.process.returncode is not None:
            return False
        left = process.workers()
        process.process.kill()
        task = asyncio.create_task(self._restart(process, left, start))
        self._restarts.add(task)
        task.add_done_callback(self._restarts.discard)
        return True

    async def _restart(
        self, process: ApiProcess, left: list[psutil.Process], start: Callable[[], Awaitable[None]]
    ) -> None:
        await process.process.wait()
        _, still_there = await asyncio.to_thread(psutil.wait_procs, left, GONE_SECONDS)
        assert still_there == [], "workers outlive their launcher"
        await start()


def _sessions(postmaster: psutil.Process) -> list[tuple[psutil.Process, str]]:
    """The client sessions of the game's database, with what they do, as their titles tell."""
    sessions = []
    with contextlib.suppress(psutil.Error):
        for process in postmaster.children():
            with contextlib.suppress(psutil.Error):
                title = " ".join(process.cmdline()).strip()
                if f" postgres {DATABASE} " in title:
                    sessions.append((process, title))
    return sessions


def _kill(process: psutil.Process, how: signal.Signals = signal.SIGKILL) -> bool:
    try:
        process.send_signal(how)
    except psutil.NoSuchProcess:
        return False
    return True
