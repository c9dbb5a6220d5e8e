"""`worldthreat serve` or `up` as a process of a test's own."""

import asyncio
import os
import re
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent
START_SECONDS = 90.0


@dataclass(slots=True)
class ApiProcess:
    """What it says goes to `log`."""

    process: asyncio.subprocess.Process
    log: Path
    port: int = 0

    @classmethod
    async def launched(cls, log: Path, settings: dict[str, str], command: str = "serve") -> "ApiProcess":
        """The process, which then `starts`. `settings` by their names, without WORLDTHREAT_; it takes a free port."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("WORLDTHREAT_")}
        environment |= {"COLUMNS": "200", "WORLDTHREAT_PORT": "0"}
        environment |= {f"WORLDTHREAT_{name}": value for name, value in settings.items()}
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "worldthreat", command, cwd=ROOT, env=environment, stdout=output, stderr=output
            )
        return cls(process, log)

    async def starts(self) -> None:
        """Waits for the line that tells its address."""
        async with asyncio.timeout(START_SECONDS):
            while (found := re.search(r"http://127\.0\.0\.1:(\d+)/graphql", self.text())) is None:
                assert self.process.returncode is None, self.text()
                await asyncio.sleep(0.05)
        self.port = int(found[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def text(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def workers(self) -> list[psutil.Process]:
        """The API processes that it keeps, when it keeps several."""
        try:
            children = psutil.Process(self.process.pid).children()
            return [child for child in children if "--multiprocessing-fork" in child.cmdline()]
        except psutil.NoSuchProcess:
            return []

    async def ends(self, number: signal.Signals) -> int:
        """Its exit code."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), START_SECONDS)
