"""What there is on the loopback Discord: guilds, roles, channels, users, messages."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.bot.fake_discord import components
from tests.bot.fake_discord.errors import Json
from tests.bot.fake_discord.permissions import EVERYTHING, NOTHING, ORDINARY, Permission

if TYPE_CHECKING:
    from tests.bot.fake_discord.interactions import Interaction
    from tests.bot.fake_discord.players import Players

EPHEMERAL, LOADING, V2 = 1 << 6, 1 << 7, 1 << 15
TEXT_CHANNEL, DIRECT_CHANNEL = 0, 1


@dataclass(eq=False, slots=True)
class Role:
    id: int
    name: str
    permissions: int = 0
    mentionable: bool = False

    @property
    def mention(self) -> str:
        return f"<@&{self.id}>"


@dataclass(eq=False, slots=True)
class User:
    id: int
    name: str
    bot: bool = False
    locale: str = "en-US"
    accepts_direct_messages: bool = True

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"


@dataclass(eq=False, slots=True)
class Member:
    user: User
    roles: list[Role] = field(default_factory=list)
    permissions: int = 0
    nick: str | None = None


@dataclass(eq=False, slots=True, repr=False)
class Guild:
    id: int
    name: str
    owner: User
    locale: str = "en-US"
    roles: list[Role] = field(default_factory=list)
    channels: list["Channel"] = field(default_factory=list)
    members: dict[int, Member] = field(default_factory=dict)
    system_channel: "Channel | None" = None

    def __repr__(self) -> str:
        return f"<server {self.name!r}>"

    def permissions_of(self, member: Member) -> int:
        if member.user is self.owner:
            return EVERYTHING
        permissions = ORDINARY | member.permissions
        for role in member.roles:
            permissions |= role.permissions
        return EVERYTHING if permissions & Permission.ADMINISTRATOR else permissions


@dataclass(eq=False, slots=True, repr=False)
class Channel:
    """`guild` is None for a direct message channel; `recipient` is its user. `denied` is what the bot may not do."""

    id: int
    name: str
    guild: Guild | None = None
    recipient: User | None = None
    kind: int = TEXT_CHANNEL
    denied: Permission = NOTHING
    history: list["Message"] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<#{self.name}>"

    @property
    def messages(self) -> list["Message"]:
        """What everybody sees in the channel now, oldest first."""
        return [message for message in self.history if message.visible_to is None and not message.deleted]

    @property
    def mention(self) -> str:
        return f"<#{self.id}>"


@dataclass(frozen=True, slots=True)
class File:
    """An attachment: its alt text is `description`."""

    id: int
    name: str
    content: bytes = field(repr=False)
    url: str
    content_type: str
    description: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """One state of an answer: of a message, of a modal, or of the choices of an autocomplete."""

    content: str = ""
    embeds: tuple[Json, ...] = ()
    components: tuple[Json, ...] = ()
    files: tuple[File, ...] = ()
    ephemeral: bool = False
    thinking: bool = False
    at: float = 0.0
    modal: Json | None = None
    choices: tuple[Json, ...] = ()

    @property
    def text(self) -> str:
        """Everything a person reads: content, embeds, text displays, labels, options, alt texts."""
        parts = [self.content, *_embed_texts(self.embeds)]
        for component in components.walk(self.components):
            parts.extend(components.texts_of(component))
        if self.modal is not None:
            parts.append(self.modal["title"])
        parts.extend(choice["name"] for choice in self.choices)
        parts.extend(file.description or "" for file in self.files)
        return "\n".join(part for part in parts if part)

    @property
    def buttons(self) -> list[str]:
        """The labels of the buttons, in their order; one without a label by its custom id."""
        found = [each for each in components.walk(self.components) if each["type"] == components.Kind.BUTTON]
        return [each.get("label") or (each.get("emoji") or {}).get("name") or each["custom_id"] for each in found]

    @property
    def selects(self) -> list[Json]:
        return [each for each in components.walk(self.components) if each["type"] in components.SELECTS]

    def component(self, wanted: str) -> Json:
        """A button or select by custom id, label or placeholder."""
        return components.find(self.components, wanted, components.SELECTS | {components.Kind.BUTTON})


@dataclass(eq=False, repr=False)
class Message:
    """`states` holds every state it had, `shown` the newest. An ephemeral one is `visible_to` its user alone."""

    id: int
    channel: Channel
    author: User
    created_at: float
    players: "Players"
    nonce: str | None = None
    visible_to: User | None = None
    interaction: "Interaction | None" = None
    flags: int = 0
    states: list[Shown] = field(default_factory=list)
    edited_at: float | None = None
    deleted: bool = False
    mentioned_users: list[int] = field(default_factory=list)
    mentioned_roles: list[int] = field(default_factory=list)
    mentioned_everyone: bool = False

    def __repr__(self) -> str:
        return f"<message {self.id} in {self.channel!r}: {self.text!r}>"

    @property
    def shown(self) -> Shown:
        return self.states[-1]

    @property
    def content(self) -> str:
        return self.shown.content

    @property
    def embeds(self) -> tuple[Json, ...]:
        return self.shown.embeds

    @property
    def components(self) -> tuple[Json, ...]:
        return self.shown.components

    @property
    def files(self) -> tuple[File, ...]:
        return self.shown.files

    @property
    def text(self) -> str:
        return self.shown.text

    @property
    def buttons(self) -> list[str]:
        return self.shown.buttons

    @property
    def ephemeral(self) -> bool:
        return self.visible_to is not None

    @property
    def edits(self) -> int:
        return len(self.states) - 1

    def delete(self) -> None:
        """A moderator takes the message away."""
        self.deleted = True

    async def click(self, wanted: str, *, by: User | None = None) -> "Interaction":
        """Presses the button with this label or custom id: as the one who sees it, or `by` somebody else."""
        return await self.players.click(self, wanted, by=by)

    async def select(
        self, wanted: str, values: Iterable[str | User | Role | Channel], *, by: User | None = None
    ) -> "Interaction":
        """Chooses options by value or label, or users, roles, channels, in the select of this custom id."""
        return await self.players.select(self, wanted, list(values), by=by)


def _embed_texts(embeds: Iterable[Json]) -> Iterable[str]:
    for embed in embeds:
        yield (embed.get("author") or {}).get("name") or ""
        yield embed.get("title") or ""
        yield embed.get("description") or ""
        for each in embed.get("fields") or ():
            yield f"{each['name']}: {each['value']}"
        yield (embed.get("footer") or {}).get("text") or ""
