"""Many clients at once, over HTTP: a key strikes once, a character strikes once."""

import asyncio
from typing import Any

from tests.services.world import books_balance
from tests.web.harness import Api


async def test_sixty_four_clients_with_one_key_strike_once_and_are_told_the_same(api: Api) -> None:
    raid_id = await api.raid()
    striker = await api.player()
    team = (await api.unused(striker))[:6]

    async def strike() -> Any:
        return await api.strike(striker, *team, idempotencyKey="the panel's")

    answers = await asyncio.gather(*(strike() for _ in range(64)))
    assert {answer["__typename"] for answer in answers} == {"ExecuteStrikeSuccess"}
    assert sorted(answer["replayed"] for answer in answers) == [False] + [True] * 63
    first = next(answer for answer in answers if not answer["replayed"])
    assert first["strike"]["number"] == 1
    assert all({**answer, "replayed": False} == first for answer in answers)
    raid = await api.told("query ($id: ID!) { raid(id: $id) { hp { current } totals { strikes } } }", id=raid_id)
    assert raid["raid"] == {"hp": {"current": 100_000 - first["damageDealt"]}, "totals": {"strikes": 1}}
    await books_balance(api.database, int(raid_id))


async def test_the_same_character_in_twenty_strikes_at_once_strikes_once(api: Api) -> None:
    raid_id = await api.raid()
    striker = await api.player(characters=21)
    shared, *others = await api.unused(striker)
    answers = await asyncio.gather(*(api.strike(striker, shared, other) for other in others))
    struck = [answer for answer in answers if answer["__typename"] == "ExecuteStrikeSuccess"]
    refused = [answer for answer in answers if answer["__typename"] == "CharactersAlreadyUsed"]
    assert (len(struck), len(refused)) == (1, 19)
    assert all(answer["characterIds"] == [shared] for answer in refused)
    assert len(await api.unused(striker)) == 19
    await books_balance(api.database, int(raid_id))
