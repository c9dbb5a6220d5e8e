"""`worldthreat roster import`: what it says, how it ends, and that Ctrl-C leaves nothing."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import asyncpg

from tests.services.roster.rosters import CHARACTERS, OWNERSHIP, PLAYERS, SERIES, contents, copies


def write(folder: Path, **texts: str) -> list[str]:
    """The files, and the options that name them."""
    options = []
    for kind, text in texts.items():
        (folder / f"{kind}.csv").write_text(text, encoding="utf-8")
        options += [f"--{kind}", str(folder / f"{kind}.csv")]
    return options


async def start_command(database_url: str, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from worldthreat.commands.roster import app; app()",
        "import",
        *arguments,
        cwd=Path(__file__).parent.parent.parent.parent,
        env={**os.environ, "WORLDTHREAT_DATABASE_URL": database_url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def command(database_url: str, *arguments: str) -> tuple[int | None, str, str]:
    process = await start_command(database_url, *arguments)
    output, errors = await asyncio.wait_for(process.communicate(), 120)
    return process.returncode, output.decode(), errors.decode()


async def test_the_command_imports_quietly_and_tells_what_it_did(
    database_url: str, committing: "asyncpg.Connection[asyncpg.Record]", tmp_path: Path
) -> None:
    options = write(tmp_path, series=SERIES, characters=CHARACTERS, players=PLAYERS, ownership=OWNERSHIP)
    code, output, errors = await command(database_url, *options, "--json")
    assert (code, errors) == (0, "")
    assert json.loads(output) == {
        "series": {"read": 2},
        "characters": {"read": 2, "new": 2, "changed": 0},
        "players": {"read": 2, "new": 2, "changed": 0},
        "ownership": {"read": 3, "new": 3, "changed": 0},
    }
    assert len(await copies(committing)) == 3
    code, output, errors = await command(database_url, *options)
    assert (code, errors) == (0, "")
    assert [line.split() for line in output.splitlines()][-1] == ["ownership", "3", "read", "0", "new", "0", "changed"]


async def test_the_command_names_what_is_wrong_and_ends_with_1(database_url: str, tmp_path: Path) -> None:
    options = write(tmp_path, players="discord_id,name\n100,\n")
    code, output, errors = await command(database_url, *options)
    assert (code, output) == (1, "")
    assert errors.splitlines() == [
        f"{tmp_path}/players.csv, line 2, name: is empty; right is a text of 1 to 100 characters",
        "Nothing was imported.",
    ]
    code, output, errors = await command(database_url, *options, "--json")
    assert (code, errors) == (1, "")
    assert json.loads(output)["problems"][0]["line"] == 2


async def test_the_command_without_a_database_says_so_in_one_line_and_ends_with_2(tmp_path: Path) -> None:
    options = write(tmp_path, players=PLAYERS)
    code, output, errors = await command("postgresql://nobody@127.0.0.1:1/nothing", *options)
    assert (code, output, len(errors.splitlines())) == (2, "", 1)
    assert "Traceback" not in errors
    code, _, errors = await command("postgresql://nobody@127.0.0.1:1/nothing")
    assert code == 2
    assert "at least one of" in errors


async def test_ctrl_c_leaves_nothing(
    database_url: str, committing: "asyncpg.Connection[asyncpg.Record]", tmp_path: Path
) -> None:
    options = write(tmp_path, players=PLAYERS, series=SERIES, characters=CHARACTERS)
    pipe = tmp_path / "ownership.csv"
    os.mkfifo(pipe)  # opens for reading once we write, and keeps the import in the middle of its last file
    process = await start_command(database_url, *options, "--ownership", str(pipe))
    with await asyncio.to_thread(pipe.open, "wb", buffering=0) as stream:
        await asyncio.to_thread(stream.write, OWNERSHIP.encode())
        process.send_signal(signal.SIGINT)
        await asyncio.sleep(1)  # it hears of it before the file ends
    _, errors = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 130
    assert errors.decode() == "Interrupted: nothing of the import stays.\n"
    assert not any((await contents(committing)).values())
