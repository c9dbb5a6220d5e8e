"""/raid_remind: a direct message when one may strike again, once for each cooldown."""

from functools import partial
from itertools import count
from typing import Any

import pytest

from bot.announcing import queries, reminders
from tests.bot.fake_discord import Message, User
from tests.bot.harness import RaidBot, until

LATER = """
WITH struck AS (UPDATE world_threat_participants SET last_action_at = last_action_at - interval '{minutes} minutes')
UPDATE reminders SET ready_at = ready_at - interval '{minutes} minutes' WHERE armed
"""
minutes = count(61)
"""Each time another number: two strikes of one second would be ready in one second, and told as one."""
DUE = "{ dueReminders(first: 50) { discordId } }"
WANTED = "query ($id: ID!) { player(discordId: $id) { reminders } }"


class Looks:
    """Counts how often the bot has asked whom to remind."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._number, self._numbers = 0, count(1)
        due_reminders = queries.due_reminders

        async def counted(*asked: Any) -> Any:
            self._number = next(self._numbers)
            return await due_reminders(*asked)

        monkeypatch.setattr(queries, "due_reminders", counted)
        monkeypatch.setattr(reminders, "LOOK_EVERY_SECONDS", 0.05)

    async def some(self) -> None:
        """Returns once a look that began after this call is over, and whoever was due then is reminded."""
        wanted = self._number + 2
        await until(lambda: self._number >= wanted, "the bot looks for reminders")


@pytest.fixture(autouse=True)
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    return Looks(monkeypatch)


async def asked(quiet_bot: RaidBot, user: User, reminders_wanted: str = "on") -> str:
    """What the player is told who uses the command."""
    office = quiet_bot.discord.channel("office")
    interaction = await quiet_bot.discord.slash(user, office, "raid_remind", reminders=reminders_wanted)
    await interaction.answered()
    message = interaction.message
    assert message is not None
    await quiet_bot.discord.until(lambda: not message.shown.thinking, "an answer")
    return message.text


async def strike(quiet_bot: RaidBot, user: User) -> None:
    struck = await quiet_bot.api.strike(str(user.id), *(await quiet_bot.api.unused(str(user.id)))[:1])
    assert struck["__typename"] == "ExecuteStrikeSuccess", struck


def reminded(quiet_bot: RaidBot, user: User) -> list[Message]:
    return quiet_bot.discord.direct_messages(user)


async def begin(quiet_bot: RaidBot, *names: str) -> list[User]:
    """A raid, and players who wish to be reminded."""
    await quiet_bot.start()
    await quiet_bot.api.raid(rules={"cooldownSeconds": 3600})
    players = [await quiet_bot.player(name) for name in names]
    for player in players:
        assert "I will send you a message" in await asked(quiet_bot, player)
    return players


async def cooldowns_end(quiet_bot: RaidBot, looks: Looks) -> None:
    """An hour and more passes for everybody who has struck. Before, the API has heard of all strikes."""
    await looks.some()
    await quiet_bot.api.rows(LATER.format(minutes=next(minutes)))


async def test_a_player_is_reminded_once_for_each_cooldown(quiet_bot: RaidBot, looks: Looks) -> None:
    ada, bob = await begin(quiet_bot, "Ada", "Bob")
    eve = await quiet_bot.player("Eve")
    for player in (ada, bob, eve):
        await strike(quiet_bot, player)
    await looks.some()
    assert reminded(quiet_bot, ada) == []
    await cooldowns_end(quiet_bot, looks)
    for player in (ada, bob):
        await quiet_bot.discord.until(partial(reminded, quiet_bot, player), "a reminder")
    await quiet_bot.restart()
    await looks.some()
    assert [len(reminded(quiet_bot, player)) for player in (ada, bob, eve)] == [1, 1, 0]
    assert "You may strike again" in reminded(quiet_bot, ada)[0].text

    await strike(quiet_bot, ada)
    await cooldowns_end(quiet_bot, looks)
    await quiet_bot.discord.until(lambda: len(reminded(quiet_bot, ada)) == 2, "the next reminder")
    assert "not remind you any more" in await asked(quiet_bot, ada, "off")
    await strike(quiet_bot, ada)
    await cooldowns_end(quiet_bot, looks)
    await looks.some()
    assert len(reminded(quiet_bot, ada)) == 2


@pytest.mark.parametrize("nonce_seconds", [300.0, 0.0])
async def test_a_reminder_whose_answer_was_lost_is_not_sent_again(
    quiet_bot: RaidBot, looks: Looks, nonce_seconds: float
) -> None:
    (ada,) = await begin(quiet_bot, "Ada")
    direct = quiet_bot.discord.state.direct_channel(ada)
    quiet_bot.discord.faults.lose_answers(route=f"^POST /channels/{direct.id}/")
    await strike(quiet_bot, ada)
    await cooldowns_end(quiet_bot, looks)
    await quiet_bot.discord.until(lambda: bool(reminded(quiet_bot, ada)), "the reminder is there")
    await quiet_bot.stop()
    quiet_bot.discord.faults.clear()
    quiet_bot.discord.nonce_seconds = nonce_seconds
    await quiet_bot.start()
    await looks.some()
    assert (await quiet_bot.api.told(DUE, quiet_bot.api.tokens.bot))["dueReminders"] == []
    assert len(reminded(quiet_bot, ada)) == 1


async def test_closed_doors_end_reminders_and_the_player_learns_it_next_time(quiet_bot: RaidBot, looks: Looks) -> None:
    (ada,) = await begin(quiet_bot, "Ada")
    ada.accepts_direct_messages = False
    await strike(quiet_bot, ada)
    await cooldowns_end(quiet_bot, looks)
    await looks.some()
    told = await quiet_bot.api.told(WANTED, quiet_bot.api.tokens.bot, id=str(ada.id))
    assert told["player"]["reminders"] is False

    await quiet_bot.restart()  # what is to be hinted at outlives it
    office = quiet_bot.discord.channel("office")
    helped = await quiet_bot.discord.slash(ada, office, "raid_help")
    await quiet_bot.discord.until(
        lambda: any("could not send you a direct message" in each.text for each in office.history), "the hint"
    )
    assert helped.callback is not None
    hints = [each for each in office.history if "could not send you" in each.text]
    assert [hint.visible_to for hint in hints] == [ada]
    again = await quiet_bot.discord.slash(ada, office, "raid_help")
    await again.answered()
    await quiet_bot.stop()  # whatever was on its way is there
    assert len([each for each in office.history if "could not send you" in each.text]) == 1


async def test_everybody_is_reminded_in_the_language_they_asked_in(quiet_bot: RaidBot, looks: Looks) -> None:
    (ada,) = await begin(quiet_bot, "Ada")
    karl = await quiet_bot.player("Karl")
    karl.locale = "de"
    assert "Ich schreibe dir, sobald" in await asked(quiet_bot, karl)
    for player in (ada, karl):
        await strike(quiet_bot, player)
    await cooldowns_end(quiet_bot, looks)
    for player, said in ((ada, "You may strike again"), (karl, "darfst du wieder angreifen")):
        await quiet_bot.discord.until(partial(reminded, quiet_bot, player), "a reminder")
        assert said in reminded(quiet_bot, player)[0].text


async def test_who_is_not_registered_is_told_what_to_do(quiet_bot: RaidBot) -> None:
    await quiet_bot.start()
    assert "not registered" in await asked(quiet_bot, quiet_bot.discord.user("Nobody"))
