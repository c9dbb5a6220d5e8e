"""The roster import: characters, players and who owns whom, from CSV files, all or nothing.

    files.py       what is given: a path, a resource or a text, opened as bytes
    problems.py    why a file is refused, by line and column
    table.py       one CSV file while it is read: encoding, quotes, header, cells
    rows.py        what a row must be
    importing.py   the import itself                                  (import_roster)

The files: series.csv has series_id, name, genres (split by ``|``); characters.csv has waifu_id, name, series_id,
rarity, stats (a JSON object), elemental_type (a JSON list), archetype and, if there, image_url; players.csv has
discord_id, name; ownership.csv has discord_id, waifu_id and, if there, stars.
"""

from services.roster.files import RosterFile, RosterFiles
from services.roster.importing import RosterCount, RosterProgress, RosterSummary, import_roster
from services.roster.problems import RosterFileError, RosterProblem

__all__ = [
    "RosterCount",
    "RosterFile",
    "RosterFileError",
    "RosterFiles",
    "RosterProblem",
    "RosterProgress",
    "RosterSummary",
    "import_roster",
]
