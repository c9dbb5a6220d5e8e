"""From one screen to the next: what each tap asks the API and what is shown then.

A strike is sent with the idempotency key of the panel it was tapped on, and with the sequence that the panel's
projection knew. So two taps are one strike, and a boss that has changed meanwhile asks again.
"""

import asyncio
from dataclasses import dataclass, replace
from typing import Any, Final

import discord
import structlog
from discord import ui

from bot.answers import insist
from bot.api import ApiUnavailableError, RaidApi
from bot.striking import queries
from bot.striking.answers import Refusal, Report
from bot.striking.buttons import Act, Screen
from bot.striking.codec import PanelState
from bot.striking.errors import sentence
from bot.striking.loading import (
    NothingToStrike,
    Situation,
    best_team,
    candidates,
    chosen_team,
    last_team,
    register,
)
from bot.striking.panel import screen_of, try_again
from bot.striking.report import report_screen
from bot.striking.team import Browsing, team_screen
from bot.striking.words import Locale, Say

__all__ = ["Player", "best", "choosing", "kept", "last", "show", "strike"]

TRIES_WHEN_OVERLOADED: Final = 5
STRIKE_SECONDS: Final = 8.0
"""How long a player watches a strike fly before they are told that nobody knows; a tap goes on with the same key."""
LONGEST_PAUSE_SECONDS: Final = 2.0
MOST_CORRECTIONS: Final = 3
GONE_FROM_THE_TEAM: Final = frozenset({"CharactersAlreadyUsed", "CharactersNotOwned"})
LEADS_ELSEWHERE: Final = frozenset({"CharactersAlreadyUsed", "CharactersNotOwned", "IdempotencyConflict"})
TOLD_BY_THE_SCREEN: Final = frozenset({"CooldownActive", "RaidPaused", "NoActiveRaid", "AnalysisComplete"})

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Player:
    """Who taps: their Discord id, the name to register them under and the language they read."""

    api: RaidApi
    owner: int
    name: str
    locale: Locale

    @classmethod
    def of(cls, api: RaidApi, interaction: discord.Interaction[Any]) -> "Player":
        return cls(api, interaction.user.id, interaction.user.display_name, interaction.locale)

    @property
    def say(self) -> Say:
        return Say(self.locale)

    def screen(self, found: Situation | NothingToStrike, notice: str | None = None) -> Screen:
        return screen_of(self.locale, found, owner=self.owner, notice=notice)


async def show(interaction: discord.Interaction[Any], view: ui.LayoutView) -> None:
    """Makes `view` the answer, after the interaction was deferred or answered. Raises InteractionGoneError."""
    await insist(lambda: interaction.edit_original_response(view=view))


async def best(player: Player, *, size: int = 6, equipment: int | None = None, notice: str | None = None) -> Screen:
    """The panel with the best unused team of `size`."""
    found = await best_team(player.api, owner=player.owner, name=player.name, size=size, equipment=equipment)
    return player.screen(found, notice)


async def kept(player: Player, state: PanelState, notice: str | None = None) -> Screen:
    """The panel with the team of `state` as it would do now."""
    found, said = await _settled(player, state, notice)
    return player.screen(found, said)


async def last(player: Player, state: PanelState) -> Screen:
    """The panel with the last team that can strike again."""
    team, equipment, complete = await last_team(player.api, player.owner)
    if not team:
        return await kept(player, state, player.say("strike-last-team-none"))
    taken = state.equipment if equipment is None else equipment
    notice = player.say("strike-last-team" if complete else "strike-last-team-part", count=len(team))
    return await kept(player, replace(state, team=tuple(sorted(team)), equipment=taken), notice)


async def choosing(player: Player, state: PanelState, browsing: Browsing, notice: str | None = None) -> Screen:
    """The page of characters to choose from; the screen that fits when there is nothing to choose for."""
    (found, said), page = await asyncio.gather(
        _settled(player, state, notice),
        candidates(player.api, player.owner, page=browsing.page, search=browsing.search, affinity=browsing.affinity),
    )
    fitting = player.screen(found, said)
    if isinstance(found, NothingToStrike) or not _may_choose(found):
        return fitting
    return team_screen(player.locale, found, page, browsing, said)


def _may_choose(found: Situation) -> bool:
    standing = found.standing
    return found.raid.status == "ACTIVE" and (
        standing is None or (standing.ready_at is None and standing.available > 0)
    )


async def _settled(
    player: Player, state: PanelState, notice: str | None
) -> tuple[Situation | NothingToStrike, str | None]:
    """The team of `state`, less those who cannot strike any more; the notice then says so."""
    said = [] if notice is None else [notice]
    found: Situation | NothingToStrike
    for _ in range(MOST_CORRECTIONS):
        found = await chosen_team(player.api, state=state, name=player.name)
        refused = None if isinstance(found, NothingToStrike) else found.refused
        if refused is None or refused.kind in TOLD_BY_THE_SCREEN:
            break
        said.append(sentence(player.say, refused))
        if refused.kind in GONE_FROM_THE_TEAM:
            state = replace(state, team=tuple(each for each in state.team if each not in refused.characters))
        elif refused.kind == "EquipmentNotOwned":
            state = replace(state, equipment=None)
        else:
            break
    return found, "\n".join(dict.fromkeys(said)) or None


async def strike(player: Player, act: Act, state: PanelState) -> Screen:
    """Strikes once, whoever taps how often, and tells what came of it."""
    try:
        outcome = await _struck(player, act, state)
    except ApiUnavailableError as error:
        log.warning("a strike's answer is not known", error=str(error), discord_id=state.owner)
        return try_again(player.locale, player.say("strike-unknown"), act, state)
    if isinstance(outcome, Report):
        return report_screen(
            player.say, outcome, PanelState.new(owner=state.owner, raid=0, sequence=0, size=state.size)
        )
    notice = sentence(player.say, outcome)
    if outcome.kind == "NoActiveRaid":
        found = await best_team(player.api, owner=player.owner, name=player.name, size=state.size)
        return player.screen(found, player.say("strike-other-raid") if isinstance(found, Situation) else notice)
    if outcome.kind == "Overloaded":
        return try_again(player.locale, notice, act, state)
    if outcome.kind in LEADS_ELSEWHERE:
        return await best(player, size=state.size, equipment=state.equipment, notice=notice)
    if outcome.kind == "EquipmentNotOwned":
        state = replace(state, equipment=None)
    if outcome.kind == "PlayerNotFound":
        await register(player.api, player.owner, player.name)
    return await kept(player, state, notice)


async def _struck(player: Player, act: Act, state: PanelState) -> Report | Refusal:
    """What came of it, in the raid that the panel was made for."""
    fight = act in {Act.FIGHT, Act.FIGHT_FOR_SURE}
    given = {
        "action": "FIGHT" if fight else "ANALYZE",
        "characterIds": [str(each) for each in state.team],
        "equipmentId": None if state.equipment is None else str(state.equipment),
        "discordId": str(state.owner),
        "idempotencyKey": state.idempotency_key,
        "expectedSequence": state.sequence,
        "raidId": str(state.raid),
    }
    for _ in range(TRIES_WHEN_OVERLOADED):
        told = (await player.api.ask(queries.STRIKE, {"input": given}, within_seconds=STRIKE_SECONDS))["executeStrike"]
        if told["__typename"] == "ExecuteStrikeSuccess":
            return Report.of(told)
        refusal = Refusal.of(told)
        if refusal.kind != "Overloaded":
            return refusal
        await asyncio.sleep(min(refusal.retry_after_ms / 1000, LONGEST_PAUSE_SECONDS))
    return refusal
