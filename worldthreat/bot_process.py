"""The Discord bot as a process of its own: what `worldthreat bot` runs."""

import asyncio
import contextlib
import gc
import logging
import random
import signal
import sys
from collections.abc import AsyncIterator
from typing import Final

import aiohttp
import discord
import structlog

from bot.app import BadApiTokenError, WorldThreatBot
from bot.commands_sync import Synced
from bot.options import BotOptions
from worldthreat.errors import StartError
from worldthreat.settings import Settings, own_url

__all__ = ["bot_options", "run_bot", "sync_commands"]

STATE_DIR: Final = "bot"
FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 60.0
STEADY_SECONDS: Final = 60.0
"""After so long it was no failure of the start: the next pause is the first again."""
REFUSED_FOR_GOOD: Final = frozenset({4004, 4010, 4011, 4012, 4013, 4014})
"""Close codes of Discord's gateway after which connecting again is no use."""
DISCORD_AWAY = (aiohttp.ClientError, OSError, TimeoutError, discord.DiscordServerError, discord.GatewayNotFound)

log = structlog.get_logger(__name__)


def bot_options(settings: Settings, *, needs_api: bool = True) -> BotOptions:
    """What the settings say to the bot. Raises StartError when they do not say enough."""
    if settings.discord_token is None:
        raise StartError("WORLDTHREAT_DISCORD_TOKEN is not set: copy the bot's token from Discord's developer portal.")
    if needs_api and settings.api_token is None:
        raise StartError("WORLDTHREAT_API_TOKEN is not set: make one with `worldthreat token create --role bot`.")
    named = settings.discord_admin_roles or settings.discord_admin_users
    if needs_api and named and settings.api_admin_token is None:
        log.warning("raids cannot be administered from Discord: WORLDTHREAT_API_ADMIN_TOKEN is not set")
    return BotOptions(
        discord_token=settings.discord_token.get_secret_value(),
        api_url=settings.api_url or own_url(settings.host, settings.port),
        api_token="" if settings.api_token is None else settings.api_token.get_secret_value(),
        admin_token=None if settings.api_admin_token is None else settings.api_admin_token.get_secret_value(),
        home_guild_id=settings.discord_home_guild,
        admin_role_ids=frozenset(settings.discord_admin_roles),
        admin_user_ids=frozenset(settings.discord_admin_users),
        state_dir=settings.data_dir / STATE_DIR,
    )


async def run_bot(options: BotOptions, *, beside: bool = False) -> None:
    """Runs until Ctrl-C or SIGTERM, or with `beside` until the standard input is closed. Discord may be away.

    Raises StartError when Discord or the API refuses a token.
    """
    logging.getLogger("discord").setLevel(logging.WARNING)
    # What is imported stays: a full collection would look through it all, for 0.2 s, while hundreds wait for an answer.
    gc.collect()
    gc.freeze()
    async with _stopping(beside=beside) as stop:
        pause = FIRST_PAUSE_SECONDS
        while not stop.is_set():
            began = asyncio.get_running_loop().time()
            try:
                await _run_once(options, stop)
            except DISCORD_AWAY as error:
                if asyncio.get_running_loop().time() - began > STEADY_SECONDS:
                    pause = FIRST_PAUSE_SECONDS
                log.warning("Discord cannot be reached: tried again", error=repr(error), seconds=pause)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(random.uniform(pause / 2, pause)):
                        await stop.wait()
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


async def _run_once(options: BotOptions, stop: asyncio.Event) -> None:
    """Comes back once `stop` is set and everything is closed. Raises StartError, or one of DISCORD_AWAY."""
    stopped = asyncio.create_task(stop.wait())
    with _refusals_told():
        try:
            async with WorldThreatBot(options) as bot:
                running = asyncio.create_task(bot.start(options.discord_token))
                await asyncio.wait({running, stopped}, return_when=asyncio.FIRST_COMPLETED)
                if stop.is_set():
                    await bot.close()
                    running.cancel()
                    await asyncio.gather(running, return_exceptions=True)
                else:
                    await running
        finally:
            stopped.cancel()


async def sync_commands(options: BotOptions) -> Synced:
    """Logs in, brings the commands up to date, logs out. Raises StartError."""

    class Syncing(WorldThreatBot):
        async def setup_hook(self) -> None:
            await self.add_commands()

    try:
        with _refusals_told():
            async with Syncing(options) as bot:
                await bot.login(options.discord_token)
                return await bot.sync_commands()
    except (*DISCORD_AWAY, discord.HTTPException) as error:
        raise StartError(f"Discord did not take the commands: {str(error) or type(error).__name__}.") from error


class _refusals_told(contextlib.AbstractContextManager[None]):  # noqa: N801 - used as a function
    """What no second attempt would mend becomes one line."""

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, discord.LoginFailure) or (
            isinstance(error, discord.ConnectionClosed) and error.code in REFUSED_FOR_GOOD
        ):
            raise StartError(
                "Discord refuses WORLDTHREAT_DISCORD_TOKEN: copy the bot's token again from Discord's developer portal."
            ) from error
        if isinstance(error, BadApiTokenError):
            raise StartError(f"{error.message} Make one with `worldthreat token create --role bot`.") from error


@contextlib.asynccontextmanager
async def _stopping(*, beside: bool) -> AsyncIterator[asyncio.Event]:
    """Set by Ctrl-C and SIGTERM, and with `beside` by the end of the standard input."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    transport: asyncio.BaseTransport | None = None
    if beside:
        reader = asyncio.StreamReader()
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        watching = asyncio.create_task(_until_closed(reader, stop))
    try:
        yield stop
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
        if transport is not None:
            watching.cancel()
            transport.close()


async def _until_closed(reader: asyncio.StreamReader, stop: asyncio.Event) -> None:
    while await reader.read(1024):
        pass
    stop.set()
