"""Everything that can be asked."""

from typing import Annotated

import strawberry
from strawberry import ID

from resolvers import administration, announcements, planning, players, raids, reminders
from schema.access import needs, public
from schema.administration import AdminActionConnection, AnnouncementChannel, RewardGrantConnection, Token
from schema.bosses import BossTemplate
from schema.connections import After
from schema.fields import Info, argument, resolved
from schema.players import CatalogueConnection, Player, Viewer
from schema.raid import LeaderboardEntry, Participation, Raid, RaidConnection
from schema.reminders import DueReminder
from schema.results import PreviewStrikeResult
from schema.strikes import LastTeam, PreviewStrikeInput, SuggestedTeam, TeamCandidateConnection
from schema.values import AffinityInput
from services import views
from services.rules.values import RaidStatus, StrikeAction
from services.views import LeaderboardMetric, Role

DiscordId = Annotated[ID, argument("The player's Discord id.")]
RaidId = Annotated[ID | None, argument("The raid; left out: the live one, else the newest.")]
Metric = Annotated[LeaderboardMetric, argument("What to rank by.")]


@strawberry.type(description="Everything that can be asked.")
class Query:
    @resolved(Raid | None, public(), "The raid that can be struck now, or paused now; null when there is none.")
    async def active_raid(self, info: Info) -> views.Raid | None:
        return await raids.active_raid(info.context)

    @resolved(Raid | None, public(), "A raid by its id; null when there is none.")
    async def raid(
        self, info: Info, raid_id: Annotated[ID, argument("The raid's id.", name="id")]
    ) -> views.Raid | None:
        return await raids.raid(info.context, raid_id)

    @resolved(RaidConnection, public(), "All raids, newest first.")
    async def raids(
        self,
        info: Info,
        first: Annotated[int, argument("How many: 1 to 100.")] = 20,
        after: After = None,
        status: Annotated[RaidStatus | None, argument("Only raids in this status.")] = None,
    ) -> views.Page[views.Raid]:
        return await raids.raids(info.context, first=first, after=after, status=status)

    @resolved(list[LeaderboardEntry] | None, public(), "The top of a raid's leaderboard; null without such a raid.")
    async def leaderboard(
        self,
        info: Info,
        raid_id: RaidId = None,
        metric: Metric = LeaderboardMetric.DAMAGE,
        first: Annotated[int, argument("How many rows: 1 to 100.")] = 10,
    ) -> tuple[views.LeaderboardEntry, ...] | None:
        return await raids.leaderboard(info.context, raid_id=raid_id, metric=metric, first=first)

    @resolved(
        list[LeaderboardEntry] | None,
        public(),
        "The player's own row with `radius` rows above and below it; null without such a raid or row.",
    )
    async def leaderboard_around(
        self,
        info: Info,
        discord_id: DiscordId,
        raid_id: RaidId = None,
        metric: Metric = LeaderboardMetric.DAMAGE,
        radius: Annotated[int, argument("How many rows on each side: 0 to 20.")] = 3,
    ) -> tuple[views.LeaderboardEntry, ...] | None:
        return await raids.leaderboard_around(
            info.context, discord_id=discord_id, raid_id=raid_id, metric=metric, radius=radius
        )

    @resolved(Player | None, public(), "A player by their Discord id; null when nobody is registered under it.")
    async def player(self, info: Info, discord_id: DiscordId) -> views.Player | None:
        return await players.player(info.context, discord_id)

    @resolved(CatalogueConnection, public(), "All characters of the game, as imported, by name.")
    async def catalogue(
        self,
        info: Info,
        first: Annotated[int, argument("How many: 1 to 100.")] = 25,
        after: After = None,
        search: Annotated[str | None, argument("Part of the name or series, in any case.")] = None,
    ) -> views.Page[views.CatalogueCharacter]:
        return await players.catalogue(info.context, first=first, after=after, search=search)

    @resolved(
        Participation | None,
        needs(Role.PLAYER, Role.BOT, Role.ADMIN),
        "What the player has done in the raid and what they may do now. For the player, the bot and admins.",
    )
    async def participation(
        self, info: Info, discord_id: DiscordId, raid_id: RaidId = None
    ) -> views.Participation | None:
        return await planning.participation(info.context, discord_id=discord_id, raid_id=raid_id)

    @resolved(
        PreviewStrikeResult,
        needs(Role.PLAYER, Role.BOT, Role.ADMIN),
        "What this strike would do now. Spends nothing. For the player, the bot and admins.",
    )
    async def preview_strike(
        self, info: Info, strike: Annotated[PreviewStrikeInput, argument("The strike.", name="input")]
    ) -> views.StrikePreview:
        return await planning.preview_strike(
            info.context,
            action=strike.action,
            character_ids=tuple(strike.character_ids),
            equipment_id=strike.equipment_id,
            discord_id=strike.discord_id,
        )

    @resolved(
        SuggestedTeam | None,
        needs(Role.PLAYER, Role.BOT, Role.ADMIN),
        "The player's best unused team for this action now; null when nothing is left to send or to strike. For the "
        "player, the bot and admins.",
    )
    async def suggest_team(
        self,
        info: Info,
        discord_id: DiscordId,
        action: Annotated[StrikeAction, argument("Fight or analyse.")],
        size: Annotated[int, argument("Characters in the team: 1 to 6.")] = 6,
    ) -> views.SuggestedTeam | None:
        return await planning.suggest_team(info.context, discord_id=discord_id, action=action, size=size)

    @resolved(
        TeamCandidateConnection | None,
        needs(Role.PLAYER, Role.BOT, Role.ADMIN),
        "The player's unused characters, best first for this action on this boss now; null when there is no raid to "
        "strike. A cursor stays good when characters are used meanwhile. For the player, the bot and admins.",
    )
    async def team_candidates(
        self,
        info: Info,
        discord_id: DiscordId,
        action: Annotated[StrikeAction, argument("Fight or analyse.")],
        search: Annotated[str | None, argument("Part of the name or series, in any case.")] = None,
        affinity: Annotated[AffinityInput | None, argument("Only characters with this affinity.")] = None,
        first: Annotated[int, argument("How many: 1 to 100.")] = 25,
        after: After = None,
    ) -> views.CountedPage[views.TeamCandidate] | None:
        return await planning.team_candidates(
            info.context,
            discord_id=discord_id,
            action=action,
            search=search,
            affinity=None if affinity is None else affinity.affinity(),
            first=first,
            after=after,
        )

    @resolved(
        LastTeam | None,
        needs(Role.PLAYER, Role.BOT, Role.ADMIN),
        "The player's newest team of an earlier raid of which somebody can strike now; null when there is none, or no "
        "raid to strike. For the player, the bot and admins.",
    )
    async def last_team(self, info: Info, discord_id: DiscordId) -> views.LastTeam | None:
        return await planning.last_team(info.context, discord_id=discord_id)

    @resolved(Viewer, public(), "The caller: what this token may do.")
    async def viewer(self, info: Info) -> views.Principal:
        return players.viewer(info.context)

    @resolved(BossTemplate | None, public(), "A boss template by its key; null when there is none.")
    async def boss(self, info: Info, key: Annotated[ID, argument("The template's key.")]) -> views.BossTemplate | None:
        return await administration.boss(info.context, key)

    @resolved(list[BossTemplate], public(), "All boss templates, by key.")
    async def bosses(self, info: Info) -> tuple[views.BossTemplate, ...]:
        return await administration.bosses(info.context)

    @resolved(
        RewardGrantConnection,
        needs(Role.BOT, Role.ADMIN),
        "Reward grants in ledger order, for the host game to pay out. For the bot and admins.",
    )
    async def reward_grants(
        self,
        info: Info,
        after: After = None,
        first: Annotated[int, argument("How many: 1 to 100.")] = 100,
    ) -> views.Page[views.RewardGrant]:
        return await administration.reward_grants(info.context, first=first, after=after)

    @resolved(AdminActionConnection, needs(Role.ADMIN), "What admins did, newest first. For admins.")
    async def admin_actions(
        self,
        info: Info,
        raid_id: Annotated[ID | None, argument("Only what concerned this raid.")] = None,
        first: Annotated[int, argument("How many: 1 to 100.")] = 50,
        after: After = None,
    ) -> views.Page[views.AdminAction]:
        return await administration.admin_actions(info.context, raid_id=raid_id, first=first, after=after)

    @resolved(list[Token], needs(Role.ADMIN), "All tokens that were given out, revoked ones too. For admins.")
    async def tokens(self, info: Info) -> tuple[views.Token, ...]:
        return await administration.tokens(info.context)

    @resolved(
        list[AnnouncementChannel],
        needs(Role.BOT, Role.ADMIN),
        "The Discord channels that the bot announces in. For the bot and admins.",
    )
    async def announcement_channels(
        self,
        info: Info,
        guild_id: Annotated[ID | None, argument("Only those of this Discord server.")] = None,
        raid_id: Annotated[
            ID | None, argument("The raid that `acknowledged` tells about; left out: the live one, else the newest.")
        ] = None,
    ) -> tuple[views.AnnouncementChannel, ...]:
        return await announcements.announcement_channels(info.context, guild_id=guild_id, raid_id=raid_id)

    @resolved(
        list[DueReminder],
        needs(Role.BOT),
        "Who is to be told now that they may strike again: players who want reminders, in the active raid, with "
        "characters left. Longest due first. For the bot.",
    )
    async def due_reminders(
        self, info: Info, first: Annotated[int, argument("How many: 1 to 100.")] = 100
    ) -> tuple[views.DueReminder, ...]:
        return await reminders.due_reminders(info.context, first=first)
