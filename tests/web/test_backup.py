"""What docs/operations/README.md says of backups, run as it says it: there and back, elsewhere, after an upgrade."""

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import make_url
from typer.testing import CliRunner

from alembic import command as alembic
from db import migrate
from db.embedded import EmbeddedServer
from db.engine import Database
from tests.web.harness import ROOT, Api, OpenApi
from tests.web.processes import api_processes
from worldthreat import up
from worldthreat.cli import command_line
from worldthreat.errors import StartError
from worldthreat.settings import Settings

cli = command_line()
COUNTS = "SELECT count(*), md5(string_agg(row, '|' ORDER BY row)) FROM (SELECT ({1})::text AS row FROM {0} t) AS rows"
ROWS = {"api_tokens": "to_jsonb(t) - 'last_used_at'"}  # the server notes it beside the requests
TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"


async def run(url: str, *arguments: str, code: int = 0) -> str:
    """What a command says that works on the database at `url`."""
    runner = CliRunner(env={"WORLDTHREAT_DATABASE_URL": url, "COLUMNS": "100"})
    result = await asyncio.to_thread(runner.invoke, cli, list(arguments), catch_exceptions=False)
    assert result.exit_code == code, (result.exit_code, result.stdout, result.stderr)
    return result.stdout if code == 0 else result.stderr


async def contents(url: str) -> dict[str, tuple[int, str]]:
    """Of each table how many rows there are, and what is in them."""
    database = Database(url, pool_size=1)
    try:
        async with database.driver_connection() as connection:
            tables = [row[0] for row in await connection.fetch(TABLES)]
            rows = {
                table: await connection.fetch(COUNTS.format(table, ROWS.get(table, "t"))) for table in sorted(tables)
            }
            return {table: tuple(row[0]) for table, row in rows.items()}
    finally:
        await database.close()


def mode_of(file: Path) -> int:
    return file.stat().st_mode


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module")
async def played(open_api: OpenApi) -> AsyncIterator[Api]:
    """A server with a raid that was struck."""
    async with open_api() as api:
        await api.raid(curseEvery=2)
        for number in range(4):
            striker = await api.player()
            action = "ANALYZE" if number % 2 else "FIGHT"
            struck = await api.strike(striker, *(await api.unused(striker))[:4], action=action)
            assert struck["__typename"] == "ExecuteStrikeSuccess"
        await api.service.desk.register_player(ROOT, discord_id="77", name="Zo\u0308e \u202e\U0001f9d9 'quoted' \\")
        yield api


def url_of(api: Api) -> str:
    return api.database.url.set(drivername="postgresql").render_as_string(hide_password=False)


async def test_a_backup_of_a_running_server_is_restored_whole(
    played: Api, empty_database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "raid.dump"
    assert str(file) in await run(url_of(played), "backup", str(file))
    assert mode_of(file) & 0o077 == 0
    assert "Restored" in await run(empty_database_url, "restore", str(file))
    assert await contents(empty_database_url) == await contents(url_of(played))
    await run(empty_database_url, "raid", "verify")
    assert names_in(tmp_path) == ["raid.dump"]


async def test_the_embedded_database_moves_to_a_server(
    played: Api, empty_database_url: str, data_dir: Path, tmp_path: Path
) -> None:
    """From one server process to another, with other settings and another folder, and back into an embedded one."""
    file = tmp_path / "move.dump"
    await run(url_of(played), "backup", str(file))
    embedded = await asyncio.to_thread(EmbeddedServer.start, data_dir, durable=False)
    try:
        await run(embedded.url, "restore", str(file))
        again = tmp_path / "again.dump"
        await run(embedded.url, "backup", str(again))
        await run(empty_database_url, "restore", str(again))
        assert await contents(empty_database_url) == await contents(url_of(played))
    finally:
        await asyncio.to_thread(embedded.stop)


async def test_the_role_that_is_made_as_written_can_move_in_and_never_change_the_log(
    played: Api, administrator: "asyncpg.Connection[asyncpg.Record]", tmp_path: Path
) -> None:
    """No superuser, but owner of everything: as an operator's server connects."""
    file = tmp_path / "move.dump"
    await run(url_of(played), "backup", str(file))
    await administrator.execute("CREATE ROLE keeper LOGIN PASSWORD 'choose-one'")
    await administrator.execute("CREATE DATABASE kept OWNER keeper")
    try:
        url = make_url(url_of(played)).set(username="keeper", password="choose-one", database="kept")
        await run(url.render_as_string(hide_password=False), "restore", str(file))
        await run(url.render_as_string(hide_password=False), "raid", "verify")
        database = Database(url, pool_size=1)
        async with database.driver_connection() as connection:
            logged = await connection.fetch("SELECT * FROM admin_actions")
            for statement in ("UPDATE admin_actions SET reason = 'x'", "DELETE FROM admin_actions"):
                with pytest.raises(asyncpg.RestrictViolationError):
                    await connection.execute(statement)
            with pytest.raises(asyncpg.RestrictViolationError):
                await connection.execute("TRUNCATE admin_actions")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute("SET session_replication_role = replica")
            assert await connection.fetch("SELECT * FROM admin_actions") == logged != []
        await database.close()
    finally:
        await administrator.execute("DROP DATABASE kept WITH (FORCE)")
        await administrator.execute("DROP ROLE keeper")


async def test_a_backup_of_an_older_version_is_brought_to_this_one(
    database_url: str, empty_database_url: str, tmp_path: Path
) -> None:
    """An upgrade whose way back was needed, and then not."""
    await migrate._migrate(database_url, lambda config: alembic.downgrade(config, "-1"))
    assert await migrate.current(database_url) != migrate.head()
    file = tmp_path / "before.dump"
    await run(database_url, "backup", str(file))
    assert migrate.head() in await run(empty_database_url, "restore", str(file))
    assert await migrate.current(empty_database_url) == migrate.head()


async def test_an_upgrade_as_it_is_written(database_url: str, tmp_path: Path) -> None:
    """The new version does not serve what the old one has left, until it is migrated; then it is ready."""
    await migrate._migrate(database_url, lambda config: alembic.downgrade(config, "-1"))
    before = await contents(database_url)
    await run(database_url, "backup", str(tmp_path / "before.dump"))
    settings = Settings(database_url=SecretStr(database_url), port=0)
    with pytest.raises(StartError, match="run `worldthreat migrate` first"):
        await asyncio.to_thread(up.serve, settings)
    await run(database_url, "migrate")
    after = await contents(database_url)
    kept = {table: after[table] for table in before}  # a new version may bring more of them
    assert {**kept, "alembic_version": before["alembic_version"]} == before
    assert after["alembic_version"] != before["alembic_version"]
    async with api_processes(1, database_url) as (process,), httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"{process.url}/readyz")).status_code == 200
        assert await process.ends(signal.SIGTERM) == 0


async def test_nothing_is_overwritten(played: Api, database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "raid.dump"
    await run(url_of(played), "backup", str(file))
    kept = file.read_bytes()
    assert "is there already" in await run(url_of(played), "backup", str(file), code=1)
    assert file.read_bytes() == kept
    await run(url_of(played), "backup", "--force", str(file))
    before = await contents(database_url)
    assert "not empty" in await run(database_url, "restore", str(file), code=1)
    assert await contents(database_url) == before


async def test_what_is_no_backup_is_told_and_changes_nothing(empty_database_url: str, tmp_path: Path) -> None:
    nonsense, broken = tmp_path / "nonsense", tmp_path / "broken.dump"
    nonsense.write_text("nonsense")
    broken.write_bytes(b"PGDMP" + bytes(100))
    assert "is no backup" in await run(empty_database_url, "restore", str(nonsense), code=1)
    assert "pg_restore failed" in await run(empty_database_url, "restore", str(broken), code=2)
    assert "No such file" in await run(empty_database_url, "restore", str(tmp_path / "none"), code=2)
    assert await contents(empty_database_url) == {}
    away = make_url(empty_database_url).set(database="never_made").render_as_string(hide_password=False)
    said = await run(away, "backup", str(tmp_path / "raid.dump"), code=2)
    assert "pg_dump failed" in said
    assert names_in(tmp_path) == ["broken.dump", "nonsense"]
    if shutil.which("pg_dump"):  # ours is used, not one that happens to be there
        assert "version mismatch" not in said
