"""What a judged batch writes: all accepted strikes together, in a handful of statements of one transaction."""

from db.queries import Connection, strike_writes
from services import codec
from services.raid_records import participant_row
from services.strike_batch import StrikeBatch


async def write_books(connection: Connection, batch: StrikeBatch) -> None:
    """`connection` is in a transaction that holds the raid's lock."""
    accepted, raid, now = batch.accepted, batch.row_after, batch.facts.now
    if not accepted.strikes or raid is None:
        return
    opened = {event.strike_number: event.number for event in accepted.breakthroughs}
    await strike_writes.add_strikes(connection, accepted.strikes, opened)
    await strike_writes.add_usage(connection, accepted.strikes)
    await strike_writes.add_idempotency_keys(connection, accepted.keys)
    await strike_writes.save_participants(
        connection,
        [participant_row(raid.id, participant) for participant in batch.changes.strikers.values()],
    )
    if accepted.events:
        await strike_writes.add_events(connection, accepted.events)
    await strike_writes.save_raid(connection, raid)
    if accepted.grants:
        await strike_writes.add_grants(
            connection,
            raid.id,
            [
                (user_id, grant.kind.value, grant.key, codec.rewards_to_pairs(grant.rewards), number, now)
                for user_id, number, grant in accepted.grants
            ],
        )
    if accepted.breakthroughs or accepted.defeat is not None:
        await _grant_to_all(connection, batch, raid.id)


async def _grant_to_all(connection: Connection, batch: StrikeBatch, raid_id: int) -> None:
    """What breakthroughs owe to all analysts and a defeat to all participants: one statement each."""
    facts, accepted = batch.facts, batch.accepted
    if facts.rulebook is None:
        raise LookupError("strikes were accepted without a raid")
    calculator = facts.rulebook.calculator
    for event in accepted.breakthroughs:
        rewards = codec.rewards_to_pairs(calculator.calculate_breakthrough_rewards(event.number).rewards)
        await strike_writes.grant_breakthrough(
            connection, raid_id, event.number, rewards, event.strike_number, facts.now
        )
    defeat = accepted.defeat
    if defeat is None:
        return
    tiers = [
        (
            0 if tier is None else tier.contribution,
            codec.rewards_to_pairs(calculator.calculate_victory_rewards(tier).rewards),
        )
        for tier in calculator.tiers()
    ]
    await strike_writes.grant_victory(connection, raid_id, tiers, defeat.strike_number, facts.now)
    await strike_writes.grant_titles(connection, raid_id, defeat.final_blow_by, defeat.strike_number, facts.now)
