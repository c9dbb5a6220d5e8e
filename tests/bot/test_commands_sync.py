"""Discord is given the commands when they changed, and only then."""

from bot.commands_sync import FINGERPRINT_FILE
from tests.bot.fake_discord.errors import Json
from tests.bot.harness import RaidBot

MANAGE_GUILD = str(1 << 5)


def sent(raid_bot: RaidBot) -> int:
    return len(raid_bot.discord.requests("PUT", "/commands"))


def command(raid_bot: RaidBot, name: str) -> Json:
    return next(each for each in raid_bot.discord.commands if each["name"] == name)


async def test_the_commands_are_sent_once_and_again_only_when_something_differs(raid_bot: RaidBot) -> None:
    assert sent(raid_bot) == 1
    await raid_bot.restart()
    assert sent(raid_bot) == 1

    command(raid_bot, "raid_strike")["description"] = "what an older version said"
    await raid_bot.restart()
    assert sent(raid_bot) == 2
    assert "older version" not in command(raid_bot, "raid_strike")["description"]

    raid_bot.discord.commands.pop()
    await raid_bot.restart()
    assert sent(raid_bot) == 3
    assert len(raid_bot.discord.commands) == 9

    command(raid_bot, "raid_leaderboard")["options"][0]["choices"].pop()
    await raid_bot.restart()
    assert sent(raid_bot) == 4

    command(raid_bot, "raid_admin")["default_member_permissions"] = None
    await raid_bot.restart()
    assert sent(raid_bot) == 5

    (raid_bot.options.state_dir / FINGERPRINT_FILE).unlink()  # translations cannot be compared without it
    await raid_bot.restart()
    assert sent(raid_bot) == 6
    await raid_bot.restart()
    assert sent(raid_bot) == 6
    assert raid_bot.discord.violations == []


async def test_the_commands_as_people_see_them(raid_bot: RaidBot) -> None:
    names = {each["name"] for each in raid_bot.discord.commands}
    assert names == {
        "raid_status",
        "raid_strike",
        "raid_team",
        "raid_leaderboard",
        "raid_rewards",
        "raid_remind",
        "raid_help",
        "raid_channel",
        "raid_admin",
    }
    assert {option["name"] for option in command(raid_bot, "raid_admin")["options"]} == {
        "create",
        "pause",
        "resume",
        "end",
        "status",
    }
    for each in raid_bot.discord.commands:
        assert each["contexts"] == [0]  # in servers only
        hidden = each["default_member_permissions"] == MANAGE_GUILD
        assert hidden == (each["name"] in {"raid_admin", "raid_channel"})
    strike = command(raid_bot, "raid_strike")
    assert strike["description"].startswith("Strike the boss")
    assert strike["description_localizations"] == {
        "de": "Schlag zu: Das beste Team ist schon gewählt, zweimal tippen genügt"
    }
    metric = command(raid_bot, "raid_leaderboard")["options"][0]
    assert [choice["name_localizations"]["de"] for choice in metric["choices"]] == [
        "Schaden",
        "Analyse",
        "Beitrag",
        "Schläge",
    ]


async def test_when_discord_does_not_answer_about_commands_the_bot_runs_all_the_same(raid_bot: RaidBot) -> None:
    raid_bot.discord.faults.server_error(route="GET /applications/")
    await raid_bot.restart()
    assert raid_bot.bot.is_ready()
    assert sent(raid_bot) == 1
