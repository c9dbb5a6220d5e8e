"""Everything the loopback Discord remembers; it outlives every bot that connects."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from tests.bot.fake_discord.clock import Clock, Snowflakes
from tests.bot.fake_discord.errors import Json, unknown
from tests.bot.fake_discord.interactions import Interaction
from tests.bot.fake_discord.model import DIRECT_CHANNEL, Channel, File, Guild, Member, Message, User

REQUESTS_KEPT = 100_000


@dataclass(frozen=True, slots=True)
class Request:
    """One call of the bot. `route` is the path as the API description writes it, `status` None if no answer left."""

    at: float
    method: str
    path: str
    route: str
    body: Any
    status: int | None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(eq=False)
class State:
    clock: Clock
    ids: Snowflakes
    bot: User
    owner: User
    application_id: int
    token: str
    deadline_seconds: float = 3.0
    nonce_seconds: float = 300.0
    address: str = ""
    users: dict[int, User] = field(default_factory=dict)
    guilds: dict[int, Guild] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    files: dict[int, File] = field(default_factory=dict)
    interactions: dict[int, Interaction] = field(default_factory=dict)
    by_token: dict[str, Interaction] = field(default_factory=dict)
    commands: dict[int | None, list[Json]] = field(default_factory=lambda: {None: []})
    nonces: dict[tuple[int, str], Message] = field(default_factory=dict)
    requests: deque[Request] = field(default_factory=lambda: deque(maxlen=REQUESTS_KEPT))

    def channel(self, channel_id: str | int) -> Channel:
        channel = self.channels.get(_number(channel_id))
        if channel is None:
            raise unknown("Channel")
        return channel

    def message(self, channel: Channel, message_id: str | int) -> Message:
        """A message that the bot can reach by its channel: an ephemeral one is not there."""
        message = self.messages.get(_number(message_id))
        if message is None or message.deleted or message.channel is not channel or message.ephemeral:
            raise unknown("Message")
        return message

    def guild(self, guild_id: str | int) -> Guild:
        guild = self.guilds.get(_number(guild_id))
        if guild is None:
            raise unknown("Guild")
        return guild

    def user(self, user_id: str | int) -> User:
        user = self.users.get(_number(user_id))
        if user is None:
            raise unknown("User")
        return user

    def member(self, guild: Guild, user: User) -> Member:
        member = guild.members.get(user.id)
        if member is None:
            raise unknown("Member")
        return member

    def direct_channel(self, user: User) -> Channel:
        """The one direct message channel with this user."""
        for channel in self.channels.values():
            if channel.recipient is user:
                return channel
        channel = Channel(self.ids.next(), user.name, recipient=user, kind=DIRECT_CHANNEL)
        self.channels[channel.id] = channel
        return channel


def _number(given: str | int) -> int:
    try:
        return int(given)
    except ValueError:
        return -1
