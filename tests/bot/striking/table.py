"""What a test of the striking panels does over and over."""

from dataclasses import dataclass
from typing import Any

from tests.bot.fake_discord import FakeDiscord, Interaction, Message, Shown, User
from tests.bot.harness import RaidBot
from tests.web.harness import ROOT, Api

WEAK_TO_FIRE = [{"kind": "ELEMENTAL", "value": "fire"}]
ICE = [{"kind": "ELEMENTAL", "value": "ice"}]
COOLDOWN = {"cooldownSeconds": 3600}


@dataclass
class Table:
    raid_bot: RaidBot

    @property
    def discord(self) -> FakeDiscord:
        return self.raid_bot.discord

    @property
    def api(self) -> Api:
        return self.raid_bot.api

    async def player(self, *, characters: int = 8, locale: str = "en-US") -> User:
        user = await self.raid_bot.player(characters=characters)
        user.locale = locale
        return user

    async def slash(self, user: User, command: str) -> Interaction:
        return await self.discord.slash(user, self.discord.channel("general"), command)

    async def open(self, user: User, command: str = "raid_strike") -> Message:
        """The message that the command is answered with, once it is there."""
        interaction = await self.slash(user, command)
        await interaction.answered()
        assert interaction.message.ephemeral
        return interaction.message

    async def tap(self, message: Message, button: str, shows: str) -> Shown:
        return await (await message.click(button)).shows(shows)

    async def strikes(self, user: User) -> list[Any]:
        """The user's strikes in all raids, as the database holds them."""
        return await self.api.rows(
            """
            SELECT raid_id, number FROM idempotency_keys JOIN users ON users.id = idempotency_keys.user_id
            WHERE users.discord_id = $1 ORDER BY raid_id, number
            """,
            str(user.id),
        )

    async def keys(self, user: User) -> list[str]:
        rows = await self.api.rows(
            "SELECT key FROM idempotency_keys JOIN users ON users.id = user_id WHERE discord_id = $1", str(user.id)
        )
        return [row["key"] for row in rows]

    async def end_raid(self) -> None:
        live = (await self.api.told("{ activeRaid { id } }", self.api.tokens.admin))["activeRaid"]
        if live is not None:
            await self.api.service.desk.end_raid(ROOT, raid_id=live["id"], reason="a test")


def custom_ids(message: Message) -> list[str]:
    """Of all buttons and selects."""
    return list(_custom_ids(message.components))


def _custom_ids(found: Any) -> Any:
    for component in found:
        if "custom_id" in component:
            yield component["custom_id"]
        yield from _custom_ids(component.get("components", ()))


def state_in(message: Message, prefix: str) -> str:
    """The packed state in the component whose custom id begins like this."""
    return next(each for each in custom_ids(message) if each.startswith(prefix)).rpartition(":")[2]
