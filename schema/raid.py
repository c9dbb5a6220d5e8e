"""The raid: the boss and all that stands around it."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import ID

from resolvers import planning, raids
from schema.access import public
from schema.bosses import CurseLimit, RewardConfiguration, WeaknessPool
from schema.connections import After, Connection
from schema.events import RaidEvent
from schema.fields import Info, argument, resolved, shown
from schema.players import Player
from schema.scalars import SafeInt
from schema.strikes import StrikeConnection
from schema.values import Affinity, Reward
from services import views
from services.rules.events import RaidEventKind
from services.rules.values import RaidOutcome, RaidStatus, Stat
from services.views import LeaderboardMetric

FROM_THE_START = SafeInt(0)


@strawberry.type(description="Who the community fights.")
class Boss:
    name: str = shown("The boss's name.")
    tier: int = shown("How great it is; rewards for strikes are multiplied by it.")
    dominant_stats: list[Stat] = shown("The stats that count in a strike.")
    image_url: str | None = shown("Its picture, where there is one.")
    initial_weaknesses: list[Affinity] = shown("Favoured from the start.")
    curse_pool: list[Affinity] = shown("What curses are drawn from.")
    curse_limits: list[CurseLimit] = shown("How many curses of a kind at once; a kind that is not named has no limit.")
    weakness_pool: list[WeaknessPool] = shown("What breakthroughs draw from: first a kind by weight, then a value.")


@strawberry.type(description="How much life is left in the boss.")
class HitPoints:
    current: SafeInt = shown("What is left.")
    total: SafeInt = shown("What it began with.")
    permille: int = shown("Tenths of a percent left, rounded up: 0 only when dead.")


@strawberry.type(description="How far the community has seen through the boss.")
class Analysis:
    points: SafeInt = shown("Analysis points found by all together.")
    unlocked: int = shown("How many thresholds are reached.")
    thresholds: list[SafeInt] = shown("Points at which breakthroughs happen, rising.")
    next_threshold: SafeInt | None = shown("The next of them; null when all are reached.")


@strawberry.type(description="The boss's stage. Stages only rise, and strikes score higher in later ones.")
class Stage:
    number: int = shown("The current stage, from 1.")
    count: int = shown("How many stages there are.")
    fight_permille: int = shown("What fights are multiplied by in this stage, in thousandths.")
    analyze_permille: int = shown("What analyses are multiplied by in this stage, in thousandths.")
    hp_thresholds_permille: list[int] = shown("HP fractions, in permille, below which the next stages begin.")
    message: str | None = shown("What the boss said when the stage began.")


@strawberry.type(description="A curse that lies over the raid: its affinity is disfavoured until it is replaced.")
class Curse:
    affinity: Affinity = shown("What is cursed.")
    applied_at: datetime = shown("Since when.")
    sequence: SafeInt = shown("The event that brought it.")


@strawberry.type(description="When the next curse comes: after so many accepted strikes of anybody.")
class CurseClock:
    strikes_until_next: int = shown("Strikes left until the clock strikes.")
    every: int = shown("Strikes from one curse to the next.")


@strawberry.type(description="What the whole community has done in the raid.")
class RaidTotals:
    strikes: SafeInt = shown("Accepted strikes.")
    fights: SafeInt = shown("Fights among them.")
    analyses: SafeInt = shown("Analyses among them.")
    participants: SafeInt = shown("Players who struck at least once.")
    damage: SafeInt = shown("HP taken from the boss by strikes.")


@strawberry.type(description="The raid at one moment, for a chart.")
class HpSample:
    at: datetime = shown("The moment.")
    hp: SafeInt = shown("The boss's HP then.")
    analysis_points: SafeInt = shown("The community's analysis points then.")


@strawberry.type(description="One row of a leaderboard.")
class LeaderboardEntry:
    rank: int = shown("Place, from 1; equal scores share one.")
    player: Player = shown("Whose row it is.")
    score: SafeInt = shown("The score by the leaderboard's metric.")
    strikes: int = shown("Strikes the player has made in the raid.")
    is_viewer: bool = shown("Whether it is the caller's own row.")


@strawberry.type(description="One raid: a boss, and everything the community does to it.")
class Raid:
    id: ID = shown("Names the raid.")
    name: str = shown("The raid's name.")
    description: str | None = shown("What it is about.")
    status: RaidStatus = shown("Where it is in its life.")
    outcome: RaidOutcome | None = shown("How it ended; null until it is over.")
    boss: Boss = shown("Who is fought.")
    hp: HitPoints = shown("How much life is left in the boss.")
    analysis: Analysis = shown("How far the boss is seen through.")
    stage: Stage = shown("The boss's stage.")
    weaknesses: list[Affinity] = shown("Favoured now: what breakthroughs and stages opened, less what is cursed.")
    resistances: list[Affinity] = shown("Disfavoured for the whole raid.")
    curses: list[Curse] = shown("Disfavoured now, each until another takes its place.")
    curse_clock: CurseClock = shown("When the next curse comes.")
    totals: RaidTotals = shown("What everybody has done together.")
    rewards: RewardConfiguration = shown("Who earns what in this raid.")
    seed_hash: str = shown(
        "sha256 of the secret seed that all of the raid's draws come from: published from the start, the seed itself "
        "after the end."
    )
    seed: str | None = shown("The seed, once the raid is over: now anyone can check that nothing was chosen by hand.")
    sequence: SafeInt = shown("Number of the newest event: pass it as `after` to a subscription.")
    starts_at: datetime = shown("When it began or will begin.")
    ends_at: datetime | None = shown("When it expires; null when it goes on until the boss falls.")
    completed_at: datetime | None = shown("When it ended; null until it is over.")

    @resolved(list[LeaderboardEntry] | None, public(), "The top of the leaderboard.")
    @staticmethod
    async def leaderboard(
        parent: strawberry.Parent[views.Raid],
        info: Info,
        metric: Annotated[LeaderboardMetric, argument("What to rank by.")] = LeaderboardMetric.DAMAGE,
        first: Annotated[int, argument("How many rows: 1 to 100.")] = 10,
    ) -> tuple[views.LeaderboardEntry, ...]:
        return await raids.leaderboard_of(info.context, parent.id, metric=metric, first=first)

    @resolved(list[RaidEvent], public(), "What happened, oldest first.")
    @staticmethod
    async def events(
        parent: strawberry.Parent[views.Raid],
        info: Info,
        first: Annotated[int, argument("How many: 1 to 500.")] = 50,
        after: Annotated[SafeInt, argument("Only events with a higher sequence than this.")] = FROM_THE_START,
        kinds: Annotated[list[RaidEventKind] | None, argument("Only events of these kinds; left out: all.")] = None,
    ) -> tuple[views.RaidEvent, ...]:
        wanted = None if kinds is None else tuple(kinds)
        return await raids.events_of(info.context, parent.id, first=first, after=after, kinds=wanted)

    @resolved(StrikeConnection, public(), "The strikes, newest first.")
    @staticmethod
    async def strikes(
        parent: strawberry.Parent[views.Raid],
        info: Info,
        first: Annotated[int, argument("How many: 1 to 100.")] = 20,
        after: After = None,
        discord_id: Annotated[ID | None, argument("Only strikes of this player.")] = None,
    ) -> views.Page[views.Strike]:
        return await raids.strikes_of(info.context, parent.id, first=first, after=after, discord_id=discord_id)

    @resolved(list[HpSample], public(), "Boss HP over the raid, at most `points` samples, for a chart.")
    @staticmethod
    async def hp_history(
        parent: strawberry.Parent[views.Raid],
        info: Info,
        points: Annotated[int, argument("How many samples at most: 2 to 1000.")] = 200,
    ) -> tuple[views.HpSample, ...]:
        return await raids.hp_history_of(info.context, parent.id, points=points)


@strawberry.type(description="A page of raids, newest first.")
class RaidConnection(Connection[Raid]):
    pass


@strawberry.type(description="The next tier, and what is missing for it.")
class NextTier:
    name: str = shown("The tier's name.")
    contribution_needed: SafeInt = shown("Contribution still missing.")


@strawberry.type(description="What one player has done in one raid, and what they may do now.")
class Participation:
    raid_id: ID = shown("The raid.")
    player: Player = shown("The player.")
    strikes: int = shown("Strikes made.")
    fights: int = shown("Fights among them.")
    analyses: int = shown("Analyses among them.")
    damage: SafeInt = shown("Damage dealt.")
    analysis_points: SafeInt = shown("Analysis points found.")
    contribution: SafeInt = shown("Damage plus 6/5 of the analysis points: tiers and milestones count it.")

    @resolved(int | None, public(), "The player's place; null before the first strike.")
    @staticmethod
    async def rank(
        parent: strawberry.Parent[views.Participation],
        info: Info,
        metric: Annotated[LeaderboardMetric, argument("What to rank by.")] = LeaderboardMetric.CONTRIBUTION,
    ) -> int | None:
        return await planning.rank_of(info.context, parent, metric=metric)

    tier: str | None = shown("The tier reached; null before the first.")
    next_tier: NextTier | None = shown("The next tier; null in the highest.")
    ready_at: datetime | None = shown("When the player may strike again; null means now.")
    available_characters: int = shown("Characters that can still strike in this raid.")
    used_characters: int = shown("Characters that have struck in it.")
    rewards: list[Reward] = shown("What the raid has earned the player so far, by currency.")
