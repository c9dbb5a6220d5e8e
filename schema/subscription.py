"""Everything that can be followed."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

import strawberry
from strawberry import ID

from resolvers import live
from schema.access import public
from schema.events import BreakthroughAchieved, CurseApplied, RaidEvent
from schema.fields import Info, argument, followed, of, shown
from schema.raid import Raid
from schema.scalars import SafeInt
from schema.strikes import Strike
from services import views
from services.rules.events import RaidEventKind
from services.rules.values import RaidStatus

RaidId = Annotated[ID | None, argument("The raid; left out: the live one, or the next one to begin.")]
After = Annotated[
    SafeInt | None,
    argument("Replay the events after this sequence first: that of the last update you have seen."),
]


@strawberry.type(description="The raid as it stands, and what happened since the update before.")
class RaidUpdate:
    is_type_of = of(live.RaidUpdate)

    sequence: SafeInt = shown("Everything up to this event has been told: pass it as `after` to go on from here.")
    raid: Raid = shown("The raid as it stands.")
    events: list[RaidEvent] = shown("What happened, in order; each event is told exactly once.")
    gap: bool = shown("True when events after `after` can no longer be replayed: start over from `raid`.")


@strawberry.type(description="The boss's life: the smallest thing that an HP bar needs.")
class BossHp:
    is_type_of = of(views.Raid)

    raid_id: ID = shown("The raid.", path="id")
    current: SafeInt = shown("What is left.", path="hp.current")
    total: SafeInt = shown("What it began with.", path="hp.total")
    permille: int = shown("Tenths of a percent left, rounded up: 0 only when dead.", path="hp.permille")
    stage: int = shown("The boss's stage.", path="stage.number")
    status: RaidStatus = shown("Where the raid is in its life.")
    sequence: SafeInt = shown("Number of the raid's newest event.")


@strawberry.type(description="The newest strikes.")
class StrikeFeed:
    is_type_of = of(live.StrikeFeed)

    strikes: list[Strike] = shown("At most 20, oldest first.")
    skipped: int = shown("How many more there were since the message before.")
    last_number: SafeInt = shown("Number of the raid's newest strike.")


@strawberry.type(description="Everything that can be followed. Each ends when its raid is over.")
class Subscription:
    @followed(
        RaidUpdate,
        public(),
        "Everything, in order: the state at once, then every change. Events are never lost or repeated; "
        "state is conflated.",
    )
    def raid_updates(
        self,
        info: Info,
        raid_id: RaidId = None,
        after: After = None,
        kinds: Annotated[list[RaidEventKind] | None, argument("Only events of these kinds.")] = None,
    ) -> AsyncGenerator[Any, None]:
        wanted = None if kinds is None else tuple(kinds)
        return live.raid_updates(info.context.live, raid_id=raid_id, after=after, kinds=wanted)

    @followed(BossHp, public(), "HP alone, conflated: the smallest thing an HP bar needs.")
    def boss_hp(self, info: Info, raid_id: RaidId = None) -> AsyncGenerator[Any, None]:
        return live.boss_hp(info.context.live, raid_id=raid_id)

    @followed(CurseApplied, public(), "Each curse as it comes.")
    def curses(self, info: Info, raid_id: RaidId = None, after: After = None) -> AsyncGenerator[Any, None]:
        kind = RaidEventKind.CURSE_APPLIED
        return live.events_of_kind(info.context.live, kind, raid_id=raid_id, after=after)

    @followed(BreakthroughAchieved, public(), "Each breakthrough as it comes.")
    def breakthroughs(self, info: Info, raid_id: RaidId = None, after: After = None) -> AsyncGenerator[Any, None]:
        kind = RaidEventKind.BREAKTHROUGH
        return live.events_of_kind(info.context.live, kind, raid_id=raid_id, after=after)

    @followed(
        StrikeFeed,
        public(),
        "The newest strikes, conflated under load: at most 20 a message, `skipped` says how many more there were.",
    )
    def strike_feed(self, info: Info, raid_id: RaidId = None) -> AsyncGenerator[Any, None]:
        return live.strike_feed(info.context.live, raid_id=raid_id)
