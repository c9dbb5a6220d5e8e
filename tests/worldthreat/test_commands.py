"""`worldthreat raid` and `worldthreat token` as an operator types them."""

import asyncio
import io
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from db.engine import Database
from services import content
from services.authentication import Authenticator
from services.roster import RosterFile, RosterFiles, import_roster
from services.rules.values import StrikeAction
from services.views import Principal, Role
from services.world_threat import WorldThreatService
from worldthreat.commands import output, raid, raid_panel, roster, token

BOSS = """
name = "The Paper Crane"
total_hp = 5000
dominant_stats = ["atk", "spd"]
curse_every = 10
"""
BOT = Principal(Role.BOT, None, "bot")

cli = typer.Typer()
cli.add_typer(raid.app, name="raid")
cli.add_typer(token.app, name="token")
cli.add_typer(roster.app, name="roster")


class Terminal:
    """Runs commands on one database, as a shell would: in threads, because each brings its own event loop."""

    def __init__(self, **environment: str) -> None:
        self._runner = CliRunner(env={"COLUMNS": "100", "TZ": "UTC", **environment})

    async def run(self, *arguments: str, code: int = 0) -> tuple[str, str]:
        """The standard and the error output."""
        result = await asyncio.to_thread(self._runner.invoke, cli, list(arguments), catch_exceptions=False)
        assert result.exit_code == code, (result.exit_code, result.stdout, result.stderr)
        assert "Traceback" not in result.stderr
        return result.stdout, result.stderr

    async def json(self, *arguments: str, code: int = 0) -> Any:
        return json.loads((await self.run(*arguments, "--json", code=code))[0])


@pytest.fixture
def terminal(database_url: str) -> Terminal:
    return Terminal(WORLDTHREAT_DATABASE_URL=database_url)


@pytest.fixture
def boss_file(tmp_path: Path) -> str:
    path = tmp_path / "crane.toml"
    path.write_text(BOSS, encoding="utf-8")
    return str(path)


async def give_roster(database: Database) -> list[int]:
    """The sample roster, and one player, 7, who owns twelve of it: their ids."""
    keys = [line.split(",")[0] for line in content.sample_characters().read_text("utf-8").splitlines()[1:13]]
    owned = "discord_id,waifu_id,stars\n" + "".join(f"7,{key},3\n" for key in keys)
    files = RosterFiles(
        characters=RosterFile.at(content.sample_characters()),
        series=RosterFile.at(content.sample_series()),
        players=RosterFile.of_text("players.csv", "discord_id,name\n7,Ada\n"),
        ownership=RosterFile.of_text("ownership.csv", owned),
    )
    async with database.driver_connection() as connection:
        await import_roster(connection, files, lambda _: None)
        return [row["id"] for row in await connection.fetch("SELECT id FROM user_characters ORDER BY id")]


async def strike(database: Database, characters: list[int]) -> None:
    service = WorldThreatService(database)
    await service.start()
    try:
        await service.execute_strike(
            BOT,
            action=StrikeAction.FIGHT,
            character_ids=tuple(map(str, characters)),
            equipment_id=None,
            discord_id="7",
            idempotency_key="once",
            expected_sequence=None,
        )
    finally:
        await service.stop()


# ------------------------------------------------------------------ raid


async def test_a_raid_from_its_file_to_its_end(terminal: Terminal, database: Database, boss_file: str) -> None:
    team = await give_roster(database)
    shown, _ = await terminal.run("raid", "create", boss_file, "--ends-at", "7d", "--accept-warnings")
    assert "The Paper Crane" in shown
    assert "5,000 of 5,000 HP, 100.0 %" in shown
    await strike(database, team[:6])

    shown, _ = await terminal.run("raid", "show")
    assert "1 by 1 players: 1 fights, 0 analyses" in shown
    assert "Ada" in shown
    listed, _ = await terminal.run("raid", "list")
    assert "The Paper Crane" in listed
    assert "active" in listed

    assert (await terminal.run("raid", "pause", "--reason", "Lunch."))[0] == "Raid 1, The Paper Crane, is paused.\n"
    assert (await terminal.run("raid", "resume", "1", "--reason", "Fed."))[0] == "Raid 1, The Paper Crane, is active.\n"
    agreed, _ = await terminal.run("raid", "verify")
    assert agreed.startswith("Raid 1, The Paper Crane, agrees with its log: 1 strikes, 3 events, 6 characters used,")
    ended, _ = await terminal.run("raid", "end", "--reason", "Enough.")
    assert ended == "Raid 1, The Paper Crane, is cancelled.\n"

    _, refused = await terminal.run("raid", "resume", "--reason", "Once more.", code=1)
    assert refused == "error: RAID: the raid is over; nothing in it can be changed any more.\n"
    async with database.driver_connection() as connection:
        actors = await connection.fetch("SELECT DISTINCT actor FROM admin_actions")
    assert [row["actor"] for row in actors] == [output.operator().token_name]
    assert str(output.operator().token_name).startswith("cli:")


async def test_a_difference_is_named_and_ends_with_1(terminal: Terminal, database: Database, boss_file: str) -> None:
    team = await give_roster(database)
    await terminal.run("raid", "create", boss_file, "--accept-warnings")
    await strike(database, team[:6])
    async with database.driver_connection() as connection:
        await connection.execute("SET session_replication_role = replica")
        await connection.execute("UPDATE world_threat_strikes SET final_score = 1")
    told, _ = await terminal.run("raid", "verify", code=1)
    assert "does not agree with its log. The first difference:\n  strike 1: final_score: stored 1, replayed " in told
    (report,) = await terminal.json("raid", "verify", "--all", code=1)
    assert report["agrees"] is False
    assert report["differences"][0]["place"] == "strike 1"


async def test_every_problem_of_a_boss_file_is_told_in_its_words(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text('name = "X"\ntotal_hp = "many"\ndominant_stats = ["power"]\ncurse_evry = 3\n', encoding="utf-8")
    _, told = await terminal.run("raid", "create", str(path), code=1)
    assert "error: total_hp: must be a whole number" in told
    assert "error: dominant_stats[0]: must be one of" in told
    assert "error: curse_evry: is not known here: did you mean curse_every?" in told
    path.write_text('name = "X"\ntotal_hp = 0\ndominant_stats = ["atk"]\ncurse_every = 0\n', encoding="utf-8")
    refusal = await terminal.json("raid", "create", str(path), code=1)
    assert {"total_hp", "curse_every"} <= {problem["path"] for problem in refusal["problems"]}
    assert {problem["severity"] for problem in refusal["problems"]} == {"error"}
    path.write_bytes(b"\xff\xfe")
    _, told = await terminal.run("raid", "create", str(path), code=2)
    assert "cannot be read" in " ".join(told.replace("│", " ").split())  # the frame folds where the path is long


async def test_warnings_must_be_accepted(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "windy.toml"
    path.write_text(BOSS.replace("curse_every = 10", "curse_every = 2"), encoding="utf-8")
    boss_file = str(path)
    _, told = await terminal.run("raid", "create", boss_file, code=1)
    assert "warning: curse_every:" in told
    assert "--accept-warnings" in told
    created = await terminal.json("raid", "create", boss_file, "--accept-warnings", "--name", "A windy day")
    assert created["raid"]["name"] == "A windy day"
    assert [warning["path"] for warning in created["warnings"]] == ["curse_every"]
    assert created["raid"]["seed"] is None


async def test_a_raid_that_is_to_come(terminal: Terminal, boss_file: str) -> None:
    _, told = await terminal.run("raid", "create", boss_file, "--starts-at", "2h", "--ends-at", "1h", code=1)
    assert "--ends-at: must be in the future and after starts_at" in told
    created = await terminal.json("raid", "create", boss_file, "--starts-at", "2030-01-31T18:00+01:00")
    assert created["raid"]["status"] == "scheduled"
    assert created["raid"]["starts_at"] == "2030-01-31T17:00:00+00:00"
    assert (await terminal.json("raid", "show"))["raid"]["id"] == created["raid"]["id"]
    assert (await terminal.json("raid", "verify"))["agrees"] is True
    assert await terminal.json("raid", "list", "--status", "active") == []
    await terminal.run("raid", "create", boss_file)
    _, told = await terminal.run("raid", "create", boss_file, code=1)
    assert "is live; end it first" in told


async def test_without_a_raid(terminal: Terminal) -> None:
    for command in (("show",), ("verify",), ("pause", "--reason", "x"), ("end", "--reason", "x")):
        _, told = await terminal.run("raid", *command, code=1)
        assert told.startswith("There is no raid yet")
    assert await terminal.json("raid", "list") == []
    assert await terminal.json("raid", "verify", "--all") == []
    _, told = await terminal.run("raid", "show", "17", code=1)
    assert told == "RAID: there is no raid 17.\n"
    assert "there is no raid 17" in (await terminal.json("raid", "verify", "17", code=1))["error"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("raid", "pause"),
        ("raid", "create"),
        ("raid", "create", "no-such-file.toml"),
        ("raid", "create", "/dev"),
        ("raid", "list", "--status", "lost"),
        ("raid", "show", "--top", "1000"),
        ("raid", "verify", "1", "--all"),
        ("token", "create"),
        ("token", "create", "--role", "public"),
        ("token", "create", "--role", "bot", "--expires", "soon"),
        ("token", "create", "--role", "bot", "--expires", "2030-01-31"),
        ("token", "create", "--role", "bot", "--expires", "0d"),
        ("token", "create", "--role", "bot", "--expires", "99999w"),
    ],
)
async def test_wrong_usage_ends_with_2(arguments: tuple[str, ...]) -> None:
    _, told = await Terminal(WORLDTHREAT_DATABASE_URL="postgresql://nobody@localhost:1/nothing").run(*arguments, code=2)
    assert "Usage:" in told


@pytest.mark.parametrize("group", ["raid", "token"])
async def test_help_has_an_example_for_every_command(group: str) -> None:
    shown, _ = await Terminal().run(group, "--help")
    commands = (raid if group == "raid" else token).app.registered_commands
    for command in commands:
        name = command.name or command.callback.__name__
        assert name in shown
        told, _ = await Terminal().run(group, name, "--help")
        assert f"worldthreat {group} {name}" in " ".join(told.split())


# ------------------------------------------------------------------ token


async def test_a_script_takes_the_token_from_the_standard_output(terminal: Terminal, database: Database) -> None:
    secret, told = await terminal.run("token", "create", "--role", "admin", "--name", "laptop", "--expires", "30d")
    assert secret.count("\n") == 1
    principal = await Authenticator(database).principal(secret.strip())
    assert (principal.role, principal.token_name) == (Role.ADMIN, "laptop")
    assert secret.strip() not in told

    as_json = await terminal.json("token", "create", "--role", "bot")
    assert (await Authenticator(database).principal(as_json["token"])).role is Role.BOT
    assert as_json["about"]["expires_at"] is None
    listed, _ = await terminal.run("token", "list")
    assert secret.strip() not in listed
    assert "laptop" in listed

    (bot, laptop) = await terminal.json("token", "list")
    ahead = datetime.fromisoformat(laptop["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=29) < ahead <= timedelta(days=30)
    gone, _ = await terminal.run("token", "revoke", str(laptop["id"]))
    assert gone == f"Token {laptop['id']} (admin, laptop) is revoked.\n"
    assert "revoked" in (await terminal.run("token", "list"))[0]
    assert (await terminal.json("token", "revoke", str(bot["id"])))["revoked_at"] is not None


async def test_refused_tokens(terminal: Terminal, database: Database) -> None:
    for arguments, told in (
        (("create", "--role", "player"), "--discord-id: a player token needs the player's Discord id."),
        (("create", "--role", "bot", "--discord-id", "7"), "--discord-id: a bot token is bound to no Discord id."),
        (("create", "--role", "player", "--discord-id", "7"), "--discord-id: no player is registered under this"),
        (("create", "--role", "bot", "--name", " "), "--name: say in 1 to 100 characters what the token is for."),
        (("revoke", "99"), "ID: there is no token 99."),
        (("revoke", "x"), "ID: there is no token x."),
    ):
        out, err = await terminal.run("token", *arguments, code=1)
        assert err.startswith(told)
        assert out == ""
    await give_roster(database)
    secret, _ = await terminal.run("token", "create", "--role", "player", "--discord-id", "7")
    assert (await Authenticator(database).principal(secret.strip())).discord_id == "7"


async def test_no_tokens_yet(terminal: Terminal) -> None:
    out, err = await terminal.run("token", "list")
    assert out == ""
    assert "worldthreat token create" in err


# ------------------------------------------------------------------ what surrounds them


async def test_an_unreachable_database_and_a_wrong_setting_are_one_line_and_2() -> None:
    for environment in (
        {"WORLDTHREAT_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"},
        {"WORLDTHREAT_PORT": "many"},
        {"WORLDTHREAT_DATBASE_URL": "x"},
    ):
        out, err = await Terminal(**environment).run("raid", "list", code=2)
        assert out == ""
        assert err.count("\n") == 1


async def test_the_embedded_database_is_there_by_itself_and_gone_afterwards(data_dir: Path, boss_file: str) -> None:
    async def command(*arguments: str) -> tuple[int | None, str, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "from worldthreat.commands.raid import app; app()",
            *arguments,
            cwd=Path(__file__).parent.parent.parent,
            env={**os.environ, "WORLDTHREAT_DATA_DIR": str(data_dir), "COLUMNS": "60"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(), 120)
        return process.returncode, out.decode(), err.decode()

    code, out, err = await command("create", boss_file, "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["raid"]["boss"]["name"] == "The Paper Crane"
    assert (await command("verify"))[0] == 0
    assert not (data_dir / "postgres" / "postmaster.pid").exists()


async def test_names_neither_break_a_narrow_terminal_nor_steer_it(terminal: Terminal, boss_file: str) -> None:
    name = "Crane\x1b[31m[bold]" + "ä" * 60
    created = await terminal.json("raid", "create", boss_file, "--name", name)
    shown, _ = await terminal.run("raid", "list")
    assert "\x1b" not in shown
    assert "[bold]" in shown.replace("\n", "")
    for width in (12, 20, 40, 79):
        console = Console(width=width, file=io.StringIO(), force_terminal=False)
        service = await _raid_view(created["raid"]["id"], terminal)
        console.print(raid_panel.raid_panel(service, ()))
        written = console.file.getvalue()  # type: ignore[attr-defined]  # a StringIO
        assert "\x1b" not in written
        assert max(map(len, written.splitlines())) <= width


async def _raid_view(raid_id: int, terminal: Terminal) -> Any:
    url = str(terminal._runner.env["WORLDTHREAT_DATABASE_URL"])
    database = Database(url, pool_size=1)
    try:
        return await WorldThreatService(database).raid(BOT, str(raid_id))
    finally:
        await database.close()
