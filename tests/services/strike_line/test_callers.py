"""Callers come and go, and everybody is answered."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from services.errors import OverloadedError, PlayerNotFoundError
from services.raid_views import AcceptedStrike
from services.strike_line import LONGEST_QUEUE, StrikeLine
from services.views import StrikeSuccess
from tests.services.strike_line.lines import BUSY, army, line_on, raid_held, total_strikes, until_waiting
from tests.services.world import Owner, Sheet, World, books_balance


@pytest.fixture
async def line(world: World) -> AsyncIterator[StrikeLine]:
    async with line_on(world.database) as line:
        yield line


async def test_a_caller_that_goes_away_strikes_all_the_same(world: World, line: StrikeLine) -> None:
    owner = await world.player(Sheet(), Sheet())
    raid = await world.raid()
    command = world.command(owner, owner.copies[0], key="mine")
    async with raid_held(world):
        gone = asyncio.create_task(line.strike(command))
        await until_waiting(line, 1)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
    after = await line.strike(world.command(owner, owner.copies[1]))
    assert after.strike.number == 2
    assert (await line.strike(command)).replayed
    assert await total_strikes(world, raid) == 2
    await books_balance(world.database, raid.id)


async def test_a_caller_that_goes_away_before_a_refusal_disturbs_nobody(world: World, line: StrikeLine) -> None:
    owner = await world.player(Sheet())
    await world.raid()
    async with raid_held(world):
        gone = asyncio.create_task(line.strike(world.command(Owner(0, "nobody"), 1)))
        await until_waiting(line, 1)
        gone.cancel()
    await line.strike(world.command(owner, owner.copies[0]))


async def test_an_answer_that_cannot_be_shown_fails_its_own_caller(
    world: World, line: StrikeLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    owners = await army(world, 3, 1)
    raid = await world.raid()
    show = AcceptedStrike.answer

    def fails_once(accepted: AcceptedStrike) -> StrikeSuccess:
        if accepted.row.number == 2 and not accepted.replayed:
            raise LookupError("no picture of it")
        return show(accepted)

    monkeypatch.setattr(AcceptedStrike, "answer", fails_once)
    commands = [world.command(owner, owner.copies[0], key="mine") for owner in owners]
    async with raid_held(world):
        waiting = [asyncio.create_task(line.strike(command)) for command in commands]
        await until_waiting(line, 3)
    first, second, third = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(first, StrikeSuccess)
    assert isinstance(second, LookupError)
    assert isinstance(third, StrikeSuccess)
    again = await line.strike(commands[1])  # it was written all the same
    assert (again.strike.number, again.replayed) == (2, True)
    assert await total_strikes(world, raid) == 3
    await books_balance(world.database, raid.id)


async def test_a_full_queue_refuses_at_once_and_loses_nobody(world: World, line: StrikeLine) -> None:
    owner = await world.player(Sheet(), Sheet())
    raid = await world.raid()
    async with raid_held(world):
        strikes = [asyncio.create_task(line.strike(world.command(owner, owner.copies[0])))]
        nobody = world.command(Owner(0, "nobody"), 1)
        strikes += [asyncio.create_task(line.strike(nobody)) for _ in range(LONGEST_QUEUE - 1)]
        await until_waiting(line, LONGEST_QUEUE)
        started = time.monotonic()
        with pytest.raises(OverloadedError) as refused:
            await line.strike(world.command(owner, owner.copies[1]))
        assert time.monotonic() - started < 1
        assert refused.value.retry_after_ms > 0
    first, *others = await asyncio.gather(*strikes, return_exceptions=True)
    assert isinstance(first, StrikeSuccess)
    assert {type(other) for other in others} == {PlayerNotFoundError}
    assert await total_strikes(world, raid) == 1
    assert not (await line.strike(world.command(owner, owner.copies[1]))).replayed


async def test_stop_answers_what_waits_and_refuses_what_comes(world: World) -> None:
    owners = await army(world, 20, 2)
    raid = await world.raid(BUSY)
    async with line_on(world.database) as line:
        async with raid_held(world):
            strikes = [asyncio.create_task(line.strike(world.command(owner, owner.copies[0]))) for owner in owners]
            await until_waiting(line, 20)
            stopping = asyncio.create_task(line.stop())
            await asyncio.sleep(0)
            with pytest.raises(OverloadedError):
                await line.strike(world.command(owners[0], owners[0].copies[1]))
        answers = await asyncio.gather(*strikes)
        await stopping
    assert [answer.strike.number for answer in answers] == list(range(1, 21))
    await books_balance(world.database, raid.id)
