"""What holds for the whole bot: answers in time or not at all, plain sentences, a graceful stop."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import discord
import pytest

from bot.api import RaidApi
from bot.app import BadApiTokenError
from services.views import Role
from tests.bot.announcing.telling import all_told, happen, hear, sequences_in
from tests.bot.harness import RaidBot
from tests.web.harness import ROOT

NOBODY = "http://127.0.0.1:1"
CALLBACK = "/callback"


@pytest.fixture(autouse=True)
async def nothing_wrong(raid_bot: RaidBot) -> AsyncIterator[None]:
    yield
    assert raid_bot.discord.violations == []


async def status(raid_bot: RaidBot) -> Any:
    """A command of the admins: it asks the API, and answers in one sentence."""
    return await raid_bot.discord.slash(raid_bot.admin, raid_bot.discord.channel("general"), "raid_admin pause")


async def test_with_the_api_away_it_starts_says_so_and_recovers_by_itself(
    raid_bot: RaidBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = raid_bot.api.url
    raid_bot.options = replace(raid_bot.options, api_url=NOBODY)
    with monkeypatch.context() as impatient:
        impatient.setitem(RaidApi.ask.__kwdefaults__ or {}, "within_seconds", 1.0)
        impatient.setattr("bot.app.FIRST_ANSWER_SECONDS", 0.5)
        await raid_bot.restart()
        asked = await status(raid_bot)
        await asked.acknowledged(3)
        shown = await asked.shows("The raid server does not answer right now", 60)
        assert shown.ephemeral
    raid_bot.options = replace(raid_bot.options, api_url=url)
    await raid_bot.restart()
    await (await status(raid_bot)).shows("no live raid")


async def test_a_token_of_another_role_or_none_at_all_keeps_it_from_starting(raid_bot: RaidBot) -> None:
    await raid_bot.stop()
    good = raid_bot.options
    for token, said in ((raid_bot.api.tokens.viewer, "needs one of the role bot"), ("wt_typo", "refuses the bot's")):
        raid_bot.options = replace(good, api_token=token)
        with pytest.raises(BadApiTokenError, match=said):
            await raid_bot.start()


async def test_a_revoked_token_is_said_once_and_everything_goes_on_when_it_is_valid_again(
    raid_bot: RaidBot, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    api, discord, channel = raid_bot.api, raid_bot.discord, raid_bot.discord.channel("news")
    created = await api.service.desk.create_token(
        ROOT, role=Role.BOT, name="to be revoked", discord_id=None, expires_at=None
    )
    raid_bot.options = replace(raid_bot.options, api_token=created.secret)
    await hear(raid_bot, channel)
    await raid_bot.restart()
    raid_id = await api.raid()
    await all_told(discord, channel, 1)

    await api.service.desk.revoke_token(ROOT, token_id=str(created.token.id))
    general, ada = discord.channel("general"), discord.user("Ada", locale="de")
    await happen(api, raid_id, 1)
    for _ in range(100):  # the API may take a second to learn of it
        if "lässt mich gerade nicht ein" in (await (await discord.slash(ada, general, "raid_status")).answered()).text:
            break
        await asyncio.sleep(0.1)
    for _ in range(3):
        await (await discord.slash(ada, general, "raid_status")).shows("lässt mich gerade nicht ein")
    said = capsys.readouterr().out + caplog.text
    assert said.count("the API refuses the bot's token") == 1
    assert "WORLDTHREAT_API_TOKEN" in said
    assert created.secret not in said
    assert sequences_in(channel) == [1]

    await api.rows("UPDATE api_tokens SET revoked_at = NULL WHERE id = $1", created.token.id)
    await all_told(discord, channel, 2)
    await (await discord.slash(ada, general, "raid_status")).shows("Gloomtide")
    assert "takes the bot's token again" in capsys.readouterr().out + caplog.text


async def test_a_bug_is_told_by_an_id_that_the_log_has_too(
    raid_bot: RaidBot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capsys: Any
) -> None:
    async def broken(*_arguments: object) -> None:
        raise RuntimeError("a secret of the bot")

    monkeypatch.setattr("bot.seeing.show_help", broken)
    ada = raid_bot.discord.user("Ada", locale="de")
    asked = await raid_bot.discord.slash(ada, raid_bot.discord.channel("general"), "raid_help")
    shown = await asked.answered()
    assert "Bei uns ist etwas schiefgegangen" in shown.text
    assert "secret" not in shown.text
    assert shown.ephemeral
    error_id = shown.text.rpartition("`")[0].rpartition("`")[2]
    assert error_id in capsys.readouterr().out + caplog.text


async def test_a_bug_behind_a_button_that_outlives_restarts_is_told_as_well(
    raid_bot: RaidBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_arguments: object) -> bool:
        raise RuntimeError("a secret of the bot")

    await raid_bot.api.raid()
    asked = await status(raid_bot)
    await asked.answered()
    monkeypatch.setattr("bot.admin.changing.let_in", broken)
    shown = await (await asked.message.click("Pause …")).answered()
    assert "Something went wrong on our side" in shown.text
    assert shown.ephemeral


@pytest.mark.parametrize("fault", ["answer lost", "request lost", "503", "503 after"])
async def test_a_first_answer_that_is_lost_on_the_way_is_given_again(raid_bot: RaidBot, fault: str) -> None:
    faults = raid_bot.discord.faults
    match fault:
        case "answer lost":
            faults.lose_answers(times=1, route=CALLBACK)
        case "request lost":
            faults.lose_requests(times=1, route=CALLBACK)
        case "503":
            faults.server_error(times=1, route=CALLBACK)
        case _:
            faults.server_error(times=1, route=CALLBACK, carried_out=True)
    await (await status(raid_bot)).shows("no live raid")
    assert sum(faults.happened.values()) == 1


async def test_an_edit_that_is_lost_on_the_way_is_made_again(raid_bot: RaidBot) -> None:
    raid_bot.discord.faults.lose_requests(times=2, route="PATCH /webhooks/")
    await (await status(raid_bot)).shows("no live raid")


async def test_an_interaction_that_is_too_old_to_be_answered_is_dropped(raid_bot: RaidBot) -> None:
    await raid_bot.api.raid()
    before = await status(raid_bot)
    await before.answered()
    raid_bot.discord.clock.advance(-4)  # Discord made it four seconds ago
    late = [await status(raid_bot), await before.message.click("Pause …")]
    await asyncio.sleep(0.4)
    assert [each.callback for each in late] == [None, None]
    raid_bot.discord.clock.advance(4)
    await (await status(raid_bot)).answered()


async def test_an_interaction_that_discord_forgot_is_no_error(
    raid_bot: RaidBot, caplog: pytest.LogCaptureFixture, capsys: Any
) -> None:
    raid_bot.discord.deadline_seconds = 0.0
    asked = await status(raid_bot)
    await raid_bot.discord.until(lambda: asked.refused_late, "the answer came too late")
    await asyncio.sleep(0.2)
    raid_bot.discord.deadline_seconds = 3.0
    await (await status(raid_bot)).answered()
    said = capsys.readouterr().out + caplog.text
    assert "could not be answered any more" in said
    assert "Traceback" not in said


async def test_it_listens_to_guilds_alone_and_mentions_nobody(raid_bot: RaidBot) -> None:
    assert raid_bot.bot.intents == discord.Intents(guilds=True)
    mentions = raid_bot.bot.allowed_mentions
    assert mentions is not None
    assert mentions.to_dict() == discord.AllowedMentions.none().to_dict()
    assert isinstance(raid_bot.bot, discord.AutoShardedClient)


async def test_closing_ends_everything_and_may_come_twice(raid_bot: RaidBot) -> None:
    bot = raid_bot.bot
    await raid_bot.stop()
    assert bot.is_closed()
    await bot.close()
    left = [task.get_coro() for task in asyncio.all_tasks() if "bot/" in str(task.get_coro())]
    assert left == []


async def test_a_command_can_be_mentioned_by_its_id(raid_bot: RaidBot) -> None:
    ids = {command["name"]: command["id"] for command in raid_bot.discord.commands}
    assert raid_bot.bot.mention_of("raid_strike") == f"</raid_strike:{ids['raid_strike']}>"
    assert raid_bot.bot.mention_of("raid_admin status") == f"</raid_admin status:{ids['raid_admin']}>"
    assert raid_bot.bot.mention_of("raid_nothing") == "`/raid_nothing`"
