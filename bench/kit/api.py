"""Our own server as users start it: `worldthreat serve`, a process of its own."""

import contextlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from bench.kit.processes import ServerProcess, free_port, running

NOTHING: Final[Mapping[str, str]] = {}


class WorkersRefusedError(Exception):
    """This version of the server runs one process."""


@contextlib.contextmanager
def serving(
    database_url: str,
    folder: Path,
    *,
    workers: int = 1,
    settings: Mapping[str, str] = NOTHING,
    command: Sequence[str] = ("worldthreat", "serve"),
) -> Iterator[ServerProcess]:
    """The API over a migrated database, with `settings` beside the usual ones, until the block ends.

    `command` is the module to run, and its arguments.

    Raises WorkersRefusedError; SystemExit when it does not start for another reason.
    """
    port = free_port()
    environment = {
        "WORLDTHREAT_DATABASE_URL": database_url.replace("+asyncpg", ""),
        "WORLDTHREAT_PORT": str(port),
        "WORLDTHREAT_WORKERS": str(workers),
        "WORLDTHREAT_LOG_LEVEL": "warning",
        **settings,
    }
    with contextlib.ExitStack() as stack:
        try:
            started = running(
                [sys.executable, "-m", *command], port=port, environment=environment, log=folder / "api.log"
            )
            server = stack.enter_context(started)
        except SystemExit as ended:
            if workers > 1 and "WORLDTHREAT_WORKERS" in str(ended):
                raise WorkersRefusedError from ended
            raise
        yield server
