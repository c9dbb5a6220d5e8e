"""A raid in fast motion while everything breaks: the API and the bot are killed, the gateway drops, calls fail.

What must hold at the end: every channel was told every event exactly once and in order, no tap struck twice, and what
players were told of their strikes is what the log says. `make soak` plays it at its full size, and says its numbers.
"""

import asyncio
import contextlib
import os
import random
import re
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from tests.bot.announcing.telling import Told, hear, newest_sequence, told_in
from tests.bot.fake_discord import Channel, FakeDiscord, Message, User
from tests.bot.harness import ROOT_FOLDER, BotProcess, RaidBot, unconnected_bot, until
from tests.ports import free_port
from tests.web.harness import ROOT, Api


@dataclass(frozen=True, slots=True)
class Size:
    """How much happens, and how often what is killed: with `calm_seconds` between two blows. Players wait
    `answer_seconds` for an answer, then they begin anew.
    """

    players: int
    strikes: int
    events: int
    api_kills: int
    gateway_cuts: int
    bot_kills: int
    calm_seconds: float
    answer_seconds: float
    catch_up_seconds: float


SMALL = Size(6, 12, 30, 1, 1, 1, 1.0, 10.0, 120.0)
FULL = Size(100, 2_000, 60, 5, 5, 3, 8.0, 45.0, 900.0)
SIZE = FULL if os.environ.get("RAID_SOAK") == "full" else SMALL
CHANNELS = 20
CHARACTERS = 32
START_SECONDS = 90.0
FAILING_SHARE = 0.02
HP = 1_000_000_000
CURSE_EVERY = {SMALL: 4, FULL: 100}[SIZE]
FIRE_AND_ICE = [{"kind": "ELEMENTAL", "value": value} for value in ("fire", "ice", "earth", "wind", "light", "dark")]

REPORT, AGAIN, IN_THE_AIR, NEXT = "You can strike again", "Try again", "Striking …", "Next strike"
TOLD = re.compile(r"([\d,]+) (?:damage|analysis point)")
NUMBER = re.compile(r"Strike ([\d,]+) of ")


class KillableApi:
    """`worldthreat serve` as a process of its own, always at the same address."""

    def __init__(self, database_url: str, log: Path) -> None:
        self._port = free_port()
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
    """Somebody who strikes through the bot, again and again, whether it answers or not.

    `told` is what they were told that each of their strikes did, by its number.
    """

    discord: FakeDiscord
    user: User
    place: Channel
    panels: int = 0
    told: dict[int, int] = field(default_factory=dict)
    is_over: bool = False

    async def play(self, chance: random.Random) -> None:
        await asyncio.sleep(chance.random() * SIZE.players / 10)  # they come one after the other
        while not self.is_over:
            # Nobody answered, or a button is gone: as a person would, they begin anew.
            with contextlib.suppress(AssertionError, LookupError, TimeoutError):
                async with asyncio.timeout(4 * SIZE.answer_seconds):
                    panel = await self._open(chance)
                    while await self._strike(panel, chance):
                        await self._go_on(panel)
            await asyncio.sleep(chance.random())

    async def _go_on(self, panel: Message) -> None:
        """From the report to the next panel."""
        await panel.click(NEXT)
        await self._until(lambda: REPORT not in panel.text)

    async def _open(self, chance: random.Random) -> Message:
        """A panel, mostly for one character: so each player has many strikes."""
        opened = await self.discord.slash(self.user, self.place, "raid_strike")
        await self._until(lambda: opened.is_answered)
        panel = opened.message
        if chance.random() > 0.1:
            await panel.select("wts:z:", ["1"])
            await self._sees(panel, "Your best unused character")
        return panel

    async def _strike(self, panel: Message, chance: random.Random) -> bool:
        """Whether it came to a report."""
        button = labelled(panel, "Analyze" if chance.random() < 0.3 else "Fight")
        if button is None or self.is_over:
            return False
        self.panels += 1
        await panel.click(button)
        await self._sees(panel, "Yes, ", REPORT, IN_THE_AIR)
        sure = labelled(panel, "Yes, ")
        if sure is not None:
            await panel.click(sure)
            with contextlib.suppress(AssertionError, LookupError):  # disabled or gone already
                await panel.click(sure)
        while REPORT not in panel.text:
            try:
                await self._sees(panel, REPORT, AGAIN)
            except AssertionError:
                if IN_THE_AIR not in panel.buttons:
                    raise
            again = next((label for label in (AGAIN, IN_THE_AIR) if label in panel.buttons), None)
            if REPORT not in panel.text and again is not None:
                await panel.click(again)
                await asyncio.sleep(chance.random())
        return self._reads(panel)

    def _reads(self, panel: Message) -> bool:
        number, effect = NUMBER.search(panel.text), TOLD.search(panel.text)
        if number is None or effect is None:
            return False
        self.told[whole(number[1])] = whole(effect[1])
        return True

    async def _sees(self, panel: Message, *wanted: str) -> None:
        await self._until(lambda: any(each in panel.text for each in wanted))

    async def _until(self, holds: Callable[[], bool]) -> None:
        """AssertionError when it does not come to it in time, or before everything is over."""
        await self.discord.until(lambda: self.is_over or holds(), "an answer", seconds=SIZE.answer_seconds)
        assert holds(), "it is over"


def whole(number: str) -> int:
    return int(number.replace(",", ""))


def reports(strikers: list[Striker]) -> int:
    return sum(len(striker.told) for striker in strikers)


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
    hp = HP
    while await newest_sequence(api, raid_id) < SIZE.events:
        hp -= 1_000
        await api.service.desk.adjust_boss_hp(ROOT, raid_id=raid_id, current_hp=hp, reason="the soak")
        await asyncio.sleep(SIZE.calm_seconds / 10)


async def blows(discord: FakeDiscord, api_process: KillableApi, bot: BotProcess) -> None:
    """Everything is cut or killed as often as it should be, one after the other."""
    for number in range(max(SIZE.gateway_cuts, SIZE.api_kills, SIZE.bot_kills)):
        if number < SIZE.gateway_cuts:
            await asyncio.sleep(SIZE.calm_seconds)
            await discord.gateway.cut()
        if number < SIZE.api_kills:
            await asyncio.sleep(SIZE.calm_seconds)
            await api_process.end(signal.SIGKILL)
            await asyncio.sleep(1)
            await api_process.start()
        if number < SIZE.bot_kills:
            await asyncio.sleep(SIZE.calm_seconds)
            await bot.kill()
            await asyncio.sleep(0.5)
            await start(bot, discord)


@pytest.fixture
async def soaked(
    fake_discord: FakeDiscord, open_bot_api: Callable[..., AbstractAsyncContextManager[Api]], tmp_path: Path
) -> AsyncIterator[tuple[RaidBot, KillableApi]]:
    async with open_bot_api() as api, killable_api(api) as process:
        raid_bot = unconnected_bot(fake_discord, api, tmp_path)
        raid_bot.options = replace(raid_bot.options, api_url=process.url)
        yield raid_bot, process


@pytest.mark.timeout(60 + 3 * SIZE.catch_up_seconds)
async def test_every_event_once_and_in_order_in_every_channel_whatever_breaks(
    soaked: tuple[RaidBot, KillableApi],
) -> None:
    raid_bot, api_process = soaked
    began = time.monotonic()
    discord, api = raid_bot.discord, raid_bot.api
    chance = random.Random(11)
    channels = [discord.channel(f"news-{number}") for number in range(CHANNELS)]
    for channel in channels:
        await hear(raid_bot, channel)
    strikers = [
        Striker(discord, await raid_bot.player(characters=CHARACTERS), discord.channel(f"arena-{number}"))
        for number in range(SIZE.players)
    ]
    raid_id = await api.raid(
        totalHp=HP,
        cursePool=FIRE_AND_ICE,
        curseEvery=CURSE_EVERY,
        analysisThresholds=[500 * number for number in range(1, 11)],
        weaknessPool=[{"kind": "SERIES", "weight": 1, "values": [f"Series {number}" for number in range(20)]}],
    )
    async with killable_bot(raid_bot) as bot:
        let_calls_fail(discord)
        async with asyncio.TaskGroup() as group:
            for striker in strikers:
                group.create_task(striker.play(chance))
            going_on = group.create_task(happenings(api, raid_id))
            await blows(discord, api_process, bot)
            await going_on
            await until(lambda: reports(strikers) >= SIZE.strikes, "they strike on", seconds=SIZE.catch_up_seconds)
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
            lambda: all(last in told_in(channel) for channel in channels), "all are told", seconds=SIZE.catch_up_seconds
        )
        assert await bot.stop() == 0

    for channel in channels:
        told = [(each.raid, number) for each in told_in(channel) for number in range(each.first, each.last + 1)]
        assert told == [(hashes[raid], sequence) for raid, sequence in expected], channel
    struck = 0
    for striker in strikers:
        log = await log_of(api, raid_id, striker.user)
        assert striker.told.items() <= log.items(), f"{striker.user.name} was told something else"
        assert len(log) <= striker.panels, f"a panel of {striker.user.name} struck twice"
        struck += len(log)
    assert struck >= SIZE.strikes
    assert discord.faults.happened.total() > 0
    assert discord.violations == []
    print(  # noqa: T201 - what `make soak` is asked for
        f"\n{struck:,} strikes by {len(strikers)} players, {reports(strikers):,} of them reported; "
        f"{len(expected)} events in each of {len(channels)} channels, in {len(told_in(channels[0]))} messages; "
        f"{len(discord.requests()):,} calls, gone wrong: "
        + ", ".join(f"{count} {way.name.lower()}" for way, count in sorted(discord.faults.happened.items(), key=str))
        + f"; {len(discord.missed)} taps met a bot that was down; {time.monotonic() - began:.0f} s"
    )


async def hash_of(api: Api, raid_id: str) -> str:
    found = await api.told("query ($id: ID!) { raid(id: $id) { seedHash } }", id=raid_id)
    seed_hash: str = found["raid"]["seedHash"]
    return seed_hash


async def log_of(api: Api, raid_id: str, user: User) -> dict[int, int]:
    """What each of the user's strikes did, by its number."""
    question = """
    query ($raid: ID!, $user: ID!) {
      raid(id: $raid) { strikes(first: 100, discordId: $user) { nodes { number action damageDealt analysisPoints } } }
    }
    """
    found: list[Any] = (await api.told(question, api.tokens.bot, raid=raid_id, user=str(user.id)))["raid"]["strikes"][
        "nodes"
    ]
    return {
        each["number"]: each["damageDealt"] if each["action"] == "FIGHT" else each["analysisPoints"] for each in found
    }
