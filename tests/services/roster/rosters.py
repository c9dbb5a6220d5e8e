"""A small roster, and what the database has of it."""

from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from services.roster import RosterFile, RosterFileError, RosterFiles, RosterProgress, RosterSummary, import_roster

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
