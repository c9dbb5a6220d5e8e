"""A real Redis (or Valkey) of a test's own: started, emptied, held, killed and started again."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

START_SECONDS = 40.0
STOP_SECONDS = 20.0


class RedisServer:
    """It listens on a socket in `folder` alone and keeps nothing on disk: started again, it is empty."""

    def __init__(self, program: str, folder: Path) -> None:
        self._program = program
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{folder / 'redis.sock'}"

    def client(self) -> Redis:
        client: Redis = Redis.from_url(self.url)
        return client

    async def start(self) -> None:
        socket, log = self._folder / "redis.sock", self._folder / "redis.log"
        settings = {"port": "0", "unixsocket": str(socket), "save": "", "appendonly": "no", "dir": str(self._folder)}
        arguments = [part for name, value in settings.items() for part in (f"--{name}", value)]
        self._process = subprocess.Popen([self._program, *arguments, "--logfile", str(log)])  # noqa: ASYNC220, S603 - ours
        async with asyncio.timeout(START_SECONDS), self.client() as client:
            while True:
                try:
                    await client.ping()
                except (RedisError, OSError):
                    await asyncio.sleep(0.02)
                else:
                    return

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_SECONDS)
            self._process = None

    def hold(self) -> None:
        """It takes connections and commands, and answers none."""
        self._signal(signal.SIGSTOP)

    def let_go(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    """One that is not started yet; stopped and gone at the end. Skips the test where there is none to be had."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        missing = "neither redis-server nor valkey-server is installed"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    folder = Path(tempfile.mkdtemp(prefix="worldthreat-redis-"))
    server = RedisServer(program, folder)
    try:
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder)
