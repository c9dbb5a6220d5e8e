"""What a panel shows, fetched from the API: few questions, each whole."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from weakref import WeakKeyDictionary

import structlog

from bot.api import ApiRefusedError, RaidApi
from bot.striking import queries
from bot.striking.answers import Affinity, Card, Piece, RaidNow, Refusal, Standing, Worth, instant
from bot.striking.codec import MOST_IN_A_TEAM, PanelState

__all__ = ["Candidates", "NothingToStrike", "Situation", "best_team", "candidates", "chosen_team", "last_team"]

LONGEST_PLAYER_NAME: Final = 100
NOT_REGISTERED: Final = "PLAYER_NOT_FOUND"
PAGE: Final = 25
SKIPPED_AT_ONCE: Final = 100
log = structlog.get_logger(__name__)


AT_ONCE: Final = 12
"""Panels that are filled at the same time: a thousand players at a raid's start wait here, where nothing times out,
and not in the API. Strikes do not wait."""
_gates: WeakKeyDictionary[RaidApi, asyncio.Semaphore] = WeakKeyDictionary()


async def _asked(api: RaidApi, document: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    async with _gates.setdefault(api, asyncio.Semaphore(AT_ONCE)):
        return await api.ask(document, variables)


@dataclass(frozen=True, slots=True)
class NothingToStrike:
    """There is no live raid: the next one, if one is scheduled, and the last one, if there was one."""

    next_name: str | None
    next_starts_at: datetime | None
    last_name: str | None
    last_boss: str | None
    last_outcome: str | None
    rank: int | None
    contribution: int


@dataclass(frozen=True, slots=True)
class Situation:
    """A raid, a player and the team that would strike now.

    `fight` and `analyze` are None where that cannot be done; `refused` is then what the API said of the fight, or of
    the analysis when only that was refused. `suggested` tells that the API chose the team: its best.
    """

    raid: RaidNow
    standing: Standing | None
    pieces: tuple[Piece, ...]
    cards: tuple[Card, ...]
    fight: Worth | None
    analyze: Worth | None
    suggested: bool
    state: PanelState
    refused: Refusal | None = None

    @property
    def piece(self) -> Piece | None:
        return next((piece for piece in self.pieces if piece.id == self.state.equipment), None)


@dataclass(frozen=True, slots=True)
class Candidates:
    """One page of those who can still strike, best first; `page` counts from 0, `total` all that were looked for."""

    cards: tuple[Card, ...]
    page: int
    total: int


async def registered(api: RaidApi, owner: int, name: str, document: str, **variables: Any) -> dict[str, Any]:
    """The answer to a question about a player, who is registered first when nobody has seen them yet."""
    asked = {"id": str(owner), **variables}
    try:
        data = await _asked(api, document, asked)
    except ApiRefusedError as error:
        if error.code != NOT_REGISTERED:
            raise
    else:
        if data.get("player", {}) is not None:
            return data
    await register(api, owner, name)
    return await _asked(api, document, asked)


async def register(api: RaidApi, owner: int, name: str) -> None:
    called = "".join(character for character in name if character.isprintable()).strip()[:LONGEST_PLAYER_NAME]
    await _asked(api, queries.REGISTER, {"id": str(owner), "name": called or str(owner)})
    log.info("player registered", discord_id=owner)


async def best_team(
    api: RaidApi, *, owner: int, name: str, size: int = MOST_IN_A_TEAM, equipment: int | None = None
) -> Situation | NothingToStrike:
    """The best unused team of `size`, with the piece of equipment when it is still there."""
    data = await registered(api, owner, name, queries.OPEN, size=size)
    if data["activeRaid"] is None:
        return await nothing_to_strike(api, owner)
    raid = RaidNow.of(data["activeRaid"])
    fight, analyze = data["fight"], data["analyze"]
    pieces = _pieces(data)
    cards = () if fight is None else tuple(Card.of(each, raid) for each in fight["characters"])
    worths = tuple(None if each is None else Worth.of(each["preview"]) for each in (fight, analyze))
    found = Situation(
        raid=raid,
        standing=_standing(data),
        pieces=pieces,
        cards=_best_first(cards),
        fight=worths[0],
        analyze=worths[1] if raid.next_threshold is not None else None,
        suggested=True,
        state=PanelState.new(
            owner=owner,
            raid=raid.id,
            sequence=min((each.sequence for each in worths if each is not None), default=raid.sequence),
            size=size,
            team=(card.id for card in cards),
        ),
    )
    if equipment is None or not found.state.team or all(piece.id != equipment for piece in pieces):
        return found
    equipped = await chosen_team(api, state=replace(found.state, equipment=equipment), name=name)
    return equipped if isinstance(equipped, NothingToStrike) else replace(equipped, suggested=equipped.refused is None)


async def chosen_team(api: RaidApi, *, state: PanelState, name: str) -> Situation | NothingToStrike:
    """The team of `state` as it would do now, under a new key and with today's sequence."""
    if not state.team:
        found = await best_team(api, owner=state.owner, name=name, size=state.size)
        if isinstance(found, NothingToStrike):
            return found
        empty = PanelState.new(
            owner=state.owner,
            raid=found.raid.id,
            sequence=found.raid.sequence,
            size=state.size,
            equipment=state.equipment,
        )
        return replace(found, cards=(), fight=None, analyze=None, suggested=False, state=empty)
    data = await registered(
        api,
        state.owner,
        name,
        queries.CHOSEN,
        team=[str(each) for each in state.team],
        equipment=None if state.equipment is None else str(state.equipment),
    )
    if data["activeRaid"] is None:
        return await nothing_to_strike(api, state.owner)
    raid = RaidNow.of(data["activeRaid"])
    worths, refusals, previews = [], [], []
    for told in (data["fight"], data["analyze"]):
        seen = told["__typename"] == "StrikePreview"
        worths.append(Worth.of(told) if seen else None)
        refusals += [] if seen else [Refusal.of(told)]
        previews += [told] if seen else []
    pieces = _pieces(data)
    taken = tuple(affinity for piece in pieces if piece.id == state.equipment for affinity in piece.favours)
    counted = replace(raid, weaknesses=raid.weaknesses + taken)
    return Situation(
        raid=raid,
        standing=_standing(data),
        pieces=pieces,
        cards=_cards(state.team, previews, [Card.of(each, counted) for each in data["player"]["roster"]["nodes"]]),
        fight=worths[0],
        analyze=worths[1],
        suggested=False,
        state=PanelState.new(
            owner=state.owner,
            raid=raid.id,
            sequence=min((each.sequence for each in worths if each is not None), default=raid.sequence),
            size=state.size,
            team=state.team,
            equipment=state.equipment,
        ),
        refused=refusals[0] if refusals else None,
    )


async def nothing_to_strike(api: RaidApi, owner: int) -> NothingToStrike:
    data = await _asked(api, queries.WITHOUT_RAID, {"id": str(owner)})
    coming = sorted(data["next"]["nodes"], key=lambda raid: datetime.fromisoformat(raid["startsAt"]))
    following = coming[0] if coming else {"name": None, "startsAt": None}
    last: dict[str, Any] = next(iter(data["last"]["nodes"]), {"name": None, "outcome": None, "boss": {"name": None}})
    part = data["participation"] or {"rank": None, "contribution": 0}
    return NothingToStrike(
        next_name=following["name"],
        next_starts_at=instant(following["startsAt"]),
        last_name=last["name"],
        last_boss=last["boss"]["name"],
        last_outcome=last["outcome"],
        rank=part["rank"],
        contribution=part["contribution"],
    )


async def last_team(api: RaidApi, owner: int) -> tuple[tuple[int, ...], int | None, bool]:
    """Whom the last strike sent that can strike now, what they took along, and whether they are all still there."""
    data = await _asked(api, queries.LAST_TEAM, {"id": str(owner)})
    last = data["lastTeam"]
    if last is None:
        return (), None, False
    equipment = None if last["equipment"] is None else int(last["equipment"]["id"])
    return tuple(int(each["id"]) for each in last["characters"]), equipment, last["complete"]


async def candidates(
    api: RaidApi, owner: int, *, page: int, search: str | None, affinity: Affinity | None
) -> Candidates:
    """A page of 25 of those who can still strike, best first; the last page when `page` lies behind it, an empty one
    when there is no raid.

    A cursor does not fit into a custom id, so a page is reached from the first one, a hundred at a step.
    """
    wanted = {
        "id": str(owner),
        "search": search,
        "affinity": None if affinity is None else {"kind": affinity.kind, "value": affinity.value},
    }
    after: str | None = None
    left = page * PAGE
    while left > 0:
        step = min(left, SKIPPED_AT_ONCE)
        skipped = (await _asked(api, queries.SKIPPED, {**wanted, "first": step, "after": after}))["teamCandidates"]
        if skipped is None:
            return Candidates((), 0, 0)
        if not skipped["pageInfo"]["hasNextPage"]:
            total: int = skipped["totalCount"]
            last = max(0, (total - 1) // PAGE)
            return await candidates(api, owner, page=min(last, page - 1), search=search, affinity=affinity)
        after, left = skipped["pageInfo"]["endCursor"], left - step
    found = (await _asked(api, queries.CANDIDATES, {**wanted, "first": PAGE, "after": after}))["teamCandidates"]
    if found is None:
        return Candidates((), 0, 0)
    return Candidates(
        cards=tuple(_candidate(each) for each in found["nodes"]),
        page=page,
        total=found["totalCount"],
    )


def _candidate(data: Mapping[str, Any]) -> Card:
    own = data["character"]
    return Card(
        id=int(own["id"]),
        name=own["name"],
        stars=own["stars"],
        score=data["score"],
        multiplier_permille=data["multiplierPermille"],
        weak=tuple(Affinity.of(each) for each in data["weaknesses"]),
        cursed=tuple(Affinity.of(each) for each in data["curses"]),
        affinities=tuple(Affinity.of(each) for each in own["affinities"]),
    )


def _pieces(data: Mapping[str, Any]) -> tuple[Piece, ...]:
    return tuple(Piece.of(each) for each in data["player"]["equipment"] or ())


def _standing(data: Mapping[str, Any]) -> Standing | None:
    return None if data["participation"] is None else Standing.of(data["participation"])


def _cards(team: Iterable[int], previews: Sequence[Mapping[str, Any]], roster: Iterable[Card]) -> tuple[Card, ...]:
    """A preview prices the team with its equipment; stars and reasons come from the roster."""
    known = {card.id: card for card in roster}
    if not previews:
        return _best_first(known[each] for each in team if each in known)
    cards = []
    for each in previews[0]["team"]:
        number, score, multiplier = int(each["characterId"]), each["score"], each["multiplierPermille"]
        card = known.get(number) or Card(number, each["name"], None, score, multiplier)
        cards.append(replace(card, score=score, multiplier_permille=multiplier))
    return _best_first(cards)


def _best_first(cards: Iterable[Card]) -> tuple[Card, ...]:
    return tuple(sorted(cards, key=lambda card: (-card.score * card.multiplier_permille, card.id)))
