"""Who asks, remembered: few questions to the database, and nobody in for long whose token has ended."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import event, text

from db.engine import Database
from services.authentication import TRUSTED_SECONDS, Authenticator
from services.errors import UnauthenticatedError
from services.raid_administration import Actor
from services.tokens import TokenOffice
from services.views import CreatedToken, Principal, Role

ROOT = Actor("root", None)
PATIENCE = 30.0


@pytest.fixture
async def authenticator(database: Database) -> AsyncIterator[Authenticator]:
    authenticator = Authenticator(database, check_seconds=0.05)
    authenticator.start()
    yield authenticator
    await authenticator.stop()


@pytest.fixture
def statements(database: Database) -> list[str]:
    """All that are sent from now on."""
    sent: list[str] = []
    for engine in (database.engine.sync_engine, database._reading_engine.sync_engine):
        event.listen(engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    return sent


async def token(database: Database) -> CreatedToken:
    return await TokenOffice(database).create(ROOT, role=Role.BOT, name="a bot", discord_id=None, expires_at=None)


async def refused(authenticator: Authenticator, secret: str) -> str:
    """Waits until the token is refused."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await authenticator.principal(secret)
            except UnauthenticatedError as error:
                return str(error)
            await asyncio.sleep(0.01)


async def test_a_token_is_looked_up_once_however_many_ask(
    database: Database, authenticator: Authenticator, statements: list[str]
) -> None:
    created = await token(database)
    statements.clear()
    found = await asyncio.gather(*(authenticator.principal(created.secret) for _ in range(50)))
    assert {principal.token_id for principal in found} == {int(created.token.id)}
    for _ in range(50):
        assert await authenticator.principal(created.secret) == found[0]
    assert len([one for one in statements if "token_hash" in one]) == 1


async def test_who_goes_away_takes_the_answer_from_nobody(database: Database, authenticator: Authenticator) -> None:
    created = await token(database)
    first = asyncio.create_task(authenticator.principal(created.secret))
    second = asyncio.create_task(authenticator.principal(created.secret))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).role is Role.BOT
    assert not authenticator._lookups


async def test_a_token_that_another_process_ends_is_soon_refused_and_its_connections_are_told(
    database: Database, authenticator: Authenticator
) -> None:
    created = await token(database)
    principal = await authenticator.principal(created.secret)
    first, second = asyncio.Event(), asyncio.Event()
    authenticator.watch(principal, first.set)
    unwatch = authenticator.watch(principal, second.set)
    unwatch()
    await TokenOffice(database).revoke(ROOT, str(created.token.id))
    await asyncio.wait_for(first.wait(), PATIENCE)
    assert not second.is_set()
    assert "was revoked" in await refused(authenticator, created.secret)


async def test_a_token_that_ends_here_is_refused_at_once(database: Database, authenticator: Authenticator) -> None:
    created = await token(database)
    principal = await authenticator.principal(created.secret)
    await TokenOffice(database).revoke(ROOT, str(created.token.id))
    authenticator.end(created.token.id)
    with pytest.raises(UnauthenticatedError, match="was revoked"):
        await authenticator.principal(created.secret)
    told = asyncio.Event()
    authenticator.watch(principal, told.set)  # who was just about to
    await asyncio.wait_for(told.wait(), PATIENCE)


async def test_a_token_expires_while_it_is_used(database: Database, authenticator: Authenticator) -> None:
    created = await token(database)
    told = asyncio.Event()
    authenticator.watch(await authenticator.principal(created.secret), told.set)
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE api_tokens SET expires_at = now() + interval '0.2 s'"))
    assert "has expired" in await refused(authenticator, created.secret)
    await asyncio.wait_for(told.wait(), PATIENCE)


async def test_its_use_is_noted_beside_the_requests(
    database: Database, authenticator: Authenticator, statements: list[str]
) -> None:
    created = await token(database)
    office = TokenOffice(database)
    await authenticator.principal(created.secret)
    for _ in range(1_000):
        if (await office.tokens())[0].last_used_at is not None:
            break
        await asyncio.sleep(0.01)
    else:
        pytest.fail("it was never noted")
    statements.clear()
    for _ in range(20):
        await authenticator.principal(created.secret)
        await asyncio.sleep(0.01)
    assert not [one for one in statements if one.startswith("UPDATE")]


async def test_without_a_database_a_token_is_trusted_for_seconds_and_no_longer(
    database: Database, authenticator: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = await token(database)
    principal = await authenticator.principal(created.secret)

    def away() -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(database, "reading", away)
    assert await authenticator.principal(created.secret) is principal
    known = authenticator._by_id[int(created.token.id)]
    await asyncio.sleep(0.2)
    known.checked_at -= TRUSTED_SECONDS
    with pytest.raises(ConnectionRefusedError):
        await authenticator.principal(created.secret)


async def test_nobody_is_the_public(authenticator: Authenticator) -> None:
    assert await authenticator.principal(None) == Principal(Role.PUBLIC)
