"""Points the real discord.py at the loopback Discord instead of discord.com."""

import contextlib
import types
from collections.abc import Iterator

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

GUILDS_WAIT_SECONDS = 0.05


@contextlib.contextmanager
def pointed_at(rest_url: str, gateway_url: str) -> Iterator[None]:
    """For all clients of this process, until the block ends."""
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = rest_url, yarl.URL(gateway_url)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before


async def at_once(_client: discord.Client, shard_id: int | None, *, initial: bool = False) -> None:
    """In place of Client.before_identify_hook, which lets five seconds pass."""
    del shard_id, initial


def without_waits(client: discord.Client) -> None:
    """Leaves out what discord.py waits for on the real Discord alone: for more guilds, before IDENTIFY."""
    client._connection.guild_ready_timeout = GUILDS_WAIT_SECONDS
    client.before_identify_hook = types.MethodType(at_once, client)  # type: ignore[method-assign]
