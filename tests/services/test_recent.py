import asyncio

import pytest
from sqlalchemy import event

from services.errors import OverloadedError
from services.recent import ANSWERS_KEPT, Recent
from services.views import PUBLIC, LeaderboardMetric, Principal, Role
from services.world_threat import WorldThreatService
from tests.services.world import ADMIN, BOT, Sheet, World

VIEWER = Principal(Role.VIEWER, token_id=1, token_name="an overlay")
SECONDS = 0.25
STRIKES = LeaderboardMetric.STRIKES


class Source:
    """Something that can be read, slowly, and counts."""

    def __init__(self) -> None:
        self.reads = 0
        self.fails = False

    async def read(self) -> int:
        self.reads += 1
        number = self.reads
        await asyncio.sleep(0.02)
        if self.fails:
            raise OverloadedError(retry_after_ms=100)
        return number


async def test_equal_questions_at_once_are_one_read() -> None:
    source, recent = Source(), Recent(60.0)
    assert await asyncio.gather(*(recent.get("hp", source.read) for _ in range(500))) == [1] * 500
    assert await recent.get("hp", source.read) == 1
    assert source.reads == 1


async def test_different_questions_are_read_apart() -> None:
    source, recent = Source(), Recent(SECONDS)
    assert list(await asyncio.gather(*(recent.get(question, source.read) for question in ("hp", "curses")))) == [1, 2]


async def test_no_answer_is_older_than_it_may_be() -> None:
    source, recent = Source(), Recent(0.06)
    first = await recent.get("hp", source.read)
    await asyncio.sleep(0.07)
    assert [first, await recent.get("hp", source.read)] == [1, 2]


async def test_nobody_joins_a_read_that_began_too_long_ago() -> None:
    source, recent = Source(), Recent(0.005)
    slow = asyncio.create_task(recent.get("hp", source.read))
    await asyncio.sleep(0.01)
    assert [await recent.get("hp", source.read), await slow] == [2, 1]


async def test_an_error_is_told_to_all_who_wait_and_to_nobody_after() -> None:
    source, recent = Source(), Recent(SECONDS)
    source.fails = True
    told = await asyncio.gather(*(recent.get("hp", source.read) for _ in range(3)), return_exceptions=True)
    assert [type(error) for error in told] == [OverloadedError] * 3
    source.fails = False
    assert await recent.get("hp", source.read) == 2


async def test_a_read_that_began_before_a_change_is_not_told_after_it() -> None:
    source, recent = Source(), Recent(SECONDS)
    before = asyncio.create_task(recent.get("hp", source.read))
    await asyncio.sleep(0)
    recent.forget()
    assert [await recent.get("hp", source.read), await before] == [2, 1]


async def test_who_goes_away_takes_nothing_from_the_others() -> None:
    source, recent = Source(), Recent(SECONDS)
    hasty, patient = (asyncio.create_task(recent.get("hp", source.read)) for _ in range(2))
    await asyncio.sleep(0)
    hasty.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hasty
    assert await patient == 1


async def test_questions_without_end_are_not_all_remembered() -> None:
    source, recent = Source(), Recent(60.0)
    await asyncio.gather(*(recent.get(number, source.read) for number in range(ANSWERS_KEPT + 50)))
    assert source.reads == ANSWERS_KEPT + 50
    await recent.get(ANSWERS_KEPT + 49, source.read)
    assert source.reads == ANSWERS_KEPT + 50
    await recent.get(0, source.read)
    assert source.reads == ANSWERS_KEPT + 51


# The raid


@pytest.mark.parametrize("reader", [PUBLIC, VIEWER, BOT, ADMIN], ids=lambda reader: reader.role.value)
async def test_everybody_sees_at_once_what_was_committed_here(world: World, reader: Principal) -> None:
    raid = await world.raid()
    for hp in (raid.hp.current - 100, raid.hp.current - 200):
        await world.service.active_raid(reader)
        await world.service.desk.adjust_boss_hp(ADMIN, raid_id=str(raid.id), reason="test", current_hp=hp)
        seen = await world.service.active_raid(reader)
        assert seen is not None
        assert seen.hp.current == hp


@pytest.mark.parametrize(("reader", "patience"), [(PUBLIC, SECONDS), (VIEWER, SECONDS), (BOT, 0), (ADMIN, 0)])
async def test_the_public_sees_a_quarter_of_a_second_later_what_another_process_committed(
    world: World, reader: Principal, patience: float
) -> None:
    raid = await world.raid()
    elsewhere = WorldThreatService(world.database)
    await world.service.active_raid(reader)
    hp = raid.hp.current - 100
    await elsewhere.desk.adjust_boss_hp(ADMIN, raid_id=str(raid.id), reason="test", current_hp=hp)
    await asyncio.sleep(patience + 0.005 if patience else 0)
    seen = await world.service.active_raid(reader)
    assert seen is not None
    assert seen.hp.current == hp


async def test_a_player_sees_their_own_strike_on_the_leaderboard_at_once(world: World) -> None:
    await world.raid()
    owner = await world.player(Sheet())
    player = Principal(Role.PLAYER, user_id=owner.user_id, discord_id=owner.discord_id)
    for reader in (PUBLIC, player):
        assert await world.service.leaderboard(reader, raid_id=None, metric=STRIKES, first=10) == ()
    await world.strike(owner, owner.copies[0])
    found = await world.service.leaderboard(player, raid_id=None, metric=STRIKES, first=10)
    assert found is not None
    assert [(entry.strikes, entry.is_viewer) for entry in found] == [(1, True)]


async def test_a_crowd_of_viewers_costs_one_statement(world: World) -> None:
    await world.raid()
    statements: list[str] = []
    engine = world.database._reading_engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    await asyncio.gather(*(world.service.active_raid(PUBLIC) for _ in range(200)))
    assert len(statements) == 1
