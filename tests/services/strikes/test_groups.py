"""How many strikes are judged together is a matter of speed: it changes no answer and nothing that is written."""

import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from db.queries import strike_reads
from services import strike_batch
from services.errors import WorldThreatError
from services.raid_views import AcceptedStrike
from services.shelf import Shelf
from services.strike_batch import StrikeBatch
from services.strike_facts import read_facts
from services.views import StrikeCommand, StrikeSuccess
from tests.services.strike_line.lines import BUSY
from tests.services.world import ANALYZE, FIGHT, Owner, Sheet, World, elemental

ALONE, GROUPS = 1, (2, 7, 16, 200)
MOMENT = datetime(2100, 1, 1, tzinfo=UTC)
"""The same for both, and later than the raid began."""


@pytest.fixture
async def commands(world: World) -> list[StrikeCommand]:
    """Strikes that curse what those behind them bring, repeat each other's keys and characters, or ask too much."""
    curses = tuple(elemental(f"curse {number}") for number in range(8))
    sheets = [Sheet(atk=400 + 7 * number, affinities=(curse,)) for number, curse in enumerate(curses)]
    owners = await world.players(12, await world.characters(*sheets))
    await world.raid(replace(BUSY, curse_every=3, curse_pool=curses, total_hp=60_000))
    chance = random.Random(7)
    made: list[StrikeCommand] = []
    for _ in range(120):
        repeated = chance.choice(made[-4:]) if made and chance.random() < 0.15 else None
        made.append(repeated or _strike(owners, chance))
    return made


def _strike(owners: tuple[Owner, ...], chance: random.Random) -> StrikeCommand:
    owner = chance.choice(owners)
    team = chance.sample(owner.copies, chance.choice([1, 1, 1, 2, 3, 7]))
    if chance.random() < 0.1:
        team = [chance.choice(chance.choice(owners).copies)]
    return StrikeCommand(
        discord_id=owner.discord_id if chance.random() < 0.95 else "nobody",
        action=chance.choice([FIGHT, FIGHT, ANALYZE]),
        character_ids=tuple(map(str, team)),
        equipment_id=None if chance.random() < 0.95 else "4711",
        idempotency_key=f"key {chance.randrange(6)}" if chance.random() < 0.3 else f"key {chance.random()}",
        expected_sequence=None if chance.random() < 0.8 else chance.randrange(20),
        raid_id=None,
    )


async def judged(world: World, commands: list[StrikeCommand]) -> StrikeBatch:
    raid = await strike_reads.live_raid(world.connection)
    batch = StrikeBatch(await read_facts(world.connection, Shelf(), commands, raid))
    batch.facts.now = MOMENT
    await batch.judge(commands)
    return batch


def shown(answer: AcceptedStrike | StrikeSuccess | WorldThreatError) -> object:
    if isinstance(answer, WorldThreatError):
        return type(answer), answer.args, vars(answer)
    return answer.answer() if isinstance(answer, AcceptedStrike) else answer


@pytest.mark.parametrize("together", GROUPS)
async def test_a_group_answers_and_writes_what_its_strikes_would_alone(
    world: World, commands: list[StrikeCommand], together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strike_batch, "JUDGED_TOGETHER", ALONE)
    alone = await judged(world, commands)
    monkeypatch.setattr(strike_batch, "JUDGED_TOGETHER", together)
    grouped = await judged(world, commands)
    assert [shown(answer) for answer in grouped.answers] == [shown(answer) for answer in alone.answers]
    assert grouped.accepted == alone.accepted
    assert grouped.row_after == alone.row_after
    assert grouped.facts.used == alone.facts.used
    # Else this has shown little.
    assert {answer.replayed for answer in alone.answers if isinstance(answer, AcceptedStrike)} == {False, True}
    assert len({type(answer) for answer in alone.answers}) >= 6
    assert len(alone.accepted.events) >= 5
