"""The one place that writes the game's values as JSON for the database, and reads them again.

Documents that stand alone carry ``"version": 1``; a reader that meets a version it does not know refuses,
rather than guesses. Times are ISO 8601 in UTC.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.rules.configuration import (
    BossConfiguration,
    CurseLimit,
    Milestone,
    RaidRules,
    RewardConfiguration,
    StageEffect,
    Tier,
    WeaknessPool,
)
from services.rules.events import (
    BossDefeated,
    BreakthroughAchieved,
    CurseApplied,
    CurseFizzled,
    RaidChanged,
    RaidChanges,
    RaidEvent,
    RaidEventKind,
    RaidStarted,
    StageAdvanced,
)
from services.rules.state import ActiveCurse, RaidState
from services.rules.values import (
    Affinity,
    AffinityKind,
    EquipmentEffect,
    EquipmentEffectKind,
    RaidOutcome,
    Reward,
    Stat,
)

VERSION = 1

Json = dict[str, Any]


class UnknownVersionError(Exception):
    """The database holds a document that a newer version of this program wrote."""

    def __init__(self, version: object) -> None:
        super().__init__(f"a stored document has version {version!r}; this program reads version {VERSION}")


def _checked(document: Mapping[str, Any]) -> Mapping[str, Any]:
    if document.get("version") != VERSION:
        raise UnknownVersionError(document.get("version"))
    return document


# Affinities, rewards, equipment


def affinity_to_json(affinity: Affinity) -> Json:
    return {"kind": affinity.kind.value, "value": affinity.value}


def affinity_from_json(document: Mapping[str, Any]) -> Affinity:
    return Affinity(AffinityKind(document["kind"]), document["value"])


def _optional_affinity_to_json(affinity: Affinity | None) -> Json | None:
    return None if affinity is None else affinity_to_json(affinity)


def _optional_affinity_from_json(document: Mapping[str, Any] | None) -> Affinity | None:
    return None if document is None else affinity_from_json(document)


def affinities_to_json(affinities: tuple[Affinity, ...]) -> list[Any]:
    return [affinity_to_json(affinity) for affinity in affinities]


def affinities_from_json(documents: list[Any]) -> tuple[Affinity, ...]:
    return tuple(affinity_from_json(document) for document in documents)


def rewards_to_pairs(rewards: tuple[Reward, ...]) -> list[Any]:
    """``[[currency, amount], …]``, as the ledger keeps them."""
    return [[reward.currency, reward.amount] for reward in rewards]


def rewards_from_pairs(pairs: list[Any]) -> tuple[Reward, ...]:
    return tuple(Reward(currency, amount) for currency, amount in pairs)


def effects_to_json(effects: tuple[EquipmentEffect, ...]) -> list[Any]:
    return [
        {
            "kind": effect.kind.value,
            "stat": None if effect.stat is None else effect.stat.value,
            "affinity": _optional_affinity_to_json(effect.affinity),
            "amount": effect.amount,
        }
        for effect in effects
    ]


def effects_from_json(documents: list[Any]) -> tuple[EquipmentEffect, ...]:
    return tuple(
        EquipmentEffect(
            kind=EquipmentEffectKind(document["kind"]),
            stat=None if document["stat"] is None else Stat(document["stat"]),
            affinity=_optional_affinity_from_json(document["affinity"]),
            amount=document["amount"],
        )
        for document in documents
    )


# Configurations


def rules_to_json(rules: RaidRules) -> Json:
    return {
        "version": VERSION,
        "min_team_size": rules.min_team_size,
        "max_team_size": rules.max_team_size,
        "cooldown_seconds": rules.cooldown_seconds,
        "weakness_permille": rules.weakness_permille,
        "curse_permille": rules.curse_permille,
        "damage_divisor": rules.damage_divisor,
        "analysis_divisor": rules.analysis_divisor,
    }


def rules_from_json(document: Mapping[str, Any]) -> RaidRules:
    fields = dict(_checked(document))
    del fields["version"]
    return RaidRules(**fields)


def rewards_to_json(rewards: RewardConfiguration) -> Json:
    return {
        "version": VERSION,
        "strike_divisor": rewards.strike_divisor,
        "milestones": [[each.contribution, rewards_to_pairs(each.rewards)] for each in rewards.milestones],
        "breakthrough": rewards_to_pairs(rewards.breakthrough),
        "victory": rewards_to_pairs(rewards.victory),
        "tiers": [[tier.name, tier.contribution, tier.victory_permille] for tier in rewards.tiers],
    }


def rewards_from_json(document: Mapping[str, Any]) -> RewardConfiguration:
    _checked(document)
    return RewardConfiguration(
        strike_divisor=document["strike_divisor"],
        milestones=tuple(Milestone(at, rewards_from_pairs(pairs)) for at, pairs in document["milestones"]),
        breakthrough=rewards_from_pairs(document["breakthrough"]),
        victory=rewards_from_pairs(document["victory"]),
        tiers=tuple(Tier(*tier) for tier in document["tiers"]),
    )


def boss_to_json(boss: BossConfiguration) -> Json:
    return {
        "version": VERSION,
        "name": boss.name,
        "description": boss.description,
        "tier": boss.tier,
        "image_url": boss.image_url,
        "total_hp": boss.total_hp,
        "dominant_stats": [stat.value for stat in boss.dominant_stats],
        "weaknesses": affinities_to_json(boss.weaknesses),
        "resistances": affinities_to_json(boss.resistances),
        "curse_pool": affinities_to_json(boss.curse_pool),
        "curse_limits": [[limit.kind.value, limit.limit] for limit in boss.curse_limits],
        "curse_every": boss.curse_every,
        "analysis_thresholds": list(boss.analysis_thresholds),
        "weakness_pool": [[pool.kind.value, pool.weight, list(pool.values)] for pool in boss.weakness_pool],
        "stage_hp_below_permille": list(boss.stage_hp_below_permille),
        "stage_analysis_points": list(boss.stage_analysis_points),
        "stage_effects": [
            {
                "stage": effect.stage,
                "message": effect.message,
                "add_weakness": _optional_affinity_to_json(effect.add_weakness),
                "add_curse": _optional_affinity_to_json(effect.add_curse),
                "fight_permille": effect.fight_permille,
            }
            for effect in boss.stage_effects
        ],
        "rewards": rewards_to_json(boss.rewards),
        "rules": rules_to_json(boss.rules),
    }


def boss_from_json(document: Mapping[str, Any]) -> BossConfiguration:
    _checked(document)
    return BossConfiguration(
        name=document["name"],
        description=document["description"],
        tier=document["tier"],
        image_url=document["image_url"],
        total_hp=document["total_hp"],
        dominant_stats=tuple(Stat(stat) for stat in document["dominant_stats"]),
        weaknesses=affinities_from_json(document["weaknesses"]),
        resistances=affinities_from_json(document["resistances"]),
        curse_pool=affinities_from_json(document["curse_pool"]),
        curse_limits=tuple(CurseLimit(AffinityKind(kind), limit) for kind, limit in document["curse_limits"]),
        curse_every=document["curse_every"],
        analysis_thresholds=tuple(document["analysis_thresholds"]),
        weakness_pool=tuple(
            WeaknessPool(AffinityKind(kind), weight, tuple(values))
            for kind, weight, values in document["weakness_pool"]
        ),
        stage_hp_below_permille=tuple(document["stage_hp_below_permille"]),
        stage_analysis_points=tuple(document["stage_analysis_points"]),
        stage_effects=tuple(
            StageEffect(
                stage=effect["stage"],
                message=effect["message"],
                add_weakness=_optional_affinity_from_json(effect["add_weakness"]),
                add_curse=_optional_affinity_from_json(effect["add_curse"]),
                fight_permille=effect["fight_permille"],
            )
            for effect in document["stage_effects"]
        ),
        rewards=rewards_from_json(document["rewards"]),
        rules=rules_from_json(document["rules"]),
    )


# Where the boss stands, and what happened


def curses_to_json(curses: tuple[ActiveCurse, ...]) -> list[Any]:
    return [
        {**affinity_to_json(curse.affinity), "at": curse.applied_at.isoformat(), "sequence": curse.sequence}
        for curse in curses
    ]


def curses_from_json(documents: list[Any]) -> tuple[ActiveCurse, ...]:
    return tuple(
        ActiveCurse(affinity_from_json(document), datetime.fromisoformat(document["at"]), document["sequence"])
        for document in documents
    )


def boss_at_event_to_json(state: RaidState, state_changed_at: int) -> Json:
    """What of the raid changes only with an event: kept with each event, for every strike that follows it."""
    return {
        "version": VERSION,
        "stage": state.stage,
        "breakthroughs": state.breakthroughs,
        "weaknesses": affinities_to_json(state.weaknesses),
        "curses": curses_to_json(state.curses),
        "curse_every": state.curse_every,
        "state_changed_at": state_changed_at,
    }


def _time_to_json(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _time_from_json(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _changes_to_json(changes: RaidChanges) -> Json:
    return {
        "hp": changes.hp,
        "curse_every": changes.curse_every,
        "ends_at": _time_to_json(changes.ends_at),
        "name": changes.name,
        "description": changes.description,
        "rewards": None if changes.rewards is None else rewards_to_json(changes.rewards),
        "outcome": changes.outcome,
    }


def _changes_from_json(document: Mapping[str, Any]) -> RaidChanges:
    rewards, outcome = document["rewards"], document["outcome"]
    return RaidChanges(
        hp=document["hp"],
        curse_every=document["curse_every"],
        ends_at=_time_from_json(document["ends_at"]),
        name=document["name"],
        description=document["description"],
        rewards=None if rewards is None else rewards_from_json(rewards),
        outcome=None if outcome is None else RaidOutcome(outcome),
    )


def event_to_json(event: RaidEvent) -> Json:
    """The payload: all that the event's own columns (sequence, kind, time, strike number) do not hold."""
    document: Json = {"version": VERSION, "message": event.message}
    match event:
        case StageAdvanced():
            document |= {
                "from_stage": event.from_stage,
                "to_stage": event.to_stage,
                "added_weakness": _optional_affinity_to_json(event.added_weakness),
                "added_curse": _optional_affinity_to_json(event.added_curse),
                "replaced_curse": _optional_affinity_to_json(event.replaced_curse),
            }
        case CurseApplied():
            document |= {
                "curse": affinity_to_json(event.curse),
                "replaced": _optional_affinity_to_json(event.replaced),
                "triggered_by": event.triggered_by,
            }
        case BreakthroughAchieved():
            document |= {
                "number": event.number,
                "threshold": event.threshold,
                "weakness": _optional_affinity_to_json(event.weakness),
                "rewarded_players": event.rewarded_players,
                "triggered_by": event.triggered_by,
            }
        case BossDefeated():
            document |= {"final_blow_by": event.final_blow_by, "participants": event.participants}
        case RaidChanged():
            document |= {"reason": event.reason, "changes": _changes_to_json(event.changes)}
        case RaidStarted() | CurseFizzled():
            pass
    return document


def event_from_json(  # noqa: PLR0911 - one return per kind of event reads best
    kind: RaidEventKind,
    *,
    sequence: int,
    occurred_at: datetime,
    strike_number: int | None,
    payload: Mapping[str, Any],
) -> RaidEvent:
    """The event that `event_to_json` wrote."""
    _checked(payload)
    common: Json = {
        "sequence": sequence,
        "occurred_at": occurred_at,
        "strike_number": strike_number,
        "message": payload["message"],
    }
    match kind:
        case RaidEventKind.RAID_STARTED:
            return RaidStarted(**common)
        case RaidEventKind.STAGE_ADVANCED:
            return StageAdvanced(
                **common,
                from_stage=payload["from_stage"],
                to_stage=payload["to_stage"],
                added_weakness=_optional_affinity_from_json(payload["added_weakness"]),
                added_curse=_optional_affinity_from_json(payload["added_curse"]),
                replaced_curse=_optional_affinity_from_json(payload["replaced_curse"]),
            )
        case RaidEventKind.CURSE_APPLIED:
            return CurseApplied(
                **common,
                curse=affinity_from_json(payload["curse"]),
                replaced=_optional_affinity_from_json(payload["replaced"]),
                triggered_by=payload["triggered_by"],
            )
        case RaidEventKind.CURSE_FIZZLED:
            return CurseFizzled(**common)
        case RaidEventKind.BREAKTHROUGH:
            return BreakthroughAchieved(
                **common,
                number=payload["number"],
                threshold=payload["threshold"],
                weakness=_optional_affinity_from_json(payload["weakness"]),
                rewarded_players=payload["rewarded_players"],
                triggered_by=payload["triggered_by"],
            )
        case RaidEventKind.BOSS_DEFEATED:
            return BossDefeated(
                **common,
                final_blow_by=payload["final_blow_by"],
                participants=payload["participants"],
            )
        case _:
            return RaidChanged(
                **common,
                kind=kind,
                reason=payload["reason"],
                changes=_changes_from_json(payload["changes"]),
            )
