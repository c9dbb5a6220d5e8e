import asyncio
import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest
from sqlalchemy import make_url

from db.embedded import DatabaseUnusableError, EmbeddedServer

ROOT = Path(__file__).parent.parent.parent
AS_ROOT = os.geteuid() == 0

# Another process that holds the server of the folder in argv[1]: says the postmaster's pid, lets go when stdin ends.
HOLDER = """
import sys
from pathlib import Path
from db.embedded import EmbeddedServer
server = EmbeddedServer.start(Path(sys.argv[1]), durable=False)
print(server.pid, flush=True)
sys.stdin.read()
server.stop()
"""

# What `up` does on Ctrl-C: uses the database once more while closing, then lets go.
INTERRUPTED = """
import asyncio, asyncpg, sys, time
from pathlib import Path
from sqlalchemy import make_url
from db.embedded import EmbeddedServer
async def ask(server):
    url = make_url(server.url).set(drivername="postgresql")
    connection = await asyncpg.connect(url.render_as_string(hide_password=False))
    answer = await connection.fetchval("SELECT 42")
    await connection.close()
    return answer
server = EmbeddedServer.start(Path(sys.argv[1]), durable=False)
try:
    print("running", flush=True)
    time.sleep(30)
except KeyboardInterrupt:
    time.sleep(0.5)
    print(asyncio.run(ask(server)), server.ensure_running(), flush=True)
    server.stop()
"""


@pytest.fixture(scope="module")
def made_cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stopped cluster to copy: making one takes a second."""
    folder = tmp_path_factory.mktemp("made")
    EmbeddedServer.start(folder, durable=False).stop()
    return folder / "postgres"


@pytest.fixture
def cluster(data_dir: Path, made_cluster: Path) -> Path:
    return Path(shutil.copytree(made_cluster, data_dir / "postgres"))


@contextlib.contextmanager
def started(data_dir: Path, *, durable: bool = False) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer.start(data_dir, durable=durable)
    try:
        yield server
    finally:
        server.stop()


@contextlib.asynccontextmanager
async def connected(server: EmbeddedServer) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    url = make_url(server.url).set(drivername="postgresql")
    connection = await asyncpg.connect(url.render_as_string(hide_password=False))
    try:
        yield connection
    finally:
        await connection.close()


def refused(data_dir: Path) -> str:
    """The one line that a start on this folder is refused with."""
    with pytest.raises(DatabaseUnusableError) as error:
        EmbeddedServer.start(data_dir, durable=False).stop()
    assert "\n" not in error.value.message
    assert str(data_dir) in error.value.message
    return error.value.message


async def _ask(server: EmbeddedServer) -> None:
    async with connected(server) as connection:
        assert await connection.fetchval("SELECT 1") == 1


@contextlib.contextmanager
def running(code: str, data_dir: Path) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-c", code, str(data_dir)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def until(happened: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def gone(pid: int | None) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def kill(pid: int | None) -> None:
    assert pid
    os.kill(pid, signal.SIGKILL)
    until(lambda: gone(pid))


async def test_a_first_start_makes_a_private_database_and_the_next_one_finds_it_again(data_dir: Path) -> None:
    folder = data_dir / 'it\'s a new $HOME, "really"'
    with started(folder) as server:
        async with connected(server) as connection:
            assert connection.get_server_version().major == 18
            assert await connection.fetchval("SELECT current_database()") == "worldthreat"
            assert await connection.fetchval("SHOW server_encoding") == "UTF8"
            assert await connection.fetchval("SHOW listen_addresses") == ""
            await connection.execute("CREATE TABLE kept AS SELECT 7 AS value")
        assert psutil.Process(server.pid).net_connections("tcp") == []
        assert stat.S_IMODE((folder / "postgres").stat().st_mode) == 0o700
        assert stat.S_IMODE(folder.stat().st_mode) & 0o007 == 0
        pid = server.pid
    assert gone(pid)
    with started(folder) as server:
        async with connected(server) as connection:
            assert await connection.fetchval("SELECT value FROM kept") == 7
    assert not list(folder.glob("postgres.new-*"))


@pytest.mark.usefixtures("cluster")
async def test_by_default_nothing_committed_is_lost_in_a_power_cut(data_dir: Path) -> None:
    server = EmbeddedServer.start(data_dir)
    async with connected(server) as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            assert await connection.fetchval(f"SHOW {name}") == "on"
        assert await connection.fetchval("SHOW max_connections") == "100"
        assert await connection.fetchval("SHOW shared_buffers") == "192MB"
    server.stop()
    server.stop()  # a second time is no harm


@pytest.mark.usefixtures("cluster")
async def test_a_killed_postmaster_is_started_again_with_all_that_was_committed(data_dir: Path) -> None:
    with started(data_dir, durable=True) as server:
        assert not server.ensure_running()
        async with connected(server) as connection:
            await connection.execute("CREATE TABLE kept AS SELECT 7 AS value")
        kill(server.pid)
        assert server.ensure_running()
        assert not server.ensure_running()
        async with connected(server) as connection:
            assert await connection.fetchval("SELECT value FROM kept") == 7


def test_after_everything_was_killed_at_once_the_next_start_heals(data_dir: Path, cluster: Path) -> None:
    with running(HOLDER, data_dir) as holder:
        assert holder.stdout
        postmaster = int(holder.stdout.readline())
        kill(postmaster)
        holder.kill()
        holder.wait(30)
    assert (cluster / "postmaster.pid").exists()
    with started(data_dir) as server:
        assert server.pid != postmaster


@pytest.mark.parametrize(
    "left", ["{pid}\n{data}\n1700000000\n5432\n{data}\n\n  1 2\nready   \n", "{pid}\n", "", "garbage"]
)
def test_a_stale_pid_file_heals_even_when_its_pid_is_somebody_elses_now(
    data_dir: Path, cluster: Path, left: str
) -> None:
    (cluster / "postmaster.pid").write_text(left.format(pid=os.getpid(), data=cluster))
    with started(data_dir) as server:
        assert server.pid != os.getpid()
    assert not gone(os.getpid())


def test_a_first_start_that_was_killed_half_way_heals(data_dir: Path) -> None:
    with running(HOLDER, data_dir) as holder:
        until(lambda: any(data_dir.glob("postgres.new-*/base")))
        holder.kill()
        holder.wait(30)
    assert not (data_dir / "postgres").exists()
    with started(data_dir) as server:
        assert not gone(server.pid)
    assert not list(data_dir.glob("postgres.new-*"))


@pytest.mark.usefixtures("cluster")
def test_processes_share_one_server_and_the_last_one_out_stops_it(data_dir: Path) -> None:
    server = EmbeddedServer.start(data_dir, durable=False)
    pid = server.pid
    with running(HOLDER, data_dir) as first, running(HOLDER, data_dir) as second:
        assert first.stdout
        assert second.stdout
        assert [int(first.stdout.readline()), int(second.stdout.readline())] == [pid, pid]
        first.communicate(timeout=90)
        assert not gone(pid)
        server.stop()
        assert not gone(pid)
        second.communicate(timeout=90)
        assert (first.returncode, second.returncode) == (0, 0)
        until(lambda: gone(pid))


@pytest.mark.usefixtures("cluster")
def test_a_holder_that_was_killed_keeps_nothing_up(data_dir: Path) -> None:
    with running(HOLDER, data_dir) as holder:
        assert holder.stdout
        orphan = int(holder.stdout.readline())
        holder.kill()
        holder.wait(30)
    assert not gone(orphan)
    with started(data_dir) as server:
        assert server.pid == orphan
    until(lambda: gone(orphan))


def test_processes_that_start_at_the_same_moment_make_one_database(data_dir: Path) -> None:
    with contextlib.ExitStack() as stack:
        holders = [stack.enter_context(running(HOLDER, data_dir)) for _ in range(3)]
        pids = {holder.stdout.readline() for holder in holders if holder.stdout}
        assert len(pids) == 1
        for holder in holders:
            holder.communicate(timeout=90)
            assert holder.returncode == 0
    until(lambda: gone(int(pids.pop())))


def test_ctrl_c_in_the_terminal_leaves_the_database_up_until_we_stop_it(data_dir: Path, cluster: Path) -> None:
    with running(INTERRUPTED, data_dir) as process:
        assert process.stdout
        assert process.stdout.readline() == "running\n"
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does it: to the whole foreground group
        assert process.stdout.readline() == "42 False\n"
        assert process.wait(90) == 0
    assert not (cluster / "postmaster.pid").exists()


@pytest.mark.parametrize("name", ["deep" * 30, "left, or right"])
def test_a_path_that_fits_no_socket_gets_a_short_private_one(data_dir: Path, made_cluster: Path, name: str) -> None:
    folder = data_dir / name
    shutil.copytree(made_cluster, folder / "postgres")
    with started(folder) as server:
        asyncio.run(_ask(server))
        socket_dir = Path(str(make_url(server.url).query["host"]))
        assert stat.S_IMODE(socket_dir.stat().st_mode) == 0o700
    socket_dir.rmdir()


def test_a_file_where_the_folder_should_be_is_said(data_dir: Path) -> None:
    (data_dir / "file").write_text("")
    assert "there is a file" in refused(data_dir / "file")
    assert "there is a file" in refused(data_dir / "file" / "below")


def test_a_folder_of_something_else_is_left_alone_and_said(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir()
    (data_dir / "postgres" / "diary.txt").write_text("dear diary")
    assert "is not a PostgreSQL data folder" in refused(data_dir)
    assert (data_dir / "postgres" / "diary.txt").read_text() == "dear diary"


def test_a_folder_of_another_postgresql_is_said(data_dir: Path, cluster: Path) -> None:
    (cluster / "PG_VERSION").write_text("16\n")
    assert "was made by PostgreSQL '16', this is 18" in refused(data_dir)


@pytest.mark.parametrize("broken", ["global/pg_control", "postgresql.conf", "pg_wal", "base"])
def test_a_broken_folder_is_said_with_the_log_to_look_into(data_dir: Path, cluster: Path, broken: str) -> None:
    victim = cluster / broken
    if victim.is_dir():
        shutil.rmtree(victim)
    else:
        victim.write_bytes(b"garbage" * 100)
    assert str(data_dir / "postgres.log") in refused(data_dir)
    assert not (cluster / "postmaster.pid").exists()


@pytest.fixture
def tiny_disk(data_dir: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a file system in memory with the options given."""
    if not AS_ROOT:
        pytest.skip("only root can mount a small disk")
    disk = data_dir / "disk"
    disk.mkdir()

    def mount(options: str) -> Path:
        done = subprocess.run(  # noqa: S603 - a folder of our own
            ["/bin/mount", "-t", "tmpfs", "-o", options, "tmpfs", disk], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
        return disk

    yield mount
    subprocess.run(["/bin/umount", disk], capture_output=True, check=False)  # noqa: S603 - a folder of our own


def test_a_disk_too_small_for_a_first_start_is_said_before_it_is_filled(tiny_disk: Callable[[str], Path]) -> None:
    disk = tiny_disk("size=32m")
    assert "32 MB are free, 150 MB are needed" in refused(disk)
    assert not (disk / "postgres").exists()


def test_a_disk_that_filled_up_since_is_said(tiny_disk: Callable[[str], Path], made_cluster: Path) -> None:
    disk = tiny_disk("size=128m")
    shutil.copytree(made_cluster, disk / "postgres")
    everything = os.open(disk / "everything", os.O_WRONLY | os.O_CREAT)
    with contextlib.suppress(OSError):
        for _ in range(4096):
            os.write(everything, bytes(65536))
    os.close(everything)
    assert shutil.disk_usage(disk).free == 0
    assert "No disk space is left" in refused(disk)
    (disk / "everything").unlink()
    with started(disk) as server:
        assert not gone(server.pid)


def test_a_read_only_disk_is_said(tiny_disk: Callable[[str], Path]) -> None:
    disk = tiny_disk("size=32m")
    subprocess.run(["/bin/mount", "-o", "remount,ro", disk], check=True)  # noqa: S603 - a folder of our own
    assert "is on a read-only file system" in refused(disk)
    assert "is on a read-only file system" in refused(disk / "below")


@pytest.mark.skipif(AS_ROOT, reason="root may write everywhere")
def test_a_folder_that_is_not_ours_to_write_is_said(data_dir: Path) -> None:
    data_dir.chmod(0o500)
    assert "is not open to you" in refused(data_dir)
    data_dir.chmod(0o700)


@pytest.mark.skipif(not AS_ROOT, reason="only root can hand a folder to another user")
def test_root_runs_the_database_of_an_ordinary_user_as_that_user(data_dir: Path, cluster: Path) -> None:
    import pwd  # noqa: PLC0415 - there is none on systems without root

    nobody = pwd.getpwnam("nobody")
    for path in [cluster, *cluster.rglob("*")]:
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    with started(data_dir) as server:
        assert psutil.Process(server.pid).uids().real == nobody.pw_uid
    assert cluster.stat().st_uid == nobody.pw_uid
