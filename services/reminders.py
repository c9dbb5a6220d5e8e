"""Reminders: a player who wants to is told once when the cooldown of their newest strike is over.

The bot asks who is to be told, tells them, and acknowledges each: whoever was acknowledged is in no later answer.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from db.engine import Database
from db.queries import administration, players, raids, reminders
from db.rows import DueReminderRow
from services import permissions, views
from services.errors import InvalidInputError, PlayerNotFoundError
from services.raid_reader import RaidReader, player_view
from services.rules.configuration import RaidRules
from services.rules.values import RaidStatus
from services.views import DueReminder, Player, Principal, Role

LANGUAGE_TAG = re.compile(r"(?=.{2,35}\Z)[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
STRIKES_IN_A_STEP = 20_000
LOOKED_AT_AT_ONCE = 500


def _cooldown(rules: RaidRules) -> timedelta:
    return timedelta(seconds=rules.cooldown_seconds)


class ReminderBook:
    def __init__(self, database: Database, reader: RaidReader) -> None:
        self._database = database
        self._reader = reader

    async def wanted(self, user_ids: Sequence[int]) -> list[bool]:
        """Whether each of them wants reminders, in one statement."""
        async with self._database.reading() as connection:
            wanting = await reminders.wanting(connection, user_ids)
        return [user_id in wanting for user_id in user_ids]

    async def set_wanted(
        self, principal: Principal, *, discord_id: str | None, wanted: bool, language: str | None = None
    ) -> Player:
        """A player for themselves, the bot for anyone. Nobody is told twice of the same, however often this changes.

        `language` is a BCP 47 tag; without one, the one that was said before stays.

        Raises PlayerNotFoundError, ForbiddenError, InvalidInputError.
        """
        whose = permissions.striker(principal, discord_id)
        if language is not None and not LANGUAGE_TAG.fullmatch(language):
            raise InvalidInputError("language", 'must be a BCP 47 tag, such as "de" or "en-GB".')
        async with self._database.transaction() as connection:
            user = await players.user_by_discord_id(connection, whose)
            if user is None:
                raise PlayerNotFoundError(discord_id=whose)
            found = await raids.live_raid(connection)
            if found is not None:
                # Whoever catches up meanwhile waits: else a strike of this moment might be passed over by both.
                await reminders.lock_progress(connection, found[0].id)
            await reminders.set_wanted(connection, user.id, wanted=wanted, language=language)
            if found is not None:
                raid, rulebook = self._reader.with_rulebook(found)
                await reminders.arm_one(connection, raid.id, _cooldown(rulebook.boss.rules), user.id)
        return player_view(user)

    async def due(self, principal: Principal, *, first: int) -> tuple[DueReminder, ...]:
        """Who wants to be told, may strike again in the active raid, has characters left, and was not told yet.

        Longest due first. Nobody while no raid is active.
        """
        permissions.require(principal, Role.BOT)
        async with self._database.reading() as reading:
            found = await raids.live_raid(reading)
        if found is None or found[0].status != RaidStatus.ACTIVE:
            return ()
        raid, rulebook = self._reader.with_rulebook(found)
        await self._catch_up(raid.id, raid.fights + raid.analyses, _cooldown(rulebook.boss.rules))
        async with self._database.transaction() as connection:
            now = await administration.database_time(connection)
            rows = await _with_somebody_left(connection, raid.id, now, first)
        return tuple(
            views.DueReminder(row.user_id, row.discord_id, row.ready_at, raid.id, row.language) for row in rows
        )

    async def _catch_up(self, raid_id: int, newest: int, cooldown: timedelta) -> None:
        """Brings the reminders up to strike `newest`, in steps that stay when the caller goes away in between.

        Each player's time is that of their newest strike of all, so what is known half way is not wrong.
        """
        while True:
            async with self._database.transaction() as connection:
                known = await reminders.lock_progress(connection, raid_id)
                if known >= newest:
                    return
                step = min(newest, known + STRIKES_IN_A_STEP)
                await reminders.catch_up(connection, raid_id, cooldown, known, step)

    async def acknowledge(self, principal: Principal, *, discord_id: str, ready_at: datetime) -> tuple[Player, bool]:
        """The player was told. False when they were before, or have struck again since: then it changed nothing.

        Raises PlayerNotFoundError, ForbiddenError.
        """
        permissions.require(principal, Role.BOT)
        async with self._database.transaction() as connection:
            user = await players.user_by_discord_id(connection, discord_id)
            if user is None:
                raise PlayerNotFoundError(discord_id=discord_id)
            told = await reminders.acknowledge(connection, user.id, ready_at)
        return player_view(user), told


async def _with_somebody_left(
    connection: AsyncConnection, raid_id: int, now: datetime, first: int
) -> list[DueReminderRow]:
    """The first `first` that are due. Who has nobody left to send is disarmed on the way, not looked at each time."""
    looked_at = max(first, LOOKED_AT_AT_ONCE)
    while True:
        rows = await reminders.due(connection, raid_id, now, looked_at)
        left = [row for row in rows if row.somebody_left]
        if len(left) < len(rows):
            exhausted = [row.user_id for row in rows if not row.somebody_left]
            await reminders.disarm_exhausted(connection, raid_id, exhausted)
        if len(left) >= first or len(rows) < looked_at:
            return left[:first]
