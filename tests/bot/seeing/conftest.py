"""One bot for the commands' tests, and bots of their own for the live message's, which count edits."""

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.bot.fake_discord import FakeDiscord
from tests.bot.harness import RaidBot, connected_bot
from tests.web.harness import Api


@pytest.fixture(scope="module")
async def shared_bot(
    open_bot_api: Callable[..., AbstractAsyncContextManager[Api]], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RaidBot]:
    """Shared by a module's tests: each begins a raid of its own."""
    folder: Path = tmp_path_factory.mktemp("state")
    async with contextlib.AsyncExitStack() as stack:
        api = await stack.enter_async_context(open_bot_api())
        discord = await stack.enter_async_context(FakeDiscord())
        yield await stack.enter_async_context(connected_bot(discord, api, folder))


@pytest.fixture
async def seeing_bot(shared_bot: RaidBot) -> AsyncIterator[RaidBot]:
    """`shared_bot`, having kept to Discord's API description when the test is over."""
    yield shared_bot
    assert shared_bot.discord.violations == []
    assert shared_bot.discord.missed == []
