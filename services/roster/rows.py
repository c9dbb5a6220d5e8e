"""What a row of each file must be. A row that is not gets its problems noted and is left out."""

import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

from db.roster_queries import StagedCharacter, StagedOwnership, StagedPlayer
from services import codec
from services.roster.table import Columns, Table
from services.rules.values import STATS, Affinity, AffinityKind

LONGEST_KEY: Final = 100
LONGEST_CHARACTER_NAME: Final = 200
LONGEST_SERIES_NAME: Final = 200
LONGEST_PLAYER_NAME: Final = 100
LONGEST_DISCORD_ID: Final = 64
LONGEST_AFFINITY: Final = 100  # a boss cannot name a longer one
LONGEST_LIST: Final = 100
LONGEST_URL: Final = 2_000
LARGEST_STAT: Final = 9_999

# The base game's own columns; what this game has no use for is passed over.
SERIES: Final = Columns(
    required=("series_id", "name", "genres"),
    unused=(
        "english_name",
        "image_link",
        "creator",
        "synopsis",
        "favorites",
        "members",
        "score",
        "media_type",
    ),
)
CHARACTERS: Final = Columns(
    required=("waifu_id", "name", "series_id", "rarity", "stats", "elemental_type", "archetype"),
    optional=("series", "image_url"),
    unused=(
        "genre",  # its medium ("Anime"), not a genre: those are its series'
        "favorites",
        "about",
        "potency",
        "elemental_resistances",
        "favorite_gifts",
        "special_dialogue",
    ),
)
PLAYERS: Final = Columns(required=("discord_id", "name"))
OWNERSHIP: Final = Columns(required=("discord_id", "waifu_id"), optional=("stars",))

_LEVELS: Final = {str(level): level for level in range(1, 7)}
_STARS: Final[dict[str, int | None]] = {**_LEVELS, "": None}
_STAT_NAMES: Final = tuple(stat.value for stat in STATS)
_REWRITTEN_BY_A_SPREADSHEET: Final = re.compile(r"[0-9]+([.,][0-9]+)?[eE]\+?[0-9]+")


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    genres: tuple[Affinity, ...]


FindSeries = Callable[[str, str], Series | None]
"""A series by its id and, where the file has one, its name."""


def read_series(table: Table) -> Iterator[tuple[str, int, Series]]:
    """Id, line and series of each row. An id whose row is bad is still known: its characters are not to blame."""
    seen: dict[str, int] = {}
    for line, row in table.rows():
        series_id = table.text(line, row, "series_id", LONGEST_KEY)
        name = table.text(line, row, "name", LONGEST_SERIES_NAME)
        genres = [genre.strip() for genre in table.cell(row, "genres").split("|")]
        affinities = _affinities(table, line, "genres", AffinityKind.GENRE, [genre for genre in genres if genre])
        if series_id and _first_time(table, line, "series_id", series_id, seen):
            yield series_id, line, Series(name, affinities)


def read_characters(table: Table, find_series: FindSeries, series_expected: str) -> Iterator[StagedCharacter]:
    seen: dict[str, int] = {}
    for line, row in table.rows():
        refused_before = table.refused
        key = table.text(line, row, "waifu_id", LONGEST_KEY)
        name = table.text(line, row, "name", LONGEST_CHARACTER_NAME)
        series = _series(table, line, row, find_series, series_expected)
        rarity = _rarity(table, line, row)
        stats = _stats(table, line, table.cell(row, "stats"))
        elements = _elements(table, line, table.cell(row, "elemental_type"))
        archetype = [value for value in [table.cell(row, "archetype")] if value]
        archetypes = _affinities(table, line, "archetype", AffinityKind.ARCHETYPE, archetype)
        image_url = _image_url(table, line, table.cell(row, "image_url"))
        _first_time(table, line, "waifu_id", key, seen)
        if table.refused == refused_before:
            affinities = all_affinities((*elements, *archetypes), series)
            yield staged(line, key, name, series, rarity, stats, affinities, image_url)


def read_players(table: Table) -> Iterator[StagedPlayer]:
    seen: dict[str, int] = {}
    for line, row in table.rows():
        refused_before = table.refused
        discord_id = table.text(line, row, "discord_id", LONGEST_DISCORD_ID)
        name = table.text(line, row, "name", LONGEST_PLAYER_NAME)
        if _REWRITTEN_BY_A_SPREADSHEET.fullmatch(discord_id):
            table.refuse(
                line, "discord_id", discord_id, "was rounded by a spreadsheet", "the id with all digits, kept as text"
            )
        _first_time(table, line, "discord_id", discord_id, seen)
        if table.refused == refused_before:
            yield line, discord_id, name


def read_ownership(table: Table) -> Iterator[StagedOwnership]:
    player_place, character_place, stars_place = (table.place(name) for name in ("discord_id", "waifu_id", "stars"))
    if player_place is None or character_place is None:
        return
    for line, row in table.rows():  # millions of them: the usual case does as little as it can
        discord_id, key = row[player_place].strip(), row[character_place].strip()
        written = "" if stars_place is None else row[stars_place].strip()
        if 0 < len(discord_id) <= LONGEST_DISCORD_ID and 0 < len(key) <= LONGEST_KEY and written in _STARS:
            yield line, discord_id, key, _STARS[written]
            continue
        table.text(line, row, "discord_id", LONGEST_DISCORD_ID)
        table.text(line, row, "waifu_id", LONGEST_KEY)
        if written not in _STARS:
            table.refuse(
                line, "stars", written, "is out of range", "a whole number from 1 to 6, or nothing: the rarity"
            )


def all_affinities(own: tuple[Affinity, ...], series: Series | None) -> tuple[Affinity, ...]:
    """A character's own (elements, archetype), then its series' genres, then the series; each once."""
    if series is None:
        return tuple(dict.fromkeys(own))
    return tuple(dict.fromkeys((*own, *series.genres, Affinity(AffinityKind.SERIES, series.name))))


def staged(
    line: int,
    key: str,
    name: str,
    series: Series | None,
    rarity: int,
    stats: list[int],
    affinities: tuple[Affinity, ...],
    image_url: str | None,
) -> StagedCharacter:
    return (
        line,
        key,
        name,
        None if series is None else series.name,
        rarity,
        stats,
        orjson.dumps(codec.affinities_to_json(affinities)).decode(),
        [affinity.key for affinity in affinities],
        image_url,
    )


def _first_time(table: Table, line: int, column: str, value: str, seen: dict[str, int]) -> bool:
    first_line = seen.setdefault(value, line)
    if first_line == line or not value:
        return True
    table.refuse(line, column, value, f"stands on line {first_line} already", "each once")
    return False


def _series(table: Table, line: int, row: list[str], find_series: FindSeries, series_expected: str) -> Series | None:
    series_id, name = table.cell(row, "series_id"), table.cell(row, "series")
    if not series_id and not name:
        return None
    series = find_series(series_id, name)
    if series is None:
        table.refuse(line, "series_id", series_id or name, "is not a known series", series_expected)
    return series


def _rarity(table: Table, line: int, row: list[str]) -> int:
    written = table.cell(row, "rarity")
    if written not in _LEVELS:
        table.refuse(line, "rarity", written, "is out of range", "a whole number from 1 to 6")
        return 0
    return _LEVELS[written]


def _stats(table: Table, line: int, written: str) -> list[int]:
    found = _json(table, line, "stats", written, '{"hp": 90, "atk": 90, …} with all eight stats')
    if found is None:
        return []
    if not isinstance(found, dict):
        table.refuse(line, "stats", written, "is not a JSON object", '{"hp": 90, "atk": 90, …} with all eight stats')
        return []
    stats: list[int] = []
    for name in _STAT_NAMES:
        if name not in found:
            close = difflib.get_close_matches(name, found.keys() - set(_STAT_NAMES), n=1, cutoff=0.5)
            hint = f" (is it {close[0]}?)" if close else ""
            table.refuse(line, "stats", written, f"has no {name}{hint}", " ".join(_STAT_NAMES))
            continue
        value = found[name]
        if type(value) is not int or not 0 <= value <= LARGEST_STAT:
            expected = f"a whole number from 0 to {LARGEST_STAT}"
            table.refuse(line, f"stats {name}", _json_text(value), "is out of range", expected)
            continue
        stats.append(value)
    return stats


def _elements(table: Table, line: int, written: str) -> tuple[Affinity, ...]:
    expected = '["fire"], ["fire", "wind"] or []'
    found = _json(table, line, "elemental_type", written, expected)
    if found is None:
        return ()
    if not isinstance(found, list) or not all(isinstance(value, str) and value.strip() for value in found):
        table.refuse(line, "elemental_type", written, "is not a JSON list of elements", expected)
        return ()
    return _affinities(table, line, "elemental_type", AffinityKind.ELEMENTAL, found)


def _affinities(table: Table, line: int, column: str, kind: AffinityKind, values: list[str]) -> tuple[Affinity, ...]:
    if len(values) > LONGEST_LIST:
        table.refuse(line, column, None, f"has {len(values)} entries", f"at most {LONGEST_LIST}")
        return ()
    for value in values:
        if len(value.strip()) > LONGEST_AFFINITY:
            table.refuse(line, column, value, f"has {len(value)} characters", f"at most {LONGEST_AFFINITY}")
        if "\0" in value:  # JSON can spell what no byte of the file shows
            table.refuse(line, column, value, "holds a NUL character", "text without it")
    return tuple(Affinity(kind, value) for value in values)


def _image_url(table: Table, line: int, written: str) -> str | None:
    if not written:
        return None
    if not written.startswith(("https://", "http://")) or len(written) > LONGEST_URL:
        expected = f"an address that begins with https://, of at most {LONGEST_URL} characters, or nothing"
        table.refuse(line, "image_url", written, "is not a web address", expected)
    return written


def _json(table: Table, line: int, column: str, written: str, expected: str) -> Any:
    """None is a JSON null too, which is as wrong, and is refused as well."""
    try:
        found = orjson.loads(written)
    except orjson.JSONDecodeError as error:
        table.refuse(line, column, written, f"is not JSON ({error.msg})" if written else "is empty", expected)
        return None
    if found is None:
        table.refuse(line, column, written, "is null", expected)
    return found


def _json_text(value: Any) -> str:
    return orjson.dumps(value).decode()
