"""Server processes of our own, and what they use."""

import contextlib
import os
import resource
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

import psutil

START_SECONDS = 60.0
STOP_SECONDS = 20.0
OPEN_FILES = 65_536


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """A server on this machine that answers at `port`."""

    pid: int
    port: int

    @property
    def cpu_seconds(self) -> float:
        """User and system time of the process and its children so far."""
        total = 0.0
        for number, process in enumerate(_tree(self.pid)):
            with contextlib.suppress(psutil.Error):
                times = process.cpu_times()
                total += times.user + times.system
                if number == 0:
                    total += times.children_user + times.children_system
        return total

    @property
    def resident_bytes(self) -> int:
        total = 0
        for process in _tree(self.pid):
            with contextlib.suppress(psutil.Error):
                total += process.memory_info().rss
        return total


def _tree(pid: int) -> list[psutil.Process]:
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.Error:
        return []


def allow_open_files(wanted: int) -> None:
    """Raises this process's limit, and its children's. Raises SystemExit when `wanted` cannot be had."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if most > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if max(soft, most) < wanted:
        raise SystemExit(f"{wanted} open files are needed, {most} are allowed: raise `ulimit -n`.")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


@contextlib.contextmanager
def running(
    command: Sequence[str], *, port: int, environment: Mapping[str, str], log: Path, ready_path: str = "/healthz"
) -> Iterator[ServerProcess]:
    """Starts `command`, waits until `ready_path` answers, and stops it at the end. Raises SystemExit if it dies."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WORLDTHREAT_")}
    with log.open("ab") as said:
        process = subprocess.Popen(  # noqa: S603 - no shell, our own command
            command, env={**kept, **environment}, stdout=said, stderr=said, start_new_session=True
        )
    try:
        _wait_until_ready(process, f"http://127.0.0.1:{port}{ready_path}", log)
        yield ServerProcess(process.pid, port)
    finally:
        _stop(process)


def _wait_until_ready(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        if process.poll() is not None:
            tail = log.read_text(errors="replace")[-2_000:]
            raise SystemExit(f"The server ended with {process.returncode}: {tail}")
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own server
                return
        except (URLError, OSError) as error:
            if time.monotonic() > deadline:
                raise SystemExit(f"The server did not answer within {START_SECONDS:.0f} s: {error}") from error
            time.sleep(0.05)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    for how in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
