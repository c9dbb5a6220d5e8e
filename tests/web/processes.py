"""`worldthreat serve` as processes of their own, as an operator runs them."""

import asyncio
import contextlib
import os
import re
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
START_SECONDS = 40.0


@dataclass(slots=True)
class ApiProcess:
    """A `worldthreat serve` of its own."""

    process: asyncio.subprocess.Process
    log: Path
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def starts(self) -> None:
        """Waits for the line that tells its address."""
        async with asyncio.timeout(START_SECONDS):
            while (found := re.search(r"http://127\.0\.0\.1:(\d+)/graphql", self.text())) is None:
                assert self.process.returncode is None, self.text()
                await asyncio.sleep(0.05)
        self.port = int(found[1])

    def text(self) -> str:
        return self.log.read_text(encoding="utf-8")

    async def ends(self, number: signal.Signals) -> None:
        if self.process.returncode is None:
            self.process.send_signal(number)
        await asyncio.wait_for(self.process.wait(), START_SECONDS)


@contextlib.asynccontextmanager
async def api_processes(count: int, database_url: str, **settings: str) -> AsyncIterator[list[ApiProcess]]:
    """So many over one database. `settings` by their names; each process is stopped at the end."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WORLDTHREAT_")}
    environment |= {"WORLDTHREAT_DATABASE_URL": database_url, "WORLDTHREAT_PORT": "0", "COLUMNS": "200"}
    environment |= {f"WORLDTHREAT_{name.upper()}": value for name, value in settings.items()}
    started: list[ApiProcess] = []
    with tempfile.TemporaryDirectory(prefix="worldthreat-processes-") as folder:
        try:
            for number in range(count):
                log = Path(folder) / str(number)
                with log.open("wb") as output:
                    process = await asyncio.create_subprocess_exec(
                        sys.executable, "-m", "worldthreat", "serve",
                        cwd=ROOT, env=environment, stdout=output, stderr=output,
                    )  # fmt: skip
                started.append(ApiProcess(process, log))
            await asyncio.gather(*(each.starts() for each in started))
            yield started
        finally:
            await asyncio.gather(*(each.ends(signal.SIGTERM) for each in started))
