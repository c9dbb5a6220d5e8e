"""The roster import: every given file in one transaction, or nothing of them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeAlias, TypeVar

import asyncpg
import orjson

from db import roster_queries as queries
from services import codec
from services.roster import rows
from services.roster.files import RosterFile, RosterFiles
from services.roster.problems import SHOWN, Problems
from services.roster.table import Table
from services.rules.values import AffinityKind

ROWS_PER_COPY: Final = 10_000
LINES_PER_WRITE: Final = 100_000

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class RosterProgress:
    """How far one file is: first it is read, then its rows are written. `bytes_total` is None for an endless stream."""

    file: str
    bytes_read: int
    bytes_total: int | None
    rows_read: int
    rows_written: int


@dataclass(frozen=True, slots=True)
class RosterCount:
    """`read` rows, of which `new` and `changed`; the others were there already, just so."""

    read: int
    new: int
    changed: int


@dataclass(frozen=True, slots=True)
class RosterSummary:
    """What was imported; None for what no file was given for. Series stand in their characters."""

    series_read: int | None
    characters: RosterCount | None
    players: RosterCount | None
    ownership: RosterCount | None


async def import_roster(
    connection: Connection, files: RosterFiles, progress: Callable[[RosterProgress], None]
) -> RosterSummary:
    """Import all given files in one transaction of `connection` (a savepoint, if it is in one).

    Characters are matched by key, players by Discord id, copies by both; what differs is updated, a changed character
    gets a new revision, nothing is ever deleted. One import runs at a time, another one waits. Raises RosterFileError
    with the first problems of all files; after that, or any other exception, or a cancellation, nothing is left of it.
    """
    async with connection.transaction():
        await queries.begin_import(connection)
        summary = await _Import(connection, progress).run(files)
        await queries.end_import(connection)
    return summary


class _Import:
    def __init__(self, connection: Connection, progress: Callable[[RosterProgress], None]) -> None:
        self._connection, self._progress = connection, progress
        self._problems = Problems()
        self._series: dict[str, rows.Series] = {}

    async def run(self, files: RosterFiles) -> RosterSummary:
        series_read, characters, players, ownership = None, None, None, None
        if files.series:
            series_read = await self._read_series(files.series, alone=files.characters is None)
        if files.characters:
            characters = await self._characters(files.characters, series_given=files.series is not None)
        elif files.series and not self._problems.total:
            characters = await self._new_genres()
        if files.players:
            players = await self._players(files.players)
        if files.ownership:
            ownership = await self._ownership(files.ownership)
        self._problems.raise_if_any()
        return RosterSummary(series_read, characters, players, ownership)

    # ------------------------------------------------------------------ series and characters

    async def _read_series(self, file: RosterFile, *, alone: bool) -> int:
        names: dict[str, int] = {}
        with Table(file, rows.SERIES, self._problems, order=0) as table:
            for series_id, line, series in rows.read_series(table):
                self._series[series_id] = series
                first_line = names.setdefault(series.name, line)
                if alone and first_line != line:  # characters are found by their series' name then
                    table.refuse(
                        line,
                        "name",
                        series.name,
                        f"stands on line {first_line} already",
                        "each name once, or the characters' file beside this one",
                    )
            self._tell(table)
        return table.rows_read

    async def _characters(self, file: RosterFile, *, series_given: bool) -> RosterCount:
        find: rows.FindSeries = self._series_by_id
        expected = "a series_id of the series file"
        if not series_given:
            await self._load_series()
            find = self._series_by_name
            expected = "the name of a series that the database has, or the series' file beside this one"
        with Table(file, rows.CHARACTERS, self._problems, order=1) as table:
            await self._stage(table, rows.read_characters(table, find, expected), queries.stage_characters)
        if self._problems.total:
            return RosterCount(table.rows_read, 0, 0)
        if table.place("image_url") is None:
            await queries.keep_images(self._connection)
        return self._count(table, await queries.write_characters(self._connection))

    async def _load_series(self) -> None:
        for name, affinities in await queries.catalogue_series(self._connection):
            known = codec.affinities_from_json(orjson.loads(affinities))
            genres = tuple(affinity for affinity in known if affinity.kind is AffinityKind.GENRE)
            self._series[name.casefold()] = rows.Series(name, genres)

    def _series_by_id(self, series_id: str, _name: str) -> rows.Series | None:
        return self._series.get(series_id)

    def _series_by_name(self, _series_id: str, name: str) -> rows.Series | None:
        return self._series.get(name.casefold())

    async def _new_genres(self) -> RosterCount:
        by_name = {series.name: series for series in self._series.values()}
        found = await queries.characters_of_series(self._connection, list(by_name))
        own_kinds = {AffinityKind.ELEMENTAL, AffinityKind.ARCHETYPE}
        staged = []
        for line, character in enumerate(found, start=1):
            series = by_name[character.series or ""]
            now = codec.affinities_from_json(orjson.loads(character.affinities))
            own = tuple(affinity for affinity in now if affinity.kind in own_kinds)
            staged.append(
                rows.staged(
                    line,
                    character.key,
                    character.name,
                    series,
                    character.rarity,
                    list(character.stats),
                    rows.all_affinities(own, series),
                    character.image_url,
                )
            )
        await queries.stage_characters(self._connection, staged)
        written = await queries.write_characters(self._connection)
        return RosterCount(len(staged), written.new, written.changed)

    # ------------------------------------------------------------------ players and what they own

    async def _players(self, file: RosterFile) -> RosterCount:
        with Table(file, rows.PLAYERS, self._problems, order=2) as table:
            await self._stage(table, rows.read_players(table), queries.stage_players)
        if self._problems.total:
            return RosterCount(table.rows_read, 0, 0)
        return self._count(table, await queries.write_players(self._connection))

    async def _ownership(self, file: RosterFile) -> RosterCount:
        others_are_well = not self._problems.total
        with Table(file, rows.OWNERSHIP, self._problems, order=3) as table:
            last_line = await self._stage(table, rows.read_ownership(table), queries.stage_ownership)
        new, changed = 0, 0
        if others_are_well:  # with a bad player left out, all their rows would seem to be wrong
            await self._refuse_misfits(table)
        if not self._problems.total:
            for first_line in range(1, last_line + 1, LINES_PER_WRITE):
                written = await queries.write_ownership(
                    self._connection, first_line=first_line, last_line=first_line + LINES_PER_WRITE - 1
                )
                new, changed = new + written.new, changed + written.changed
                self._tell(table, rows_written=min(first_line + LINES_PER_WRITE - 1, table.rows_read))
        return RosterCount(table.rows_read, new, changed)

    async def _refuse_misfits(self, table: Table) -> None:
        await queries.resolve_ownership(self._connection)
        for find, column, reason, expected in (
            (
                queries.unknown_players,
                "discord_id",
                "is not a known player",
                "a player of the players' file or the game",
            ),
            (queries.unknown_characters, "waifu_id", "is not a known character", "a character of the catalogue"),
            (queries.copies_named_twice, "waifu_id", "", "each character of a player once"),
        ):
            misfits = await find(self._connection, SHOWN)
            for misfit in misfits.first:
                told = reason or f"stands on line {misfit.first_line} already, of the same player"
                table.refuse(misfit.line, column, misfit.value, told, expected)
            table.refuse_uncounted(misfits.total - len(misfits.first))

    # ------------------------------------------------------------------ staging

    async def _stage(
        self,
        table: Table,
        staged: Iterator[Row],
        copy: Callable[[Connection, Sequence[Row]], Awaitable[None]],
    ) -> int:
        """Copy the rows to their temporary table, a step at a time; read on without, once another file is refused."""
        keep = self._problems.total == table.refused
        while step := list(islice(staged, ROWS_PER_COPY)):
            if keep:
                await copy(self._connection, step)
            self._tell(table)
            await asyncio.sleep(0)  # a cancellation gets its chance
        self._tell(table)
        return table.lines_read

    def _tell(self, table: Table, rows_written: int = 0) -> None:
        self._progress(RosterProgress(table.name, table.bytes_read, table.bytes_total, table.rows_read, rows_written))

    def _count(self, table: Table, written: queries.Written) -> RosterCount:
        self._tell(table, rows_written=table.rows_read)
        return RosterCount(table.rows_read, written.new, written.changed)
