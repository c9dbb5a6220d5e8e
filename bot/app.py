"""The bot: what it is made of, how it starts and how it stops.

Handlers get the bot as their first argument and find `options`, `api` and `clock` on it. They answer with
`bot.answers`, and build on the views of `bot.views`.
"""

import asyncio
import contextlib
from typing import Protocol

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot import admin, announcing, seeing, striking
from bot.answers import tell_error
from bot.api import ApiRefusedError, ApiUnavailableError, RaidApi
from bot.clock import DiscordClock
from bot.cog import WorldThreatCog
from bot.commands_sync import CommandTranslator, Synced, sync_when_changed
from bot.options import BotOptions
from bot.views import guarded, take_form

__all__ = ["BadApiTokenError", "WorldThreatBot"]

STOP_SECONDS = 5.0
FIRST_ANSWER_SECONDS = 3.0
VIEWER = "{ viewer { role } }"

DYNAMIC_ITEMS = tuple(
    guarded(item)
    for items in (admin.DYNAMIC_ITEMS, striking.DYNAMIC_ITEMS, seeing.DYNAMIC_ITEMS, announcing.DYNAMIC_ITEMS)
    for item in items
)
FORMS = (*admin.FORMS, *striking.FORMS)

log = structlog.get_logger(__name__)


class BadApiTokenError(Exception):
    """The API does not take the bot's token; `message` is one line: which and why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class LongLiving(Protocol):
    """A part that lives as long as the bot is connected."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class WorldThreatBot(commands.AutoShardedBot):
    """Connects with ``start(options.discord_token)``; ``close()`` ends everything that it started.

    `start` raises BadApiTokenError, or what discord.py raises: LoginFailure for a bad Discord token.
    """

    def __init__(self, options: BotOptions) -> None:
        self.options = options
        self.api = RaidApi(options)
        self.clock = DiscordClock()
        self._command_ids: dict[str, int] = {}
        self._parts: list[LongLiving] = []
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # it never speaks
        self._beginning: asyncio.Task[None] | None = None
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            tree_cls=WorldThreatTree,
            http_trace=self.clock.trace(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
        )

    async def setup_hook(self) -> None:
        """Everything before the gateway is opened. The API may be away: the bot then says so, and waits for it."""
        await self.api.__aenter__()
        await self._check_token()
        self._register_dynamic_items()
        await self.add_commands()
        try:
            await self.sync_commands()
        except (discord.HTTPException, OSError) as error:
            log.warning("the commands could not be compared with Discord's: they stay as they are", error=str(error))
        self._beginning = asyncio.create_task(self._begin_when_ready())

    async def add_commands(self) -> None:
        """The slash commands and their translations."""
        await self.tree.set_translator(CommandTranslator())
        await self.add_cog(WorldThreatCog(self))

    async def sync_commands(self) -> Synced:
        """Brings Discord's commands up to date. Raises discord.HTTPException."""
        synced = await sync_when_changed(self)
        self._command_ids = dict(synced.ids)
        return synced

    def mention_of(self, command: str) -> str:
        """The command to tap on, as in ``</raid_strike:12>``; a subcommand by its whole name, ``raid_admin status``."""
        command_id = self._command_ids.get(command.partition(" ")[0])
        return f"`/{command}`" if command_id is None else f"</{command}:{command_id}>"

    async def _check_token(self) -> None:
        try:
            answer = await self.api.ask(VIEWER, within_seconds=FIRST_ANSWER_SECONDS)
        except ApiUnavailableError as error:
            log.warning("the API is away: the bot starts all the same and waits for it", error=str(error))
            return
        except ApiRefusedError as error:
            raise BadApiTokenError(f"The API refuses the bot's token: {error.message}") from error
        role = answer["viewer"]["role"]
        if role != "BOT":
            raise BadApiTokenError(f"The bot's API token has the role {role.lower()}: it needs one of the role bot.")

    def _register_dynamic_items(self) -> None:
        self.add_dynamic_items(*DYNAMIC_ITEMS)

    async def on_interaction(self, interaction: discord.Interaction[discord.Client]) -> None:
        # The library forgets dynamic items when a view that held them is edited or times out.
        self._register_dynamic_items()
        await take_form(interaction, FORMS)

    async def on_ready(self) -> None:
        log.info("connected to Discord", servers=len(self.guilds), user=str(self.user))

    async def _begin_when_ready(self) -> None:
        await self.wait_until_ready()
        for part in (announcing.WorldThreatEventHandler(self), seeing.LiveStatus(self), announcing.Reminders(self)):
            self._parts.append(part)
            try:
                await part.start()
            except Exception:
                log.exception("a part of the bot cannot be started, the others run", part=type(part).__name__)

    async def close(self) -> None:
        """Ends the long-living parts, the gateway and the line to the API; again: nothing."""
        if self._beginning is not None:
            beginning, self._beginning = self._beginning, None
            beginning.cancel()
            await asyncio.gather(beginning, return_exceptions=True)
        parts, self._parts = self._parts, []
        for part in reversed(parts):
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await part.stop()
            except Exception:
                log.exception("a part of the bot did not stop as it should", part=type(part).__name__)
        with contextlib.suppress(asyncio.CancelledError):
            await super().close()
        await self.api.__aexit__(None, None, None)


class WorldThreatTree(app_commands.CommandTree[WorldThreatBot]):
    """Drops what is too old to be answered, and tells what goes wrong."""

    async def interaction_check(self, interaction: discord.Interaction[WorldThreatBot], /) -> bool:
        clock = self.client.clock
        answerable = clock.is_answerable(interaction)
        if not answerable:
            log.warning("an interaction came too late to be answered", seconds=clock.age_seconds(interaction))
        return answerable

    async def on_error(
        self, interaction: discord.Interaction[WorldThreatBot], error: app_commands.AppCommandError, /
    ) -> None:
        await tell_error(interaction, error)
