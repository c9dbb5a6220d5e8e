"""What a judged batch writes: all accepted strikes together, in one statement.

Only a breakthrough and a defeat, which pay everybody, take some more, in the same transaction.
"""

from db.queries import Connection, strike_writes
from db.queries.batch_writes import BatchRows, GrantedRow, batch_parameters, write_batch
from services import codec
from services.raid_records import participant_row
from services.strike_batch import StrikeBatch


def is_written_at_once(batch: StrikeBatch) -> bool:
    """Whether one statement is all that the batch takes, so that it needs no transaction around it."""
    accepted = batch.accepted
    return bool(accepted.strikes) and not accepted.breakthroughs and accepted.defeat is None


def prepare_books(batch: StrikeBatch) -> None:
    """Spells out what is to be written: whoever has time before the batch's turn comes does it then."""
    met, raid, accepted = batch.facts.raid, batch.row_after, batch.accepted
    if not accepted.strikes or met is None or raid is None:
        return
    batch.books = batch_parameters(
        BatchRows(
            raid_before=met,
            raid_after=raid,
            at=batch.facts.now,
            strikes=accepted.strikes,
            opened={event.strike_number: event.number for event in accepted.breakthroughs},
            keys=accepted.keys,
            participants=[participant_row(raid.id, participant) for participant in batch.changes.strikers.values()],
            grants=[
                GrantedRow(user_id, number, grant.kind.value, grant.key, codec.rewards_to_pairs(grant.rewards))
                for user_id, number, grant in accepted.grants
            ],
            events=accepted.events,
        )
    )


async def write_books(connection: Connection, batch: StrikeBatch) -> bool:
    """Whether they are written: False, with nothing done, when the raid is not as the batch met it.

    `connection` is in a transaction that holds the raid's lock, then they always are; or in none, then the batch
    `is_written_at_once`, and this commits it.
    """
    if batch.books is None:
        prepare_books(batch)
    if batch.books is None:
        return True
    if not await write_batch(connection, batch.books):
        return False
    if not is_written_at_once(batch):
        await _grant_to_all(connection, batch, batch.books.raid_id)
    return True


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
