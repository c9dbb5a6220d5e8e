"""`worldthreat up --demo` as a newcomer has it: a process of its own, asked over HTTP, stopped by Ctrl-C."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil
import pytest
from playwright.sync_api import sync_playwright

from tests.chromium import built_pages, how_to_launch
from tests.ports import free_port

FIRST_START_SECONDS = 90
RAID = "{ activeRaid { id name status hp { current total } totals { strikes } } }"
STRIKE = """
mutation ($team: [ID!]!) {
  executeStrike(input: {action: FIGHT, characterIds: $team, idempotencyKey: "my first"}) {
    __typename ... on ExecuteStrikeSuccess { replayed strike { player { name } } } ... on UserError { message }
  }
}
"""
Found = TypeVar("Found")


def wait_for(what: Callable[[], Found | None], seconds: float, name: str) -> Found:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (found := what()) is not None:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{name}: not within {seconds:g} s")


def environment(settings: dict[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("WORLDTHREAT_")}
    return inherited | {f"WORLDTHREAT_{name}": value for name, value in settings.items()}


@dataclass(frozen=True, slots=True)
class Up:
    """A running `worldthreat up`; what it says goes to `said`."""

    process: "subprocess.Popen[bytes]"
    url: str
    data_dir: Path
    said: Path

    def ask(self, query: str, token: str | None = None, **variables: Any) -> Any:
        """The data; None while nobody answers it."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        with contextlib.suppress(httpx.TransportError):
            body = {"query": query, "variables": variables}
            answer = httpx.post(f"{self.url}/graphql", json=body, headers=headers, timeout=30, trust_env=False)
            return None if answer.status_code == 503 or answer.json().get("errors") else answer.json()["data"]
        return None

    def raid(self, more_than: int = 0) -> dict[str, Any] | None:
        """The live raid, once it has had more than so many strikes."""
        assert self.process.poll() is None, self.said.read_text(encoding="utf-8")
        raid: dict[str, Any] | None = (self.ask(RAID) or {}).get("activeRaid")
        return raid if raid is not None and raid["totals"]["strikes"] > more_than else None

    def stop(self, how: signal.Signals) -> int:
        """As the terminal does it: the signal reaches every process of the group. The exit code."""
        os.killpg(self.process.pid, how)
        return self.process.wait(timeout=90)


def postgres_of(data_dir: Path) -> list[psutil.Process]:
    """The processes that have to do with the database in `data_dir`; the postmaster first."""
    found = []
    for process in psutil.process_iter(["name", "cmdline", "cwd"]):
        with contextlib.suppress(psutil.Error):
            told = process.info
            if told["name"] == "postgres" and str(data_dir) in f"{told['cmdline']} {told['cwd']}":
                found.append(process)
    return sorted(found, key=lambda process: process.pid)


@pytest.fixture
def start(data_dir: Path, tmp_path: Path) -> Iterator[Callable[[], Up]]:
    """Starts the program over `data_dir`, again and again; what still runs at the end is killed."""
    started: list[Up] = []

    def up() -> Up:
        port = free_port()
        said = tmp_path / f"said {len(started)}.txt"
        with said.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "worldthreat", "up", "--demo"],
                env=environment({"DATA_DIR": str(data_dir), "PORT": str(port), "LOG_LEVEL": "info"}),
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        started.append(Up(process, f"http://127.0.0.1:{port}", data_dir, said))
        return started[-1]

    yield up
    for each in started:
        if each.process.poll() is None:
            os.killpg(each.process.pid, signal.SIGKILL)
            each.process.wait(timeout=10)
    for process in postgres_of(data_dir):
        with contextlib.suppress(psutil.Error):
            process.kill()


def assert_it_went_quietly(up: Up) -> str:
    """Nothing of the database is left, and nothing was said that only its authors understand."""
    assert postgres_of(up.data_dir) == []
    said = up.said.read_text(encoding="utf-8")
    assert "Traceback" not in said, said
    assert "[error" not in said, said
    assert "Stopped. Your raids are kept." in said, said
    return said


def test_a_living_boss_that_survives_ctrl_c_a_dead_database_and_a_second_start(start: Callable[[], Up]) -> None:
    first = start()

    def hurt() -> Any:  # the first strikes may all be analyses
        raid = first.raid(more_than=2)
        return raid if raid and raid["hp"]["current"] < raid["hp"]["total"] else None

    raid = wait_for(hurt, FIRST_START_SECONDS, "a boss that loses HP")
    assert (raid["name"], raid["status"]) == ("Demo raid", "ACTIVE")
    page = httpx.get(f"{first.url}/", trust_env=False)
    assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (200, "text/html")
    the_visitor_strikes(first)

    postmaster = int((first.data_dir / "postgres" / "postmaster.pid").read_text(encoding="utf-8").split()[0])
    os.kill(postmaster, signal.SIGKILL)
    struck = raid["totals"]["strikes"] + 5
    again = wait_for(lambda: first.raid(more_than=struck), 90, "strikes after the database had died")
    assert again["id"] == raid["id"]
    assert first.stop(signal.SIGINT) == 0
    said = assert_it_went_quietly(first)
    assert f"{first.url}/graphql" in said
    assert "had died and was restarted" in said

    second = start()
    continued = wait_for(lambda: second.raid(more_than=again["totals"]["strikes"]), 60, "the same raid goes on")
    assert continued["id"] == raid["id"]
    the_newcomer_watches(second)  # late, for it is skipped where there is no browser
    assert second.stop(signal.SIGTERM) == 0
    assert_it_went_quietly(second)


def the_newcomer_watches(up: Up) -> None:
    """Opens the address that was printed, and does nothing further: the boss loses HP before their eyes."""
    printed = re.search(r"The raid\s+(http\S+)", up.said.read_text(encoding="utf-8"))
    assert printed is not None
    built_pages()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**how_to_launch(playwright.chromium.executable_path))
        page = browser.new_page(locale="en")
        page.goto(printed[1])

        def shown() -> tuple[int, float]:
            page.locator("#hp-text").filter(has_text="/").wait_for()
            hp = int(page.inner_text("#hp-text").split(" / ")[0].replace(",", ""))
            width: float = page.eval_on_selector("#hp .left", "bar => bar.getBoundingClientRect().width")
            return hp, width

        hp, width = shown()

        def is_hurt() -> bool | None:
            now = shown()
            return True if now[0] < hp and now[1] < width else None

        wait_for(is_hurt, 60, "a boss that loses HP on the page")
        browser.close()


def the_visitor_strikes(up: Up) -> None:
    """The first strike by copy and paste, with the token that lies there for it."""
    file = up.data_dir / "demo-player.token"
    assert file.stat().st_mode & 0o077 == 0
    token = file.read_text(encoding="ascii").strip()
    suggested = up.ask('{ suggestTeam(discordId: "demo-visitor", action: FIGHT) { characters { id } } }', token)
    team = [character["id"] for character in suggested["suggestTeam"]["characters"]]
    struck = up.ask(STRIKE, token, team=team)["executeStrike"]
    assert struck == {"__typename": "ExecuteStrikeSuccess", "replayed": False, "strike": {"player": {"name": "You"}}}


def test_ctrl_c_in_the_middle_of_the_first_start_leaves_nothing_behind(start: Callable[[], Up]) -> None:
    up = start()
    wait_for(lambda: postgres_of(up.data_dir) or None, 60, "a database that starts")
    assert up.stop(signal.SIGINT) in {0, 130}
    assert postgres_of(up.data_dir) == []
    said = up.said.read_text(encoding="utf-8")
    assert "Traceback" not in said, said


# ---------------------------------------------------------------- what keeps it from starting


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def refused(command: str, settings: dict[str, str]) -> str:
    """The one line with which the program says that it cannot start."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "worldthreat", command],
        env=environment(settings),
        capture_output=True,
        timeout=120,
        check=False,
    )
    said = done.stderr.decode()
    assert done.returncode == 2, said
    assert said.endswith("\n")
    assert len(said.splitlines()) == 1, said
    assert b"Traceback" not in done.stdout
    return said


def test_a_port_that_is_taken_is_told_with_another_one(data_dir: Path, taken_port: int) -> None:
    said = refused("up", {"DATA_DIR": str(data_dir), "PORT": str(taken_port)})
    assert str(taken_port) in said
    assert f"WORLDTHREAT_PORT={taken_port + 1}" in said
    assert list(data_dir.iterdir()) == [], "nothing was started for it"


def test_a_broken_data_folder_is_told_by_its_path(data_dir: Path) -> None:
    cluster = data_dir / "postgres"
    cluster.mkdir()
    (cluster / "PG_VERSION").write_text("9.1\n", encoding="ascii")
    (cluster / "postgresql.conf").write_text("", encoding="ascii")
    assert str(data_dir) in refused("up", {"DATA_DIR": str(data_dir), "PORT": str(free_port())})
    assert postgres_of(data_dir) == []


@pytest.mark.parametrize(
    ("command", "settings", "told"),
    [
        ("up", {"DATABASE_URL": "postgresql://me:secret@127.0.0.1:1/raids"}, "127.0.0.1:1/raids"),
        ("serve", {"DATABASE_URL": "postgresql://me:secret@127.0.0.1:1/raids"}, "127.0.0.1:1/raids"),
        ("serve", {}, "WORLDTHREAT_DATABASE_URL"),
        ("up", {"PROT": "8000"}, "WORLDTHREAT_PROT: the nearest known one is WORLDTHREAT_PORT"),
    ],
)
def test_what_keeps_it_from_starting_is_one_line(
    data_dir: Path, command: str, settings: dict[str, str], told: str
) -> None:
    given = {"DATA_DIR": str(data_dir), "PORT": str(free_port()), **settings}
    said = refused(command, given)
    assert told in said
    assert "secret" not in said
    assert list(data_dir.iterdir()) == [], "nothing was started for it"
