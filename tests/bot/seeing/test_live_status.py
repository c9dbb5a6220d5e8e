"""The live message: one for each channel, the newest state in it, at the channel's own pace."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from pathlib import Path

import pytest

from bot import seeing
from bot.seeing import LiveStatus, Pace
from tests.bot.fake_discord import Channel, FakeDiscord, Message, in_channel
from tests.bot.harness import WAIT_SECONDS, RaidBot, connected_bot
from tests.web.harness import Api

SET_CHANNEL = """
mutation ($input: AnnouncementChannelInput!) {
  setAnnouncementChannel(input: $input) { ... on AnnouncementChannelSuccess { channel { channelId } } }
}
"""
CHANNELS = "{ announcementChannels { channelId statusMessageId switchedOff { reason } } }"
QUICK = Pace(
    settle_seconds=0.05, young_seconds=0.3, old_seconds=1.0, urgent_seconds=0.1, look_seconds=0.3, retry_seconds=0.2
)
FASTER = 5
FIVEFOLD = Pace(**{name: seconds / FASTER for name, seconds in asdict(Pace()).items() if name != "old_after_seconds"})
"""The real pace, five times as fast."""
Connect = Callable[[], AbstractAsyncContextManager[RaidBot]]


async def want_status(api: Api, channel: Channel, *kinds: str) -> None:
    """Only events that no test here makes are announced: what is posted is the live message."""
    assert channel.guild is not None
    given = {"guildId": str(channel.guild.id), "channelId": str(channel.id), "kinds": kinds or ["RAID_RESUMED"]}
    await api.told(SET_CHANNEL, api.tokens.bot, input=given)


async def kept_id(api: Api, channel: Channel) -> str | None:
    found = (await api.told(CHANNELS, api.tokens.bot))["announcementChannels"]
    return next((each["statusMessageId"] for each in found if each["channelId"] == str(channel.id)), None)


async def until_kept(api: Api, channel: Channel, message: Message) -> None:
    """Waits until the API keeps the message for the channel's live one."""
    async with asyncio.timeout(WAIT_SECONDS):
        while await kept_id(api, channel) != str(message.id):  # noqa: ASYNC110 - as the bot would, after a restart
            await asyncio.sleep(0.05)


def live_message(channel: Channel) -> Message:
    (message,) = channel.messages
    return message


async def shows(discord: FakeDiscord, channel: Channel, text: str, *, seconds: float = WAIT_SECONDS) -> Message:
    """The channel's only message, once it shows `text`."""
    await discord.until(
        lambda: len(channel.messages) == 1 and text in channel.messages[0].text, f"{text!r} is shown", seconds=seconds
    )
    return live_message(channel)


@pytest.fixture
async def connect(fake_discord: FakeDiscord, bot_api: Api, tmp_path: Path) -> AsyncIterator[Connect]:
    """Connects a bot once the test has configured its channels; nothing it did was against Discord's description."""

    @contextlib.asynccontextmanager
    async def connected() -> AsyncIterator[RaidBot]:
        async with connected_bot(fake_discord, bot_api, tmp_path) as raid_bot:
            yield raid_bot

    yield connected
    assert fake_discord.violations == []


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seeing, "LiveStatus", lambda bot: LiveStatus(bot, QUICK))


async def strike(api: Api, player: str) -> int:
    """HP left after a strike of the player's next unused character."""
    unused = await api.unused(player)
    struck = await api.strike(player, unused[0])
    assert struck["__typename"] == "ExecuteStrikeSuccess", struck
    hp: int = struck["strike"]["hpAfter"]
    return hp


async def test_forty_changes_in_ten_seconds_are_at_most_three_edits(
    connect: Connect, fake_discord: FakeDiscord, bot_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty in two seconds at five times the pace."""
    assert Pace().young_seconds >= 5.0
    monkeypatch.setattr(seeing, "LiveStatus", lambda bot: LiveStatus(bot, FIVEFOLD))
    channel = fake_discord.channel("raid")
    await want_status(bot_api, channel)
    players = [await bot_api.player(characters=8) for _ in range(5)]
    await bot_api.raid()
    async with connect():
        message = await shows(fake_discord, channel, "**100,000** of 100,000 HP")
        await asyncio.sleep(FIVEFOLD.young_seconds + 0.3)  # a calm raid: the next change is shown at once
        clock = asyncio.get_running_loop()
        begun, edits_before = clock.time(), message.edits
        for number in range(40):
            await asyncio.sleep(max(0.0, begun + number * 0.25 / FASTER - clock.time()))
            hp = await strike(bot_api, players[number % 5])
        took = clock.time() - begun
        await shows(fake_discord, channel, f"**{hp:,}** of 100,000 HP")
        edits = message.edits - edits_before
        times = [state.at for state in message.states[edits_before:]]

    most = 2 + took // FIVEFOLD.young_seconds
    assert 2 <= edits <= most, "3 in the time it should take, more on a slow machine"
    assert all(later - earlier >= 5.0 / FASTER for earlier, later in itertools.pairwise(times))


@pytest.mark.usefixtures("quick")
async def test_a_restart_goes_on_with_the_same_message(
    connect: Connect, fake_discord: FakeDiscord, bot_api: Api
) -> None:
    channel = fake_discord.channel("raid")
    await want_status(bot_api, channel)
    player = await bot_api.player()
    await bot_api.raid()
    async with connect() as raid_bot:
        message = await shows(fake_discord, channel, "**100,000** of")
        await raid_bot.stop()
        hp = await strike(bot_api, player)
        await raid_bot.start()
        assert await shows(fake_discord, channel, f"**{hp:,}** of") is message
        await until_kept(bot_api, channel, message)


@pytest.mark.usefixtures("quick")
async def test_a_message_whose_id_was_never_kept_is_found_again(
    connect: Connect, fake_discord: FakeDiscord, bot_api: Api
) -> None:
    """Discord took the post, and the bot was gone before anybody heard of it."""
    channel = fake_discord.channel("raid")
    await want_status(bot_api, channel)
    player = await bot_api.player()
    await bot_api.raid()
    fake_discord.faults.lose_answers(route=in_channel(channel, "POST"))
    async with connect() as raid_bot:
        message = await shows(fake_discord, channel, "**100,000** of")
        await raid_bot.stop()
        assert await kept_id(bot_api, channel) is None
        fake_discord.faults.clear()
        hp = await strike(bot_api, player)
        await raid_bot.start()
        assert await shows(fake_discord, channel, f"**{hp:,}** of") is message


@pytest.mark.usefixtures("quick")
async def test_a_message_that_was_deleted_is_posted_anew(
    connect: Connect, fake_discord: FakeDiscord, bot_api: Api
) -> None:
    channel = fake_discord.channel("raid")
    await want_status(bot_api, channel)
    player = await bot_api.player()
    await bot_api.raid()
    async with connect():
        for _ in range(2):
            old = await shows(fake_discord, channel, "of 100,000 HP")
            old.delete()
            hp = await strike(bot_api, player)
            new = await shows(fake_discord, channel, f"**{hp:,}** of")
            assert new is not old
            await until_kept(bot_api, channel, new)


async def test_a_stage_and_the_victory_are_shown_at_once(
    connect: Connect, fake_discord: FakeDiscord, bot_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for them as long as for other changes."""
    monkeypatch.setattr(seeing, "LiveStatus", lambda bot: LiveStatus(bot, Pace(young_seconds=4 * WAIT_SECONDS)))
    channel = fake_discord.channel("raid")
    await want_status(bot_api, channel)
    player = await bot_api.player()
    await bot_api.raid(totalHp=100, stageHpBelowPermille=[950])
    async with connect():
        await shows(fake_discord, channel, "Stage 1 of 2")
        await strike(bot_api, player)
        await shows(fake_discord, channel, "Stage 2 of 2")
        while await strike(bot_api, player):
            pass
        message = await shows(fake_discord, channel, "🏆 defeated")
        assert "strikes by one raider" in message.text
        assert message.buttons == ["My standing", "Leaderboard"]


@pytest.mark.usefixtures("quick")
async def test_a_channel_that_fails_holds_up_no_other(
    connect: Connect, fake_discord: FakeDiscord, bot_api: Api
) -> None:
    limited, failing, well = (fake_discord.channel(name) for name in ("limited", "failing", "well"))
    for channel in (limited, failing, well):
        await want_status(bot_api, channel)
    player = await bot_api.player()
    await bot_api.raid()
    async with connect():
        for channel in (limited, failing, well):
            await shows(fake_discord, channel, "of 100,000 HP")
        fake_discord.faults.rate_limit(None, route=in_channel(limited), retry_after=1.0)
        fake_discord.faults.server_error(route=in_channel(failing))
        for _ in range(3):
            hp = await strike(bot_api, player)
            await shows(fake_discord, well, f"**{hp:,}** of")
        assert f"**{hp:,}** of" not in live_message(limited).text
        assert f"**{hp:,}** of" not in live_message(failing).text
        fake_discord.faults.clear()
        await shows(fake_discord, limited, f"**{hp:,}** of")
        await shows(fake_discord, failing, f"**{hp:,}** of")


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("status", [403, 404])
async def test_a_channel_that_is_gone_is_switched_off_and_the_admins_are_told(
    connect: Connect, fake_discord: FakeDiscord, bot_api: Api, status: int
) -> None:
    gone, well = fake_discord.channel("gone"), fake_discord.channel("well")
    for channel in (gone, well):
        await want_status(bot_api, channel)
    player = await bot_api.player()
    await bot_api.raid()
    async with connect() as raid_bot:
        await shows(fake_discord, gone, "of 100,000 HP")
        fake_discord.faults.deny(gone.id, status)  # type: ignore[arg-type]
        hp = await strike(bot_api, player)
        await shows(fake_discord, well, f"**{hp:,}** of")
        await fake_discord.until(
            lambda: any(str(gone.id) in told.text for told in fake_discord.direct_messages(raid_bot.admin)),
            "an admin is told",
        )
        (found,) = [
            each
            for each in (await bot_api.told(CHANNELS, bot_api.tokens.bot))["announcementChannels"]
            if each["channelId"] == str(gone.id)
        ]
        assert found["switchedOff"] is not None
        fake_discord.faults.allow(gone.id)
        await want_status(bot_api, gone)
        hp = await strike(bot_api, player)
        await shows(fake_discord, gone, f"**{hp:,}** of")


@pytest.mark.usefixtures("quick")
async def test_an_old_message_is_edited_less_often(connect: Connect, fake_discord: FakeDiscord, bot_api: Api) -> None:
    channel = fake_discord.channel("raid")
    await want_status(bot_api, channel)
    player = await bot_api.player()
    await bot_api.raid()
    fake_discord.clock.advance(-3700)
    async with connect():
        message = await shows(fake_discord, channel, "of 100,000 HP")
        fake_discord.clock.advance(3700)
        hp = await strike(bot_api, player)
        await shows(fake_discord, channel, f"**{hp:,}** of")
        edited_at = message.shown.at
        hp = await strike(bot_api, player)
        await shows(fake_discord, channel, f"**{hp:,}** of")
        assert message.shown.at - edited_at >= QUICK.old_seconds


@pytest.mark.usefixtures("quick")
async def test_who_wants_nothing_gets_nothing_and_a_new_channel_is_found(
    connect: Connect, fake_discord: FakeDiscord, bot_api: Api
) -> None:
    silent, late = fake_discord.channel("silent"), fake_discord.channel("late")
    await want_status(bot_api, silent)
    await want_none(bot_api, silent)
    await bot_api.raid()
    async with connect():
        await want_status(bot_api, late)
        await shows(fake_discord, late, "of 100,000 HP")
        assert silent.messages == []


async def want_none(api: Api, channel: Channel) -> None:
    assert channel.guild is not None
    given = {"guildId": str(channel.guild.id), "channelId": str(channel.id), "kinds": []}
    await api.told(SET_CHANNEL, api.tokens.bot, input=given)


@pytest.mark.usefixtures("quick")
async def test_the_next_raid_takes_over_the_message(connect: Connect, fake_discord: FakeDiscord, bot_api: Api) -> None:
    channel = fake_discord.channel("raid")
    await want_status(bot_api, channel)
    player = await bot_api.player()
    await bot_api.raid(totalHp=10)
    async with connect():
        message = await shows(fake_discord, channel, "of 10 HP")
        await strike(bot_api, player)
        await shows(fake_discord, channel, "🏆 defeated")
        assert player in message.text, "the strongest raider"
        await bot_api.raid(name="Dawnwyrm")
        assert await shows(fake_discord, channel, "Dawnwyrm") is message
        assert message.buttons == ["Strike", "My standing", "Leaderboard"]


@pytest.mark.usefixtures("quick")
async def test_the_buttons_answer_whoever_taps(connect: Connect, fake_discord: FakeDiscord, bot_api: Api) -> None:
    channel = fake_discord.channel("raid")
    await want_status(bot_api, channel)
    await bot_api.raid()
    async with connect() as raid_bot:
        ada = await raid_bot.player("Ada")
        message = await shows(fake_discord, channel, "of 100,000 HP")
        await raid_bot.restart()
        standing = await (await message.click("My standing", by=ada)).answered()
        assert standing.ephemeral
        assert "You have not struck yet" in standing.text
        assert live_message(channel) is message
