"""Players who own characters, written in two statements: a hundred thousand rosters in seconds."""

from dataclasses import dataclass
from typing import TypeAlias

import asyncpg

from services import content
from services.roster import RosterFile, RosterFiles, import_roster

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_FILL_SECONDS = 600.0
_PLAYERS = """
INSERT INTO users (discord_id, name)
SELECT 'bench-' || player, 'Player ' || player FROM generate_series(1, $1::integer) player ORDER BY player
"""
# Each player owns consecutive characters of the catalogue, everybody from another place on.
_COPIES = """
WITH catalogue AS (SELECT array_agg(id ORDER BY id) AS ids FROM characters)
INSERT INTO user_characters (user_id, character_id, stars)
SELECT u.id, ids[1 + (player * 7 + place) % cardinality(ids)], 3
FROM generate_series(1, $1::integer) player
JOIN users u ON u.discord_id = 'bench-' || player
CROSS JOIN generate_series(0, $2::integer - 1) place
CROSS JOIN catalogue
ORDER BY player, place
"""


@dataclass(frozen=True, slots=True)
class Team:
    """Who strikes with which characters, as the API names them."""

    discord_id: str
    character_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Crowd:
    """Players 1 to `players`, Discord id ``bench-N``. Player n has the id ``first_user + n - 1``, and characters with
    the ids that follow ``first_copy + (n - 1) * characters_each``: whoever knows the crowd names any team unasked.
    """

    players: int
    characters_each: int
    first_copy: int
    first_user: int

    def turns(self, size: int) -> int:
        """How many teams of `size` each player has that share no character."""
        return self.characters_each // size

    def teams(self, size: int) -> int:
        """How many everybody has together."""
        return self.players * self.turns(size)

    def team(self, number: int, size: int) -> Team:
        """Team `number` of `teams(size)`: everybody's first team before anybody's second."""
        turn, player = divmod(number, self.players)
        return self.team_of(player, turn, size)

    def team_of(self, player: int, turn: int, size: int) -> Team:
        """Both from 0."""
        first = self.first_copy + player * self.characters_each + turn * size
        return Team(f"bench-{player + 1}", tuple(str(first + place) for place in range(size)))


async def import_catalogue(connection: Connection) -> None:
    """The sample roster's series and characters."""
    files = RosterFiles(
        series=RosterFile.at(content.sample_series()), characters=RosterFile.at(content.sample_characters())
    )
    await import_roster(connection, files, lambda _progress: None)


async def add_crowd(connection: Connection, *, players: int, characters_each: int) -> Crowd:
    """Gives a database that has a catalogue and no players its crowd. `connection` must be a superuser's."""
    async with connection.transaction():
        # By construction no row refers to anything that is not there: a check of each would take most of the time.
        await connection.execute("SET LOCAL session_replication_role = replica; SET LOCAL statement_timeout = 0")
        await connection.execute(_PLAYERS, players, timeout=_FILL_SECONDS)
        await connection.execute(_COPIES, players, characters_each, timeout=_FILL_SECONDS)
    await connection.execute("SET statement_timeout = 0")
    await connection.execute("VACUUM ANALYZE", timeout=_FILL_SECONDS)
    first_user, last_user = await connection.fetchrow("SELECT min(id), max(id) FROM users") or (0, 0)
    first, last = await connection.fetchrow("SELECT min(id), max(id) FROM user_characters") or (0, 0)
    if (last_user - first_user + 1, last - first + 1) != (players, players * characters_each):
        raise SystemExit("The ids do not follow each other: this database had players before.")
    return Crowd(players, characters_each, first, first_user)
