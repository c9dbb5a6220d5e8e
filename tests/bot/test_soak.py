"""A raid in fast motion while everything breaks: the API and the bot are killed, the gateway drops, calls fail.

What must hold at the end: every channel was told every event exactly once and in order, and no tap struck twice.
`RAID_SOAK=5 pytest tests/bot/test_soak.py` breaks everything five times, with as many more players and events.
"""

import asyncio
import contextlib
import os
import random
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.bot.announcing.telling import Told, hear, newest_sequence, told_in
from tests.bot.fake_discord import Channel, FakeDiscord, Message, User
from tests.bot.harness import ROOT_FOLDER, BotProcess, RaidBot, unconnected_bot, until
from tests.web.harness import ROOT, Api

ROUNDS = int(os.environ.get("RAID_SOAK", "1"))
CHANNELS = 20
PLAYERS = 6 * ROUNDS
CHARACTERS = 24
EVENTS = 60 * ROUNDS
CALM_SECONDS = 3.0
START_SECONDS = 40.0
ANSWER_SECONDS = 10.0
PATIENCE_SECONDS = 3 * ANSWER_SECONDS
CATCH_UP_SECONDS = 60.0 + 30.0 * ROUNDS
FAILING_SHARE = 0.02
FIRE_AND_ICE = [{"kind": "ELEMENTAL", "value": value} for value in ("fire", "ice", "earth", "wind", "light", "dark")]

REPORT, AGAIN = "You can strike again", "Try again"


class KillableApi:
    """`worldthreat serve` as a process of its own, always at the same address."""

    def __init__(self, database_url: str, log: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._database_url, self._log = database_url, log
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        environment = {
            **os.environ,
            "WORLDTHREAT_DATABASE_URL": self._database_url,
            "WORLDTHREAT_PORT": str(self._port),
        }
        with self._log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "worldthreat",
                "serve",
                cwd=ROOT_FOLDER,
                env=environment,
                stdout=output,
                stderr=output,
            )
        async with asyncio.timeout(START_SECONDS):
            while not await self._answers():
                assert self._process.returncode is None, self._log.read_text(encoding="utf-8")
                await asyncio.sleep(0.05)

    async def end(self, number: signal.Signals) -> None:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(number)
        await asyncio.wait_for(self._process.wait(), START_SECONDS)

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return False
        writer.close()
        return True


@contextlib.asynccontextmanager
async def killable_api(api: Api) -> AsyncIterator[KillableApi]:
    """Another API process on the same database."""
    url = api.database.url.render_as_string(hide_password=False)
    with tempfile.TemporaryDirectory(prefix="worldthreat-soak-") as folder:
        process = KillableApi(url, Path(folder) / "api.log")
        await process.start()
        try:
            yield process
        finally:
            await process.end(signal.SIGTERM)


@contextlib.asynccontextmanager
async def killable_bot(raid_bot: RaidBot) -> AsyncIterator[BotProcess]:
    bot = BotProcess(raid_bot.discord, raid_bot.options)
    try:
        await start(bot, raid_bot.discord)
        yield bot
    finally:
        with contextlib.suppress(ProcessLookupError):
            await bot.kill()


async def start(bot: BotProcess, discord: FakeDiscord) -> None:
    """With more patience than elsewhere: its first calls fail too, and the machine is busy."""
    try:
        await bot.start()
    except AssertionError:
        await until(lambda: discord.gateway.connected, "the bot's process is connected", seconds=START_SECONDS)


@dataclass
class Striker:
    """Somebody who strikes through the bot, again and again, whether it answers or not."""

    discord: FakeDiscord
    user: User
    place: Channel
    panels: int = 0
    reports: int = 0
    is_over: bool = False

    async def play(self, chance: random.Random) -> None:
        while not self.is_over:
            # Nobody answered, or a button is gone: as a person would, they begin anew.
            with contextlib.suppress(AssertionError, LookupError, TimeoutError):
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await self._strike("Analyze" if chance.random() < 0.3 else "Fight")
            await asyncio.sleep(chance.random())

    async def _strike(self, action: str) -> None:
        opened = await self.discord.slash(self.user, self.place, "raid_strike")
        await opened.answered(ANSWER_SECONDS)
        panel = opened.message
        button = labelled(panel, action)
        if button is None:
            return
        self.panels += 1
        await panel.click(button)
        await self._sees(panel, "Yes, ", REPORT)
        sure = labelled(panel, "Yes, ")
        if sure is not None:
            await panel.click(sure)
            with contextlib.suppress(AssertionError, LookupError):  # disabled or gone already
                await panel.click(sure)
        await self._sees(panel, REPORT, AGAIN)
        while AGAIN in panel.buttons and not self.is_over:
            await asyncio.sleep(1)
            await panel.click(AGAIN)
            await self._sees(panel, REPORT, AGAIN)
        self.reports += REPORT in panel.text

    async def _sees(self, panel: Message, *wanted: str) -> None:
        await self.discord.until(
            lambda: any(each in panel.text for each in wanted), f"one of {wanted}", seconds=ANSWER_SECONDS
        )


def reports(strikers: list[Striker]) -> int:
    return sum(striker.reports for striker in strikers)


def labelled(panel: Message, beginning: str) -> str | None:
    return next((label for label in panel.buttons if label.startswith(beginning)), None)


def let_calls_fail(discord: FakeDiscord) -> None:
    """Two in a hundred, in all the ways there are; and as few posts in a channel as Discord allows."""
    faults, each = discord.faults, FAILING_SHARE / 5
    faults.lose_answers(each)
    faults.lose_requests(each)
    faults.server_error(each, status=503, carried_out=True)
    faults.server_error(each, status=500)
    faults.rate_limit(None, share=each, retry_after=0.3)
    discord.buckets.limit("POST", "/channels/{channel_id}/messages", 5, per_seconds=5.0)


async def happenings(api: Api, raid_id: str) -> None:
    """Until there were enough events: what players do not set off, admins do."""
    hp = 1_000_000_000
    while await newest_sequence(api, raid_id) < EVENTS:
        hp -= 1_000
        await api.service.desk.adjust_boss_hp(ROOT, raid_id=raid_id, current_hp=hp, reason="the soak")
        await asyncio.sleep(0.25)


@pytest.fixture
async def soaked(
    fake_discord: FakeDiscord, open_bot_api: Callable[..., AbstractAsyncContextManager[Api]], tmp_path: Path
) -> AsyncIterator[tuple[RaidBot, KillableApi]]:
    async with open_bot_api() as api, killable_api(api) as process:
        raid_bot = unconnected_bot(fake_discord, api, tmp_path)
        raid_bot.options = replace(raid_bot.options, api_url=process.url)
        yield raid_bot, process


@pytest.mark.timeout(60 + 4 * CATCH_UP_SECONDS)
async def test_every_event_once_and_in_order_in_every_channel_whatever_breaks(
    soaked: tuple[RaidBot, KillableApi],
) -> None:
    raid_bot, api_process = soaked
    discord, api = raid_bot.discord, raid_bot.api
    chance = random.Random(11)
    channels = [discord.channel(f"news-{number}") for number in range(CHANNELS)]
    for channel in channels:
        await hear(raid_bot, channel)
    strikers = [
        Striker(discord, await raid_bot.player(characters=CHARACTERS), discord.channel(f"arena-{number}"))
        for number in range(PLAYERS)
    ]
    raid_id = await api.raid(
        totalHp=1_000_000_000,
        cursePool=FIRE_AND_ICE,
        curseEvery=2,
        analysisThresholds=[100 * number for number in range(1, 11)],
        weaknessPool=[{"kind": "SERIES", "weight": 1, "values": [f"Series {number}" for number in range(20)]}],
    )
    async with killable_bot(raid_bot) as bot:
        let_calls_fail(discord)
        async with asyncio.TaskGroup() as group:
            for striker in strikers:
                group.create_task(striker.play(chance))
            going_on = group.create_task(happenings(api, raid_id))
            for _ in range(ROUNDS):
                await asyncio.sleep(CALM_SECONDS)
                await discord.gateway.cut()
                await asyncio.sleep(CALM_SECONDS)
                await api_process.end(signal.SIGKILL)
                await asyncio.sleep(1)
                await api_process.start()
                await asyncio.sleep(CALM_SECONDS)
                await bot.kill()
                await asyncio.sleep(0.5)
                await start(bot, discord)
            await going_on
            await until(lambda: reports(strikers) >= PLAYERS, "strikes go on", seconds=CATCH_UP_SECONDS)
            for striker in strikers:
                striker.is_over = True
        second = await api.raid(name="The next one")  # ends the first
        expected = [
            (raid, sequence)
            for raid in (raid_id, second)
            for sequence in range(1, await newest_sequence(api, raid) + 1)
        ]
        hashes = {raid: (await hash_of(api, raid))[:8] for raid in (raid_id, second)}
        last = Told(hashes[second], 1, 1)
        await until(
            lambda: all(last in told_in(channel) for channel in channels), "all are told", seconds=CATCH_UP_SECONDS
        )
        assert await bot.stop() == 0

    for channel in channels:
        told = [(each.raid, number) for each in told_in(channel) for number in range(each.first, each.last + 1)]
        assert told == [(hashes[raid], sequence) for raid, sequence in expected], channel
    for striker in strikers:
        struck = await strikes_of(api, raid_id, striker.user)
        assert striker.reports <= struck <= striker.panels
    assert discord.faults.happened.total() > 0
    assert discord.violations == []


async def hash_of(api: Api, raid_id: str) -> str:
    found = await api.told("query ($id: ID!) { raid(id: $id) { seedHash } }", id=raid_id)
    seed_hash: str = found["raid"]["seedHash"]
    return seed_hash


async def strikes_of(api: Api, raid_id: str, user: User) -> int:
    question = "query ($raid: ID!, $user: ID!) { participation(raidId: $raid, discordId: $user) { strikes } }"
    found = (await api.told(question, api.tokens.bot, raid=raid_id, user=str(user.id)))["participation"]
    return 0 if found is None else int(found["strikes"])
