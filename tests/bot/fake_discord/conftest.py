"""One loopback Discord and one small bot on the real discord.py for all tests of a module."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.bot.fake_discord import Channel, FakeDiscord, User
from tests.bot.fake_discord.sample import SampleBot, connected_sample


@pytest.fixture(scope="module")
async def there() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as there:
        yield there


@pytest.fixture(scope="module")
async def connected(there: FakeDiscord) -> AsyncIterator[SampleBot]:
    there.channel("general")
    async with connected_sample(there) as bot:
        yield bot


@pytest.fixture
def bot(connected: SampleBot, there: FakeDiscord) -> Iterator[SampleBot]:
    """Connected. What it sends and gets must be as Discord's API description says, unless a test takes the blame."""
    connected.raised.clear()
    connected.events.clear()
    there.faults.clear()
    yield connected
    assert not [str(violation) for violation in there.take_violations()]


@pytest.fixture
def ada(there: FakeDiscord) -> User:
    return there.user("Ada")


@pytest.fixture
def general(there: FakeDiscord) -> Channel:
    return there.channel("general")
