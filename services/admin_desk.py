"""What admins do, and what the bot may do for them: who may is asked here, every act is logged where it is done."""

from collections.abc import Callable
from datetime import datetime

import orjson

from db.engine import Database
from db.queries import administration, players
from db.rows import AdminActionRow, GrantRow
from services import codec, views
from services.announcements import AnnouncementOffice
from services.boss_overrides import BossOverrides, RewardOverrides
from services.errors import InvalidConfigurationError
from services.paging import decode_number, encode_cursor, page
from services.permissions import require
from services.player_book import PlayerBook
from services.raid_administration import Actor, NewRaid, RaidAdministration
from services.rules.checks import Problem, RosterSurvey
from services.rules.configuration import BossConfiguration
from services.rules.events import RaidEventKind
from services.rules.raid_life import RaidUpdate
from services.rules.reward_calculator import GrantKind
from services.rules.values import STAT_INDEX, EquipmentEffect
from services.strike_facts import parse_id
from services.tokens import TokenOffice
from services.views import AnnouncementChannel, BossTemplate, Page, Player, Principal, Raid, Role


def actor_of(principal: Principal) -> Actor:
    """The admin as the log names them: by their token, and by the person whom its program acts for."""
    name = principal.token_name or principal.role.value
    if principal.acting_admin is not None:
        name = f"discord:{principal.acting_admin} by {name}"
    return Actor(name, principal.token_id)


class AdminDesk:
    def __init__(self, database: Database, raids: RaidAdministration, player_book: PlayerBook) -> None:
        self._database = database
        self._raids = raids
        self._players = player_book
        self._tokens = TokenOffice(database)
        self.on_token_end: Callable[[int], None] = lambda _token_id: None
        """Hears of every token that is ended here."""
        self._announcements = AnnouncementOffice(database)

    # Raids

    async def create_raid(
        self,
        principal: Principal,
        *,
        name: str,
        boss_key: str | None,
        boss: BossOverrides,
        starts_at: datetime | None,
        ends_at: datetime | None,
        accept_warnings: bool,
    ) -> views.RaidCreated:
        """A raid from a template, from `boss` alone, or from a template with `boss` over it.

        Raises:
            InvalidConfigurationError, RaidAlreadyActiveError, ForbiddenError
        """
        require(principal, Role.ADMIN)
        configuration = await self.configured(boss_key, boss)
        return await self.create_configured_raid(
            actor_of(principal),
            NewRaid(name, configuration, starts_at, ends_at),
            accept_warnings=accept_warnings,
        )

    async def configured(self, boss_key: str | None, boss: BossOverrides) -> BossConfiguration:
        """Raises InvalidConfigurationError for an unknown template, or too little without one."""
        async with self._database.reading() as connection:
            if boss_key is None:
                rules, rewards = await administration.default_configuration(connection)
                return boss.alone(codec.rules_from_json(rules), codec.rewards_from_json(rewards))
            template = await administration.boss_template(connection, boss_key)
            if template is None:
                known = ", ".join(key for key, _ in await administration.boss_templates(connection))
                raise InvalidConfigurationError((Problem("boss_key", f"there is no {boss_key}; there are: {known}."),))
        return boss.over_template(codec.boss_from_json(template))

    async def create_configured_raid(self, actor: Actor, raid: NewRaid, *, accept_warnings: bool) -> views.RaidCreated:
        """The same for a boss that is complete, e.g. from a file."""
        return await self._raids.create(actor, raid, await self._survey(raid.boss), accept_warnings=accept_warnings)

    async def _survey(self, boss: BossConfiguration) -> RosterSurvey:
        async with self._database.reading() as connection:
            characters, holders = await players.affinity_holders(connection)
            capacity = None
            if boss.dominant_stats and boss.rules.damage_divisor > 0:
                stats = [STAT_INDEX[stat] for stat in boss.dominant_stats]
                capacity = await players.capacity(connection, stats, boss.rules.damage_divisor)
        return RosterSurvey(characters, holders, capacity)

    async def update_raid(
        self,
        principal: Principal,
        *,
        raid_id: str,
        reason: str,
        name: str | None,
        description: str | None,
        ends_at: datetime | None,
        curse_every: int | None,
        rewards: RewardOverrides | None,
    ) -> Raid:
        """Changes what may be changed; None leaves it as it is. Rewards count for what is not earned yet."""
        require(principal, Role.ADMIN)
        update = RaidUpdate(name=name, description=description, ends_at=ends_at, curse_every=curse_every)
        return await self._raids.update(actor_of(principal), raid_id, reason, update, rewards)

    async def pause_raid(self, principal: Principal, *, raid_id: str, reason: str) -> Raid:
        require(principal, Role.ADMIN)
        return await self._raids.pause(actor_of(principal), raid_id, reason)

    async def resume_raid(self, principal: Principal, *, raid_id: str, reason: str) -> Raid:
        require(principal, Role.ADMIN)
        return await self._raids.resume(actor_of(principal), raid_id, reason)

    async def end_raid(self, principal: Principal, *, raid_id: str, reason: str) -> Raid:
        """Cancels it: what was earned stays, nothing more is paid."""
        require(principal, Role.ADMIN)
        return await self._raids.end(actor_of(principal), raid_id, reason)

    async def adjust_boss_hp(self, principal: Principal, *, raid_id: str, reason: str, current_hp: int) -> Raid:
        """Sets the HP to 1..total; it never kills."""
        require(principal, Role.ADMIN)
        return await self._raids.adjust_hp(actor_of(principal), raid_id, reason, current_hp)

    # Templates

    async def bosses(self, _principal: Principal) -> tuple[BossTemplate, ...]:
        async with self._database.reading() as connection:
            rows = await administration.boss_templates(connection)
        return tuple(BossTemplate(key, codec.boss_from_json(boss)) for key, boss in rows)

    async def boss(self, _principal: Principal, key: str) -> BossTemplate | None:
        async with self._database.reading() as connection:
            boss = await administration.boss_template(connection, key)
        return None if boss is None else BossTemplate(key, codec.boss_from_json(boss))

    # Players

    async def register_player(self, principal: Principal, *, discord_id: str, name: str) -> tuple[Player, bool]:
        """The player, and whether they are new."""
        require(principal, Role.BOT, Role.ADMIN)
        return await self._players.register(discord_id, name)

    async def forget_player(self, principal: Principal, *, discord_id: str, reason: str) -> Player:
        """Takes a player's name and Discord id away, and ends their tokens. What they did in raids stays."""
        require(principal, Role.ADMIN)
        player, tokens = await self._players.forget(actor_of(principal), discord_id, reason)
        for token_id in tokens:
            self.on_token_end(token_id)
        return player

    async def grant_characters(
        self,
        principal: Principal,
        *,
        discord_id: str,
        grants: tuple[tuple[str, int | None], ...],
    ) -> tuple[views.Character, ...]:
        """`grants`: (key in the catalogue, stars or None for the rarity)."""
        require(principal, Role.ADMIN)
        return await self._players.grant_characters(actor_of(principal), discord_id, grants)

    async def grant_equipment(
        self,
        principal: Principal,
        *,
        discord_id: str,
        name: str,
        effects: tuple[EquipmentEffect, ...],
    ) -> views.Equipment:
        require(principal, Role.ADMIN)
        return await self._players.grant_equipment(actor_of(principal), discord_id, name, effects)

    # Tokens

    async def create_token(
        self,
        principal: Principal,
        *,
        role: Role,
        name: str,
        discord_id: str | None,
        expires_at: datetime | None,
    ) -> views.CreatedToken:
        require(principal, Role.ADMIN)
        return await self._tokens.create(
            actor_of(principal),
            role=role,
            name=name,
            discord_id=discord_id,
            expires_at=expires_at,
        )

    async def revoke_token(self, principal: Principal, *, token_id: str) -> views.Token:
        require(principal, Role.ADMIN)
        ended = await self._tokens.revoke(actor_of(principal), token_id)
        self.on_token_end(ended.id)
        return ended

    async def tokens(self, principal: Principal) -> tuple[views.Token, ...]:
        require(principal, Role.ADMIN)
        return await self._tokens.tokens()

    # The ledger and the log

    async def reward_grants(self, principal: Principal, *, after: str | None, first: int) -> Page[views.RewardGrant]:
        """The ledger in its order, for the host game to pay out."""
        require(principal, Role.BOT, Role.ADMIN)
        after_id = decode_number(after) or 0
        async with self._database.reading() as connection:
            rows = await administration.grants(connection, after_id, first + 1)
        return page(rows, first, _grant_view, lambda row: encode_cursor(row.id))

    async def admin_actions(
        self,
        principal: Principal,
        *,
        raid_id: str | None,
        first: int,
        after: str | None,
    ) -> Page[views.AdminAction]:
        """Newest first."""
        require(principal, Role.ADMIN)
        before_id = decode_number(after)
        number = None if raid_id is None else parse_id(raid_id)
        if raid_id is not None and number is None:
            return Page((), (), has_next=False)
        async with self._database.reading() as connection:
            rows = await administration.admin_actions(
                connection,
                raid_id=number,
                before_id=before_id,
                limit=first + 1,
            )
        return page(rows, first, _action_view, lambda row: encode_cursor(row.id))

    # Announcements

    async def announcement_channels(
        self, principal: Principal, *, guild_id: str | None = None, raid_id: str | None = None
    ) -> tuple[AnnouncementChannel, ...]:
        """Of one server, when `guild_id` is given; told of the raid that is named, else of the current one."""
        require(principal, Role.BOT, Role.ADMIN)
        return await self._announcements.channels(guild_id=guild_id, raid_id=raid_id)

    async def set_announcement_channel(
        self,
        principal: Principal,
        *,
        guild_id: str,
        channel_id: str,
        kinds: tuple[RaidEventKind, ...],
        mention_role_id: str | None,
    ) -> AnnouncementChannel:
        require(principal, Role.BOT, Role.ADMIN)
        return await self._announcements.set_channel(
            guild_id=guild_id,
            channel_id=channel_id,
            kinds=kinds,
            mention_role_id=mention_role_id,
        )

    async def switch_off_announcement_channel(
        self, principal: Principal, *, channel_id: str, reason: str
    ) -> AnnouncementChannel:
        require(principal, Role.BOT)
        return await self._announcements.switch_off(channel_id=channel_id, reason=reason)

    async def set_status_message(
        self, principal: Principal, *, channel_id: str, message_id: str | None
    ) -> AnnouncementChannel:
        require(principal, Role.BOT)
        return await self._announcements.set_status_message(channel_id=channel_id, message_id=message_id)

    async def acknowledge_announcements(
        self,
        principal: Principal,
        *,
        channel_id: str,
        raid_id: str,
        sequence: int,
    ) -> AnnouncementChannel:
        require(principal, Role.BOT)
        return await self._announcements.acknowledge(channel_id=channel_id, raid_id=raid_id, sequence=sequence)


def _grant_view(row: GrantRow) -> views.RewardGrant:
    return views.RewardGrant(
        id=row.id,
        raid_id=row.raid_id,
        user_id=row.user_id,
        kind=GrantKind(row.kind),
        key=row.key,
        rewards=codec.rewards_from_pairs(row.rewards),
        strike_number=row.strike_number,
        granted_at=row.granted_at,
    )


def _action_view(row: AdminActionRow) -> views.AdminAction:
    return views.AdminAction(
        id=row.id,
        raid_id=row.raid_id,
        actor=row.actor,
        action=row.action,
        reason=row.reason,
        before=orjson.dumps(row.before).decode(),
        after=orjson.dumps(row.after).decode(),
        acted_at=row.acted_at,
    )
