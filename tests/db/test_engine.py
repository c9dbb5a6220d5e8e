import asyncio
import time

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from db.embedded import DatabaseUnusableError, EmbeddedServer
from db.engine import Database, Timeouts, database_url


async def test_a_transaction_commits_at_its_end_and_rolls_back_when_its_block_raises(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    async with database.transaction() as tx:
        await tx.execute(text("CREATE TABLE kept (value int)"))
    with pytest.raises(DBAPIError, match="division by zero"):
        await _insert_and_fail(database)
    async with database.transaction() as tx:
        await tx.execute(text("INSERT INTO kept VALUES (2)"))
    async with database.reading() as connection:
        assert (await connection.scalars(text("SELECT value FROM kept"))).all() == [2]
    await database.close()


async def _insert_and_fail(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute(text("INSERT INTO kept VALUES (1)"))
        await tx.execute(text("SELECT 1 / 0"))


async def test_reading_sees_each_commit_at_once_and_cannot_write(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    async with database.transaction() as tx:
        await tx.execute(text("CREATE TABLE seen (value int)"))
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM seen")) == 0
        async with database.transaction() as tx:
            await tx.execute(text("INSERT INTO seen VALUES (1)"))
        assert await connection.scalar(text("SELECT count(*) FROM seen")) == 1
        with pytest.raises(DBAPIError, match="read-only transaction"):
            await connection.execute(text("INSERT INTO seen VALUES (2)"))
    await database.close()


async def test_json_goes_in_and_comes_back_as_python_values_on_every_kind_of_connection(
    empty_database_url: str,
) -> None:
    database = Database(empty_database_url)
    value = {"boss": "Ωmega", "hp": 2**53 - 1, "weak": ["fire", None], "tier": 1.5}
    async with database.transaction() as tx:
        await tx.execute(text("CREATE TABLE boss (id int, body jsonb)"))
    async with database.driver_connection() as connection:
        await connection.execute("INSERT INTO boss VALUES (1, $1)", value)
        assert await connection.fetchval("SELECT body FROM boss") == value
        assert await connection.fetchval("SELECT $1::json", value) == value
    async with database.reading() as reader:
        assert await reader.scalar(text("SELECT body FROM boss").columns(body=JSONB())) == value
    await database.close()


async def test_every_connection_has_our_timeouts_utc_and_name(empty_database_url: str) -> None:
    timeouts = Timeouts(lock_ms=1234, statement_ms=2345, idle_in_transaction_ms=3456)
    database = Database(empty_database_url, timeouts=timeouts, application_name="a test")
    question = """SELECT current_setting('lock_timeout'), current_setting('statement_timeout'),
        current_setting('idle_in_transaction_session_timeout'), current_setting('timezone'),
        current_setting('application_name'), current_setting('transaction_isolation')"""
    expected = ("1234ms", "2345ms", "3456ms", "UTC", "a test", "read committed")
    async with database.transaction() as tx:
        assert tuple((await tx.execute(text(question))).one()) == expected
    async with database.reading() as reader:
        assert tuple((await reader.execute(text(question))).one()) == expected
    async with database.driver_connection() as connection:
        assert tuple(await connection.fetchrow(question) or ()) == expected
    await database.close()


async def test_a_row_that_another_holds_is_waited_for_no_longer_than_the_lock_timeout(empty_database_url: str) -> None:
    database = Database(empty_database_url, timeouts=Timeouts(lock_ms=100))
    async with database.transaction() as tx:
        await tx.execute(text("CREATE TABLE held (id int)"))
        await tx.execute(text("INSERT INTO held VALUES (1)"))
    async with database.transaction() as holder:
        await holder.execute(text("SELECT * FROM held FOR UPDATE"))
        async with database.driver_connection() as connection:
            begun = time.monotonic()
            with pytest.raises(asyncpg.LockNotAvailableError):
                await connection.execute("SELECT * FROM held FOR UPDATE")
            assert time.monotonic() - begun < Timeouts().lock_ms / 1000 / 2
    await database.close()


async def test_the_pool_is_bounded_and_says_so_in_time(empty_database_url: str) -> None:
    database = Database(empty_database_url, pool_size=1, timeouts=Timeouts(pool_seconds=0.1))
    async with database.transaction():
        with pytest.raises(PoolTimeoutError):
            async with asyncio.timeout(20), database.transaction():
                pytest.fail("a second connection came out of a pool of one")
        async with database.reading() as reader:  # readers do not wait for writers
            assert await reader.scalar(text("SELECT 1")) == 1
    await database.close()


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
async def test_the_usual_spellings_of_a_url_all_connect(server: EmbeddedServer, scheme: str) -> None:
    database = Database(f"{scheme}{server.admin_url[server.admin_url.index('://') :]}")
    assert database.url.drivername == "postgresql+asyncpg"
    await database.check()
    await database.close()


def test_hosters_urls_keep_their_tls_mode() -> None:
    assert database_url("postgres://u:p@h/d?ssl=require").query == {"sslmode": "require"}
    assert database_url("postgres://u:p@h/d?sslmode=require").query == {"sslmode": "require"}


@pytest.mark.parametrize("url", ["", "raid", "mysql://u:p@h/d", "postgresql://host", "postgresql://h:port/d"])
def test_what_is_no_postgresql_url_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(DatabaseUnusableError) as refused:
        Database(url)
    assert "postgresql://user:password@host/worldthreat" in refused.value.message
    assert "\n" not in refused.value.message


async def test_an_unreachable_database_is_said_in_one_line_without_the_password(
    server: EmbeddedServer, unused_tcp_port: int
) -> None:
    missing = server.admin_url.replace("/postgres?", "/nowhere?")
    for url, said in (
        (f"postgresql://raider:s3cret@127.0.0.1:{unused_tcp_port}/raid", "127.0.0.1"),
        (missing, 'database "nowhere" does not exist'),
    ):
        database = Database(url)
        with pytest.raises(DatabaseUnusableError) as refused:
            await database.check()
        assert said in refused.value.message
        assert "s3cret" not in refused.value.message
        assert "\n" not in refused.value.message
        await database.close()


async def test_a_host_that_never_answers_is_given_up(unused_tcp_port: int) -> None:
    is_given_up = asyncio.Event()

    async def listen_only(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await is_given_up.wait()
        writer.close()

    deaf = await asyncio.start_server(listen_only, "127.0.0.1", unused_tcp_port)
    database = Database(
        f"postgresql://127.0.0.1:{unused_tcp_port}/raid?sslmode=disable", timeouts=Timeouts(connect_seconds=0.3)
    )
    async with asyncio.timeout(20):
        with pytest.raises(DatabaseUnusableError, match=r"No answer from .* within 0\.3 s"):
            await database.check()
    is_given_up.set()
    deaf.close()
    await deaf.wait_closed()
    await database.close()
