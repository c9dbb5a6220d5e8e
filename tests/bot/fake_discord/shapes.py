"""The JSON objects of Discord's API description, drawn from the model."""

from datetime import UTC, datetime
from typing import Any

from tests.bot.fake_discord.errors import Json
from tests.bot.fake_discord.interactions import Interaction, Kind
from tests.bot.fake_discord.model import EPHEMERAL, LOADING, Channel, File, Guild, Member, Message, Role, User
from tests.bot.fake_discord.state import State

COMMAND_NULLS = frozenset({"default_member_permissions"})
JOINED = "2024-01-01T00:00:00+00:00"


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def user_json(user: User) -> Json:
    return {
        "id": str(user.id),
        "username": user.name.lower().replace(" ", "_")[:32],
        "discriminator": "0",
        "global_name": None if user.bot else user.name,
        "avatar": None,
        "bot": user.bot,
        "public_flags": 0,
        "flags": 0,
        "primary_guild": None,
    }


def role_json(role: Role, position: int) -> Json:
    return {
        "id": str(role.id),
        "name": role.name,
        "description": None,
        "permissions": str(role.permissions),
        "position": position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": False,
        "mentionable": role.mentionable,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }


def member_json(member: Member, *, with_user: bool = True) -> Json:
    return {
        **({"user": user_json(member.user)} if with_user else {}),
        "avatar": None,
        "banner": None,
        "communication_disabled_until": None,
        "flags": 0,
        "joined_at": JOINED,
        "nick": member.nick,
        "pending": False,
        "premium_since": None,
        "roles": [str(role.id) for role in member.roles],
        "mute": False,
        "deaf": False,
    }


def channel_json(channel: Channel, bot_id: int) -> Json:
    if channel.guild is None:
        assert channel.recipient is not None
        return {
            "id": str(channel.id),
            "type": channel.kind,
            "flags": 0,
            "last_message_id": None,
            "recipients": [user_json(channel.recipient)],
        }
    return {
        "id": str(channel.id),
        "type": channel.kind,
        "flags": 0,
        "guild_id": str(channel.guild.id),
        "name": channel.name,
        "position": channel.guild.channels.index(channel) if channel in channel.guild.channels else 0,
        "parent_id": None,
        "topic": None,
        "nsfw": False,
        "rate_limit_per_user": 0,
        "last_message_id": None,
        "permission_overwrites": [{"id": str(bot_id), "type": 1, "allow": "0", "deny": str(int(channel.denied))}]
        if channel.denied
        else [],
    }


def guild_json(guild: Guild) -> Json:
    nothing = ("icon", "description", "home_header", "splash", "discovery_splash", "banner", "application_id")
    no_channel = ("afk_channel_id", "widget_channel_id", "rules_channel_id")
    no_more = ("safety_alerts_channel_id", "public_updates_channel_id", "vanity_url_code", "max_presences")
    return {
        **dict.fromkeys((*nothing, *no_channel, *no_more, "incidents_data")),
        "id": str(guild.id),
        "name": guild.name,
        "owner_id": str(guild.owner.id),
        "system_channel_id": None if guild.system_channel is None else str(guild.system_channel.id),
        "roles": [role_json(role, position) for position, role in enumerate(guild.roles)],
        "features": [],
        "emojis": [],
        "stickers": [],
        "region": "us-west",
        "afk_timeout": 300,
        "widget_enabled": False,
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "max_members": 500_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "premium_progress_bar_enabled": False,
        "preferred_locale": guild.locale,
        "system_channel_flags": 0,
        "nsfw": False,
        "nsfw_level": 0,
    }


def guild_create_json(guild: Guild, bot: User) -> Json:
    """What the gateway tells of a guild: with its channels and the bot as its only known member."""
    return {
        **guild_json(guild),
        "joined_at": JOINED,
        "large": False,
        "unavailable": False,
        "member_count": len(guild.members),
        "channels": [channel_json(channel, bot.id) for channel in guild.channels],
        "members": [member_json(guild.members[bot.id])],
        "threads": [],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def file_json(file: File) -> Json:
    return {
        "id": str(file.id),
        "filename": file.name,
        "size": len(file.content),
        "url": file.url,
        "proxy_url": file.url,
        "content_type": file.content_type,
        **({"description": file.description} if file.description is not None else {}),
    }


def embed_json(embed: Json) -> Json:
    given = {name: value for name, value in embed.items() if value is not None}
    if "fields" in given:
        given["fields"] = [{"inline": False, **each} for each in given["fields"]]
    return {"type": "rich", **given}


def message_json(state: State, message: Message, *, with_nonce: bool = False) -> Json:
    """The nonce is given back to the one who posts, and never again."""
    shown = message.shown
    flags = message.flags | (EPHEMERAL if message.ephemeral else 0) | (LOADING if shown.thinking else 0)
    answer: Json = {
        "id": str(message.id),
        "type": 0,
        "channel_id": str(message.channel.id),
        "author": user_json(message.author),
        "content": shown.content,
        "timestamp": stamp(message.created_at),
        "edited_timestamp": None if message.edited_at is None else stamp(message.edited_at),
        "tts": False,
        "pinned": False,
        "mention_everyone": message.mentioned_everyone,
        "mentions": [user_json(state.users[each]) for each in message.mentioned_users],
        "mention_roles": [str(each) for each in message.mentioned_roles],
        "attachments": [file_json(file) for file in shown.files],
        "embeds": [embed_json(embed) for embed in shown.embeds],
        "components": list(shown.components),
        "flags": flags,
    }
    if with_nonce and message.nonce is not None:
        answer["nonce"] = message.nonce
    if message.interaction is not None:
        cause = message.interaction
        answer["type"] = 20 if cause.kind is Kind.COMMAND else 0
        answer["application_id"] = answer["webhook_id"] = str(state.application_id)
        answer["interaction_metadata"] = metadata_json(cause)
    return answer


def metadata_json(cause: Interaction) -> Json:
    """Of an interaction, on the message that answers it."""
    told: Json = {
        "id": str(cause.id),
        "type": int(cause.kind),
        "user": user_json(cause.user),
        "authorizing_integration_owners": owners_json(cause.channel),
    }
    if cause.kind is Kind.COMPONENT and cause.source is not None:
        told["interacted_message_id"] = str(cause.source.id)
    if cause.opened_by is not None:
        told["triggering_interaction_metadata"] = metadata_json(cause.opened_by)
    return told


def owners_json(channel: Channel) -> Json:
    return {"0": "0" if channel.guild is None else str(channel.guild.id)}


def application_json(state: State) -> Json:
    return {
        "id": str(state.application_id),
        "name": state.bot.name,
        "icon": None,
        "description": "",
        "type": None,
        "bot": user_json(state.bot),
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": 0,
        "flags_new": "0",
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": user_json(state.owner),
        "approximate_guild_count": len(state.guilds),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": [],
    }


def command_json(state: State, given: Json, guild_id: int | None, command_id: str) -> Json:
    fields: Json = {"type": 1, "description": "", "default_member_permissions": None, "nsfw": False, **given}
    permissions: Any = fields["default_member_permissions"]
    fields["default_member_permissions"] = None if permissions is None else str(permissions)
    where = {} if guild_id is None else {"guild_id": str(guild_id)}
    return {
        **{name: value for name, value in fields.items() if value is not None or name in COMMAND_NULLS},
        **where,
        "id": command_id,
        "application_id": str(state.application_id),
        "version": str(state.ids.next()),
    }


def interaction_member_json(guild: Guild, member: Member) -> Json:
    return {**member_json(member), "permissions": str(guild.permissions_of(member))}
