"""The game's enums, described value by value.

The enums themselves stand where the game keeps them; here they get their descriptions. Roles are shown twice: what
a caller is, and what a token can be made for.
"""

from enum import Enum, StrEnum
from typing import TypeVar

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from services.rules.checks import Severity
from services.rules.events import RaidEventKind
from services.rules.reward_calculator import GrantKind
from services.rules.values import AffinityKind, EquipmentEffectKind, RaidOutcome, RaidStatus, Stat, StrikeAction
from services.views import LeaderboardMetric, RosterOrder

EnumType = TypeVar("EnumType", bound=type[Enum])


class ViewerRole(StrEnum):
    PUBLIC = "public"
    PLAYER = "player"
    BOT = "bot"
    ADMIN = "admin"


class TokenRole(StrEnum):
    VIEWER = "viewer"
    PLAYER = "player"
    BOT = "bot"
    ADMIN = "admin"


def describe(enum: EnumType, description: str, values: dict[Enum, str], *, name: str | None = None) -> EnumType:
    """Makes `enum` a GraphQL enum. Raises KeyError when a value has no description."""
    strawberry.enum(enum, name=name, description=description)
    definition: StrawberryEnumDefinition = enum.__strawberry_definition__  # type: ignore[attr-defined]  # just set
    for value in definition.values:
        value.description = values[enum(value.value)]
    return enum


describe(
    RaidStatus,
    "Where a raid is in its life.",
    {
        RaidStatus.SCHEDULED: "It begins by itself at `startsAt`.",
        RaidStatus.ACTIVE: "It can be struck.",
        RaidStatus.PAUSED: "It stands still until an admin resumes it. Cooldowns go on, the end moves back.",
        RaidStatus.COMPLETED: "It is over; `outcome` says how.",
    },
)
describe(
    RaidOutcome,
    "How a raid ended.",
    {
        RaidOutcome.VICTORY: "The boss was defeated.",
        RaidOutcome.EXPIRED: "`endsAt` came first. Participants share part of the victory rewards.",
        RaidOutcome.CANCELLED: "An admin ended it. What was earned until then stays earned.",
    },
)
describe(
    StrikeAction,
    "What a team does. Either way its characters are used up for this raid.",
    {
        StrikeAction.FIGHT: "Deal damage.",
        StrikeAction.ANALYZE: "Find analysis points, which open breakthroughs and so weaknesses for everyone.",
    },
)
describe(
    Stat,
    "A character's eight stats. Only the boss's dominant stats count in a strike.",
    {
        Stat.HP: "Health.",
        Stat.ATK: "Attack.",
        Stat.MAG: "Magic.",
        Stat.VIT: "Vitality.",
        Stat.SPR: "Spirit.",
        Stat.INT: "Intelligence.",
        Stat.SPD: "Speed.",
        Stat.LCK: "Luck.",
    },
)
describe(
    AffinityKind,
    "What an affinity is about.",
    {
        AffinityKind.ELEMENTAL: "An element, such as fire.",
        AffinityKind.ARCHETYPE: "What kind of fighter the character is, such as mage.",
        AffinityKind.GENRE: "A genre of the series the character comes from, such as comedy.",
        AffinityKind.SERIES: "The series the character comes from.",
    },
)
describe(
    LeaderboardMetric,
    "What a leaderboard ranks by. Equal scores share a rank; who got there first stands first.",
    {
        LeaderboardMetric.DAMAGE: "Damage dealt to the boss.",
        LeaderboardMetric.ANALYSIS: "Analysis points found.",
        LeaderboardMetric.CONTRIBUTION: "Damage plus 6/5 of the analysis points: what tiers and milestones count.",
        LeaderboardMetric.STRIKES: "Strikes made, fights and analyses together.",
    },
)
describe(
    RosterOrder,
    "How a roster is sorted; characters that are equal in it, by id.",
    {
        RosterOrder.EFFECTIVE_SCORE: "Strongest against the current boss first, affinities and curses counted.",
        RosterOrder.NAME: "By name, A to Z.",
        RosterOrder.RARITY: "Rarest first.",
    },
)
describe(
    EquipmentEffectKind,
    "What an effect of a piece of equipment does.",
    {
        EquipmentEffectKind.AFFINITY_ADD: "`affinity` counts as one more weakness of the boss, for this strike.",
        EquipmentEffectKind.STAT_BONUS: "Adds `amount` to the team's base score when `stat` is a dominant stat.",
        EquipmentEffectKind.FINAL_SCORE_BONUS: "Adds `amount` to the final score, after all multipliers.",
    },
)
describe(
    RaidEventKind,
    "What can happen in a raid.",
    {
        RaidEventKind.RAID_STARTED: "The raid began.",
        RaidEventKind.STAGE_ADVANCED: "The boss entered its next stage.",
        RaidEventKind.CURSE_APPLIED: "The curse clock struck and a curse came over the raid.",
        RaidEventKind.CURSE_FIZZLED: "The curse clock struck and there was no curse left to draw.",
        RaidEventKind.BREAKTHROUGH: "An analysis threshold was reached.",
        RaidEventKind.RAID_PAUSED: "An admin paused the raid.",
        RaidEventKind.RAID_RESUMED: "An admin let the raid go on.",
        RaidEventKind.RAID_UPDATED: "An admin changed the raid's settings.",
        RaidEventKind.HP_ADJUSTED: "An admin set the boss's HP.",
        RaidEventKind.BOSS_DEFEATED: "The boss fell.",
        RaidEventKind.RAID_ENDED: "The raid ended without victory.",
    },
)
describe(
    Severity,
    "How bad a problem of a configuration is.",
    {
        Severity.ERROR: "It cannot be played like this.",
        Severity.WARNING: "It can be played; `acceptWarnings` takes it as it is.",
    },
    name="ProblemSeverity",
)
describe(
    GrantKind,
    "What a reward was granted for.",
    {
        GrantKind.STRIKE: "A strike.",
        GrantKind.MILESTONE: "A personal milestone of contribution.",
        GrantKind.BREAKTHROUGH: "A breakthrough of the community; the player had analysed too.",
        GrantKind.VICTORY: "The end of the raid, multiplied by the player's tier.",
        GrantKind.TITLE: "A title, such as most damage. It carries no currency.",
    },
    name="RewardGrantKind",
)
describe(
    ViewerRole,
    "What a caller is.",
    {
        ViewerRole.PUBLIC: "Anyone: no token, or a viewer token of an overlay.",
        ViewerRole.PLAYER: "A player, bound to one Discord account.",
        ViewerRole.BOT: "The Discord bot, which strikes for any player.",
        ViewerRole.ADMIN: "A raid admin.",
    },
    name="Role",
)
describe(
    TokenRole,
    "What a token can be made for.",
    {
        TokenRole.VIEWER: "Overlays: what the public may read, also where public reading is off.",
        TokenRole.PLAYER: "One player's own strikes and reads. Needs `discordId`.",
        TokenRole.BOT: "The Discord bot: strikes for any player, registers players, announces.",
        TokenRole.ADMIN: "A raid admin: everything under administering.",
    },
)
