"""Reading raids: where they stand, who leads, what happened."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from db.engine import Database
from db.queries import leaderboards, players, raids
from db.rows import EventRow, RaidRow, RankedRow, RevisionRow, StrikeRow, UserRow
from services import codec, views
from services.gathered import Gathered
from services.paging import decode_number, encode_cursor, page
from services.raid_records import Rulebook, boss_at, event_of, state_of
from services.raid_views import raid_view, strike_view
from services.rules.events import RaidChanged, RaidEventKind
from services.rules.values import CharacterSheet, RaidStatus
from services.shelf import Shelf
from services.strike_facts import parse_id
from services.views import LeaderboardEntry, LeaderboardMetric, Page, Principal


def player_view(row: UserRow) -> views.Player:
    return views.Player(user_id=row.id, id=row.public_id, name=row.name, discord_id=row.discord_id)


class RaidReader:
    def __init__(self, database: Database, shelf: Shelf) -> None:
        self._database = database
        self._shelf = shelf
        self._live: Gathered[None, raids.RaidAndBoss] = Gathered(self._read_live)
        self._users: Gathered[str, UserRow] = Gathered(self._read_users)

    async def live_raid(self) -> raids.RaidAndBoss | None:
        """The raid that is active or paused. Not to be waited for with a connection in hand: it needs one itself."""
        return await self._live.get(None)

    async def user(self, discord_id: str) -> UserRow | None:
        """As `live_raid`."""
        return await self._users.get(discord_id)

    async def _read_live(self, _questions: Sequence[None]) -> dict[None, raids.RaidAndBoss]:
        async with self._database.reading() as connection:
            found = await raids.live_raid(connection)
        return {} if found is None else {None: found}

    async def _read_users(self, discord_ids: Sequence[str]) -> dict[str, UserRow]:
        async with self._database.reading() as connection:
            return await players.users_by_discord_id(connection, discord_ids)

    def _view(self, found: raids.RaidAndBoss) -> views.Raid:
        row, rulebook = self.with_rulebook(found)
        return raid_view(row, rulebook, state_of(row))

    def sheet(self, row: RevisionRow) -> CharacterSheet:
        """The character sheet of a revision, made once."""
        return self._shelf.sheet(row)

    def with_rulebook(self, found: raids.RaidAndBoss) -> tuple[RaidRow, Rulebook]:
        row, revision, boss = found
        return row, self._shelf.rulebook_from(row, revision, boss)

    async def active_raid(self) -> views.Raid | None:
        """The raid that can be struck, or is paused, now."""
        found = await self.live_raid()
        return None if found is None else self._view(found)

    async def is_raid_due(self) -> bool:
        """Whether a raid must start or expire now."""
        async with self._database.reading() as connection:
            return await raids.is_raid_due(connection)

    async def raid(self, raid_id: str) -> views.Raid | None:
        number = parse_id(raid_id)
        if number is None:
            return None
        async with self._database.reading() as connection:
            found = await raids.raid(connection, number)
        return None if found is None else self._view(found)

    async def followed_raid_id(self, raid_id: str | None) -> int | None:
        """The id of the raid that is named, or of the live one; None when there is no such raid."""
        number = None if raid_id is None else parse_id(raid_id)
        if raid_id is not None and number is None:
            return None
        if number is None:
            found = await self.live_raid()
        else:
            async with self._database.reading() as connection:
                found = await raids.raid(connection, number)
        return None if found is None else found[0].id

    async def raids(self, *, first: int, after: str | None, status: RaidStatus | None) -> Page[views.Raid]:
        """Newest first."""
        before_id = decode_number(after)
        async with self._database.reading() as connection:
            found = await raids.raids(
                connection,
                before_id=before_id,
                status=None if status is None else status.value,
                limit=first + 1,
            )
        return page(found, first, self._view, lambda each: encode_cursor(each[0].id))

    async def raid_id_or_current(self, connection: AsyncConnection, raid_id: str | None) -> int | None:
        """The raid that is asked for; without an id the live one, else the one that ended last."""
        if raid_id is None:
            return await raids.current_raid_id(connection)
        number = parse_id(raid_id)
        found = None if number is None else await raids.raid(connection, number)
        return None if found is None else found[0].id

    async def leaderboard(
        self,
        principal: Principal,
        *,
        raid_id: str | None,
        metric: LeaderboardMetric,
        first: int,
    ) -> tuple[LeaderboardEntry, ...] | None:
        """None when there is no such raid."""
        async with self._database.reading() as connection:
            number = await self.raid_id_or_current(connection, raid_id)
            if number is None:
                return None
            rows = (await leaderboards.tops(connection, [number], metric.value, first))[number]
        return _entries(principal, rows)

    async def leaderboards(
        self,
        principal: Principal,
        raid_ids: Sequence[int],
        *,
        metric: LeaderboardMetric,
        first: int,
    ) -> list[tuple[LeaderboardEntry, ...]]:
        """Of several raids, in their order, in one statement."""
        async with self._database.reading() as connection:
            found = await leaderboards.tops(connection, raid_ids, metric.value, first)
        return [_entries(principal, found[raid_id]) for raid_id in raid_ids]

    async def leaderboard_around(
        self,
        principal: Principal,
        *,
        discord_id: str,
        raid_id: str | None,
        metric: LeaderboardMetric,
        radius: int,
    ) -> tuple[LeaderboardEntry, ...] | None:
        """None when there is no such raid or player; empty when the player has no score in it."""
        async with self._database.reading() as connection:
            number = await self.raid_id_or_current(connection, raid_id)
            user = await players.user_by_discord_id(connection, discord_id)
            if number is None or user is None:
                return None
            return _entries(principal, await leaderboards.around(connection, number, user.id, metric.value, radius))

    async def rank(self, *, raid_id: int, user_id: int, metric: LeaderboardMetric) -> int | None:
        async with self._database.reading() as connection:
            return await leaderboards.rank(connection, raid_id, user_id, metric.value)

    async def events(
        self,
        raid_ids: Sequence[int],
        *,
        after: int,
        kinds: tuple[RaidEventKind, ...] | None,
        first: int,
    ) -> list[tuple[views.RaidEvent, ...]]:
        """Of several raids, in their order, in one statement."""
        async with self._database.reading() as connection:
            found = await raids.events(
                connection,
                raid_ids,
                after=after,
                kinds=None if kinds is None else [kind.value for kind in kinds],
                limit=first,
            )
        return [tuple(views.RaidEvent(raid_id, event_of(row)) for row in found[raid_id]) for raid_id in raid_ids]

    async def strikes(
        self,
        raid_ids: Sequence[int],
        *,
        first: int,
        after: str | None,
        discord_id: str | None,
    ) -> list[Page[views.Strike]]:
        """Of several raids, in their order, newest first; of one player only, when `discord_id` is given."""
        before_number = decode_number(after)
        async with self._database.reading() as connection:
            user = None if discord_id is None else await players.user_by_discord_id(connection, discord_id)
            if discord_id is not None and user is None:
                return [Page((), (), has_next=False) for _ in raid_ids]
            found = await raids.strikes(
                connection,
                raid_ids,
                before_number=before_number,
                user_id=None if user is None else user.id,
                limit=first + 1,
            )
            shown = await self._strike_views(connection, [row for rows in found.values() for row in rows])
        return [
            page(
                found[raid_id], first, lambda row: shown[row.raid_id, row.number], lambda row: encode_cursor(row.number)
            )
            for raid_id in raid_ids
        ]

    async def _strike_views(
        self,
        connection: AsyncConnection,
        rows: Sequence[StrikeRow],
    ) -> dict[tuple[int, int], views.Strike]:
        """The views by (raid, number): names, equipment and the boss at the time, each in one statement."""
        if not rows:
            return {}
        sheets = await self._shelf.sheets(
            {member[1] for row in rows for member in row.team_characters},
            partial(players.revisions, connection),
        )
        equipment_ids = {row.equipped_equipment_id for row in rows if row.equipped_equipment_id is not None}
        equipment = await players.equipment_by_id(connection, list(equipment_ids)) if equipment_ids else {}
        pieces = {
            number: views.Equipment(number, piece.name, codec.effects_from_json(piece.effects))
            for number, piece in equipment.items()
        }
        bosses = await raids.event_at(connection, {(row.raid_id, row.sequence_before) for row in rows})
        struck = await raids.raid_rows(connection, list({row.raid_id for row in rows}))
        states = {raid_id: state_of(row) for raid_id, row in struck.items()}
        return {
            (row.raid_id, row.number): strike_view(
                row,
                boss_at(bosses[row.raid_id, row.sequence_before].boss, states[row.raid_id]),
                sheets,
                pieces.get(row.equipped_equipment_id or 0),
            )
            for row in rows
        }

    async def hp_histories(self, raid_ids: Sequence[int], *, points: int) -> list[tuple[views.HpSample, ...]]:
        """Of several raids, in their order, in three statements; a raid that has not begun has none.

        At most `points` samples each, from full HP to now: strikes at even distances, and every adjustment.
        """
        async with self._database.reading() as connection:
            found = await raids.raid_rows(connection, raid_ids)
            begun = [row for row in found.values() if row.sequence > 0]
            if not begun:
                return [() for _ in raid_ids]
            kinds = [RaidEventKind.HP_ADJUSTED.value]
            ids = [row.id for row in begun]
            adjusted = await raids.events(connection, ids, after=0, kinds=kinds, limit=max(0, points - 2) // 2)
            places = [(row.id, number) for row in begun for number in _sampled(row, points - 1 - len(adjusted[row.id]))]
            sampled = await raids.hp_after(connection, places)
        histories = {row.id: _hp_samples(row, sampled[row.id], adjusted[row.id]) for row in begun}
        return [histories.get(raid_id, ()) for raid_id in raid_ids]


def _sampled(row: RaidRow, wanted: int) -> list[int]:
    """The numbers of at most `wanted` strikes of the raid, but of one at least: at even distances, with the newest."""
    strikes, wanted = row.fights + row.analyses, max(1, wanted)
    return sorted({max(1, strikes * step // wanted) for step in range(1, wanted + 1)}) if strikes else []


def _hp_samples(
    row: RaidRow,
    sampled: Sequence[tuple[datetime, int, int]],
    adjusted: Sequence[EventRow],
) -> tuple[views.HpSample, ...]:
    steps: list[tuple[datetime, int, int | None]] = [*sampled]
    steps += [
        (event.occurred_at, event.changes.hp, None)
        for event in map(event_of, adjusted)
        if isinstance(event, RaidChanged) and event.changes.hp is not None
    ]
    samples = [views.HpSample(row.starts_at, row.total_hp, 0)]
    for at, hp, analysis in sorted(steps, key=lambda step: step[0]):
        samples.append(views.HpSample(at, hp, samples[-1].analysis_points if analysis is None else analysis))
    return tuple(samples)


def _entries(principal: Principal, rows: Sequence[RankedRow]) -> tuple[LeaderboardEntry, ...]:
    return tuple(
        LeaderboardEntry(
            rank=row.rank,
            player=views.Player(row.user_id, row.public_id, row.name, row.discord_id),
            score=row.score,
            strikes=row.strikes,
            is_viewer=principal.user_id is not None and principal.user_id == row.user_id,
        )
        for row in rows
    )
