"""Channels, messages, files, nonces, direct messages, permissions."""

import io

import discord
import pytest

from tests.bot.fake_discord import Channel, FakeDiscord, Permission, User
from tests.bot.fake_discord.permissions import NOTHING
from tests.bot.fake_discord.sample import SampleBot


def seen_by(bot: SampleBot, channel: Channel) -> discord.TextChannel:
    found = bot.get_channel(channel.id)
    assert isinstance(found, discord.TextChannel)
    return found


async def test_post_edit_fetch_list_and_delete(bot: SampleBot, there: FakeDiscord) -> None:
    channel = there.channel("news")
    await there.until(lambda: bot.get_channel(channel.id))
    one = await seen_by(bot, channel).send("one")
    two = await seen_by(bot, channel).send(embed=discord.Embed(title="Two", description="deux"))
    await one.edit(content="one, edited")
    fetched = await seen_by(bot, channel).fetch_message(one.id)
    assert (fetched.content, fetched.edited_at is not None) == ("one, edited", True)
    assert [message.id async for message in seen_by(bot, channel).history()] == [two.id, one.id]
    assert [message.id async for message in seen_by(bot, channel).history(after=one, oldest_first=True)] == [two.id]
    assert [shown.content for shown in channel.messages[0].states] == ["one", "one, edited"]
    assert "deux" in channel.messages[1].text
    await two.delete()
    assert [message.content for message in channel.messages] == ["one, edited"]
    with pytest.raises(discord.NotFound) as gone:
        await two.edit(content="?")
    assert gone.value.code == 10008


async def test_files_keep_their_alt_text_and_can_be_exchanged(bot: SampleBot, general: Channel) -> None:
    sent = await seen_by(bot, general).send(file=discord.File(io.BytesIO(b"first"), "a.png", description="A boss"))
    assert (sent.attachments[0].description, sent.attachments[0].size) == ("A boss", 5)
    assert await sent.attachments[0].read() == b"first"
    await sent.edit(attachments=[*sent.attachments, discord.File(io.BytesIO(b"second"), "b.png")])
    newest = general.messages[-1]
    assert [(file.name, file.content) for file in newest.files] == [("a.png", b"first"), ("b.png", b"second")]
    await sent.edit(content="without", attachments=[])
    assert (newest.files, newest.content) == ((), "without")
    with pytest.raises(discord.HTTPException) as refused:
        await sent.edit(content=None)
    assert refused.value.code == 50006


async def test_a_nonce_gives_back_the_first_message(bot: SampleBot, there: FakeDiscord, general: Channel) -> None:
    first = await seen_by(bot, general).send("first", nonce="event-1")
    again = await seen_by(bot, general).send("again", nonce="event-1")
    assert (again.id, again.content) == (first.id, "first")
    other = await seen_by(bot, there.channel("general")).send("other", nonce="event-2")
    assert other.id != first.id
    await first.delete()
    with pytest.raises(discord.NotFound):
        await seen_by(bot, general).send("after it was deleted", nonce="event-1")
    there.clock.advance(there.nonce_seconds + 1)
    later = await seen_by(bot, general).send("later", nonce="event-1")
    assert later.id != first.id


async def test_only_what_is_allowed_is_mentioned(bot: SampleBot, there: FakeDiscord, general: Channel) -> None:
    role, other = there.role("Raiders"), there.role("Others")
    text = f"@everyone {role.mention} {other.mention} {there.user('Ada').mention}"
    allowed = discord.AllowedMentions(everyone=False, users=False, roles=[discord.Object(role.id)])
    await seen_by(bot, general).send(text, allowed_mentions=allowed)
    sent = general.messages[-1]
    assert (sent.mentioned_roles, sent.mentioned_users, sent.mentioned_everyone) == ([role.id], [], False)
    await bot.http.request(
        discord.http.Route("POST", "/channels/{channel_id}/messages", channel_id=general.id), json={"content": text}
    )
    sent = general.messages[-1]
    assert sent.mentioned_roles == [role.id, other.id]
    assert (sent.mentioned_users, sent.mentioned_everyone) == ([there.user("Ada").id], True)


async def test_direct_messages_to_those_who_take_them(bot: SampleBot, there: FakeDiscord) -> None:
    ada, bo = there.user("Ada"), there.user("Bo")
    bo.accepts_direct_messages = False
    await (await bot.fetch_user(ada.id)).send("You may strike again")
    assert [message.content for message in there.direct_messages(ada)] == ["You may strike again"]
    with pytest.raises(discord.Forbidden) as refused:
        await (await bot.fetch_user(bo.id)).send("You may strike again")
    assert refused.value.code == 50007
    assert there.direct_messages(bo) == []


async def test_denied_channels_permissions_and_deletion(bot: SampleBot, there: FakeDiscord) -> None:
    channel = there.channel("hidden")
    await there.until(lambda: bot.get_channel(channel.id))
    seen = seen_by(bot, channel)
    there.faults.deny(channel.id, 403)
    assert await refusal(seen) == 50001
    there.faults.deny(channel.id, 403, code=50013)
    assert await refusal(seen) == 50013
    there.faults.deny(channel.id, 404)
    assert await refusal(seen) == 10003
    there.faults.allow(channel.id)
    there.deny_to_bot(channel, Permission.SEND_MESSAGES)
    await there.until(lambda: not seen.permissions_for(seen.guild.me).send_messages)
    assert await refusal(seen) == 50013
    there.deny_to_bot(channel, NOTHING)
    assert await refusal(seen) == 0
    there.delete_channel(channel)
    await there.until(lambda: bot.get_channel(channel.id) is None)
    assert await refusal(seen) == 10003


async def refusal(channel: discord.TextChannel) -> int:
    try:
        await channel.send("hello")
    except discord.HTTPException as error:
        return error.code
    return 0


async def test_guilds_and_roles_come_and_go(bot: SampleBot, there: FakeDiscord) -> None:
    home = bot.get_guild(there.guild.id)
    assert home is not None
    assert home.me.guild_permissions.send_messages
    other = there.add_guild("Second")
    await there.until(lambda: bot.get_guild(other.id))
    role = there.role("Elite", guild=other)
    seen = bot.get_guild(other.id)
    assert seen is not None
    await there.until(lambda: seen.get_role(role.id))
    assert (await bot.fetch_guild(other.id)).name == "Second"
    assert [each.name for each in await seen.fetch_roles()][-1] == "Elite"
    assert (await seen.fetch_member(there.state.bot.id)).id == there.state.bot.id
    there.remove_guild(other)
    await there.until(lambda: bot.get_guild(other.id) is None)


async def test_commands_are_fetched_replaced_and_bound_to_guilds(
    bot: SampleBot, there: FakeDiscord, ada: User, general: Channel
) -> None:
    assert [command.name for command in await bot.tree.fetch_commands()] == [each["name"] for each in there.commands]
    ids = {command["name"]: command["id"] for command in there.commands}
    again = {command.name: str(command.id) for command in await bot.tree.sync()}
    assert again == ids, "a command keeps its id as long as it keeps its name"
    guild = discord.Object(there.guild.id)
    bot.tree.copy_global_to(guild=guild)
    await bot.tree.sync(guild=guild)
    assert {command["guild_id"] for command in there.state.commands[there.guild.id]} == {str(there.guild.id)}
    interaction = await there.slash(ada, general, "look", name="here")
    assert (await interaction.answered()).content == "here"
    bot.tree.clear_commands(guild=guild)
    await bot.tree.sync(guild=guild)
    assert there.state.commands[there.guild.id] == []
