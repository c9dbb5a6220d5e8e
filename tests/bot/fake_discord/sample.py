"""A small bot on the real discord.py, for trying the loopback Discord itself."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Literal

import discord
from discord import app_commands

from tests.bot.fake_discord.pointing import pointed_at, without_waits
from tests.bot.fake_discord.server import FakeDiscord

Interaction = discord.Interaction
Act = Callable[[discord.Interaction], Awaitable[object]]
READY_SECONDS = 60.0


class SampleBot(discord.AutoShardedClient):
    """`/do` runs what a test has put into `act`; `/choose` gives back every kind of option."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents(guilds=True), allowed_mentions=discord.AllowedMentions.none())
        self.tree = app_commands.CommandTree(self)
        self.act: Act | None = None
        self.completions: list[app_commands.Choice[str]] = []
        self.raised: list[BaseException] = []
        self.events: list[str] = []
        self.tree.error(self._keep_error)

    async def setup_hook(self) -> None:
        self._add_commands()
        await self.tree.sync()

    async def on_resumed(self) -> None:
        self.events.append("resumed")

    async def _keep_error(self, _interaction: discord.Interaction, error: app_commands.AppCommandError) -> None:
        self.raised.append(error.__cause__ or error)

    def _add_commands(self) -> None:
        tree = self.tree

        @tree.command(description="Runs what the test says")
        async def do(interaction: discord.Interaction) -> None:
            assert self.act is not None
            await self.act(interaction)

        @tree.command(description="Gives back what was chosen")
        async def choose(
            interaction: discord.Interaction,
            text: app_commands.Range[str, 1, 5],
            kind: Literal["fight", "analyze"],
            number: app_commands.Range[int, 1, 6] = 1,
            share: float = 0.5,
            sure: bool = False,
            who: discord.Member | None = None,
            role: discord.Role | None = None,
            where: discord.TextChannel | None = None,
        ) -> None:
            chosen = [text, kind, number, share, sure, who and who.display_name, role and role.name]
            await interaction.response.send_message(f"{chosen} {where and where.id} {interaction.locale.value}")

        async def complete(_interaction: discord.Interaction, _text: str) -> list[app_commands.Choice[str]]:
            return self.completions

        @tree.command(description="Completes a name")
        async def look(interaction: discord.Interaction, name: str) -> None:
            await interaction.response.send_message(name)

        look.autocomplete("name")(complete)
        group = app_commands.Group(
            name="manage", description="For those who may", default_permissions=discord.Permissions(manage_guild=True)
        )

        @group.command(description="Starts one")
        async def create(interaction: discord.Interaction, name: str) -> None:
            await interaction.response.send_message(f"created {name}")

        tree.add_command(group)


@contextlib.asynccontextmanager
async def connected_sample(discord_there: FakeDiscord) -> AsyncIterator[SampleBot]:
    """Ready on every shard."""
    with pointed_at(discord_there.rest_url, discord_there.gateway_url):
        async with SampleBot() as bot:
            without_waits(bot)
            running = asyncio.create_task(bot.start(discord_there.token))
            async with asyncio.timeout(READY_SECONDS):
                while not bot.is_ready():
                    assert not running.done(), running
                    await asyncio.sleep(0.005)
            yield bot
            await bot.close()
            await running
