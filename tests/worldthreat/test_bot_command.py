"""`worldthreat bot`, and the bot that `worldthreat up` keeps beside the API, on a loopback Discord."""

import asyncio
import contextlib
import importlib
import os
import signal
import stat
import sys
import textwrap
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

with warnings.catch_warnings():
    # discord.py imports it for voice, which the bot has no use for.
    warnings.filterwarnings("ignore", "'audioop' is deprecated", DeprecationWarning)
    importlib.import_module("discord")

from tests.bot.fake_discord import FakeDiscord
from tests.ports import free_port
from worldthreat import bot_process
from worldthreat.errors import StartError
from worldthreat.settings import SettingsError, load_settings, own_url

ROOT = Path(__file__).parents[2]
START_SECONDS = 90.0
STOP_SECONDS = 60.0
POINTING = """
import sys

if "bot" in sys.orig_argv:
    import warnings

    warnings.simplefilter("ignore")
    from tests.bot.fake_discord.pointing import pointed_at

    pointing = pointed_at({rest!r}, {gateway!r})
    pointing.__enter__()
"""
"""Runs at the start of every Python that finds it, and shows the one that is the bot to the loopback Discord."""


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.upper().startswith("WORLDTHREAT_"):
            monkeypatch.delenv(name)


# The settings


def given(monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"WORLDTHREAT_{name}", value)


def test_the_bots_settings_become_its_options(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given(
        monkeypatch,
        DISCORD_TOKEN="a.b.c",
        API_TOKEN="wt_bot",
        API_ADMIN_TOKEN="wt_admin",
        DISCORD_HOME_GUILD="123456789012345678",
        DISCORD_ADMIN_ROLES="223456789012345678, 323456789012345678",
        DISCORD_ADMIN_USERS="423456789012345678",
        DATA_DIR=str(tmp_path),
        PORT="9000",
    )
    options = bot_process.bot_options(load_settings())
    assert (options.discord_token, options.api_token, options.admin_token) == ("a.b.c", "wt_bot", "wt_admin")
    assert options.api_url == "http://127.0.0.1:9000"
    assert options.home_guild_id == 123456789012345678
    assert options.admin_role_ids == {223456789012345678, 323456789012345678}
    assert options.admin_user_ids == {423456789012345678}
    assert "wt_bot" not in repr(options)
    assert "a.b.c" not in repr(options)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"DISCORD_HOME_GUILD": "my server"}, "WORLDTHREAT_DISCORD_HOME_GUILD cannot be used: must be a Discord id"),
        ({"DISCORD_ADMIN_ROLES": "223456789012345678,@Admin"}, "WORLDTHREAT_DISCORD_ADMIN_ROLES cannot be used"),
        ({"DISCORD_ADMIN_USERS": "12"}, "WORLDTHREAT_DISCORD_ADMIN_USERS cannot be used"),
        ({"DISCORD_ADMIN_USERS": "423456789012345678"}, "WORLDTHREAT_DISCORD_HOME_GUILD is not set"),
        ({"API_ADMIN_TOKEN": "two words"}, "WORLDTHREAT_API_ADMIN_TOKEN cannot be used"),
    ],
)
def test_what_cannot_be_used_is_one_line(monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], said: str) -> None:
    given(monkeypatch, **settings)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert refused.value.message.startswith(said)
    assert "\n" not in refused.value.message


@pytest.mark.parametrize(
    ("settings", "said"),
    [({}, "WORLDTHREAT_DISCORD_TOKEN is not set"), ({"DISCORD_TOKEN": "a.b.c"}, "WORLDTHREAT_API_TOKEN is not set")],
)
def test_what_the_bot_cannot_do_without(monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], said: str) -> None:
    given(monkeypatch, **settings)
    with pytest.raises(StartError, match=said):
        bot_process.bot_options(load_settings())


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:80"),  # noqa: S104 - compared, not listened on
        ("::", "http://[::1]:80"),
        ("::1", "http://[::1]:80"),
        ("192.0.2.1", "http://192.0.2.1:80"),
    ],
)
def test_where_a_server_is_reached_from_its_own_machine(host: str, url: str) -> None:
    assert own_url(host, 80) == url


# The processes


@dataclass
class Program:
    """A running `worldthreat …`; what it says goes to `said`."""

    process: asyncio.subprocess.Process
    said: Path

    def told(self) -> str:
        return self.said.read_text(encoding="utf-8")

    async def ended(self) -> int:
        async with asyncio.timeout(STOP_SECONDS):
            return await self.process.wait()

    def bots(self) -> list[psutil.Process]:
        """The bots beside it."""
        children = psutil.Process(self.process.pid).children()
        return [child for child in children if "--beside" in child.cmdline()]


Start = Callable[..., Awaitable[Program]]


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as discord:
        yield discord


@pytest.fixture
async def start(discord: FakeDiscord, tmp_path: Path) -> AsyncIterator[Start]:
    """Starts the program on the loopback Discord; what still runs at the end is killed."""
    folder = tmp_path / "pointing"
    folder.mkdir()
    pointing = textwrap.dedent(POINTING).format(rest=discord.rest_url, gateway=discord.gateway_url)
    (folder / "sitecustomize.py").write_text(pointing, encoding="utf-8")
    started: list[Program] = []

    async def begin(*arguments: str, **settings: str) -> Program:
        said = tmp_path / f"said {len(started)}.txt"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("WORLDTHREAT_")}
        environment |= {f"WORLDTHREAT_{name}": value for name, value in settings.items()}
        environment["PYTHONPATH"] = f"{folder}{os.pathsep}{ROOT}"
        with said.open("wb") as file:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "worldthreat",
                *arguments,
                env=environment,
                stdout=file,
                stderr=asyncio.subprocess.STDOUT,
                stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        started.append(Program(process, said))
        return started[-1]

    yield begin
    for each in started:
        if each.process.returncode is None:
            os.killpg(each.process.pid, signal.SIGKILL)
            await each.process.wait()


async def until(holds: Callable[[], object], what: Callable[[], str], seconds: float = START_SECONDS) -> None:
    try:
        async with asyncio.timeout(seconds):
            while not holds():  # noqa: ASYNC110 - processes tell no events
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(what()) from None


async def test_sync_gives_discord_the_commands_once(discord: FakeDiscord, start: Start, tmp_path: Path) -> None:
    settings = {"DISCORD_TOKEN": discord.token, "DATA_DIR": str(tmp_path / "data")}
    first = await start("bot", "sync", **settings)
    assert await first.ended() == 0, first.told()
    assert "Discord was given 9 commands" in first.told()
    again = await start("bot", "sync", **settings)
    assert await again.ended() == 0, again.told()
    assert "has the commands of this version already" in again.told()
    assert len(discord.requests("PUT", "/commands")) == 1
    assert discord.gateway.identified == 0
    assert discord.violations == []


async def test_a_discord_token_that_is_refused_is_one_line(discord: FakeDiscord, start: Start, tmp_path: Path) -> None:
    settings = {"DISCORD_TOKEN": "mistyped", "API_TOKEN": "wt_x", "DATA_DIR": str(tmp_path / "data")}
    for arguments in (("bot",), ("bot", "sync")):
        refused = await start(*arguments, API_URL="http://127.0.0.1:1", **settings)
        assert await refused.ended() == 2
        assert refused.told().splitlines()[-1].startswith("worldthreat: Discord refuses WORLDTHREAT_DISCORD_TOKEN")
        assert "Traceback" not in refused.told()
        assert "mistyped" not in refused.told()
    assert discord.gateway.identified == 0


@pytest.mark.timeout(300)  # two first starts and four of the bot, on a machine that may be busy
async def test_up_keeps_the_bot_running_beside_the_api(discord: FakeDiscord, start: Start, data_dir: Path) -> None:
    port = str(free_port())
    admin = discord.user("Admin")
    settings = {
        "DISCORD_TOKEN": discord.token,
        "DISCORD_HOME_GUILD": str(discord.guild.id),
        "DISCORD_ADMIN_USERS": str(admin.id),
        "DATA_DIR": str(data_dir),
        "PORT": port,
    }
    discord.let_manage(admin)
    up = await start("up", **settings)
    await until(lambda: discord.gateway.connected, up.told)
    asked = await discord.slash(admin, discord.channel("general"), "raid_admin status")
    await asked.shows("no live raid")  # with tokens for the bot and for its admins, which nobody had to make
    for name in ("bot.token", "bot-admin.token"):
        assert stat.S_IMODE((data_dir / name).stat().st_mode) == 0o600

    (bot,) = up.bots()
    identified = discord.gateway.identified
    bot.kill()
    await until(lambda: discord.gateway.identified > identified and discord.gateway.connected, up.told)
    assert [each.pid for each in up.bots()] != [bot.pid]
    await (await discord.slash(admin, discord.channel("general"), "raid_admin status")).shows("no live raid")

    before, identified = (data_dir / "bot.token").read_text(encoding="ascii"), discord.gateway.identified
    await revoke_the_bots_token(port, (data_dir / "bot-admin.token").read_text(encoding="ascii").strip())
    await until(lambda: discord.gateway.identified > identified and discord.gateway.connected, up.told)
    assert (data_dir / "bot.token").read_text(encoding="ascii") != before
    assert "a token of the Discord bot was revoked" in up.told()
    await (await discord.slash(admin, discord.channel("general"), "raid_admin status")).shows("no live raid")

    (bot,) = up.bots()
    os.killpg(up.process.pid, signal.SIGINT)
    assert await up.ended() == 0, up.told()
    assert not bot.is_running()
    assert "Traceback" not in up.told()
    assert discord.violations == []

    tokens = (data_dir / "bot.token").read_text(encoding="ascii")
    again = await start("up", **settings)
    await until(lambda: discord.gateway.connected, again.told)
    assert (data_dir / "bot.token").read_text(encoding="ascii") == tokens
    (bot,) = again.bots()
    again.process.kill()  # no goodbye: the bot notices by itself
    await again.ended()
    await until(lambda: not bot.is_running() or bot.status() == psutil.STATUS_ZOMBIE, again.told, STOP_SECONDS)
    with contextlib.suppress(psutil.Error):
        for each in psutil.process_iter(["cmdline", "name"]):
            if each.info["name"] == "postgres" and str(data_dir) in " ".join(each.info["cmdline"] or ()):
                each.kill()


async def revoke_the_bots_token(port: str, admin_token: str) -> None:
    url, headers = f"http://127.0.0.1:{port}/graphql", {"Authorization": f"Bearer {admin_token}"}
    async with httpx.AsyncClient(trust_env=False, headers=headers) as client:
        listed = await client.post(url, json={"query": "{ tokens { id role } }"})
        (number,) = [each["id"] for each in listed.json()["data"]["tokens"] if each["role"] == "BOT"]
        revoke = "mutation ($id: ID!) { revokeToken(input: { id: $id }) { __typename } }"
        revoked = await client.post(url, json={"query": revoke, "variables": {"id": number}})
    assert revoked.json()["data"]["revokeToken"]["__typename"] == "RevokeTokenSuccess"


async def test_with_a_bad_discord_token_up_says_so_in_one_line_and_goes_on(
    discord: FakeDiscord, start: Start, data_dir: Path
) -> None:
    port = free_port()
    up = await start("up", DISCORD_TOKEN="mistyped", DATA_DIR=str(data_dir), PORT=str(port))
    await until(lambda: "Discord refuses WORLDTHREAT_DISCORD_TOKEN" in up.told(), up.told)
    await until(lambda: "the API goes on without it" in up.told(), up.told)
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"http://127.0.0.1:{port}/graphql", json={"query": "{ __typename }"})
    assert answer.json() == {"data": {"__typename": "Query"}}
    assert up.told().count("Discord refuses") == 1
    assert "Traceback" not in up.told()
    os.killpg(up.process.pid, signal.SIGTERM)
    assert await up.ended() == 0, up.told()
    assert discord.gateway.identified == 0
