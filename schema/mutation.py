"""Everything that can be done. One `input` each, and a union that says how it went."""

from typing import Annotated

import strawberry

from resolvers import administration, announcements, answers, reminders, strikes
from schema import results
from schema.access import needs
from schema.administration import (
    AcknowledgeAnnouncementsInput,
    AdjustBossHpInput,
    AnnouncementChannelInput,
    CreateRaidInput,
    CreateTokenInput,
    ForgetPlayerInput,
    GrantCharactersInput,
    GrantEquipmentInput,
    RaidActionInput,
    RegisterPlayerInput,
    RevokeTokenInput,
    SetStatusMessageInput,
    SwitchOffAnnouncementChannelInput,
    UpdateRaidInput,
)
from schema.fields import Info, argument, resolved
from schema.reminders import AcknowledgeReminderInput, SetReminderInput
from schema.strikes import ExecuteStrikeInput
from services import views
from services.boss_overrides import BossOverrides
from services.views import Role

RaidAction = Annotated[RaidActionInput, argument("The raid, and why.", name="input")]


@strawberry.type(description="Everything that can be done.")
class Mutation:
    @resolved(
        results.ExecuteStrikeResult,
        needs(Role.PLAYER, Role.BOT),
        "Strike the boss. The answer comes when the strike is stored. For players themselves and the bot.",
    )
    async def execute_strike(
        self, info: Info, strike: Annotated[ExecuteStrikeInput, argument("The strike.", name="input")]
    ) -> views.StrikeSuccess:
        return await strikes.execute_strike(
            info.context,
            action=strike.action,
            character_ids=tuple(strike.character_ids),
            equipment_id=strike.equipment_id,
            discord_id=strike.discord_id,
            idempotency_key=strike.idempotency_key,
            expected_sequence=strike.expected_sequence,
            raid_id=strike.raid_id,
        )

    @resolved(results.CreateRaidResult, needs(Role.ADMIN), "Create a raid, to begin at once or later. For admins.")
    async def create_raid(
        self, info: Info, raid: Annotated[CreateRaidInput, argument("The raid.", name="input")]
    ) -> views.RaidCreated:
        return await administration.create_raid(
            info.context,
            name=raid.name,
            boss_key=raid.boss_key,
            boss=BossOverrides() if raid.boss is None else raid.boss.overrides(),
            starts_at=raid.starts_at,
            ends_at=raid.ends_at,
            accept_warnings=raid.accept_warnings,
        )

    @resolved(results.UpdateRaidResult, needs(Role.ADMIN), "Change what may be changed in a raid. For admins.")
    async def update_raid(
        self, info: Info, update: Annotated[UpdateRaidInput, argument("What to change.", name="input")]
    ) -> answers.RaidUpdated:
        return await administration.update_raid(
            info.context,
            raid_id=update.raid_id,
            reason=update.reason,
            name=update.name,
            description=update.description,
            ends_at=update.ends_at,
            curse_every=update.curse_every,
            rewards=None if update.rewards is None else update.rewards.overrides(),
        )

    @resolved(results.UpdateRaidResult, needs(Role.ADMIN), "Let an active raid stand still. For admins.")
    async def pause_raid(self, info: Info, action: RaidAction) -> answers.RaidUpdated:
        return await administration.pause_raid(info.context, raid_id=action.raid_id, reason=action.reason)

    @resolved(
        results.UpdateRaidResult,
        needs(Role.ADMIN),
        "Let a paused raid go on. Its end moves by the length of the pause. For admins.",
    )
    async def resume_raid(self, info: Info, action: RaidAction) -> answers.RaidUpdated:
        return await administration.resume_raid(info.context, raid_id=action.raid_id, reason=action.reason)

    @resolved(
        results.UpdateRaidResult,
        needs(Role.ADMIN),
        "Cancel a raid for good. What was earned stays, nothing more is granted. For admins.",
    )
    async def end_raid(self, info: Info, action: RaidAction) -> answers.RaidUpdated:
        return await administration.end_raid(info.context, raid_id=action.raid_id, reason=action.reason)

    @resolved(results.UpdateRaidResult, needs(Role.ADMIN), "Set the boss's HP in a live raid. For admins.")
    async def adjust_boss_hp(
        self, info: Info, adjustment: Annotated[AdjustBossHpInput, argument("The new HP, and why.", name="input")]
    ) -> answers.RaidUpdated:
        return await administration.adjust_boss_hp(
            info.context, raid_id=adjustment.raid_id, reason=adjustment.reason, current_hp=adjustment.current_hp
        )

    @resolved(results.GrantCharactersResult, needs(Role.ADMIN), "Give a player characters. For admins.")
    async def grant_characters(
        self, info: Info, grant: Annotated[GrantCharactersInput, argument("Who gets what.", name="input")]
    ) -> answers.CharactersGranted:
        grants = tuple((str(one.character_key), one.stars) for one in grant.grants)
        return await administration.grant_characters(info.context, discord_id=grant.discord_id, grants=grants)

    @resolved(results.GrantEquipmentResult, needs(Role.ADMIN), "Give a player a piece of equipment. For admins.")
    async def grant_equipment(
        self, info: Info, grant: Annotated[GrantEquipmentInput, argument("Who gets what.", name="input")]
    ) -> answers.EquipmentGranted:
        effects = tuple(one.effect() for one in grant.effects)
        return await administration.grant_equipment(
            info.context, discord_id=grant.discord_id, name=grant.name, effects=effects
        )

    @resolved(results.CreateTokenResult, needs(Role.ADMIN), "Make a token. For admins.")
    async def create_token(
        self, info: Info, token: Annotated[CreateTokenInput, argument("What it is for.", name="input")]
    ) -> views.CreatedToken:
        return await administration.create_token(
            info.context,
            role=Role(token.role.value),
            name=token.name,
            discord_id=token.discord_id,
            expires_at=token.expires_at,
        )

    @resolved(results.RevokeTokenResult, needs(Role.ADMIN), "End a token. For admins.")
    async def revoke_token(
        self, info: Info, token: Annotated[RevokeTokenInput, argument("Which one.", name="input")]
    ) -> answers.TokenRevoked:
        return await administration.revoke_token(info.context, token.id)

    @resolved(
        results.RegisterPlayerResult,
        needs(Role.BOT, Role.ADMIN),
        "Register a player, or give a registered one a new name. For the bot and admins.",
    )
    async def register_player(
        self, info: Info, player: Annotated[RegisterPlayerInput, argument("The player.", name="input")]
    ) -> answers.PlayerRegistered:
        return await administration.register_player(info.context, discord_id=player.discord_id, name=player.name)

    @resolved(
        results.ForgetPlayerResult,
        needs(Role.ADMIN),
        "Forget a player: their name, Discord id and reminders are gone for good, their tokens end. What they did in "
        "raids stays, under no name. For admins.",
    )
    async def forget_player(
        self, info: Info, player: Annotated[ForgetPlayerInput, argument("Whom, and why.", name="input")]
    ) -> answers.PlayerForgotten:
        return await administration.forget_player(info.context, discord_id=player.discord_id, reason=player.reason)

    @resolved(
        results.AnnouncementChannelResult,
        needs(Role.BOT, Role.ADMIN),
        "Announce in a Discord channel, or change what is announced there. A new channel begins at the present. For "
        "the bot and admins.",
    )
    async def set_announcement_channel(
        self, info: Info, channel: Annotated[AnnouncementChannelInput, argument("Where and what.", name="input")]
    ) -> answers.ChannelSet:
        return await announcements.set_announcement_channel(
            info.context,
            guild_id=channel.guild_id,
            channel_id=channel.channel_id,
            kinds=tuple(channel.kinds),
            mention_role_id=channel.mention_role_id,
        )

    @resolved(
        results.SwitchOffAnnouncementChannelResult,
        needs(Role.BOT),
        "The bot says that it can write in a channel no more. How far it was told stays; `setAnnouncementChannel` "
        "switches it on again. For the bot.",
    )
    async def switch_off_announcement_channel(
        self,
        info: Info,
        channel: Annotated[SwitchOffAnnouncementChannelInput, argument("Which channel, and why.", name="input")],
    ) -> answers.ChannelSet:
        return await announcements.switch_off_announcement_channel(
            info.context, channel_id=channel.channel_id, reason=channel.reason
        )

    @resolved(
        results.SetStatusMessageResult,
        needs(Role.BOT),
        "The bot keeps which message of a channel shows how the raid stands. For the bot.",
    )
    async def set_status_message(
        self, info: Info, status: Annotated[SetStatusMessageInput, argument("Where, and which.", name="input")]
    ) -> answers.ChannelSet:
        return await announcements.set_status_message(
            info.context, channel_id=status.channel_id, message_id=status.message_id
        )

    @resolved(
        results.SetReminderResult,
        needs(Role.PLAYER, Role.BOT),
        "Whether a player wants to be told when they may strike again. For players themselves and the bot.",
    )
    async def set_reminder(
        self, info: Info, reminder: Annotated[SetReminderInput, argument("Who, and whether.", name="input")]
    ) -> answers.ReminderSet:
        return await reminders.set_reminder(
            info.context, discord_id=reminder.discord_id, wanted=reminder.wanted, language=reminder.language
        )

    @resolved(
        results.AcknowledgeReminderResult,
        needs(Role.BOT),
        "The bot says that it has told a player: it is due no more. For the bot.",
    )
    async def acknowledge_reminder(
        self, info: Info, told: Annotated[AcknowledgeReminderInput, argument("Who was told what.", name="input")]
    ) -> answers.ReminderAcknowledged:
        return await reminders.acknowledge_reminder(info.context, discord_id=told.discord_id, ready_at=told.ready_at)

    @resolved(
        results.AcknowledgeAnnouncementsResult,
        needs(Role.BOT),
        "The bot says up to which event it has announced in a channel: never backwards. For the bot.",
    )
    async def acknowledge_announcements(
        self,
        info: Info,
        told: Annotated[AcknowledgeAnnouncementsInput, argument("Which channel, how far.", name="input")],
    ) -> answers.AnnouncementsAcknowledged:
        return await announcements.acknowledge_announcements(
            info.context, channel_id=told.channel_id, raid_id=told.raid_id, sequence=told.sequence
        )
