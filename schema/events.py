"""What happens in a raid, in order and without gaps."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import strawberry
from strawberry import ID

from resolvers import players
from schema.access import public
from schema.fields import Info, resolved, shown
from schema.players import Player
from schema.scalars import SafeInt
from schema.values import Affinity
from services import views
from services.rules import events
from services.rules.events import RaidEventKind
from services.rules.values import RaidOutcome


def of_event(event: type) -> Callable[[Any, Any], bool]:
    def is_type_of(value: Any, _info: Any) -> bool:
        return isinstance(value, views.RaidEvent) and isinstance(value.event, event)

    return is_type_of


@strawberry.interface(
    description="Something that happened in a raid. Events are numbered from 1, without gaps, in the order they came."
)
class RaidEvent:
    sequence: SafeInt = shown("The event's number in its raid.", path="event.sequence")
    raid_id: ID = shown("The raid it happened in.")
    kind: RaidEventKind = shown("What kind of event it is.")
    occurred_at: datetime = shown("When it happened.", path="event.occurred_at")
    message: str = shown("The event in one sentence, for people.", path="event.message")


@strawberry.type(description="The raid began.")
class RaidStarted(RaidEvent):
    is_type_of = of_event(events.RaidStarted)


@strawberry.type(description="The boss entered its next stage: strikes score higher from here on.")
class StageAdvanced(RaidEvent):
    is_type_of = of_event(events.StageAdvanced)

    from_stage: int = shown("The stage it left.", path="event.from_stage")
    to_stage: int = shown("The stage it entered.", path="event.to_stage")
    added_weakness: Affinity | None = shown("A weakness the stage revealed.", path="event.added_weakness")
    added_curse: Affinity | None = shown("A curse the stage brought.", path="event.added_curse")
    replaced_curse: Affinity | None = shown(
        "The curse of the same kind that made room for the added one.", path="event.replaced_curse"
    )


@strawberry.type(description="The curse clock struck: an affinity is disfavoured from now on.")
class CurseApplied(RaidEvent):
    is_type_of = of_event(events.CurseApplied)

    curse: Affinity = shown("The new curse.", path="event.curse")
    replaced: Affinity | None = shown("The curse of the same kind that made room for it.", path="event.replaced")

    @resolved(Player | None, public(), "Whose strike made the clock strike. It was that strike's turn, not its fault.")
    @staticmethod
    async def triggered_by(parent: strawberry.Parent[Any], info: Info) -> views.Player:
        return await players.player_by_number(info.context, parent.event.triggered_by)


@strawberry.type(description="The curse clock struck, and there was no curse left to draw.")
class CurseFizzled(RaidEvent):
    is_type_of = of_event(events.CurseFizzled)


@strawberry.type(description="The community's analysis reached a threshold.")
class BreakthroughAchieved(RaidEvent):
    is_type_of = of_event(events.BreakthroughAchieved)

    number: int = shown("The raid's n-th breakthrough.", path="event.number")
    threshold: SafeInt = shown("The analysis points it took.", path="event.threshold")
    weakness: Affinity | None = shown(
        "The weakness it revealed; null when there was nothing left to reveal.", path="event.weakness"
    )
    rewarded_players: SafeInt = shown(
        "How many had analysed by then and were rewarded at once. Others are with their first analysis.",
        path="event.rewarded_players",
    )

    @resolved(Player | None, public(), "Whose analysis reached the threshold.")
    @staticmethod
    async def triggered_by(parent: strawberry.Parent[Any], info: Info) -> views.Player:
        return await players.player_by_number(info.context, parent.event.triggered_by)


@strawberry.type(description="The boss fell. It happens once in a raid, and no strike comes after it.")
class BossDefeated(RaidEvent):
    is_type_of = of_event(events.BossDefeated)

    @resolved(Player, public(), "Who dealt the final blow.")
    @staticmethod
    async def final_blow_by(parent: strawberry.Parent[Any], info: Info) -> views.Player:
        return await players.player_by_number(info.context, parent.event.final_blow_by)

    participants: SafeInt = shown("How many players had struck.", path="event.participants")


@strawberry.type(description="The raid was paused, resumed, updated or ended, or the boss's HP was adjusted.")
class RaidChanged(RaidEvent):
    is_type_of = of_event(events.RaidChanged)

    reason: str | None = shown("The admin's reason; null when the clock did it.", path="event.reason")
    outcome: RaidOutcome | None = shown("RAID_ENDED: how it ended.", path="event.changes.outcome")
    hp: SafeInt | None = shown("HP_ADJUSTED: the boss's HP from then on.", path="event.changes.hp")
    ends_at: datetime | None = shown("The raid's new end, where it moved.", path="event.changes.ends_at")
    name: str | None = shown("RAID_UPDATED: the raid's new name, where it was given one.", path="event.changes.name")
    curse_every: SafeInt | None = shown(
        "RAID_UPDATED: strikes from one curse to the next, where that changed.", path="event.changes.curse_every"
    )


EVENT_TYPES: tuple[type, ...] = (
    RaidStarted,
    StageAdvanced,
    CurseApplied,
    CurseFizzled,
    BreakthroughAchieved,
    BossDefeated,
    RaidChanged,
)
"""For `Schema(types=…)`: nothing else leads from the interface to those that no field names."""
