"""What people do on Discord: commands, taps, choices, forms. Each makes an interaction that the bot is told of."""

from collections.abc import Mapping
from typing import Any

from tests.bot.fake_discord import components
from tests.bot.fake_discord.changes import Changes
from tests.bot.fake_discord.commands import CommandBook, option_value
from tests.bot.fake_discord.errors import Json
from tests.bot.fake_discord.gateway import Gateway
from tests.bot.fake_discord.interactions import Interaction, Kind
from tests.bot.fake_discord.model import Channel, Member, Message, Role, User
from tests.bot.fake_discord.permissions import ORDINARY
from tests.bot.fake_discord.resolved import Resolved
from tests.bot.fake_discord.shapes import channel_json, interaction_member_json, message_json, owners_json, user_json
from tests.bot.fake_discord.state import State

ATTACHMENT_BYTES = 10 * 1024 * 1024


class Players:
    def __init__(self, state: State, gateway: Gateway, changes: Changes) -> None:
        self._state, self._gateway, self._changes = state, gateway, changes
        self._book = CommandBook(state)

    async def slash(self, user: User, channel: Channel, name: str, options: Mapping[str, Any]) -> Interaction:
        """`name` with its subcommands, as in "raid_admin create"."""
        command, path = self._book.find(user, channel, name)
        resolved = Resolved(self._state, channel)
        chosen = self._book.filled_in(command, path, options, resolved)
        data = self._book.data(command, path, chosen)
        return self._interact(Kind.COMMAND, user, channel, {**data, **resolved.json()})

    async def autocomplete(
        self, user: User, channel: Channel, name: str, option: str, text: str, options: Mapping[str, Any]
    ) -> Interaction:
        command, path = self._book.find(user, channel, name)
        wanted = self._book.option(path, option)
        if not wanted.get("autocomplete"):
            raise AssertionError(f"/{name} does not complete {option}")
        resolved = Resolved(self._state, channel)
        others = [
            {"name": each, "type": described["type"], "value": option_value(described, value, resolved)}
            for each, value in options.items()
            for described in [self._book.option(path, each)]
        ]
        focused = {"name": option, "type": wanted["type"], "value": text, "focused": True}
        data = self._book.data(command, path, [*others, focused])
        return self._interact(Kind.AUTOCOMPLETE, user, channel, {**data, **resolved.json()})

    async def click(self, message: Message, wanted: str, *, by: User | None = None) -> Interaction:
        button = components.find(message.components, wanted, frozenset({components.Kind.BUTTON}))
        user = self._user_before(message, button, by)
        if button["style"] == components.LINK_STYLE:
            raise AssertionError(f"{wanted!r} leads to {button['url']}: the bot does not learn who follows it")
        data = {"custom_id": button["custom_id"], "component_type": button["type"], "id": button["id"]}
        return self._interact(Kind.COMPONENT, user, message.channel, data, message)

    async def select(
        self, message: Message, wanted: str, values: list[str | User | Role | Channel], *, by: User | None = None
    ) -> Interaction:
        select = components.find(message.components, wanted, components.SELECTS)
        user = self._user_before(message, select, by)
        resolved = Resolved(self._state, message.channel)
        data = {
            "custom_id": select["custom_id"],
            "component_type": select["type"],
            "id": select["id"],
            "values": resolved.chosen(select, values),
        }
        return self._interact(Kind.COMPONENT, user, message.channel, {**data, **resolved.json()}, message)

    async def submit(self, opened: Interaction, fields: Mapping[str, Any]) -> Interaction:
        """Fields that are not given keep what the form was opened with."""
        assert opened.modal is not None
        resolved = Resolved(self._state, opened.channel)
        rows = resolved.submitted(opened.modal, fields)
        data = {"custom_id": opened.modal["custom_id"], "components": rows, **resolved.json()}
        return self._interact(Kind.MODAL, opened.user, opened.channel, data, opened.source, opened)

    def _user_before(self, message: Message, component: Json, by: User | None) -> User:
        """Who taps, if they can."""
        cause = message.interaction
        user = by or message.visible_to or (None if cause is None else cause.user)
        assert user is not None, "say who taps: by=…"
        assert not message.deleted, "the message was deleted"
        assert message.visible_to in {None, user}, f"{user.name} does not see this message"
        assert not component.get("disabled"), f"{components.names_of(component)} is disabled"
        return user

    def _interact(
        self,
        kind: Kind,
        user: User,
        channel: Channel,
        data: Json,
        source: Message | None = None,
        opened_by: Interaction | None = None,
    ) -> Interaction:
        number, now = self._state.ids.next(), self._state.clock.now()
        interaction = Interaction(
            number,
            f"token-{number}",
            kind,
            user,
            channel,
            data,
            source,
            now,
            now + self._state.deadline_seconds,
            self,
            original=source,
            changes=Changes(self._changes),
            opened_by=opened_by,
        )
        self._state.interactions[number] = interaction
        self._state.by_token[interaction.token] = interaction
        self._gateway.dispatch("INTERACTION_CREATE", self._told(interaction), channel.guild)
        return interaction

    @staticmethod
    def _permissions(user: User, channel: Channel) -> int:
        guild = channel.guild
        return ORDINARY if guild is None else guild.permissions_of(guild.members.setdefault(user.id, Member(user)))

    def _told(self, interaction: Interaction) -> Json:
        channel, guild, user = interaction.channel, interaction.channel.guild, interaction.user
        here = {**channel_json(channel, self._state.bot.id), "permissions": str(self._permissions(user, channel))}
        told: Json = {
            "id": str(interaction.id),
            "application_id": str(self._state.application_id),
            "type": int(interaction.kind),
            "token": interaction.token,
            "version": 1,
            "channel_id": str(channel.id),
            "channel": here,
            "locale": user.locale,
            "app_permissions": str(self._permissions(self._state.bot, channel) & ~int(channel.denied)),
            "entitlements": [],
            "authorizing_integration_owners": owners_json(channel),
            "context": 1 if guild is None else 0,
            "attachment_size_limit": ATTACHMENT_BYTES,
            "data": interaction.data,
        }
        if guild is None:
            told["user"] = user_json(user)
        else:
            member = guild.members.setdefault(user.id, Member(user))
            told["guild_id"], told["guild_locale"] = str(guild.id), guild.locale
            told["guild"] = {"id": str(guild.id), "locale": guild.locale, "features": []}
            told["member"] = interaction_member_json(guild, member)
        if interaction.source is not None:
            told["message"] = message_json(self._state, interaction.source)
        return told
