"""The real bot on a loopback Discord, with a real API server over a real database behind it."""

import asyncio
import contextlib
import itertools
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bot.options import BotOptions
from tests.bot.fake_discord import FakeDiscord, User
from tests.bot.fake_discord.pointing import pointed_at, without_waits
from tests.web.harness import ROOT, Api

if TYPE_CHECKING:
    from bot.app import WorldThreatBot

START_SECONDS = 90.0
STOP_SECONDS = 30.0
WAIT_SECONDS = 30.0
POLL_SECONDS = 0.01
ROOT_FOLDER = Path(__file__).parents[2]


async def until(holds: Callable[[], object], what: str, *, seconds: float = WAIT_SECONDS) -> None:
    """Waits until `holds()`; AssertionError with `what` after `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            while not holds():  # noqa: ASYNC110 - what holds is not always an event
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise AssertionError(f"not within {seconds:g} s: {what}") from None


@dataclass
class RaidBot:
    """The bot under test and everything around it. `admin` may administer raids in the home guild."""

    discord: FakeDiscord
    api: Api
    options: BotOptions
    admin: User
    bot: "WorldThreatBot" = field(init=False)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """A new bot in this process, ready when this returns. Raises what keeps it from starting."""
        from bot.app import WorldThreatBot  # noqa: PLC0415 - the tests of the fake do not depend on the bot

        assert self._running is None, "the bot runs already"
        self.bot = WorldThreatBot(self.options)
        without_waits(self.bot)
        self._running = asyncio.create_task(self._run(self.bot))
        ready = asyncio.create_task(self._ready(self.bot))
        await asyncio.wait({self._running, ready}, return_when=asyncio.FIRST_COMPLETED)
        if self._running.done():
            ready.cancel()
            failed, self._running = self._running, None
            await failed
            raise AssertionError("the bot has ended by itself")
        await ready

    async def stop(self) -> None:
        """Ends the bot as an operator would, with its graceful stop."""
        if self._running is None:
            return
        running, self._running = self._running, None
        async with asyncio.timeout(STOP_SECONDS):
            await self.bot.close()
            await running

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def player(self, name: str | None = None, *, characters: int = 8) -> User:
        """A registered player of the home guild who owns the first `characters` of the catalogue."""
        user = self.discord.user(name or f"Player {next(self._numbers)}")
        desk, discord_id = self.api.service.desk, str(user.id)
        await desk.register_player(ROOT, discord_id=discord_id, name=user.name)
        page = await self.api.service.catalogue(ROOT, first=characters, after=None, search=None)
        grants = tuple((each.key, 5) for each in page.items)
        await desk.grant_characters(ROOT, discord_id=discord_id, grants=grants)
        return user

    @staticmethod
    async def _run(bot: "WorldThreatBot") -> None:
        async with bot:
            await bot.start(bot.options.discord_token)

    @staticmethod
    async def _ready(bot: "WorldThreatBot") -> None:
        await until(bot.is_ready, "the bot is ready", seconds=START_SECONDS)


@contextlib.asynccontextmanager
async def connected_bot(discord: FakeDiscord, api: Api, state_dir: Path) -> AsyncIterator[RaidBot]:
    """The real bot, ready."""
    with pointed_at(discord.rest_url, discord.gateway_url):
        raid_bot = unconnected_bot(discord, api, state_dir)
        await raid_bot.start()
        try:
            yield raid_bot
        finally:
            await raid_bot.stop()


def unconnected_bot(discord: FakeDiscord, api: Api, state_dir: Path) -> RaidBot:
    admin = discord.user("Admin")
    discord.let_manage(admin)
    options = BotOptions(
        discord_token=discord.token,
        api_url=api.url,
        api_token=api.tokens.bot,
        state_dir=state_dir,
        admin_token=api.tokens.admin,
        home_guild_id=discord.guild.id,
        admin_user_ids=frozenset({admin.id}),
    )
    return RaidBot(discord, api, options, admin)


class BotProcess:
    """`worldthreat bot` as a process of its own, which can be killed; the loopback Discord stays here and remembers.

    The options' `state_dir` is its data folder.
    """

    def __init__(self, discord: FakeDiscord, options: BotOptions) -> None:
        self._discord, self._options = discord, options
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Returns when the bot listens on the gateway."""
        identified = self._discord.gateway.identified
        options = self._options
        environment = {
            **os.environ,
            "LOOPBACK_REST": self._discord.rest_url,
            "LOOPBACK_GATEWAY": self._discord.gateway_url,
            "WORLDTHREAT_DISCORD_TOKEN": options.discord_token,
            "WORLDTHREAT_API_URL": options.api_url,
            "WORLDTHREAT_API_TOKEN": options.api_token,
            "WORLDTHREAT_DATA_DIR": str(options.state_dir),
            "WORLDTHREAT_DISCORD_ADMIN_USERS": _listed(options.admin_user_ids),
            "WORLDTHREAT_DISCORD_ADMIN_ROLES": _listed(options.admin_role_ids),
        }
        if options.admin_token is not None:
            environment["WORLDTHREAT_API_ADMIN_TOKEN"] = options.admin_token
        if options.home_guild_id is not None:
            environment["WORLDTHREAT_DISCORD_HOME_GUILD"] = str(options.home_guild_id)
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.bot.fake_discord.launch", cwd=ROOT_FOLDER, env=environment
        )
        gateway = self._discord.gateway
        await until(
            lambda: process.returncode is not None or (gateway.identified > identified and gateway.connected),
            "the bot's process is connected",
            seconds=START_SECONDS,
        )
        assert process.returncode is None, f"the bot's process has ended with {process.returncode}"

    async def kill(self) -> None:
        """SIGKILL: no goodbye."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.terminate()
        async with asyncio.timeout(STOP_SECONDS):
            return await self._process.wait()


def _listed(ids: frozenset[int]) -> str:
    return ",".join(map(str, sorted(ids)))


@contextlib.asynccontextmanager
async def bot_process(discord: FakeDiscord, options: BotOptions) -> AsyncIterator[BotProcess]:
    process = BotProcess(discord, options)
    try:
        await process.start()
        yield process
    finally:
        await process.kill()
