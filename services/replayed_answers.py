"""The first answer again: word for word what an accepted strike was answered with, from what is stored."""

from dataclasses import replace
from functools import partial

from db.queries import Connection, strike_reads
from db.rows import IdempotencyRow, RaidRow, StrikeRow
from services import codec, views
from services.raid_records import boss_at, event_of, state_of
from services.raid_views import raid_view, strike_view, success_view
from services.rules.state import RaidState
from services.rules.values import RaidOutcome, RaidStatus
from services.shelf import Shelf


async def replay_answer(connection: Connection, shelf: Shelf, key: IdempotencyRow) -> views.StrikeSuccess:
    """The answer that the strike behind `key` was given, with `replayed` set.

    Name, description and end of the raid are today's: an admin may have changed them since.
    """
    raid = await strike_reads.raid_row(connection, key.raid_id)
    row = await strike_reads.strike(connection, key.raid_id, key.number)
    if raid is None or row is None:
        raise LookupError(f"idempotency key names strike {key.number} of raid {key.raid_id}, which is not there")
    rulebook = await shelf.rulebook(connection, raid)
    sheets = await shelf.sheets(
        {member[1] for member in row.team_characters},
        partial(strike_reads.revisions, connection),
    )
    events = await strike_reads.events_between(connection, raid.id, row.sequence_before, row.sequence_after)
    grants = await strike_reads.grants_of_strike(connection, raid.id, row.user_id, row.number)
    equipment = None
    if row.equipped_equipment_id is not None:
        found = (await strike_reads.equipment(connection, [row.equipped_equipment_id]))[row.equipped_equipment_id]
        equipment = views.Equipment(found.id, found.name, codec.effects_from_json(found.effects))
    today = state_of(raid)
    return success_view(
        strike_view(row, boss_at(events[0].boss, today), sheets, equipment),
        raid_view(raid, rulebook, _state_after(raid, row, boss_at(events[-1].boss, today))),
        rulebook,
        [event_of(event) for event in events if event.strike_number == row.number],
        [reward for grant in grants for reward in codec.rewards_from_pairs(grant.rewards)],
        replayed=True,
    )


def _state_after(raid: RaidRow, row: StrikeRow, boss: RaidState) -> RaidState:
    """The raid as the strike of `row` left it; `boss` carries stage, weaknesses and curses of that time."""
    dead = row.boss_hp_after == 0
    return replace(
        boss,
        status=RaidStatus.COMPLETED if dead else RaidStatus.ACTIVE,
        outcome=RaidOutcome.VICTORY if dead else None,
        completed_at=row.at if dead else None,
        paused_at=None,
        hp=row.boss_hp_after,
        analysis_points=row.analysis_points_after,
        curse_clock=row.strikes_since_last_curse_after,
        fights=row.fights_after,
        analyses=row.number - row.fights_after,
        participants=row.participants_after,
        damage=row.damage_after,
        sequence=row.sequence_after,
        final_blow_by=raid.final_blow_by if dead else None,
    )
