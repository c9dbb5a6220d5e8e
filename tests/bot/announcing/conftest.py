"""The bot, not connected yet: a test sets up its server first, and starts, stops and starts the bot again."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bot.fake_discord import FakeDiscord
from tests.bot.fake_discord.pointing import pointed_at
from tests.bot.harness import RaidBot, unconnected_bot
from tests.web.harness import Api


@pytest.fixture
async def quiet_bot(fake_discord: FakeDiscord, bot_api: Api, tmp_path: Path) -> AsyncIterator[RaidBot]:
    with pointed_at(fake_discord.rest_url, fake_discord.gateway_url):
        raid_bot = unconnected_bot(fake_discord, bot_api, tmp_path)
        yield raid_bot
        await raid_bot.stop()
    assert fake_discord.violations == []
