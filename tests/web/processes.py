"""`worldthreat serve` as processes of their own, as an operator runs them."""

import asyncio
import contextlib
import signal
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from tests.api_process import ApiProcess
from tests.folders import HOME


@contextlib.asynccontextmanager
async def api_processes(count: int, database_url: str, **settings: str) -> AsyncIterator[list[ApiProcess]]:
    """So many over one database. `settings` by their names; each process is stopped at the end."""
    given = {"DATABASE_URL": database_url} | {name.upper(): value for name, value in settings.items()}
    started: list[ApiProcess] = []
    with tempfile.TemporaryDirectory(prefix="worldthreat-processes-", dir=HOME) as folder:
        try:
            started += [await ApiProcess.launched(Path(folder) / str(number), given) for number in range(count)]
            await asyncio.gather(*(each.starts() for each in started))
            yield started
        finally:
            await asyncio.gather(*(each.ends(signal.SIGTERM) for each in started))
