"""Every event once and in order, whatever is lost, refused or killed on the way."""

import asyncio
import random
from dataclasses import replace

import pytest

from tests.bot.announcing.line import line_to
from tests.bot.announcing.telling import (
    all_told,
    announcements_in,
    happen,
    hear,
    sequences_in,
    settings_of,
    told_in,
)
from tests.bot.fake_discord import Channel, FakeDiscord, Permission, in_channel
from tests.bot.harness import RaidBot
from tests.web.harness import ROOT

REMEMBERED, FORGOTTEN = 300.0, 0.0


async def post_without_an_answer(quiet_bot: RaidBot, channel: Channel, first_message_ends_with: int) -> None:
    """The bot posts, never learns of it, and is stopped: the message is there, and nobody has acknowledged it."""
    discord = quiet_bot.discord
    discord.faults.lose_answers(route=in_channel(channel, "POST"))
    await quiet_bot.start()
    await discord.until(
        lambda: any(told.last >= first_message_ends_with for told in told_in(channel)), "the message is there"
    )
    await quiet_bot.stop()
    discord.faults.clear()


@pytest.mark.parametrize("nonce_seconds", [REMEMBERED, FORGOTTEN])
@pytest.mark.parametrize("waiting", [1, 8])
async def test_a_bot_that_was_stopped_between_posting_and_acknowledging_does_not_post_again(
    quiet_bot: RaidBot, nonce_seconds: float, waiting: int
) -> None:
    discord, api = quiet_bot.discord, quiet_bot.api
    channel = discord.channel("news")
    await hear(quiet_bot, channel)
    raid_id = await api.raid()
    await happen(api, raid_id, waiting - 1)
    await post_without_an_answer(quiet_bot, channel, waiting)
    assert (await settings_of(quiet_bot, channel, raid_id))["acknowledged"] == 0

    discord.nonce_seconds = nonce_seconds
    await quiet_bot.start()
    await happen(api, raid_id, 2)
    await all_told(discord, channel, waiting + 2)


@pytest.mark.parametrize(
    ("nonce_seconds", "denied"),
    [(FORGOTTEN, Permission(0)), (REMEMBERED, Permission.READ_MESSAGE_HISTORY)],
    ids=["nonce forgotten", "history not readable"],
)
async def test_a_batch_that_grew_while_its_answer_was_lost_repeats_nothing(
    quiet_bot: RaidBot, nonce_seconds: float, denied: Permission
) -> None:
    discord, api = quiet_bot.discord, quiet_bot.api
    channel = discord.channel("news", denied=denied)
    await hear(quiet_bot, channel)
    raid_id = await api.raid()
    await happen(api, raid_id, 7)
    await post_without_an_answer(quiet_bot, channel, 8)
    assert [(told.first, told.last) for told in told_in(channel)] == [(1, 8)]

    await happen(api, raid_id, 9)
    discord.nonce_seconds = nonce_seconds
    await quiet_bot.start()
    await all_told(discord, channel, 17)
    assert [(told.first, told.last) for told in told_in(channel)] == [(1, 8), (9, 17)]


async def test_events_that_come_while_an_answer_is_lost_wait_for_their_own_message(quiet_bot: RaidBot) -> None:
    discord, api = quiet_bot.discord, quiet_bot.api
    channel = discord.channel("news")
    await hear(quiet_bot, channel)
    raid_id = await api.raid()
    await happen(api, raid_id, 6)
    discord.faults.lose_answers(times=2, route=in_channel(channel, "POST"))
    await quiet_bot.start()
    await discord.until(lambda: bool(announcements_in(channel)), "the first message is there")
    await happen(api, raid_id, 3)
    await all_told(discord, channel, 10)
    assert told_in(channel)[0].last == 7


async def test_a_message_that_somebody_deleted_meanwhile_counts_as_told(quiet_bot: RaidBot) -> None:
    discord, api = quiet_bot.discord, quiet_bot.api
    channel = discord.channel("news")
    await hear(quiet_bot, channel)
    raid_id = await api.raid()
    await post_without_an_answer(quiet_bot, channel, 1)
    (message,) = announcements_in(channel)
    message.deleted = True

    await happen(api, raid_id, 1)
    await quiet_bot.start()
    await discord.until(lambda: sequences_in(channel) == [2], "the next event is told")
    kept = await settings_of(quiet_bot, channel, raid_id)
    assert kept["switchedOff"] is None


@pytest.mark.parametrize("way", ["429", "429 of all routes", "429 without headers", "500", "503", "lost"])
async def test_what_fails_is_told_all_the_same(quiet_bot: RaidBot, way: str) -> None:
    discord, api = quiet_bot.discord, quiet_bot.api
    channel, faults = discord.channel("news"), discord.faults
    await hear(quiet_bot, channel)
    raid_id = await api.raid()
    await quiet_bot.start()
    await all_told(discord, channel, 1)
    here = in_channel(channel, "POST")
    match way:
        case "429":
            faults.rate_limit(2, route=here)
        case "429 of all routes":
            faults.rate_limit(1, route=here, scope="global")
        case "429 without headers":
            faults.ban(2, route=here)
        case "500":
            faults.server_error(times=1, status=500, route=here, carried_out=True)
        case "503":
            faults.server_error(times=1, status=503, route=here, carried_out=True)
            faults.server_error(times=1, status=503, route=here)
        case "lost":
            faults.lose_requests(times=1, route=here)
            faults.lose_answers(times=2, route=here)
    await happen(api, raid_id, 3)
    await all_told(discord, channel, 4)
    assert faults.happened.total() >= 1


async def test_one_slow_and_one_failing_channel_hold_nobody_up(quiet_bot: RaidBot) -> None:
    discord, api = quiet_bot.discord, quiet_bot.api
    slow, failing, others = (
        discord.channel("slow"),
        discord.channel("failing"),
        [discord.channel(f"news-{number}") for number in range(5)],
    )
    for channel in (slow, failing, *others):
        await hear(quiet_bot, channel)
    await quiet_bot.start()
    raid_id = await api.raid()
    for channel in others:
        await all_told(discord, channel, 1)
    discord.faults.delay(60.0, times=1, route=in_channel(slow, "POST"))
    discord.faults.server_error(route=in_channel(failing, "POST"))
    await happen(api, raid_id, 1)
    for channel in others:
        await all_told(discord, channel, 2)
    assert sequences_in(slow) == sequences_in(failing) == [1]
    discord.faults.clear()
    for channel in (failing, slow):
        await all_told(discord, channel, 2)


async def test_a_dropped_gateway_and_an_api_that_is_away_lose_nothing(quiet_bot: RaidBot) -> None:
    discord, api = quiet_bot.discord, quiet_bot.api
    channel = discord.channel("news")
    await hear(quiet_bot, channel)
    async with line_to(api.url) as line:
        quiet_bot.options = replace(quiet_bot.options, api_url=line.url)
        await quiet_bot.start()
        raid_id = await api.raid()
        await all_told(discord, channel, 1)

        await discord.gateway.drop()
        await happen(api, raid_id, 1)
        await all_told(discord, channel, 2)

        await line.cut()
        await happen(api, raid_id, 2)
        await asyncio.sleep(1)
        await line.plug_in()
        await all_told(discord, channel, 4)

        # The answer of an acknowledgement is lost: what was posted is posted all the same.
        await happen(api, raid_id, 1)
        await discord.until(lambda: 5 in sequences_in(channel), "the fifth event is posted")
        await line.cut()
        await happen(api, raid_id, 1)
        await line.plug_in()
        await all_told(discord, channel, 6)


async def test_a_raid_that_began_and_ended_while_the_bot_was_away_is_told(quiet_bot: RaidBot) -> None:
    discord, api = quiet_bot.discord, quiet_bot.api
    channel = discord.channel("news")
    await hear(quiet_bot, channel)
    raid_id = await api.raid()
    await api.service.desk.end_raid(ROOT, raid_id=raid_id, reason="over")
    await quiet_bot.start()
    await all_told(discord, channel, 2)


async def test_two_bots_at_once_tell_everything_once(quiet_bot: RaidBot, fake_discord: FakeDiscord) -> None:
    """As while a new version is brought up before the old one is stopped."""
    discord, api = quiet_bot.discord, quiet_bot.api
    channel = discord.channel("news")
    await hear(quiet_bot, channel)
    raid_id = await api.raid()
    await quiet_bot.start()
    other = RaidBot(
        fake_discord, api, replace(quiet_bot.options, state_dir=quiet_bot.options.state_dir / "other"), quiet_bot.admin
    )
    await other.start()
    try:
        chance = random.Random(3)
        for _ in range(12):
            await happen(api, raid_id, chance.choice((1, 1, 7)))
            await asyncio.sleep(chance.random() / 5)
        sequence = (await api.told("query ($id: ID!) { raid(id: $id) { sequence } }", id=raid_id))["raid"]["sequence"]
        await all_told(discord, channel, sequence)
    finally:
        await other.stop()
