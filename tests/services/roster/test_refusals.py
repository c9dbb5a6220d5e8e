"""A roster comes in whole or not at all, and says what is wrong where."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from services.roster import RosterCount, RosterFile, RosterFiles, RosterProblem, RosterProgress
from tests.services.roster.rosters import (
    CHARACTERS,
    HEADER,
    MIO,
    OWNERSHIP,
    PLAYERS,
    REN,
    SERIES,
    STATS,
    bring_in,
    contents,
    everything,
    files,
    refused,
)


async def test_a_bad_row_in_the_last_file_leaves_nothing_of_all_files(
    committing: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    error = await refused(committing, everything(ownership=OWNERSHIP + "200,11,7\n"))
    assert error.problems == (
        RosterProblem(
            "ownership.csv",
            5,
            "stars",
            "7",
            "is out of range",
            "a whole number from 1 to 6, or nothing: the rarity",
        ),
    )
    assert str(error) == (
        'ownership.csv, line 5, stars "7": is out of range; right is a whole number from 1 to 6, or nothing: the rarity'
    )
    assert not any((await contents(committing)).values())


async def test_a_cancelled_import_leaves_nothing_and_the_connection_well(
    committing: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    reached = asyncio.Event()

    def stop_at_ownership(progress: RosterProgress) -> None:
        if progress.file == "ownership.csv":
            reached.set()

    importing = asyncio.create_task(bring_in(committing, everything(), stop_at_ownership))
    await asyncio.wait_for(reached.wait(), 30)
    importing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await importing
    assert not any((await contents(committing)).values())
    assert (await bring_in(committing, everything())).ownership == RosterCount(3, 3, 0)


async def test_a_copy_that_stands_twice_is_refused_with_both_lines(
    connection: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    error = await refused(connection, everything(ownership=OWNERSHIP + "100,10,5\n"))
    (problem,) = error.problems
    assert (problem.line, problem.value, problem.reason) == (5, "10", "stands on line 2 already, of the same player")


async def test_unknown_players_and_characters_are_named_by_line(
    connection: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    error = await refused(connection, everything(ownership=OWNERSHIP + "999,10,\n200,99,1\n"))
    assert [(problem.line, problem.column, problem.value) for problem in error.problems] == [
        (5, "discord_id", "999"),
        (6, "waifu_id", "99"),
    ]
    error = await refused(connection, files(ownership=OWNERSHIP))
    assert error.total == 6


async def test_the_first_twenty_problems_are_shown_and_the_others_counted(
    connection: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    bad_stars = "".join(f"100,{key},9\n" for key in range(15))
    unknown = "".join(f"555,{key},1\n" for key in range(100, 115))
    error = await refused(connection, everything(ownership=f"discord_id,waifu_id,stars\n{unknown}{bad_stars}"))
    assert error.total == 45
    assert [problem.line for problem in error.problems] == [line for line in range(2, 12) for _ in range(2)]
    assert str(error).endswith("\nand 25 more")


async def test_problems_of_several_files_are_told_together_and_are_not_blamed_on_others(
    connection: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    error = await refused(
        connection,
        everything(
            characters=HEADER + MIO.replace("Mio", "") + REN,
            players=PLAYERS.replace("Bo", " "),
            ownership=OWNERSHIP + "200,11,x\n",
        ),
    )
    assert [(problem.file, problem.line, problem.column) for problem in error.problems] == [
        ("characters.csv", 2, "name"),
        ("players.csv", 3, "name"),
        ("ownership.csv", 5, "stars"),
    ]


STATS_WITH_BAD_ATK = STATS.replace(": 2,", ": 10000,")

BAD_ROWS = {
    "stats that are no JSON": ("characters", HEADER + MIO.replace(STATS, "{hp"), 2, "stats", "is not JSON"),
    "stats that are a list": ("characters", HEADER + MIO.replace(STATS, "[1]"), 2, "stats", "is not a JSON object"),
    "stats that are null": ("characters", HEADER + MIO.replace(STATS, "null"), 2, "stats", "is null"),
    "no stats": ("characters", HEADER + MIO.replace(STATS, ""), 2, "stats", "is empty"),
    "a missing stat": ("characters", HEADER + MIO.replace("lck", "luck"), 2, "stats", "has no lck (is it luck?)"),
    "a stat above 9999": (
        "characters",
        HEADER + MIO.replace(STATS, STATS_WITH_BAD_ATK),
        2,
        "stats atk",
        "is out of range",
    ),
    "a stat below 0": ("characters", HEADER + MIO.replace(": 2,", ": -1,"), 2, "stats atk", "is out of range"),
    "a broken stat": ("characters", HEADER + MIO.replace(": 2,", ": 2.5,"), 2, "stats atk", "is out of range"),
    "a stat that is true": ("characters", HEADER + MIO.replace(": 2,", ": true,"), 2, "stats atk", "is out of range"),
    "elements that are text": (
        "characters",
        HEADER + MIO.replace('"[""fire"", ""wind""]"', "fire"),
        2,
        "elemental_type",
        "is not JSON",
    ),
    "elements that are numbers": (
        "characters",
        HEADER + MIO.replace('"[""fire"", ""wind""]"', "[1]"),
        2,
        "elemental_type",
        "is not a JSON list of elements",
    ),
    "a NUL in JSON": (
        "characters",
        HEADER + MIO.replace("fire", "fi\\u0000re"),
        2,
        "elemental_type",
        "holds a NUL character",
    ),
    "a rarity of 0": ("characters", HEADER + MIO.replace(",3,", ",0,"), 2, "rarity", "is out of range"),
    "a rarity of 3.0": ("characters", HEADER + MIO.replace(",3,", ",3.0,"), 2, "rarity", "is out of range"),
    "an unknown series": ("characters", HEADER + MIO.replace(",1,", ",77,"), 2, "series_id", "is not a known series"),
    "a character twice": ("characters", HEADER + MIO + REN + MIO, 4, "waifu_id", "stands on line 2 already"),
    "a character without a name": ("characters", HEADER + MIO.replace("Mio", "  "), 2, "name", "is empty"),
    "a long character's name": ("characters", HEADER + MIO.replace("Mio", "M" * 201), 2, "name", "has 201 characters"),
    "a long archetype": ("characters", HEADER + MIO.replace("Healer", "H" * 101), 2, "archetype", "has 101 characters"),
    "an image that is a script": (
        "characters",
        f"image_url,{HEADER}javascript:alert(1),{MIO}",
        2,
        "image_url",
        "is not a web address",
    ),
    "a cell too few": ("characters", HEADER + "10,Mio\n", 2, None, "has 2 cells"),
    "a cell too many": ("players", "discord_id,name\n100,Ada,x\n", 2, None, "has 3 cells"),
    "a NUL character": ("players", "discord_id,name\n100,A\0da\n", 2, "name", "holds a NUL character"),
    "a player twice": ("players", PLAYERS + "100,Eve\n", 4, "discord_id", "stands on line 2 already"),
    "a player without a name": ("players", "discord_id,name\n100,\n", 2, "name", "is empty"),
    "a player without an id": ("players", "discord_id,name\n,Ada\n", 2, "discord_id", "is empty"),
    "a long player's name": ("players", f"discord_id,name\n1,{'A' * 101}\n", 2, "name", "has 101 characters"),
    "a long id": ("players", f"discord_id,name\n{'1' * 65},Ada\n", 2, "discord_id", "has 65 characters"),
    "an id out of a spreadsheet": (
        "players",
        "discord_id,name\n1.23457E+17,Ada\n",
        2,
        "discord_id",
        "was rounded by a spreadsheet",
    ),
    "stars of 0": ("ownership", "discord_id,waifu_id,stars\n100,10,0\n", 2, "stars", "is out of range"),
    "an owner that is empty": ("ownership", "discord_id,waifu_id,stars\n,10,1\n", 2, "discord_id", "is empty"),
    "a series twice": ("series", SERIES + "1,Again,,,\n", 4, "series_id", "stands on line 2 already"),
    "a series without a name": ("series", "series_id,name,genres\n1,,Comedy\n2,Iron Orchard,\n", 2, "name", "is empty"),
    "a row after quoted line ends": (
        "players",
        'discord_id,name\r\n\r\n100,"A\nd\r\na"\r\n200,\r\n',
        6,
        "name",
        "is empty",
    ),
    "a quote that is never closed": (
        "players",
        'discord_id,name\n100,"Ada\n200,Bo\n',
        2,
        None,
        "opens a quote that is never closed",
    ),
    "a quote that is closed too early": (
        "players",
        'discord_id,name\n100,"A"da\n',
        2,
        None,
        "goes on after a closing quote",
    ),
    "line ends of an old Mac": ("players", "discord_id,name\r100,Ada\r", 1, None, "has line ends of an old Mac (CR)"),
    "nothing": ("players", "", None, None, "is empty"),
    "blank lines": ("players", "\n\n", None, None, "is empty"),
    "an unknown column": ("players", "discord_id,name,nmae\n", 1, "nmae", "is not a known column"),
    "a missing column": ("players", "discord_id,nmae\n", 1, "name", "is missing in the header (is it nmae?)"),
    "a column twice": ("players", "discord_id,name,name\n", 1, "name", "stands twice in the header"),
    "semicolons": ("players", "discord_id;name\n100;Ada\n", 1, None, "is not separated by commas"),
}


@pytest.mark.parametrize(("kind", "text", "line", "column", "reason"), BAD_ROWS.values(), ids=BAD_ROWS.keys())
async def test_a_bad_row_is_named_by_file_line_column_and_reason(
    connection: "asyncpg.Connection[asyncpg.Record]",
    kind: str,
    text: str,
    line: int | None,
    column: str | None,
    reason: str,
) -> None:
    error = await refused(connection, everything(**{kind: text}))
    found = [(problem.file, problem.line, problem.column) for problem in error.problems]
    assert (f"{kind}.csv", line, column) in found
    problem = error.problems[found.index((f"{kind}.csv", line, column))]
    assert problem.reason.startswith(reason)
    assert problem.expected
    assert {file for file, _, _ in found} == {f"{kind}.csv"}
    assert "\0" not in str(error)


async def test_the_nearest_known_column_is_told(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    error = await refused(connection, everything(characters=CHARACTERS.replace("rarity", "Rarety")))
    assert next((problem.column, problem.expected) for problem in error.problems) == ("Rarety", "rarity")


async def test_long_values_are_shortened(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    error = await refused(connection, everything(players=f"discord_id,name\n1,{'x' * 5000}\n"))
    assert error.problems[0].value == "x" * 59 + "…"


@pytest.mark.parametrize(
    ("written", "line", "reason"),
    [
        (b"discord_id,name\n100,Ada\n200,J\xf6rg\n", 3, "is not UTF-8"),
        ("discord_id,name\n100,Ada\n".encode("utf-16"), 1, "is UTF-16"),
        (b"discord_id,name\n100," + b"x" * 2**21, 2, "is longer than a megabyte"),
        (b'discord_id,name\n100,Ada\n200,"' + b"x\n" * 2**17, 3, "opens a quote that is never closed"),
    ],
)
async def test_what_cannot_be_read_is_named_by_line(
    connection: "asyncpg.Connection[asyncpg.Record]", tmp_path: Path, written: bytes, line: int, reason: str
) -> None:
    path = tmp_path / "players.csv"
    path.write_bytes(written)
    error = await refused(connection, RosterFiles(players=RosterFile.at(path)))
    assert [(problem.file, problem.line, problem.reason) for problem in error.problems] == [(str(path), line, reason)]


async def test_missing_files_and_folders_are_named(
    connection: "asyncpg.Connection[asyncpg.Record]", tmp_path: Path
) -> None:
    given = RosterFiles(series=RosterFile.at(tmp_path), characters=RosterFile.at(tmp_path / "characters.csv"))
    error = await refused(connection, given)
    assert [problem.reason for problem in error.problems] == ["cannot be read (Is a directory)", "does not exist"]
