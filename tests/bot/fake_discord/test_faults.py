"""What goes wrong between a bot and Discord: limits of rate, errors, lost answers, the gateway."""

import asyncio
import time

import aiohttp
import discord
import pytest

from tests.bot.fake_discord import Channel, FakeDiscord, User, Way, in_channel
from tests.bot.fake_discord.pointing import pointed_at
from tests.bot.fake_discord.sample import Interaction, SampleBot, connected_sample


def seen_by(bot: SampleBot, channel: Channel) -> discord.TextChannel:
    found = bot.get_channel(channel.id)
    assert isinstance(found, discord.TextChannel)
    return found


async def say_hello(interaction: Interaction) -> None:
    await interaction.response.send_message("hello")


@pytest.mark.parametrize("scope", ["user", "shared", "global"])
async def test_discord_py_waits_as_long_as_a_429_says(
    bot: SampleBot, there: FakeDiscord, general: Channel, scope: str
) -> None:
    there.faults.rate_limit(route=in_channel(general), retry_after=0.15, scope=scope)  # type: ignore[arg-type]
    before, started = len(general.messages), time.monotonic()
    await seen_by(bot, general).send("patient")
    assert time.monotonic() - started >= 0.15
    assert [message.content for message in general.messages[before:]] == ["patient"]
    assert [request.status for request in there.requests("POST", "/messages")][-2:] == [429, 200]


async def test_buckets_are_told_in_headers_and_kept(bot: SampleBot, there: FakeDiscord, general: Channel) -> None:
    there.buckets.limit("POST", "/channels/{channel_id}/messages", 2, per_seconds=0.3)
    channel, before, started = seen_by(bot, general), len(general.messages), time.monotonic()
    await asyncio.gather(*(channel.send(f"number {n}") for n in range(5)))
    assert time.monotonic() - started >= 0.5, "two at once, two after 0.3 s, one after 0.6 s"
    assert len(general.messages) == before + 5
    there.buckets.limits.clear()


async def test_a_ban_is_not_repeated(bot: SampleBot, there: FakeDiscord, general: Channel) -> None:
    there.faults.ban(route=in_channel(general))
    with pytest.raises(discord.HTTPException) as refused:
        await seen_by(bot, general).send("?")
    assert refused.value.status == 429


async def test_503_is_for_the_bot_to_repeat(bot: SampleBot, there: FakeDiscord, general: Channel) -> None:
    there.faults.server_error(times=1, route=in_channel(general))
    before = len(general.messages)
    with pytest.raises(discord.DiscordServerError):
        await seen_by(bot, general).send("lost")
    there.faults.server_error(times=1, status=503, route=in_channel(general), carried_out=True)
    with pytest.raises(discord.DiscordServerError):
        await seen_by(bot, general).send("kept")
    assert [message.content for message in general.messages[before:]] == ["kept"]


async def test_lost_answers_and_lost_requests(bot: SampleBot, there: FakeDiscord, general: Channel) -> None:
    before = len(general.messages)
    there.faults.lose_answers(times=1, route=in_channel(general))
    with pytest.raises(aiohttp.ClientError):
        await seen_by(bot, general).send("told once", nonce="lost-answer")
    await seen_by(bot, general).send("told once", nonce="lost-answer")
    there.faults.lose_requests(times=1, route=in_channel(general))
    with pytest.raises(aiohttp.ClientError):
        await seen_by(bot, general).send("never came")
    assert [message.content for message in general.messages[before:]] == ["told once"]
    assert (there.faults.happened[Way.LOST_ANSWER], there.faults.happened[Way.LOST_REQUEST]) == (1, 1)


async def test_shares_are_drawn_and_delays_are_kept(bot: SampleBot, there: FakeDiscord, general: Channel) -> None:
    channel = seen_by(bot, general)
    there.faults.server_error(share=0.3, route=in_channel(general))
    outcomes = await asyncio.gather(*(channel.send(f"{n}") for n in range(40)), return_exceptions=True)
    failed = sum(isinstance(outcome, discord.DiscordServerError) for outcome in outcomes)
    assert 3 <= failed <= 25
    there.faults.clear()
    there.faults.delay(0.1, route=in_channel(general))
    started = time.monotonic()
    await channel.send("slow")
    assert time.monotonic() - started >= 0.1


async def test_a_dropped_connection_is_resumed_and_nothing_is_missed(
    bot: SampleBot, there: FakeDiscord, ada: User, general: Channel
) -> None:
    bot.act = say_hello
    identified, resumed = there.gateway.identified, there.gateway.resumed
    for part in (there.gateway.drop, there.gateway.cut):
        await part()
        interaction = await there.slash(ada, general, "do")
        assert (await interaction.answered()).content == "hello"
    there.gateway.ask_to_reconnect()
    await there.until(lambda: there.gateway.resumed == resumed + 3)
    assert there.gateway.identified == identified
    await there.until(lambda: bot.events == ["resumed"] * 3)


async def test_a_lost_session_is_begun_anew(bot: SampleBot, there: FakeDiscord, ada: User, general: Channel) -> None:
    bot.act = say_hello
    identified = there.gateway.identified
    there.gateway.invalidate()
    await there.until(lambda: there.gateway.identified == identified + 1 and there.gateway.connected)
    there.gateway.forget_sessions()
    await there.gateway.drop()
    await there.until(lambda: there.gateway.identified == identified + 2 and there.gateway.connected)
    interaction = await there.slash(ada, general, "do")
    assert (await interaction.answered()).content == "hello"


async def test_a_gateway_that_refuses_is_tried_again(bot: SampleBot, there: FakeDiscord) -> None:
    there.faults.gateway_refuses = True
    await there.gateway.drop()
    await asyncio.sleep(0.05)
    assert not there.gateway.connected
    there.faults.gateway_refuses = False
    await there.until(lambda: there.gateway.connected)
    assert not bot.is_closed()


async def test_every_shard_gets_what_is_its_own() -> None:
    async with FakeDiscord() as there:
        there.gateway.shards = 2
        guilds = [there.guild, *(there.add_guild(f"Server {n}") for n in range(2))]
        for guild in guilds:
            there.channel(f"in {guild.name}", guild=guild)
        async with connected_sample(there) as bot:
            bot.act = say_hello
            assert (bot.shard_count, there.gateway.identified) == (2, 2)
            for guild in guilds:
                interaction = await there.slash(there.user("Ada", guild=guild), guild.channels[0], "do")
                assert (await interaction.answered()).content == "hello"
            assert {guild.shard_id for guild in bot.guilds} == {(guild.id >> 22) % 2 for guild in guilds}
        assert not there.violations


async def test_a_wrong_token_is_refused() -> None:
    async with FakeDiscord() as there:
        with pointed_at(there.rest_url, there.gateway_url):
            async with SampleBot() as bot:
                with pytest.raises(discord.LoginFailure):
                    await bot.start("MTAw.wrong.token")
