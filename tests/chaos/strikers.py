"""Clients over real HTTP: they ask with their keys until they are answered, and write down every answer they get."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from tests.services.world import Owner
from tests.web.harness import STRIKE

PATIENCE_SECONDS = (0.2, 1.0, 3.0, 8.0)
"""How long a client waits for an answer before it hangs up and asks again; some are very impatient."""
LONGEST_PAUSE_SECONDS = 0.5
ANSWERED_SECONDS = 90.0
"""Whoever is not answered for so long is lost."""
SUCCESS = "ExecuteStrikeSuccess"
OVER = "BossAlreadyDefeated"


@dataclass(slots=True)
class Asked:
    """One strike under its key, and all that was said to it. `expected`: the only refusal that would be true, if any.

    `asks`: how many times it was sent; `asks_before`: before the first answer; `lost`: how many times nothing came
    back, so that nobody knows whether it was made.
    """

    key: str
    owner: Owner
    action: str
    team: tuple[int, ...]
    expected: str | None = None
    told: list[Any] = field(default_factory=list)
    asks: int = 0
    asks_before: int = 0
    lost: int = 0

    @property
    def input(self) -> dict[str, Any]:
        return {
            "action": self.action,
            "characterIds": list(self.team),
            "discordId": self.owner.discord_id,
            "idempotencyKey": self.key,
        }

    @property
    def succeeded(self) -> bool:
        return any(answer["__typename"] == SUCCESS for answer in self.told)


@dataclass(slots=True)
class Crowd:
    """All strikers of one raid. `name` begins their keys; `oddities`: answers that no client could make sense of."""

    name: str
    urls: Sequence[str]
    token: str
    chance: Random
    asked: list[Asked] = field(default_factory=list)
    accepted: int = 0
    over: bool = False
    met: Counter[str] = field(default_factory=Counter)
    oddities: list[str] = field(default_factory=list)

    async def strike(self, groups: Sequence[Sequence[Owner]]) -> None:
        """Each group's players strike one after the other, until the boss is dead or nobody is left."""
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=60)
        headers = {"Authorization": f"Bearer {self.token}"}
        async with (
            httpx.AsyncClient(headers=headers, trust_env=False, limits=limits) as client,
            asyncio.TaskGroup() as striking,
        ):
            for number, owners in enumerate(groups):
                striker = _Striker(self, client, Random(self.chance.getrandbits(64)), number)
                striking.create_task(striker.strike_on(owners))


@dataclass(slots=True)
class _Striker:
    crowd: Crowd
    client: httpx.AsyncClient
    chance: Random
    number: int
    keys: Iterator[int] = field(default_factory=itertools.count)

    async def strike_on(self, owners: Sequence[Owner]) -> None:
        left = {owner.user_id: list(owner.copies) for owner in owners}
        used: list[Asked] = []
        while not self.crowd.over:
            ready = [owner for owner in owners if left[owner.user_id]]
            if not ready:
                return
            owner = self.chance.choice(ready)
            if used and self.chance.random() < 0.12:
                await self._strike_badly(used, owners)
                continue
            copies = left[owner.user_id]
            team = tuple(copies.pop() for _ in range(min(len(copies), self.chance.randint(1, 3))))
            asked = self._new(owner, team)
            await self._until_answered(asked)
            if asked.succeeded:
                self.crowd.accepted += 1
                used.append(asked)
                if self.chance.random() < 0.25:
                    await self._until_answered(self.chance.choice(used))  # once more, long after

    def _new(self, owner: Owner, team: tuple[int, ...], expected: str | None = None, key: str | None = None) -> Asked:
        action = "ANALYZE" if self.chance.random() < 0.3 else "FIGHT"
        own = f"{self.crowd.name}-{self.number}-{next(self.keys)}"
        asked = Asked(key or own, owner, action, team, expected)
        self.crowd.asked.append(asked)
        return asked

    async def _strike_badly(self, used: Sequence[Asked], owners: Sequence[Owner]) -> None:
        """Strikes that must be refused, and for a reason that is known before."""
        before = self.chance.choice(used)
        stranger = self.chance.choice([owner for owner in owners if owner is not before.owner])
        match self.chance.choice(["used", "not owned", "another content"]):
            case "used":
                asked = self._new(before.owner, before.team[:1], "CharactersAlreadyUsed")
            case "not owned":
                asked = self._new(stranger, before.team[:1], "CharactersNotOwned")
            case _:
                # The key is looked at before the team: any other team does.
                other = stranger.copies[:1]
                asked = self._new(before.owner, other, "IdempotencyConflict", before.key)
        await self._until_answered(asked)

    async def _until_answered(self, asked: Asked) -> None:
        async with asyncio.timeout(ANSWERED_SECONDS):
            while True:
                answer = await self._ask(asked)
                if answer is not None:
                    break
        if not asked.told:
            asked.asks_before = asked.asks - 1
        asked.told.append(answer)
        self.crowd.met[answer["__typename"]] += 1
        if answer["__typename"] == OVER or answer.get("victory"):
            self.crowd.over = True

    async def _ask(self, asked: Asked) -> Any:
        """The answer; None when there was none, or only that one should come back."""
        crowd = self.crowd
        url, patience = self.chance.choice(crowd.urls), self.chance.choice(PATIENCE_SECONDS)
        body = {"query": STRIKE, "variables": {"input": asked.input}}
        asked.asks += 1
        try:
            response = await self.client.post(f"{url}/graphql", json=body, timeout=patience)
        except httpx.HTTPError as error:
            asked.lost += 1
            crowd.met[f"no answer: {type(error).__name__}"] += 1
            await asyncio.sleep(self.chance.uniform(0, LONGEST_PAUSE_SECONDS))
            return None
        answer, wait_ms = _understood(response)
        if wait_ms is not None:
            crowd.met["told to come back"] += 1
            await asyncio.sleep(min(wait_ms / 1000, LONGEST_PAUSE_SECONDS))
        elif answer is None:
            crowd.oddities.append(f"{response.status_code} {response.text[:300]}")
            await asyncio.sleep(LONGEST_PAUSE_SECONDS)
        return answer


def _understood(response: httpx.Response) -> tuple[Any, int | None]:
    """The strike's answer, or how many milliseconds to wait; neither for what makes no sense."""
    try:
        body = response.json()
    except ValueError:
        return None, None
    for error in body.get("errors") or []:
        wait = (error.get("extensions") or {}).get("retryAfterMs")
        if wait is not None:
            return None, int(wait)
    answer = (body.get("data") or {}).get("executeStrike")
    if answer is not None and answer["__typename"] == "Overloaded":
        return None, int(answer["retryAfterMs"])
    return answer, None
