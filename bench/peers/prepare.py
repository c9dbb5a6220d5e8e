"""Our database for the peers' bench bed: migrated, 20,000 players with 24 characters, one live raid, one bot's token.

    python -m bench.peers.prepare TOKEN

Where the server is, the bed says in PGHOST, PGUSER and PGDATABASE. The database is made anew.
"""

import asyncio
import hashlib
import os
import sys
from dataclasses import dataclass

import asyncpg
from sqlalchemy import URL

from bench.kit.world import world

PLAYERS = 20_000
NEVER = 10_000_000
RAID = 1


@dataclass(frozen=True, slots=True)
class Server:
    url: str


async def prepare(token: str) -> None:
    host, user, name = os.environ["PGHOST"], os.environ["PGUSER"], os.environ["PGDATABASE"]
    connection = await asyncpg.connect(host=host, user=user, database="postgres")
    await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    await connection.execute(f'CREATE DATABASE "{name}"')
    await connection.close()
    url = URL.create("postgresql+asyncpg", user, database=name, query={"host": host}).render_as_string()
    async with world(Server(url), players=PLAYERS) as made:
        raid_id = await made.new_raid(curse_every=NEVER)
        first = made.crowd.first_copy, made.crowd.first_user
        if (raid_id, *first) != (RAID, 1, 1):  # the bed counts from one
            raise SystemExit(f"The raid has the id {raid_id}, the first character and player {first}, not 1.")
        async with made.database.driver_connection() as ours:
            await ours.execute(
                "INSERT INTO api_tokens (role, name, prefix, token_hash) VALUES ('bot', 'peers', 'wt_bot_', $1)",
                hashlib.sha256(token.encode()).digest(),
            )


if __name__ == "__main__":
    asyncio.run(prepare(sys.argv[1]))
