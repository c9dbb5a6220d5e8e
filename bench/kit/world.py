"""A database with a crowd in it, in an embedded server with fsync on, and raids that last as long as is needed."""

import contextlib
import hashlib
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import asyncpg

from bench.kit.crowd import Crowd, add_crowd, import_catalogue
from db import migrate
from db.embedded import EmbeddedServer
from db.engine import Database
from services.boss_overrides import BossOverrides, RulesOverrides
from services.rules.values import StrikeAction
from services.tokens import new_secret
from services.views import Principal, Role
from services.world_threat import WorldThreatService
from worldthreat.up import add_first_templates

ADMIN = Principal(Role.ADMIN, token_name="benchmark")  # noqa: S106 - a name, not a secret
BOT = Principal(Role.BOT, token_name="benchmark")  # noqa: S106 - a name, not a secret
TOTAL_HP = 1_000_000_000_000
CHARACTERS_EACH = 24


@contextlib.contextmanager
def postgres(*, with_commit_times: bool = True) -> Iterator[tuple[EmbeddedServer, Path]]:
    """A server in a folder of its own, gone at the end; it may write down when each transaction was committed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the end is one when somebody stops us, too
    folder = Path(tempfile.mkdtemp(prefix="worldthreat-bench-"))
    try:
        if with_commit_times:
            server = EmbeddedServer.start(folder / "data")
            try:
                server._sql("ALTER SYSTEM SET track_commit_timestamp = on")  # noqa: SLF001 - for a benchmark alone
            finally:
                server.stop()
        server = EmbeddedServer.start(folder / "data")
        try:
            yield server, folder
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Copy:
    """A player's character, as a strike names it."""

    discord_id: str
    character_id: str


@dataclass(frozen=True, slots=True)
class World:
    """A migrated database with players who own characters. `service` changes raids as an admin, beside the API."""

    database: Database
    service: WorldThreatService
    crowd: Crowd
    admin_token: str
    bot_token: str

    async def new_raid(self, *, curse_every: int | None = None) -> int:
        """The id of a new live raid without cooldown, whose boss outlives every benchmark; a live one is ended."""
        live = await self.service.active_raid(ADMIN)
        if live is not None:
            await self.service.desk.end_raid(ADMIN, raid_id=str(live.id), reason="the next run")
        created = await self.service.desk.create_raid(
            ADMIN,
            name="Benchmark",
            boss_key="demo",
            boss=BossOverrides(total_hp=TOTAL_HP, curse_every=curse_every, rules=RulesOverrides(cooldown_seconds=0)),
            starts_at=None,
            ends_at=None,
            accept_warnings=True,
        )
        return created.raid.id

    async def strike(self, copy: Copy, key: str) -> None:
        """A fight with this character alone, past the API. Raises WorldThreatError when it is refused."""
        await self.service.execute_strike(
            BOT,
            action=StrikeAction.FIGHT,
            character_ids=(copy.character_id,),
            equipment_id=None,
            discord_id=copy.discord_id,
            idempotency_key=key,
            expected_sequence=None,
        )

    async def player_tokens(self) -> list[str]:
        """A token for each player, in the crowd's order."""
        secrets = [new_secret(Role.PLAYER) for _ in range(self.crowd.players)]
        async with self.database.driver_connection() as connection:
            await connection.execute(
                "INSERT INTO api_tokens (role, name, prefix, token_hash, user_id) "
                "SELECT 'player', 'benchmark', 'wt_player_', hash, u.id "
                "FROM unnest($1::bytea[]) WITH ORDINALITY AS made(hash, player) "
                "JOIN users u ON u.discord_id = 'bench-' || player",
                [hashlib.sha256(secret.encode()).digest() for secret in secrets],
            )
        return secrets

    async def make_history(self, raid_id: int, events: int) -> None:
        """So many events, for answers that are large."""
        for number in range(events):
            await self.service.desk.adjust_boss_hp(
                ADMIN, raid_id=str(raid_id), reason="a long history", current_hp=TOTAL_HP - 1 - number
            )

    async def copies(self, most: int) -> list[Copy]:
        """Characters that no strike of a new raid has used, each player's far apart."""
        async with self.database.driver_connection() as connection:
            rows = await connection.fetch(
                "SELECT u.discord_id, c.id FROM user_characters c JOIN users u ON u.id = c.user_id "
                "ORDER BY row_number() OVER (PARTITION BY u.id ORDER BY c.id), u.id LIMIT $1",
                most,
            )
        return [Copy(row["discord_id"], str(row["id"])) for row in rows]

    async def commits(self, raid_id: int) -> dict[int, float]:
        """When each of the raid's events was committed, by its sequence: seconds of this machine's clock."""
        return await self._times(
            "SELECT sequence, pg_xact_commit_timestamp(xmin) AS at FROM raid_events WHERE raid_id = $1", raid_id
        )

    async def strike_commits(self, raid_id: int) -> dict[int, float]:
        """The same of its strikes, by their numbers."""
        return await self._times(
            "SELECT number AS sequence, pg_xact_commit_timestamp(xmin) AS at FROM world_threat_strikes "
            "WHERE raid_id = $1",
            raid_id,
        )

    async def _times(self, statement: str, raid_id: int) -> dict[int, float]:
        async with self.database.driver_connection() as connection:
            rows: list[asyncpg.Record] = await connection.fetch(statement, raid_id)
        times: dict[int, datetime] = {row["sequence"]: row["at"] for row in rows}
        return {sequence: at.timestamp() for sequence, at in times.items()}


class Server(Protocol):
    """An embedded server, or any other that has an empty database at `url`."""

    @property
    def url(self) -> str: ...


@contextlib.asynccontextmanager
async def world(server: Server, *, players: int) -> AsyncIterator[World]:
    """Fills the database of `server`."""
    await migrate.upgrade(server.url)
    database = Database(server.url, pool_size=4, application_name="worldthreat-bench")
    try:
        await add_first_templates(database)
        async with database.driver_connection() as connection:
            await import_catalogue(connection)
            crowd = await add_crowd(connection, players=players, characters_each=CHARACTERS_EACH)
        service = WorldThreatService(database)
        tokens = [
            (
                await service.desk.create_token(
                    ADMIN, role=role, name=f"benchmark {role.value}", discord_id=None, expires_at=None
                )
            ).secret
            for role in (Role.ADMIN, Role.BOT)
        ]
        await service.start()
        try:
            yield World(database, service, crowd, *tokens)
        finally:
            await service.stop()
    finally:
        await database.close()
