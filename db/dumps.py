"""A whole database into one file and back, with PostgreSQL's own programs, which come with the embedded server."""

import os
import subprocess
from pathlib import Path
from typing import Final

from sqlalchemy import URL

from db.cluster import PROGRAMS, DatabaseUnusableError, environment, worst_line
from db.engine import database_url

OWN_ONLY: Final = ("--no-owner", "--no-privileges")
"""Who owns what, and who may, is the server's business that it is restored on."""


def dump(url: str, file: Path) -> None:
    """The database as it is at this moment, whoever writes to it meanwhile. `file` is there whole or not at all.

    Raises DatabaseUnusableError, with what PostgreSQL says.
    """
    new = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        _run("pg_dump", url, "--format=custom", *OWN_ONLY, f"--file={new}")
        new.chmod(0o600)
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)


def restore(url: str, file: Path) -> None:
    """Into an empty database, in one transaction. Raises DatabaseUnusableError, with what PostgreSQL says."""
    _run("pg_restore", url, "--single-transaction", "--exit-on-error", *OWN_ONLY, str(file))


def _run(program: str, url: str, *arguments: str) -> None:
    target = database_url(url)
    given = {**environment(), **({} if target.password is None else {"PGPASSWORD": str(target.password)})}
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own, by its path
        [PROGRAMS / program, f"--dbname={_without_password(target)}", "--no-password", *arguments],
        env=given,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise DatabaseUnusableError(f"{program} failed: {worst_line(done.stderr) or done.returncode}")


def _without_password(url: URL) -> str:
    """A command's arguments are for everybody on the machine to see."""
    return url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
