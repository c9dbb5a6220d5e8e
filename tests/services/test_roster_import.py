"""A roster comes in whole or not at all, says what is wrong where, and may come in again."""

import asyncio
import csv
import io
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import make_url

from db.embedded import EmbeddedServer
from db.engine import Database
from services import content
from services.roster import (
    RosterCount,
    RosterFile,
    RosterFileError,
    RosterFiles,
    RosterProblem,
    RosterProgress,
    RosterSummary,
    import_roster,
)

SERIES = """\
series_id,name,english_name,genres,media_type
1,Harbour Lights,Harbour Lights,Comedy|School,anime
2,Iron Orchard,nan,Action,manga
"""
STATS = '"{""hp"": 1, ""atk"": 2, ""mag"": 3, ""vit"": 4, ""spr"": 5, ""int"": 6, ""spd"": 7, ""lck"": 8}"'
HEADER = "waifu_id,name,series,series_id,genre,rarity,stats,elemental_type,archetype\n"
MIO = f'10,Mio,Harbour Lights,1,Anime,3,{STATS},"[""fire"", ""wind""]",Healer\n'
REN = f'11,Ren,Iron Orchard,2,Manga,1,{STATS},"[""dark""]",Knight\n'
CHARACTERS = HEADER + MIO + REN
PLAYERS = "discord_id,name\n100,Ada\n200,Bo\n"
OWNERSHIP = "discord_id,waifu_id,stars\n100,10,5\n100,11,\n200,10,\n"

TABLES = ("users", "characters", "character_revisions", "user_characters")


@pytest.fixture(scope="module")
async def shared_database(
    server: EmbeddedServer, administrator: "asyncpg.Connection[asyncpg.Record]", template: str
) -> AsyncIterator[Database]:
    """One migrated database for all tests that end by rolling back: a database each would take longer than they do."""
    await administrator.execute(f"CREATE DATABASE roster_import TEMPLATE {template}")
    database = Database(make_url(server.url).set(database="roster_import"), pool_size=1)
    yield database
    await database.close()
    await administrator.execute("DROP DATABASE roster_import WITH (FORCE)")


@pytest.fixture(scope="module")
async def shared_connection(shared_database: Database) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    async with shared_database.driver_connection() as connection:
        yield connection


@pytest.fixture
async def connection(
    shared_connection: "asyncpg.Connection[asyncpg.Record]",
) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """In a transaction that is rolled back; an import is a savepoint in it."""
    transaction = shared_connection.transaction()
    await transaction.start()
    yield shared_connection
    await transaction.rollback()


@pytest.fixture
async def committing(database: Database) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """On a database of the test's own, where an import commits."""
    async with database.driver_connection() as connection:
        yield connection


def files(**texts: str) -> RosterFiles:
    return RosterFiles(**{kind: RosterFile.of_text(f"{kind}.csv", text) for kind, text in texts.items()})


def everything(**changed: str) -> RosterFiles:
    texts = {"series": SERIES, "characters": CHARACTERS, "players": PLAYERS, "ownership": OWNERSHIP}
    return files(**(texts | changed))


async def bring_in(
    connection: "asyncpg.Connection[asyncpg.Record]",
    given: RosterFiles,
    progress: Callable[[RosterProgress], None] = lambda _: None,
) -> RosterSummary:
    return await import_roster(connection, given, progress)


async def refused(connection: "asyncpg.Connection[asyncpg.Record]", given: RosterFiles) -> RosterFileError:
    before = await contents(connection)
    with pytest.raises(RosterFileError) as raised:
        await bring_in(connection, given)
    assert await contents(connection) == before
    return raised.value


async def contents(connection: "asyncpg.Connection[asyncpg.Record]") -> dict[str, list[dict[str, Any]]]:
    """Every row of every table that an import may touch, ids and times and all."""
    return {
        table: [dict(row) for row in await connection.fetch(f"SELECT * FROM {table} ORDER BY id")]  # noqa: S608 - ours
        for table in TABLES
    }


async def character(connection: "asyncpg.Connection[asyncpg.Record]", key: str) -> dict[str, Any]:
    found = await connection.fetchrow(
        """
        SELECT revision.* FROM characters JOIN character_revisions AS revision ON revision.id = revision_id
        WHERE key = $1
        """,
        key,
    )
    assert found is not None
    return dict(found)


async def copies(connection: "asyncpg.Connection[asyncpg.Record]") -> dict[tuple[str, str], int]:
    found = await connection.fetch(
        """
        SELECT discord_id, key, stars FROM user_characters AS copy
        JOIN users ON users.id = copy.user_id JOIN characters ON characters.id = copy.character_id
        """
    )
    return {(row["discord_id"], row["key"]): row["stars"] for row in found}


# ------------------------------------------------------------------ what comes in


async def test_characters_players_and_copies_come_in(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    summary = await bring_in(connection, everything())
    assert summary == RosterSummary(2, RosterCount(2, 2, 0), RosterCount(2, 2, 0), RosterCount(3, 3, 0))
    mio = await character(connection, "10")
    assert (mio["name"], mio["series"], mio["rarity"]) == ("Mio", "Harbour Lights", 3)
    assert mio["stats"] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert mio["affinities"] == [
        {"kind": "elemental", "value": "fire"},
        {"kind": "elemental", "value": "wind"},
        {"kind": "archetype", "value": "Healer"},
        {"kind": "genre", "value": "Comedy"},
        {"kind": "genre", "value": "School"},
        {"kind": "series", "value": "Harbour Lights"},
    ]
    assert mio["affinity_keys"] == [
        "elemental:fire",
        "elemental:wind",
        "archetype:healer",
        "genre:comedy",
        "genre:school",
        "series:harbour lights",
    ]
    assert mio["image_url"] is None


async def test_stars_left_empty_are_the_rarity(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    await bring_in(connection, everything())
    assert await copies(connection) == {("100", "10"): 5, ("100", "11"): 1, ("200", "10"): 3}
    await bring_in(connection, files(ownership="discord_id,waifu_id\n200,11\n"))
    assert (await copies(connection))["200", "11"] == 1


async def test_affinities_are_compared_without_case_and_shown_as_first_written(
    connection: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    row = MIO.replace('""fire"", ""wind""', '"" Fire "", ""FIRE""')
    await bring_in(
        connection, files(series=SERIES.replace("Comedy|School", " Comedy||COMEDY"), characters=HEADER + row)
    )
    mio = await character(connection, "10")
    assert [affinity["value"] for affinity in mio["affinities"]] == ["Fire", "Healer", "Comedy", "Harbour Lights"]
    assert mio["affinity_keys"] == ["elemental:fire", "archetype:healer", "genre:comedy", "series:harbour lights"]


async def test_a_character_may_have_no_series_no_element_and_no_archetype(
    connection: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    await bring_in(connection, files(series=SERIES, characters=f"{HEADER}12,Solo,,,,2,{STATS},[],\n"))
    solo = await character(connection, "12")
    assert (solo["series"], solo["affinities"], solo["affinity_keys"]) == (None, [], [])


async def test_columns_come_in_any_order_with_images_and_what_the_base_game_has_besides(
    connection: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    text = (
        "\ufeffname,about,favorites,image_url,rarity,stats,elemental_type,archetype,series_id,waifu_id\r\n"
        f'Mio,"She says ""hello"",\r\nand no more.",7,https://example.org/mio.png,6,{STATS},[],Bard,1,10\r\n\r\n'
    )
    await bring_in(connection, files(series=SERIES, characters=text))
    mio = await character(connection, "10")
    assert (mio["rarity"], mio["image_url"]) == (6, "https://example.org/mio.png")


async def test_the_sample_roster_comes_in(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    given = RosterFiles(
        series=RosterFile.at(content.sample_series()), characters=RosterFile.at(content.sample_characters())
    )
    summary = await bring_in(connection, given)
    rows = list(csv.DictReader(io.StringIO(content.sample_characters().read_text(encoding="utf-8"))))
    assert summary.characters == RosterCount(len(rows), len(rows), 0)
    assert (await character(connection, rows[-1]["waifu_id"]))["name"] == rows[-1]["name"]


async def test_the_base_games_own_files_come_in_as_they_are(
    committing: "asyncpg.Connection[asyncpg.Record]", geminya_dir: Path
) -> None:
    given = RosterFiles(
        series=RosterFile.at(geminya_dir / "series.csv"), characters=RosterFile.at(geminya_dir / "characters.csv")
    )
    summary = await bring_in(committing, given)
    assert (summary.series_read, summary.characters) == (237, RosterCount(2457, 2457, 0))
    assert await committing.fetchval("SELECT count(DISTINCT series) FROM character_revisions") == 237

    itsuki = await character(committing, "1")
    assert (itsuki["name"], itsuki["rarity"]) == ("Itsuki Nakano", 3)
    assert itsuki["stats"] == [96, 89, 101, 94, 109, 104, 94, 97]
    assert itsuki["affinity_keys"] == [
        "elemental:neutral",
        "archetype:ally",
        "genre:comedy",
        "genre:harem",
        "genre:romance",
        "genre:school",
        "series:5-toubun no hanayome",
    ]
    holders = await committing.fetch(
        "SELECT key, count(*) FROM character_revisions, unnest(affinity_keys) AS key GROUP BY key"
    )
    counted = {row["key"]: row["count"] for row in holders}
    with (geminya_dir / "characters.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for element in ("neutral", "fire", "ice"):
        assert counted[f"elemental:{element}"] == sum(element in json.loads(row["elemental_type"]) for row in rows)
    assert counted["archetype:healer"] == 176
    with (geminya_dir / "series.csv").open(encoding="utf-8", newline="") as stream:
        in_schools = {row["series_id"] for row in csv.DictReader(stream) if "School" in row["genres"].split("|")}
    assert counted["genre:school"] == sum(row["series_id"] in in_schools for row in rows)

    before = await contents(committing)
    assert (await bring_in(committing, given)).characters == RosterCount(2457, 0, 0)
    assert await contents(committing) == before


# ------------------------------------------------------------------ again, and in parts


async def test_a_second_import_changes_nothing(committing: "asyncpg.Connection[asyncpg.Record]") -> None:
    await bring_in(committing, everything())
    before = await contents(committing)
    summary = await bring_in(committing, everything())
    assert summary == RosterSummary(2, RosterCount(2, 0, 0), RosterCount(2, 0, 0), RosterCount(3, 0, 0))
    assert await contents(committing) == before


async def test_a_changed_character_gets_a_new_revision_and_keeps_its_id(
    connection: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    await bring_in(connection, everything())
    before = await contents(connection)
    summary = await bring_in(connection, files(series=SERIES, characters=CHARACTERS.replace("Mio", "Mio II")))
    assert summary.characters == RosterCount(2, 0, 1)
    after = await contents(connection)
    assert after["character_revisions"][:2] == before["character_revisions"]
    assert [row["name"] for row in after["character_revisions"][2:]] == ["Mio II"]
    assert (await character(connection, "10"))["name"] == "Mio II"
    assert [(row["id"], row["key"]) for row in after["characters"]] == [
        (row["id"], row["key"]) for row in before["characters"]
    ]
    assert after["user_characters"] == before["user_characters"]


async def test_names_and_stars_follow_the_files_and_nothing_is_deleted(
    connection: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    await bring_in(connection, everything())
    before = await contents(connection)
    summary = await bring_in(
        connection,
        files(
            players="discord_id,name\n300,Cy\n200,Bob\n",
            ownership="discord_id,waifu_id,stars\n100,10,6\n300,11,2\n",
        ),
    )
    assert (summary.players, summary.ownership) == (RosterCount(2, 1, 1), RosterCount(2, 1, 1))
    after = await contents(connection)
    assert [(row["id"], row["name"]) for row in after["users"]][:2] == [
        (before["users"][0]["id"], "Ada"),
        (before["users"][1]["id"], "Bob"),
    ]
    assert await copies(connection) == {
        ("100", "10"): 6,
        ("100", "11"): 1,
        ("200", "10"): 3,
        ("300", "11"): 2,
    }
    assert [row["id"] for row in after["user_characters"]][:3] == [row["id"] for row in before["user_characters"]]


async def test_a_file_without_images_leaves_the_images(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    with_images = "image_url," + HEADER + "https://example.org/mio.png," + MIO
    await bring_in(connection, files(series=SERIES, characters=with_images))
    summary = await bring_in(connection, files(series=SERIES, characters=HEADER + MIO))
    assert summary.characters == RosterCount(1, 0, 0)
    assert (await character(connection, "10"))["image_url"] == "https://example.org/mio.png"


async def test_series_alone_give_their_characters_new_genres(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    await bring_in(connection, everything())
    given = files(series=SERIES.replace("Comedy|School", "School|Drama"))
    summary = await bring_in(connection, given)
    assert (summary.series_read, summary.characters) == (2, RosterCount(2, 0, 1))
    assert (await character(connection, "10"))["affinity_keys"] == [
        "elemental:fire",
        "elemental:wind",
        "archetype:healer",
        "genre:school",
        "genre:drama",
        "series:harbour lights",
    ]
    assert (await bring_in(connection, given)).characters == RosterCount(2, 0, 0)


async def test_characters_alone_have_the_genres_that_the_database_knows(
    connection: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    await bring_in(connection, everything())
    new = f'12,Kai,Harbour Lights,1,Anime,2,{STATS},"[""ice""]",Sage\n'
    assert (await bring_in(connection, files(characters=CHARACTERS + new))).characters == RosterCount(3, 1, 0)
    kai = await character(connection, "12")
    assert kai["affinity_keys"][2:] == ["genre:comedy", "genre:school", "series:harbour lights"]

    error = await refused(connection, files(characters=HEADER + new.replace("Harbour Lights", "Nowhere")))
    assert "is not a known series" in error.problems[0].reason


async def test_two_imports_at_once_take_turns(database: Database) -> None:
    async with database.driver_connection() as one, database.driver_connection() as other:
        first, second = await asyncio.gather(bring_in(one, everything()), bring_in(other, everything()))
        assert {first.ownership, second.ownership} == {RosterCount(3, 3, 0), RosterCount(3, 0, 0)}


# ------------------------------------------------------------------ all or nothing


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


async def test_a_header_without_rows_is_an_empty_roster(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    summary = await bring_in(connection, files(players="discord_id,name\n"))
    assert summary.players == RosterCount(0, 0, 0)


async def test_progress_goes_through_every_byte_and_row(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    players = "discord_id,name\n" + "".join(f"{number},Player {number}\n" for number in range(25_000))
    told: list[RosterProgress] = []
    await bring_in(connection, files(players=players), told.append)
    assert [progress.rows_read for progress in told] == sorted(progress.rows_read for progress in told)
    assert len(told) >= 3
    assert (told[-1].bytes_read, told[-1].bytes_total) == (len(players), len(players))
    assert (told[-1].rows_read, told[-1].rows_written) == (25_000, 25_000)


# ------------------------------------------------------------------ worldthreat roster import


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
        cwd=Path(__file__).parent.parent.parent,
        env={**os.environ, "WORLDTHREAT_DATABASE_URL": database_url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def command(database_url: str, *arguments: str) -> tuple[int | None, str, str]:
    process = await start_command(database_url, *arguments)
    output, errors = await asyncio.wait_for(process.communicate(), 60)
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
        await asyncio.sleep(0.2)
    _, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 130
    assert errors.decode() == "Interrupted: nothing of the import stays.\n"
    assert not any((await contents(committing)).values())
