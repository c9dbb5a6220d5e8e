"""A roster comes in, and may come in again, whole or in parts."""

import asyncio
import csv
import io
import json
from pathlib import Path

import asyncpg

from db.engine import Database
from services import content
from services.roster import RosterCount, RosterFile, RosterFiles, RosterProgress, RosterSummary
from tests.services.roster.rosters import (
    CHARACTERS,
    HEADER,
    MIO,
    SERIES,
    STATS,
    bring_in,
    character,
    contents,
    copies,
    everything,
    files,
    refused,
)

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


# ------------------------------------------------------------------ no rows, and many


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
