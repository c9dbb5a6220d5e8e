"""Of several reasons to refuse a strike one answers, in the order of rules.md 2; a refused strike leaves no trace."""

from collections.abc import AsyncIterator

import pytest

from services.errors import (
    BossAlreadyDefeatedError,
    IdempotencyConflictError,
    InvalidTeamSizeError,
    NoActiveEventError,
    PlayerNotFoundError,
    RaidPausedError,
    StateChangedError,
)
from tests.services.strikes.refusing import REASONS, Reason, RefusingWorld, plan_of, refusing_world, strike_by
from tests.services.world import ADMIN, OpenWorld, World, books_balance

PAIRS = [
    pytest.param(earlier, later, id=f"{earlier.name} before {later.name}" if later is not earlier else earlier.name)
    for place, earlier in enumerate(REASONS)
    for later in REASONS[place:]
    if (earlier.error, later.error) != (IdempotencyConflictError, PlayerNotFoundError)  # keys are players'
]
NOT_IN_A_PREVIEW = (IdempotencyConflictError, StateChangedError)  # it has no key and no expectation


@pytest.mark.parametrize(("earlier", "later"), PAIRS)
async def test_of_two_reasons_the_earlier_one_answers_nothing_is_spent_and_a_preview_says_the_same(
    active: RefusingWorld, earlier: Reason, later: Reason
) -> None:
    plan = plan_of(active, earlier, later)
    refusal = await active.try_to_strike(plan)
    assert type(refusal) is earlier.error
    if earlier.error not in NOT_IN_A_PREVIEW:
        preview = await active.try_to_preview(plan)
        assert (type(preview), str(preview)) == (earlier.error, str(refusal))


async def test_without_any_of_the_reasons_the_same_strike_succeeds(world: World) -> None:
    ready = await refusing_world(world)
    await strike_by(world.service, plan_of(ready))
    await books_balance(world.database, int(ready.raid_id))


async def test_all_reasons_at_once_are_answered_by_the_first(active: RefusingWorld) -> None:
    assert type(await active.try_to_strike(plan_of(active, *REASONS))) is InvalidTeamSizeError


NO_RAID = {"paused": RaidPausedError, "ended": NoActiveEventError, "won": BossAlreadyDefeatedError}
RAID_COMES_AFTER = {InvalidTeamSizeError, IdempotencyConflictError}


@pytest.fixture(scope="module", params=list(NO_RAID))
async def not_live(open_world: OpenWorld, request: pytest.FixtureRequest) -> AsyncIterator[tuple[RefusingWorld, str]]:
    """A raid that cannot be struck: paused, ended by an admin, or won."""
    how: str = request.param
    async with open_world() as world:
        found = await refusing_world(world, total_hp=20 if how == "won" else 100_000)
        if how == "paused":
            await world.service.desk.pause_raid(ADMIN, raid_id=found.raid_id, reason="a look at the logs")
        elif how == "ended":
            await world.service.desk.end_raid(ADMIN, raid_id=found.raid_id, reason="a new boss comes")
        yield found, how


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.name)
async def test_a_raid_that_is_not_live_answers_before_player_and_team_but_after_input_and_key(
    not_live: tuple[RefusingWorld, str], reason: Reason
) -> None:
    refusing, how = not_live
    expected = reason.error if reason.error in RAID_COMES_AFTER else NO_RAID[how]
    assert type(await refusing.try_to_strike(plan_of(refusing, reason))) is expected


async def test_a_preview_names_the_same_missing_raid(not_live: tuple[RefusingWorld, str]) -> None:
    refusing, how = not_live
    plan = plan_of(refusing)
    preview, strike = await refusing.try_to_preview(plan), await refusing.try_to_strike(plan)
    assert type(preview) is NO_RAID[how]
    assert str(preview) == str(strike)
