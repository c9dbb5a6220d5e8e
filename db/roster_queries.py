"""What the roster import asks of the database, all inside one transaction that the caller opens.

Rows are copied into temporary tables (which no log is kept of) and from there written by a few set-based
statements. Written is only what differs, so that importing the same files again touches no row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import asyncpg

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

StagedCharacter = tuple[int, str, str, str | None, int, list[int], str, list[str], str | None]
"""line, key, name, series, rarity, stats, affinities (JSON text), affinity keys, image URL"""

StagedPlayer = tuple[int, str, str]
"""line, Discord id, name"""

StagedOwnership = tuple[int, str, str, int | None]
"""line, Discord id, character key, stars (None: the character's rarity)"""

STATEMENT_SECONDS: Final = 900.0


@dataclass(frozen=True, slots=True)
class Written:
    new: int
    changed: int


@dataclass(frozen=True, slots=True)
class Misfit:
    """A staged row that does not fit; `first_line`: the row that it repeats."""

    line: int
    value: str
    first_line: int | None = None


@dataclass(frozen=True, slots=True)
class Misfits:
    """The first of them by line, and how many there are in all."""

    first: tuple[Misfit, ...]
    total: int


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """A character as it is now. `affinities` is JSON text."""

    key: str
    name: str
    series: str | None
    rarity: int
    stats: tuple[int, ...]
    affinities: str
    image_url: str | None


# One import at a time: a second one waits here, before it has read or locked anything.
_BEGIN: Final = """
    SET LOCAL statement_timeout = '15min';
    SET LOCAL lock_timeout = '15min';
    SET LOCAL idle_in_transaction_session_timeout = '15min';
    SET LOCAL work_mem = '64MB';
    SELECT pg_advisory_xact_lock(hashtext('worldthreat roster import'));
    SET LOCAL lock_timeout = '1min';
    CREATE TEMP TABLE staged_characters (
        line integer, key text, name text, series text, rarity smallint, stats integer[],
        affinities text, affinity_keys text[], image_url text
    ) ON COMMIT DROP;
    CREATE TEMP TABLE staged_players (line integer, discord_id text, name text) ON COMMIT DROP;
    CREATE TEMP TABLE staged_ownership (
        line integer, discord_id text, key text, stars smallint
    ) ON COMMIT DROP;
"""


async def begin_import(connection: Connection) -> None:
    """Take the turn, give this transaction time, and make the tables to stage in."""
    await connection.execute(_BEGIN, timeout=STATEMENT_SECONDS)


async def end_import(connection: Connection) -> None:
    """Leave no temporary table behind for what else the caller's transaction may do."""
    await connection.execute(
        """
        DROP TABLE IF EXISTS staged_characters, changed_characters, staged_players,
                             staged_ownership, resolved_ownership
        """
    )


# ------------------------------------------------------------------ characters


async def stage_characters(connection: Connection, rows: Sequence[StagedCharacter]) -> None:
    await connection.copy_records_to_table("staged_characters", records=rows, timeout=STATEMENT_SECONDS)


async def keep_images(connection: Connection) -> None:
    """Give the staged characters the image that they have now."""
    await connection.execute(
        """
        UPDATE staged_characters AS staged
        SET image_url = revision.image_url
        FROM characters JOIN character_revisions AS revision ON revision.id = characters.revision_id
        WHERE characters.key = staged.key AND revision.image_url IS NOT NULL
        """,
        timeout=STATEMENT_SECONDS,
    )


async def write_characters(connection: Connection) -> Written:
    """A new revision for each staged character that is new or differs from its newest; ids in the file's order."""
    await connection.execute(
        """
        CREATE TEMP TABLE changed_characters ON COMMIT DROP AS
        SELECT changed.*, nextval(pg_get_serial_sequence('character_revisions', 'id')) AS new_revision_id
        FROM (
            SELECT staged.*, characters.id AS character_id
            FROM staged_characters AS staged
            LEFT JOIN characters ON characters.key = staged.key
            LEFT JOIN character_revisions AS revision ON revision.id = characters.revision_id
            WHERE revision.id IS NULL
               OR (revision.name, revision.series, revision.rarity, revision.stats,
                   revision.affinities, revision.affinity_keys, revision.image_url)
                  IS DISTINCT FROM
                  (staged.name, staged.series, staged.rarity, staged.stats,
                   staged.affinities::jsonb, staged.affinity_keys, staged.image_url)
            ORDER BY staged.line
        ) AS changed
        """,
        timeout=STATEMENT_SECONDS,
    )
    await connection.execute(
        """
        INSERT INTO character_revisions
            (id, name, series, rarity, stats, affinities, affinity_keys, image_url)
        OVERRIDING SYSTEM VALUE
        SELECT new_revision_id, name, series, rarity, stats, affinities::jsonb, affinity_keys, image_url
        FROM changed_characters
        ORDER BY line
        """,
        timeout=STATEMENT_SECONDS,
    )
    new = await connection.execute(
        """
        INSERT INTO characters (key, revision_id)
        SELECT key, new_revision_id FROM changed_characters WHERE character_id IS NULL ORDER BY line
        """,
        timeout=STATEMENT_SECONDS,
    )
    changed = await connection.execute(
        """
        UPDATE characters
        SET revision_id = changed.new_revision_id
        FROM changed_characters AS changed
        WHERE characters.id = changed.character_id
        """,
        timeout=STATEMENT_SECONDS,
    )
    return Written(new=_rows(new), changed=_rows(changed))


async def catalogue_series(connection: Connection) -> list[tuple[str, str]]:
    """Each series of the catalogue, with the affinities (JSON text) of its newest character."""
    found = await connection.fetch(
        """
        SELECT DISTINCT ON (revision.series) revision.series, revision.affinities::text AS affinities
        FROM characters JOIN character_revisions AS revision ON revision.id = characters.revision_id
        WHERE revision.series IS NOT NULL
        ORDER BY revision.series, revision.id DESC
        """,
        timeout=STATEMENT_SECONDS,
    )
    return [(row["series"], row["affinities"]) for row in found]


async def characters_of_series(connection: Connection, names: Sequence[str]) -> list[CatalogueRow]:
    """The catalogue's characters of the series of these names, spelled alike."""
    found = await connection.fetch(
        """
        SELECT characters.key, revision.name, revision.series, revision.rarity, revision.stats,
               revision.affinities::text AS affinities, revision.image_url
        FROM characters JOIN character_revisions AS revision ON revision.id = characters.revision_id
        WHERE revision.series = ANY ($1::text[])
        ORDER BY characters.id
        """,
        names,
        timeout=STATEMENT_SECONDS,
    )
    return [
        CatalogueRow(
            key=row["key"],
            name=row["name"],
            series=row["series"],
            rarity=row["rarity"],
            stats=tuple(row["stats"]),
            affinities=row["affinities"],
            image_url=row["image_url"],
        )
        for row in found
    ]


# ------------------------------------------------------------------ players


async def stage_players(connection: Connection, rows: Sequence[StagedPlayer]) -> None:
    await connection.copy_records_to_table("staged_players", records=rows, timeout=STATEMENT_SECONDS)


async def write_players(connection: Connection) -> Written:
    """Players by Discord id: new ones, and new names. A player who registers meanwhile is met by ON CONFLICT."""
    await connection.execute("ANALYZE staged_players", timeout=STATEMENT_SECONDS)
    changed = await connection.execute(
        """
        UPDATE users
        SET name = staged.name
        FROM staged_players AS staged
        WHERE users.discord_id = staged.discord_id AND users.name <> staged.name
        """,
        timeout=STATEMENT_SECONDS,
    )
    new = await connection.execute(
        """
        INSERT INTO users (discord_id, name)
        SELECT staged.discord_id, staged.name
        FROM staged_players AS staged
        WHERE NOT EXISTS (SELECT FROM users WHERE users.discord_id = staged.discord_id)
        ORDER BY staged.line
        ON CONFLICT (discord_id) DO UPDATE SET name = excluded.name
        """,
        timeout=STATEMENT_SECONDS,
    )
    return Written(new=_rows(new), changed=_rows(changed))


# ------------------------------------------------------------------ who owns whom


async def stage_ownership(connection: Connection, rows: Sequence[StagedOwnership]) -> None:
    await connection.copy_records_to_table("staged_ownership", records=rows, timeout=STATEMENT_SECONDS)


async def resolve_ownership(connection: Connection) -> None:
    """Find the player, the character and the copy that each staged row means."""
    await connection.execute(
        """
        ANALYZE staged_ownership;
        CREATE TEMP TABLE resolved_ownership ON COMMIT DROP AS
        SELECT staged.line,
               users.id AS user_id,
               characters.id AS character_id,
               coalesce(staged.stars, revision.rarity) AS stars,
               copy.id AS copy_id,
               copy.stars AS stars_now
        FROM staged_ownership AS staged
        LEFT JOIN users ON users.discord_id = staged.discord_id
        LEFT JOIN characters ON characters.key = staged.key
        LEFT JOIN character_revisions AS revision ON revision.id = characters.revision_id
        LEFT JOIN user_characters AS copy ON copy.user_id = users.id AND copy.character_id = characters.id;
        CREATE INDEX ON resolved_ownership (line);
        ANALYZE resolved_ownership;
        """,
        timeout=STATEMENT_SECONDS,
    )


async def unknown_players(connection: Connection, limit: int) -> Misfits:
    """Staged rows whose Discord id nobody has; `value` is that id."""
    found = await connection.fetch(
        """
        WITH misfits AS MATERIALIZED (SELECT line FROM resolved_ownership WHERE user_id IS NULL)
        SELECT staged.line, staged.discord_id AS value, (SELECT count(*) FROM misfits) AS total
        FROM (SELECT line FROM misfits ORDER BY line LIMIT $1) AS first
        JOIN staged_ownership AS staged USING (line)
        ORDER BY staged.line
        """,
        limit,
        timeout=STATEMENT_SECONDS,
    )
    return _misfits(found)


async def unknown_characters(connection: Connection, limit: int) -> Misfits:
    """Staged rows whose key the catalogue does not have; `value` is that key."""
    found = await connection.fetch(
        """
        WITH misfits AS MATERIALIZED (SELECT line FROM resolved_ownership WHERE character_id IS NULL)
        SELECT staged.line, staged.key AS value, (SELECT count(*) FROM misfits) AS total
        FROM (SELECT line FROM misfits ORDER BY line LIMIT $1) AS first
        JOIN staged_ownership AS staged USING (line)
        ORDER BY staged.line
        """,
        limit,
        timeout=STATEMENT_SECONDS,
    )
    return _misfits(found)


async def copies_named_twice(connection: Connection, limit: int) -> Misfits:
    """Staged rows that name a player's character again; `value` is the character's key."""
    found = await connection.fetch(
        """
        WITH repeated AS MATERIALIZED (
            SELECT user_id, character_id, min(line) AS first_line
            FROM resolved_ownership
            WHERE user_id IS NOT NULL AND character_id IS NOT NULL
            GROUP BY user_id, character_id
            HAVING count(*) > 1
        ), misfits AS MATERIALIZED (
            SELECT resolved.line, repeated.first_line
            FROM repeated JOIN resolved_ownership AS resolved USING (user_id, character_id)
            WHERE resolved.line > repeated.first_line
        )
        SELECT staged.line, staged.key AS value, first.first_line, (SELECT count(*) FROM misfits) AS total
        FROM (SELECT line, first_line FROM misfits ORDER BY line LIMIT $1) AS first
        JOIN staged_ownership AS staged USING (line)
        ORDER BY staged.line
        """,
        limit,
        timeout=STATEMENT_SECONDS,
    )
    return _misfits(found)


async def write_ownership(connection: Connection, *, first_line: int, last_line: int) -> Written:
    """New copies and new stars of the staged rows between two lines; ids in the file's order."""
    changed = await connection.execute(
        """
        UPDATE user_characters
        SET stars = resolved.stars
        FROM resolved_ownership AS resolved
        WHERE resolved.line BETWEEN $1 AND $2
          AND resolved.copy_id = user_characters.id
          AND resolved.stars <> resolved.stars_now
        """,
        first_line,
        last_line,
        timeout=STATEMENT_SECONDS,
    )
    new = await connection.execute(
        """
        INSERT INTO user_characters (user_id, character_id, stars)
        SELECT user_id, character_id, stars
        FROM resolved_ownership
        WHERE line BETWEEN $1 AND $2 AND copy_id IS NULL
        ORDER BY line
        ON CONFLICT (user_id, character_id) DO UPDATE SET stars = excluded.stars
        """,
        first_line,
        last_line,
        timeout=STATEMENT_SECONDS,
    )
    return Written(new=_rows(new), changed=_rows(changed))


def _rows(command_tag: str) -> int:
    return int(command_tag.rsplit(" ", 1)[1])


def _misfits(found: list[asyncpg.Record]) -> Misfits:
    return Misfits(
        first=tuple(Misfit(row["line"], row["value"], row.get("first_line")) for row in found),
        total=found[0]["total"] if found else 0,
    )
