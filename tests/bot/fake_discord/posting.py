"""Messages: written, edited, taken away."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.bot.fake_discord import components, limits
from tests.bot.fake_discord.changes import Changes
from tests.bot.fake_discord.errors import Breach, Json, cannot_message_user, empty_message, invalid_form
from tests.bot.fake_discord.interactions import Interaction
from tests.bot.fake_discord.mentions import mentions_in
from tests.bot.fake_discord.model import EPHEMERAL, V2, Channel, File, Message, Shown, User
from tests.bot.fake_discord.players import Players
from tests.bot.fake_discord.state import State

SETTABLE_FLAGS = (1 << 2) | (1 << 12) | V2
"""Suppress embeds, suppress notifications, Components V2."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One file part of a multipart body."""

    name: str
    content: bytes
    content_type: str


Uploads = Mapping[int, Upload]


class Posting:
    def __init__(self, state: State, players: Players, changes: Changes) -> None:
        self._state, self._players, self._changes = state, players, changes

    def write(
        self,
        channel: Channel,
        payload: Json,
        uploads: Uploads,
        *,
        visible_to: User | None = None,
        interaction: Interaction | None = None,
    ) -> Message:
        """A new message of the bot. Raises DiscordError for what Discord does not take."""
        if channel.recipient is not None and not channel.recipient.accepts_direct_messages:
            raise cannot_message_user()
        flags = (payload.get("flags") or 0) & SETTABLE_FLAGS
        refuse(limits.message_breaches(payload, uploads, v2=bool(flags & V2)))
        message = self._blank(channel, visible_to, interaction)
        message.flags = flags
        message.nonce = None if payload.get("nonce") is None else str(payload["nonce"])
        self._show(message, payload, uploads, before=Shown())
        self._keep(message)
        return message

    def think(self, channel: Channel, visible_to: User | None, interaction: Interaction) -> Message:
        """The placeholder of a deferred answer."""
        message = self._blank(channel, visible_to, interaction)
        message.states.append(Shown(thinking=True, ephemeral=message.ephemeral, at=self._state.clock.now()))
        self._keep(message)
        return message

    def edit(self, message: Message, payload: Json, uploads: Uploads) -> None:
        """Only what the payload names changes. Components V2 cannot be taken back."""
        flags = message.flags | ((payload.get("flags") or 0) & SETTABLE_FLAGS)
        refuse(limits.message_breaches(payload, uploads, v2=bool(flags & V2), kept=message.shown))
        before_flags, message.flags = message.flags, flags
        try:
            self._show(message, payload, uploads, before=message.shown)
        except Exception:
            message.flags = before_flags
            raise
        message.edited_at = self._state.clock.now()
        self._changes.tell()

    def delete(self, message: Message) -> None:
        message.deleted = True
        self._changes.tell()

    def _blank(self, channel: Channel, visible_to: User | None, interaction: Interaction | None) -> Message:
        return Message(
            self._state.ids.next(),
            channel,
            self._state.bot,
            self._state.clock.now(),
            self._players,
            visible_to=visible_to,
            interaction=interaction,
        )

    def _keep(self, message: Message) -> None:
        self._state.messages[message.id] = message
        message.channel.history.append(message)
        self._changes.tell()

    def _show(self, message: Message, payload: Json, uploads: Uploads, *, before: Shown) -> None:
        def given(name: str, kept: Any) -> Any:
            return kept if name not in payload else payload[name] or type(kept)()

        files = self._files(message, payload, uploads, before)
        raw = given("components", list(before.components))
        shown = Shown(
            content=given("content", before.content),
            embeds=tuple(given("embeds", list(before.embeds))),
            components=tuple(components.as_answered(raw, {file.name: file.url for file in files})),
            files=files,
            ephemeral=message.ephemeral,
            at=self._state.clock.now(),
        )
        if not (shown.content or shown.embeds or shown.components or shown.files):
            raise empty_message()
        mentions = mentions_in(written_text(shown), payload.get("allowed_mentions"))
        guild = message.channel.guild
        message.mentioned_users = [each for each in mentions.users if each in self._state.users]
        message.mentioned_roles = [
            each for each in mentions.roles if guild and any(role.id == each for role in guild.roles)
        ]
        message.mentioned_everyone = mentions.everyone
        message.states.append(shown)

    def _files(self, message: Message, payload: Json, uploads: Uploads, before: Shown) -> tuple[File, ...]:
        listed = payload.get("attachments")
        described = {str(each["id"]): each.get("description") for each in listed or ()}
        kept = before.files if listed is None else tuple(each for each in before.files if str(each.id) in described)
        return (*kept, *(self._stored(message, upload, described.get(str(n))) for n, upload in uploads.items()))

    def _stored(self, message: Message, upload: Upload, description: str | None) -> File:
        number = self._state.ids.next()
        url = f"{self._state.address}/attachments/{message.channel.id}/{number}/{upload.name}"
        file = File(number, upload.name, upload.content, url, upload.content_type, description)
        self._state.files[number] = file
        return file


def refuse(breaches: Iterable[Breach]) -> None:
    found = list(breaches)
    if found:
        raise invalid_form(found)


def written_text(shown: Shown) -> str:
    texts = [each["content"] for each in components.walk(shown.components) if each["type"] == 10]
    return "\n".join([shown.content, *texts])


def is_ephemeral(data: Json) -> bool:
    return bool((data.get("flags") or 0) & EPHEMERAL)
