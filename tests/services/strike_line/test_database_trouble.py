"""The strike line under fire: nothing lost, nothing doubled, everybody answered."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
import structlog

from db.engine import Database
from services.errors import OverloadedError
from services.views import StrikeSuccess
from tests.chaos.troubled_wire import COMMIT_ASKED, TroubledWire
from tests.services.strike_line.lines import BUSY, army, commands_of, line_on, raid_held, total_strikes, until_waiting
from tests.services.world import OpenWorld, Sheet, World, books_balance

# ------------------------------------------------------------------ when the database refuses


async def test_a_strike_that_the_database_refuses_fails_alone(world: World) -> None:
    owners = await army(world, 24, 2)
    cursed = owners[20]
    raid = await world.raid(BUSY)
    await world.connection.execute(
        "CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$BEGIN IF NEW.user_id = {cursed.user_id} THEN RAISE 'disk on fire'; END IF; RETURN NEW; END$$; "
        "CREATE TRIGGER refuse_one BEFORE INSERT ON world_threat_participants "
        "FOR EACH ROW EXECUTE FUNCTION refuse_one()"
    )
    try:
        async with line_on(world.database) as line:
            async with raid_held(world):
                strikes = [asyncio.create_task(line.strike(command)) for command in commands_of(world, owners)]
                await until_waiting(line, 48)
            with structlog.testing.capture_logs() as logged:
                answers = await asyncio.gather(*strikes, return_exceptions=True)
        assert [(entry["log_level"], entry["strikes"]) for entry in logged] == [("error", 32), ("error", 16)]
        failed = [place for place, answer in enumerate(answers) if not isinstance(answer, StrikeSuccess)]
        assert failed == [20, 44]
        assert all(isinstance(answers[place], asyncpg.RaiseError) for place in failed)
        numbers = [answer.strike.number for answer in answers if isinstance(answer, StrikeSuccess)]
        assert numbers == list(range(1, 47))
        await books_balance(world.database, raid.id)
    finally:
        await world.connection.execute("DROP FUNCTION refuse_one CASCADE")
    # Nothing was spent: the same characters strike when the trouble is over.
    for copy in cursed.copies:
        await world.strike(cursed, copy)
    await books_balance(world.database, raid.id)


async def test_a_killed_backend_loses_nothing_doubles_nothing_and_everybody_is_answered(world: World) -> None:
    owners = await army(world, 50, 6)
    raid = await world.raid(BUSY)
    database = Database(world.database.url, application_name="doomed writer")
    kills = 0

    async def kill(strikes: Sequence["asyncio.Task[StrikeSuccess]"]) -> None:
        nonlocal kills
        while kills < 8 and not all(strike.done() for strike in strikes):
            kills += await world.connection.fetchval(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE application_name = 'doomed writer' AND datname = current_database() AND xact_start IS NOT NULL"
            )
            await asyncio.sleep(0.013)

    async with line_on(database) as line:
        strikes: list[asyncio.Task[StrikeSuccess]] = []
        killer: asyncio.Task[None] | None = None
        for place, command in enumerate(commands_of(world, owners)):
            strikes.append(asyncio.create_task(line.strike(command)))
            if killer is None:
                killer = asyncio.create_task(kill(strikes))
            if place % 10 == 9:
                await asyncio.sleep(0.005)
        answers = await asyncio.wait_for(asyncio.gather(*strikes), 30)
        assert killer is not None
        await killer
    await database.close()
    assert kills >= 3
    assert not any(answer.replayed for answer in answers)
    assert sorted(answer.strike.number for answer in answers) == list(range(1, 301))
    assert await total_strikes(world, raid) == 300
    await books_balance(world.database, raid.id)


async def test_a_connection_killed_while_it_was_idle_is_opened_again(world: World) -> None:
    owner = await world.player(Sheet(), Sheet())
    await world.raid()
    database = Database(world.database.url, application_name="idle writer")
    async with line_on(database) as line:
        await line.strike(world.command(owner, owner.copies[0]))
        killed = await world.connection.fetchval(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'idle writer'"
        )
        assert killed == 2  # its writer, and its reader
        answer = await line.strike(world.command(owner, owner.copies[1]))
    await database.close()
    assert (answer.strike.number, answer.replayed) == (2, False)


async def test_a_line_on_which_the_server_said_goodbye_is_left_though_it_is_still_open(world: World) -> None:
    owner = await world.player(Sheet(), Sheet())
    await world.raid()
    url = world.database.url
    wire = TroubledWire(Path(str(url.query["host"])), linger_seconds=1.0)
    await wire.lay()
    through = Database(url.set(host="127.0.0.1", port=wire.port, query={}), application_name="goodbye")
    try:
        async with line_on(through) as line:
            await line.strike(world.command(owner, owner.copies[0]))
            killed = await world.connection.fetchval(
                "SELECT count(pg_terminate_backend(pid, 1000)) FROM pg_stat_activity WHERE application_name = 'goodbye'"
            )
            assert killed
            await asyncio.sleep(0.05)  # its last words are there, the end of the line is not
            with structlog.testing.capture_logs() as logged:
                answer = await line.strike(world.command(owner, owner.copies[1]))
    finally:
        await through.close()
        await wire.remove()
    assert (answer.strike.number, answer.replayed) == (2, False)
    assert [entry["log_level"] for entry in logged] == ["warning"]


class CutLine:
    """A line to the database that breaks once: just after a commit went through, before its answer comes back."""

    def __init__(self, database: Database) -> None:
        self._target = database.url
        self._serving: list[asyncio.Task[None]] = []
        self.cut = False

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[Database]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        through = Database(self._target.set(host=host, port=port, query={}))
        async with server:
            yield through
            await through.close()
            await asyncio.wait_for(asyncio.gather(*self._serving), 20)

    async def _serve(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.append(task)
        host, port = self._target.query.get("host", self._target.host), self._target.port or 5432
        if isinstance(host, str) and host.startswith("/"):
            from_server, to_server = await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        else:
            from_server, to_server = await asyncio.open_connection(str(host), port)
        answers = asyncio.create_task(_copy(from_server, to_client))
        while data := await from_client.read(65_536):
            to_server.write(data)
            if not self.cut and any(commit in data for commit in COMMIT_ASKED):
                self.cut = True
                answers.cancel()
                await asyncio.gather(answers, return_exceptions=True)
                await from_server.read(65_536)  # committed, and nobody hears of it
                break
        for writer in (to_server, to_client):
            writer.close()
        await asyncio.gather(answers, to_server.wait_closed(), to_client.wait_closed(), return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
    writer.close()


async def test_a_commit_whose_answer_is_lost_is_looked_up(world: World) -> None:
    owner, other = await army(world, 2, 2)
    raid = await world.raid()
    before = await world.strike(other, other.copies[0], key="long ago")
    cut = CutLine(world.database)
    async with cut.opened() as database, line_on(database) as line:
        async with raid_held(world):
            commands = [
                world.command(owner, owner.copies[0], key="mine"),
                world.command(owner, owner.copies[0], key="mine"),
                world.command(other, other.copies[0], key="long ago"),
                world.command(other, other.copies[1]),
            ]
            strikes = [asyncio.create_task(line.strike(command)) for command in commands]
            await until_waiting(line, 4)
        first, again, replay, last = await asyncio.gather(*strikes)
    assert cut.cut
    assert again == replace(first, replayed=True)
    assert replay == replace(before, replayed=True)
    assert [(answer.strike.number, answer.replayed) for answer in (first, last)] == [(2, False), (3, False)]
    assert await total_strikes(world, raid) == 3
    await books_balance(world.database, raid.id)


# ------------------------------------------------------------------ when the database is away


async def test_a_database_that_stays_away_is_overload_after_the_line_s_patience(world: World) -> None:
    owner = await world.player(Sheet())
    nowhere = Database("postgresql://nobody@127.0.0.1:1/nothing")
    started = time.monotonic()
    async with line_on(nowhere, patience_seconds=0.3) as line:
        with pytest.raises(OverloadedError):
            await line.strike(world.command(owner, owner.copies[0]))
        assert 0.3 <= time.monotonic() - started < 10
    await nowhere.close()


async def test_a_line_that_stops_while_the_database_is_away_answers_who_waits(world: World) -> None:
    owner = await world.player(Sheet())
    nowhere = Database("postgresql://nobody@127.0.0.1:1/nothing")
    async with line_on(nowhere) as line:
        strike = asyncio.create_task(line.strike(world.command(owner, owner.copies[0])))
        await until_waiting(line, 1)
        await asyncio.wait_for(line.stop(), 20)
        with pytest.raises(OverloadedError):
            await strike
    await nowhere.close()


async def test_a_database_that_comes_back_in_time_is_only_late(
    open_world: OpenWorld, administrator: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    async with open_world() as world:
        owner = await world.player(Sheet(), Sheet())
        raid = await world.raid()
        await world.strike(owner, owner.copies[0])
        name = world.database.url.database
        await administrator.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        await world.connection.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        late = asyncio.create_task(world.strike(owner, owner.copies[1]))
        await asyncio.sleep(0.3)
        assert not late.done()
        await administrator.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        assert (await asyncio.wait_for(late, 20)).strike.number == 2
        await books_balance(world.database, raid.id)
