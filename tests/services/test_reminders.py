"""Who wants to is told once, when they may strike again and have somebody to send."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services import reminders as steps
from services.errors import ForbiddenError, InvalidInputError, PlayerNotFoundError
from services.rules.configuration import RaidRules
from services.views import PUBLIC, DueReminder, Principal, Raid, Role
from services.world_threat import WorldThreatService
from tests.services.world import ADMIN, BOSS, BOT, Owner, Sheet, World

MINUTE = timedelta(minutes=1)
SLOW = replace(BOSS, rules=RaidRules(cooldown_seconds=3600))


async def want(world: World, owner: Owner, *, wanted: bool = True, principal: Principal = BOT) -> None:
    await world.service.reminders.set_wanted(principal, discord_id=owner.discord_id, wanted=wanted)


async def due(world: World, first: int = 100) -> list[str]:
    return [each.discord_id for each in await reminders(world, first)]


async def reminders(world: World, first: int = 100) -> tuple[DueReminder, ...]:
    return await world.service.reminders.due(BOT, first=first)


async def tell(world: World, reminder: DueReminder) -> bool:
    _, told = await world.service.reminders.acknowledge(BOT, discord_id=reminder.discord_id, ready_at=reminder.ready_at)
    return told


async def struck_players(world: World, count: int) -> tuple[Raid, tuple[Owner, ...]]:
    """They want reminders, have three characters, and struck an hour and a minute ago, one after the other."""
    raid = await world.raid(SLOW)
    owners = await world.players(count, await world.characters(*[Sheet()] * 3))
    for owner in owners:
        await want(world, owner)
        await world.strike(owner, owner.copies[0])
    await world.pass_time(61 * MINUTE)
    return raid, owners


async def test_a_player_is_due_when_the_cooldown_is_over_until_told(world: World) -> None:
    raid = await world.raid(SLOW)
    owner = await world.player(*[Sheet()] * 3)
    await want(world, owner)
    assert await due(world) == []
    answer = await world.strike(owner, owner.copies[0])
    assert await due(world) == []
    await world.pass_time(59 * MINUTE)
    assert await due(world) == [], "a minute is left"
    await world.pass_time(2 * MINUTE)
    # The clock of this test runs by moving what is measured: the strike now lies 61 minutes back.
    (reminder,) = await asked_anew(world, raid)
    assert reminder == DueReminder(owner.user_id, owner.discord_id, answer.ready_at - 61 * MINUTE, raid.id, None)
    assert await due(world) == [owner.discord_id], "asked again before it was told"
    assert await tell(world, reminder)
    assert await due(world) == []
    assert not await tell(world, reminder), "told once"


async def asked_anew(world: World, raid: Raid) -> tuple[DueReminder, ...]:
    """What is due when the strikes are read again, with the times that the test has given them."""
    await world.rows("DELETE FROM reminder_progress WHERE raid_id = $1", raid.id)
    return await reminders(world)


async def test_each_strike_is_worth_one_reminder(world: World) -> None:
    raid, (owner,) = await struck_players(world, 1)
    told = []
    for copy in owner.copies[1:]:
        (reminder,) = await asked_anew(world, raid)
        assert await tell(world, reminder)
        told.append(reminder.ready_at)
        await world.strike(owner, copy)
        assert await due(world) == []
        await world.pass_time(61 * MINUTE)
    assert len(set(told)) == 2
    assert await asked_anew(world, raid) == (), "nobody is left to send"


async def test_nobody_is_told_who_did_not_ask_or_does_not_want_it_any_more(world: World) -> None:
    raid, (first, second) = await struck_players(world, 2)
    silent = await world.player(Sheet(), Sheet())
    await world.strike(silent, silent.copies[0])
    await world.pass_time(61 * MINUTE)
    assert {each.discord_id for each in await asked_anew(world, raid)} == {first.discord_id, second.discord_id}
    await want(world, first, wanted=False)
    assert await due(world) == [second.discord_id]
    await want(world, first)
    assert set(await due(world)) == {first.discord_id, second.discord_id}


async def test_who_changes_their_mind_is_not_told_again_of_the_same(world: World) -> None:
    raid, (owner,) = await struck_players(world, 1)
    (reminder,) = await asked_anew(world, raid)
    assert await tell(world, reminder)
    for wanted in (False, True):
        await want(world, owner, wanted=wanted)
    assert await due(world) == []
    assert await asked_anew(world, raid) == ()


async def test_who_asks_after_the_strike_is_told_of_it_too(world: World) -> None:
    raid = await world.raid(SLOW)
    owner, other = await world.players(2, await world.characters(Sheet(), Sheet()))
    for striker in (owner, other):
        await world.strike(striker, striker.copies[0])
    assert await due(world) == []  # the strikes are read, and neither wanted anything
    await world.pass_time(61 * MINUTE)
    await want(world, owner)
    (reminder,) = await reminders(world)
    assert (reminder.discord_id, reminder.raid_id) == (owner.discord_id, raid.id)


async def test_the_longest_ready_are_first_and_all_come_by_and_by(world: World) -> None:
    raid, owners = await struck_players(world, 7)
    told: list[str] = []
    await asked_anew(world, raid)
    while batch := await reminders(world, first=3):
        assert len(batch) <= 3
        for reminder in batch:
            assert await tell(world, reminder)
            told.append(reminder.discord_id)
    assert told == [owner.discord_id for owner in owners]


async def test_paused_and_ended_raids_remind_nobody_and_a_resumed_one_again(world: World) -> None:
    raid, (owner,) = await struck_players(world, 1)
    assert len(await asked_anew(world, raid)) == 1
    desk = world.service.desk
    await desk.pause_raid(ADMIN, raid_id=str(raid.id), reason="a storm")
    assert await due(world) == []
    await desk.resume_raid(ADMIN, raid_id=str(raid.id), reason="it is over")
    assert await due(world) == [owner.discord_id]
    await desk.end_raid(ADMIN, raid_id=str(raid.id), reason="enough")
    assert await due(world) == []
    await world.raid(SLOW)
    assert await due(world) == [], "a new raid starts without cooldowns"


async def test_who_has_nobody_left_is_told_when_they_were_given_somebody(world: World) -> None:
    raid = await world.raid(SLOW)
    owner = await world.player(Sheet())
    await want(world, owner)
    await world.strike(owner, owner.copies[0])
    await world.pass_time(61 * MINUTE)
    assert await asked_anew(world, raid) == ()
    (character,) = await world.characters(Sheet())
    key = (await world.rows("SELECT key FROM characters WHERE id = $1", character))[0]["key"]
    await world.service.desk.grant_characters(ADMIN, discord_id=owner.discord_id, grants=((key, 1),))
    assert await due(world) == [owner.discord_id]


async def test_in_steps_nobody_is_passed_over_and_the_exhausted_stand_in_nobody_s_way(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "STRIKES_IN_A_STEP", 2)
    monkeypatch.setattr(steps, "LOOKED_AT_AT_ONCE", 3)
    raid = await world.raid(SLOW)
    characters = await world.characters(Sheet(), Sheet())
    rich, poor = await world.players(5, characters), await world.players(6, characters[:1])
    for owner in (*poor[:4], *rich, *poor[4:]):
        await want(world, owner)
        await world.strike(owner, owner.copies[0])
    await world.pass_time(61 * MINUTE)
    expected = [owner.discord_id for owner in rich]
    assert [each.discord_id for each in await asked_anew(world, raid)] == expected
    told: list[str] = []
    while batch := await reminders(world, first=2):
        for reminder in batch:
            assert await tell(world, reminder)
            told.append(reminder.discord_id)
    assert told == expected


async def test_a_traded_used_character_is_nobody_to_send(world: World) -> None:
    raid = await world.raid(SLOW)
    owner, friend = await world.player(Sheet(), Sheet()), await world.player(Sheet())
    await want(world, owner)
    await world.strike(owner, owner.copies[0])
    await world.strike(friend, friend.copies[0])
    statement = "UPDATE user_characters SET user_id = $1 WHERE id = $2"
    await world.rows(statement, friend.user_id, owner.copies[1])
    await world.rows(statement, owner.user_id, friend.copies[0])
    await world.pass_time(61 * MINUTE)
    assert await asked_anew(world, raid) == ()


async def test_an_acknowledgement_of_something_else_changes_nothing(world: World) -> None:
    raid, (owner,) = await struck_players(world, 1)
    (reminder,) = await asked_anew(world, raid)
    for ready_at in (reminder.ready_at - MINUTE, datetime.now(UTC)):
        assert not await tell(world, replace(reminder, ready_at=ready_at))
    assert await due(world) == [owner.discord_id]
    await world.strike(owner, owner.copies[1])
    await reminders(world)
    assert not await tell(world, reminder), "they have struck again: there is something else to tell"
    await world.pass_time(61 * MINUTE)
    assert len(await asked_anew(world, raid)) == 1


async def test_of_many_that_acknowledge_at_once_one_counts(world: World) -> None:
    raid, _ = await struck_players(world, 1)
    (reminder,) = await asked_anew(world, raid)
    assert sum(await asyncio.gather(*(tell(world, reminder) for _ in range(12)))) == 1


async def test_strikes_of_another_process_are_found_by_whoever_is_asked(world: World) -> None:
    """Two processes over one database, asked in turn while both take strikes: nobody is missing, nobody twice."""
    other = WorldThreatService(world.database)
    await other.start()
    try:
        raid = await world.raid(replace(SLOW, rules=RaidRules(cooldown_seconds=0)))
        owners = await world.players(16, await world.characters(Sheet(), Sheet()))
        for owner in owners:
            await want(world, owner)
        told: list[str] = []

        async def strike_all(service: WorldThreatService, strikers: tuple[Owner, ...]) -> None:
            for owner in strikers:
                await world.strike(owner, owner.copies[0], service=service)

        async def remind_all() -> None:
            for _ in range(12):
                for service in (world.service, other):
                    for reminder in await service.reminders.due(BOT, first=100):
                        told.extend([reminder.discord_id] if await tell(world, reminder) else [])
                await asyncio.sleep(0.01)

        await asyncio.gather(strike_all(world.service, owners[:8]), strike_all(other, owners[8:]), remind_all())
        await remind_all()
        assert sorted(told) == sorted(owner.discord_id for owner in owners)
        assert raid.id == (await world.now(raid)).id
    finally:
        await other.stop()


async def test_who_may_say_and_who_is_told(world: World) -> None:
    raid, (owner,) = await struck_players(world, 1)
    stranger = await world.player()
    nobody = Owner(0, "nobody")
    for principal in (stranger.principal, PUBLIC, Principal(Role.VIEWER), ADMIN):
        with pytest.raises(ForbiddenError):
            await want(world, owner, principal=principal)
    with pytest.raises(InvalidInputError, match="discordId"):
        await world.service.reminders.set_wanted(BOT, discord_id=None, wanted=True)
    with pytest.raises(PlayerNotFoundError):
        await want(world, nobody)
    player = await world.service.reminders.set_wanted(owner.principal, discord_id=None, wanted=False)
    assert player.user_id == owner.user_id
    assert await world.service.reminders_wanted(BOT, [owner.user_id, stranger.user_id]) == [False, False]
    await want(world, owner, principal=owner.principal)
    own, other = await world.service.reminders_wanted(owner.principal, [owner.user_id, stranger.user_id])
    assert own is True
    assert isinstance(other, ForbiddenError)
    (reminder,) = await asked_anew(world, raid)
    for principal in (owner.principal, ADMIN, PUBLIC):
        with pytest.raises(ForbiddenError):
            await world.service.reminders.due(principal, first=1)
        with pytest.raises(ForbiddenError):
            await world.service.reminders.acknowledge(
                principal, discord_id=owner.discord_id, ready_at=reminder.ready_at
            )
    with pytest.raises(PlayerNotFoundError):
        await tell(world, replace(reminder, discord_id="nobody"))


async def test_what_is_due_is_found_by_its_index_among_thousands(world: World) -> None:
    raid, (owner,) = await struck_players(world, 1)
    await asked_anew(world, raid)
    await world.rows(
        "WITH crowd AS (INSERT INTO users (discord_id, name) "
        "SELECT 'crowd ' || n, 'One of many' FROM generate_series(1, 10000) n RETURNING id) "
        "INSERT INTO reminders (user_id, wanted, raid_id, ready_at, reminded_of) "
        "SELECT id, true, $1, now() - interval '1 hour', now() - interval '1 hour' FROM crowd",
        raid.id,
    )
    await world.rows("ANALYZE reminders")
    plan = await world.rows(
        "EXPLAIN (ANALYZE, FORMAT TEXT) SELECT user_id FROM reminders WHERE raid_id = $1 AND ready_at <= now() "
        "AND wanted AND armed ORDER BY ready_at, user_id LIMIT 100",
        raid.id,
    )
    assert any("ix_reminders_due" in row[0] for row in plan)
    assert await due(world) == [owner.discord_id]
