"""A strike that would succeed, every reason to refuse it, and a raid that does."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from services.errors import (
    AnalysisCompleteError,
    CharacterAlreadyUsedError,
    CharacterNotOwnedError,
    CooldownError,
    EquipmentNotOwnedError,
    IdempotencyConflictError,
    InvalidTeamSizeError,
    PlayerNotFoundError,
    StateChangedError,
    WorldThreatError,
    ZeroEffectError,
)
from services.rules.configuration import RaidRules
from services.rules.values import EquipmentEffect, EquipmentEffectKind, StrikeAction
from services.world_threat import WorldThreatService
from tests.services.world import ANALYZE, BOSS, BOT, FIGHT, Owner, Sheet, World, elemental

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """A strike that would succeed; every reason takes something from it."""

    striker: Owner
    on_cooldown: Owner
    stranger: Owner
    strangers_equipment: str
    action: StrikeAction = FIGHT
    fresh: int = 0  # which copy leads the team
    more: tuple[str, ...] = ()
    twice: bool = False
    discord_id: str | None = None
    equipment: str | None = None
    key: str = "a new key"
    expected: int | None = None

    @property
    def team(self) -> tuple[str, ...]:
        team = (str(self.striker.copies[self.fresh]), *self.more)
        return (*team, team[0]) if self.twice else team


# A player's copies in this world. HOLLOW scores nothing, and has struck beside STRUCK already.
FRESH, HOLLOW_FRESH, STRUCK, HOLLOW = range(4)


@dataclass(frozen=True, slots=True)
class Reason:
    error: type[WorldThreatError]
    take: Callable[[Plan], Plan]
    name: str = field(kw_only=True)


def _on_cooldown(plan: Plan) -> Plan:
    return replace(plan, striker=plan.on_cooldown)


# In the order of rules.md 2. A player comes first: what is taken of a team is taken of that player's.
REASONS = (
    Reason(InvalidTeamSizeError, lambda plan: replace(plan, twice=True), name="a character twice"),
    Reason(IdempotencyConflictError, lambda plan: replace(plan, key="the first"), name="a key with other content"),
    Reason(PlayerNotFoundError, lambda plan: replace(plan, discord_id="nobody"), name="an unknown player"),
    Reason(
        CharacterNotOwnedError,
        lambda plan: replace(plan, more=(*plan.more, str(plan.stranger.copies[HOLLOW_FRESH]))),
        name="somebody else's character",
    ),
    Reason(
        EquipmentNotOwnedError,
        lambda plan: replace(plan, equipment=plan.strangers_equipment),
        name="somebody else's equipment",
    ),
    Reason(
        CharacterAlreadyUsedError,
        lambda plan: replace(plan, more=(*plan.more, str(plan.striker.copies[HOLLOW]))),
        name="a used character",
    ),
    Reason(CooldownError, _on_cooldown, name="a strike a moment ago"),
    Reason(AnalysisCompleteError, lambda plan: replace(plan, action=ANALYZE), name="nothing left to find"),
    Reason(StateChangedError, lambda plan: replace(plan, expected=1), name="a curse since"),
    Reason(ZeroEffectError, lambda plan: replace(plan, fresh=HOLLOW_FRESH), name="no effect"),
)


def plan_of(world: "RefusingWorld", *reasons: Reason) -> Plan:
    plan = Plan(world.striker, world.on_cooldown, world.stranger, world.strangers_equipment)
    for reason in sorted(set(reasons), key=lambda each: each.error is not CooldownError):
        plan = reason.take(plan)
    return plan


@dataclass(frozen=True, slots=True)
class RefusingWorld:
    """A raid with a curse and an hour's cooldown; two players have struck, one of them long ago."""

    world: World
    raid_id: str
    striker: Owner
    on_cooldown: Owner
    stranger: Owner
    strangers_equipment: str

    async def try_to_strike(self, plan: Plan) -> WorldThreatError:
        before = await self.world.contents()
        with pytest.raises(WorldThreatError) as refused:
            await strike_by(self.world.service, plan)
        assert await self.world.contents() == before, "a refused strike left a trace"
        return refused.value

    async def try_to_preview(self, plan: Plan) -> WorldThreatError:
        with pytest.raises(WorldThreatError) as refused:
            await self.world.service.preview_strike(
                BOT,
                action=plan.action,
                character_ids=plan.team,
                equipment_id=plan.equipment,
                discord_id=plan.discord_id or plan.striker.discord_id,
            )
        return refused.value


async def strike_by(service: WorldThreatService, plan: Plan) -> None:
    await service.execute_strike(
        BOT,
        action=plan.action,
        character_ids=plan.team,
        equipment_id=plan.equipment,
        discord_id=plan.discord_id or plan.striker.discord_id,
        idempotency_key=plan.key,
        expected_sequence=plan.expected,
    )


async def refusing_world(world: World, total_hp: int = 100_000) -> RefusingWorld:
    characters = await world.characters(Sheet(100), Sheet(0), Sheet(100), Sheet(0))
    striker, on_cooldown, stranger = await world.players(3, characters)
    bonus = EquipmentEffect(EquipmentEffectKind.FINAL_SCORE_BONUS, amount=1_000)
    equipment = await world.equipment(stranger, bonus)
    boss = replace(
        BOSS, total_hp=total_hp, curse_every=1, curse_pool=(elemental("void"),), rules=RaidRules(cooldown_seconds=3600)
    )
    raid = await world.raid(boss)
    await world.strike(striker, striker.copies[STRUCK], striker.copies[HOLLOW], key="the first")
    await world.pass_time(HOUR)
    await world.strike(on_cooldown, on_cooldown.copies[STRUCK], on_cooldown.copies[HOLLOW], key="the first")
    return RefusingWorld(world, str(raid.id), striker, on_cooldown, stranger, str(equipment))
