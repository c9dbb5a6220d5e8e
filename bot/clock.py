"""How old an interaction is, by Discord's clock: this machine's may be wrong, and the age is told by Discord's."""

import asyncio
import time
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from typing import Final

import aiohttp
import discord

__all__ = ["ANSWERABLE_SECONDS", "DiscordClock"]

ANSWERABLE_SECONDS: Final = 2.5
"""Discord takes the first answer for 3 seconds; what is older than this cannot be answered in time any more."""
TRUSTED_SECONDS: Final = 1.5
"""The Date header tells whole seconds and travels: a smaller difference is none."""


class DiscordClock:
    """Learns from the Date of Discord's HTTP answers how far this machine's clock is off."""

    def __init__(self) -> None:
        self._ahead_seconds = 0.0

    def trace(self) -> aiohttp.TraceConfig:
        """Give it to the client as its `http_trace`."""
        trace = aiohttp.TraceConfig()
        trace.on_request_start.append(self._begun)
        trace.on_request_end.append(self._ended)
        return trace

    async def _begun(
        self, _session: aiohttp.ClientSession, context: SimpleNamespace, _begun: aiohttp.TraceRequestStartParams
    ) -> None:
        context.begun = asyncio.get_running_loop().time()

    async def _ended(
        self, _session: aiohttp.ClientSession, context: SimpleNamespace, ended: aiohttp.TraceRequestEndParams
    ) -> None:
        took = asyncio.get_running_loop().time() - context.begun
        try:
            told = parsedate_to_datetime(ended.response.headers["Date"]).timestamp() + 0.5
        except (KeyError, ValueError):
            return
        if took < TRUSTED_SECONDS:
            ahead = time.time() - took / 2 - told
            self._ahead_seconds = ahead if abs(ahead) > TRUSTED_SECONDS else 0.0

    def age_seconds(self, interaction: discord.Interaction[discord.Client]) -> float:
        """How long ago Discord made the interaction."""
        return time.time() - self._ahead_seconds - interaction.created_at.timestamp()

    def is_answerable(self, interaction: discord.Interaction[discord.Client]) -> bool:
        """False when nobody has answered the interaction and it is too late to."""
        return interaction.response.is_done() or self.age_seconds(interaction) <= ANSWERABLE_SECONDS
