"""The real bot, connected to a loopback Discord."""

import contextlib
import importlib
import itertools
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import make_url

with warnings.catch_warnings():
    # discord.py imports it for voice, which the bot has no use for.
    warnings.filterwarnings("ignore", "'audioop' is deprecated", DeprecationWarning)
    importlib.import_module("discord")

from db.embedded import EmbeddedServer
from tests.bot.fake_discord import FakeDiscord
from tests.bot.harness import RaidBot, connected_bot
from tests.folders import COPIED
from tests.web.harness import Api, import_sample_roster, serving

OpenRaidBot = Callable[..., AbstractAsyncContextManager[RaidBot]]
numbers = itertools.count(1)

EMPTY = """
SET session_replication_role = replica;
TRUNCATE
    world_threat_raids, raid_configurations, raid_events, world_threat_strikes, world_threat_analysis,
    world_threat_participants, world_threat_leaderboard_steps, world_threat_character_usage, idempotency_keys,
    reward_grants, admin_actions, announcement_channels, announcement_deliveries, reminders, reminder_progress,
    equipment, user_characters;
RESET session_replication_role;
DELETE FROM users WHERE NOT EXISTS (SELECT FROM api_tokens WHERE api_tokens.user_id = users.id);
"""
"""All that players and admins did, past the triggers that guard it. Numbers go on: nothing that a server remembers is
mistaken for something new."""


@pytest.fixture(scope="session")
def open_bot_api(
    server: EmbeddedServer, administrator: "asyncpg.Connection[asyncpg.Record]", template: str
) -> Callable[..., AbstractAsyncContextManager[Api]]:
    """Starts API servers with the sample roster, each over a database of its own."""

    @contextlib.asynccontextmanager
    async def opened(**settings: Any) -> AsyncIterator[Api]:
        name = f"bot_{next(numbers)}"
        await administrator.execute(f"CREATE DATABASE {name} TEMPLATE {template} {COPIED}")
        try:
            url = make_url(server.url).set(database=name).render_as_string(hide_password=False)
            async with serving(url, **settings) as api:
                await import_sample_roster(api.database)
                yield api
        finally:
            await administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")

    return opened


@pytest.fixture
async def fake_discord() -> AsyncIterator[FakeDiscord]:
    """A loopback Discord that no bot is connected to yet."""
    async with FakeDiscord() as discord:
        yield discord


@pytest.fixture(scope="session")
async def shared_bot_api(open_bot_api: Callable[..., AbstractAsyncContextManager[Api]]) -> AsyncIterator[Api]:
    async with open_bot_api() as api:
        yield api


@pytest.fixture
async def bot_api(shared_bot_api: Api) -> AsyncIterator[Api]:
    """An API server as if it were the test's own: no raid, no channel and no player before, and none left behind."""
    yield shared_bot_api
    async with shared_bot_api.database.driver_connection() as connection:
        await connection.execute(EMPTY)


@pytest.fixture
async def raid_bot(fake_discord: FakeDiscord, bot_api: Api, tmp_path: Path) -> AsyncIterator[RaidBot]:
    """The real bot, ready on a loopback Discord of its own, with a real API and database behind it.

    Whatever it does in a test must keep to Discord's API description and limits.
    """
    async with connected_bot(fake_discord, bot_api, tmp_path) as raid_bot:
        yield raid_bot
    assert not [str(violation) for violation in fake_discord.violations]
