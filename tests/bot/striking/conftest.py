"""One bot for all tests of a module; each test plays a raid of its own."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.bot.fake_discord import FakeDiscord
from tests.bot.harness import connected_bot
from tests.bot.striking.table import Table
from tests.web.harness import Api


@pytest.fixture(scope="module")
async def shared_table(
    open_bot_api: Callable[..., AbstractAsyncContextManager[Api]], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Table]:
    folder: Path = tmp_path_factory.mktemp("bot")
    async with (
        open_bot_api() as api,
        FakeDiscord() as discord,
        connected_bot(discord, api, folder) as raid_bot,
    ):
        yield Table(raid_bot)


@pytest.fixture
async def table(shared_table: Table) -> AsyncIterator[Table]:
    """The table to play at. Whatever a test does, Discord must have nothing to complain about."""
    before = len(shared_table.discord.violations)
    yield shared_table
    assert shared_table.discord.violations[before:] == []
    assert shared_table.discord.missed == []
