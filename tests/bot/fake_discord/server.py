"""The loopback Discord: what a test holds in its hand."""

from collections.abc import Callable
from typing import Any, Self

from aiohttp import web

from tests.bot.fake_discord.buckets import Buckets
from tests.bot.fake_discord.changes import Changes
from tests.bot.fake_discord.channel_routes import ChannelRoutes
from tests.bot.fake_discord.clock import Clock, Snowflakes
from tests.bot.fake_discord.command_routes import CommandRoutes
from tests.bot.fake_discord.description import Checks, Violation
from tests.bot.fake_discord.errors import Json
from tests.bot.fake_discord.faults import Faults
from tests.bot.fake_discord.gateway import Gateway
from tests.bot.fake_discord.interaction_routes import InteractionRoutes
from tests.bot.fake_discord.interactions import Interaction
from tests.bot.fake_discord.model import Channel, Guild, Member, Message, Role, User
from tests.bot.fake_discord.permissions import NOTHING, OF_THE_BOT, ORDINARY, Permission
from tests.bot.fake_discord.players import Players
from tests.bot.fake_discord.posting import Posting
from tests.bot.fake_discord.rest import BODY_BYTES, PREFIX, Rest
from tests.bot.fake_discord.shapes import channel_json, guild_create_json, role_json
from tests.bot.fake_discord.state import Request, State
from tests.bot.fake_discord.world_routes import WorldRoutes

TOKEN = "MTAwMDAwMDAwMDAwMDAwMDAw.loopback.of-no-use-elsewhere"
WAIT_SECONDS = 30.0
BACKLOG = 1_024
"""A bot may come with hundreds of connections at once: none of them waits a second for its SYN to be repeated."""


class FakeDiscord:
    """REST and gateway on a free port of this machine; `async with FakeDiscord() as discord`."""

    def __init__(self) -> None:
        self.clock = Clock()
        ids = Snowflakes(self.clock)
        bot, owner = User(ids.next(), "Raid Herald", bot=True), User(ids.next(), "Owner")
        self.state = State(self.clock, ids, bot, owner, application_id=bot.id, token=TOKEN)
        self.state.users.update({bot.id: bot, owner.id: owner})
        self.faults = Faults()
        self.buckets = Buckets(self.clock)
        self.gateway = Gateway(self.state, self.faults)
        self.changes = Changes()
        self._checks = Checks()
        self._players = Players(self.state, self.gateway, self.changes)
        self._posting = Posting(self.state, self._players, self.changes)
        self.guild = self.add_guild("Raiders")
        self._runner: web.AppRunner | None = None

    # Running

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=BODY_BYTES)
        rest = Rest(self.state, self.faults, self.buckets, self._checks)
        app.router.add_get("/gateway/", self.gateway.handle)
        app.router.add_get("/attachments/{channel_id}/{file_id}/{name}", rest.file)
        rest.add_to(
            app,
            [
                *WorldRoutes(self.state, self.gateway).routes(),
                *ChannelRoutes(self.state, self._posting, self.faults).routes(),
                *InteractionRoutes(self.state, self._posting).routes(),
                *CommandRoutes(self.state).routes(),
            ],
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, backlog=BACKLOG)
        await site.start()
        port = self._runner.addresses[0][1]
        self.state.address = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_raised: object) -> None:
        assert self._runner is not None
        await self.gateway.drop(code=1001)
        await self._runner.cleanup()

    @property
    def rest_url(self) -> str:
        return self.state.address + PREFIX

    @property
    def gateway_url(self) -> str:
        return self.gateway.address

    @property
    def token(self) -> str:
        return self.state.token

    @property
    def deadline_seconds(self) -> float:
        """Within which an interaction must be answered."""
        return self.state.deadline_seconds

    @deadline_seconds.setter
    def deadline_seconds(self, seconds: float) -> None:
        self.state.deadline_seconds = seconds

    @property
    def nonce_seconds(self) -> float:
        """For how long a second post with the same nonce gives back the first message."""
        return self.state.nonce_seconds

    @nonce_seconds.setter
    def nonce_seconds(self, seconds: float) -> None:
        self.state.nonce_seconds = seconds

    # The world

    def user(self, name: str, *, locale: str = "en-US", guild: Guild | None = None) -> User:
        """The person of this name, member of the guild; made when first named."""
        guild = guild or self.guild
        user = next((each for each in self.state.users.values() if each.name == name), None)
        if user is None:
            user = User(self.state.ids.next(), name, locale=locale)
            self.state.users[user.id] = user
        guild.members.setdefault(user.id, Member(user))
        return user

    def channel(self, name: str, *, guild: Guild | None = None, denied: Permission = NOTHING) -> Channel:
        """The text channel of this name; made when first named, and the bot is told. `denied`: see Channel."""
        guild = guild or self.guild
        channel = next((each for each in guild.channels if each.name == name), None)
        if channel is None:
            channel = Channel(self.state.ids.next(), name, guild=guild, denied=denied)
            guild.channels.append(channel)
            self.state.channels[channel.id] = channel
            self.gateway.dispatch("CHANNEL_CREATE", channel_json(channel, self.state.bot.id), guild)
        return channel

    def deny_to_bot(self, channel: Channel, denied: Permission) -> None:
        """Takes permissions from the bot in one channel (NOTHING gives all back), and the bot is told."""
        channel.denied = denied
        self.gateway.dispatch("CHANNEL_UPDATE", channel_json(channel, self.state.bot.id), channel.guild)

    def delete_channel(self, channel: Channel) -> None:
        assert channel.guild is not None
        told = channel_json(channel, self.state.bot.id)
        channel.guild.channels.remove(channel)
        del self.state.channels[channel.id]
        self.gateway.dispatch("CHANNEL_DELETE", told, channel.guild)

    def role(self, name: str, *, permissions: int = 0, mentionable: bool = False, guild: Guild | None = None) -> Role:
        """The role of this name; made when first named, and the bot is told."""
        guild = guild or self.guild
        role = next((each for each in guild.roles if each.name == name), None)
        if role is None:
            role = Role(self.state.ids.next(), name, permissions, mentionable)
            guild.roles.append(role)
            told = {"guild_id": str(guild.id), "role": role_json(role, len(guild.roles) - 1)}
            self.gateway.dispatch("GUILD_ROLE_CREATE", told, guild)
        return role

    def give_role(self, user: User, role: Role, *, guild: Guild | None = None) -> None:
        self.member(user, guild=guild).roles.append(role)

    def let_manage(self, user: User, *, guild: Guild | None = None) -> None:
        """Gives them Manage Server."""
        self.member(user, guild=guild).permissions |= Permission.MANAGE_GUILD

    def member(self, user: User, *, guild: Guild | None = None) -> Member:
        return (guild or self.guild).members.setdefault(user.id, Member(user))

    def add_guild(self, name: str) -> Guild:
        """The bot joins another server."""
        state = self.state
        guild = Guild(state.ids.next(), name, state.owner)
        guild.roles.append(Role(guild.id, "@everyone", ORDINARY))
        guild.roles.append(Role(state.ids.next(), state.bot.name, OF_THE_BOT))
        guild.members[state.bot.id] = Member(state.bot, [guild.roles[-1]])
        guild.members[state.owner.id] = Member(state.owner)
        state.guilds[guild.id] = guild
        self.gateway.dispatch("GUILD_CREATE", guild_create_json(guild, state.bot), guild)
        return guild

    def remove_guild(self, guild: Guild) -> None:
        """The bot is thrown out."""
        del self.state.guilds[guild.id]
        for channel in guild.channels:
            self.state.channels.pop(channel.id, None)
        self.gateway.dispatch("GUILD_DELETE", {"id": str(guild.id)}, guild)

    def direct_messages(self, user: User) -> list[Message]:
        return self.state.direct_channel(user).messages

    # What people do

    async def slash(self, user: User, channel: Channel, command: str, /, **options: Any) -> Interaction:
        """Uses a slash command, with its subcommands in the name: "raid_admin create"."""
        return await self._players.slash(user, channel, command, options)

    async def autocomplete(
        self, user: User, command: str, option: str, text: str, /, *, channel: Channel | None = None, **options: Any
    ) -> list[Json]:
        """The choices offered while somebody types `text`; `options` are those already filled in."""
        channel = channel or self.channel("general")
        interaction = await self._players.autocomplete(user, channel, command, option, text, options)
        return list((await interaction.answered()).choices)

    async def until(self, holds: Callable[[], object], what: str = "", *, seconds: float = WAIT_SECONDS) -> None:
        """Waits for a change on this Discord after which `holds()`."""
        await self.changes.wait_until(holds, seconds, what or "what the test waits for")

    # What happened

    @property
    def violations(self) -> list[Violation]:
        """What the bot sent, or the fake answered, against Discord's API description or limits."""
        return self._checks.violations

    def measure(self) -> None:
        """From now on nothing is held against the description before somebody asks: checking hundreds takes seconds,
        for which this Discord answers nobody.
        """
        self._checks.measuring = True

    def take_violations(self) -> list[Violation]:
        """The violations so far, which a test provoked and which no longer count."""
        found = self.violations
        self._checks.clear()
        return found

    @property
    def checks_made(self) -> int:
        """How many different bodies were held against Discord's API description; 0 where that is not at hand."""
        _ = self.violations
        return self._checks.checked

    @property
    def missed(self) -> list[Interaction]:
        """Interactions that had no answer in time: their users saw "The application did not respond"."""
        now = self.clock.now()
        return [each for each in self.state.interactions.values() if each.callback is None and now > each.deadline]

    @property
    def interactions(self) -> list[Interaction]:
        return list(self.state.interactions.values())

    @property
    def commands(self) -> list[Json]:
        """The commands registered for everywhere."""
        return self.state.commands[None]

    def requests(self, method: str = "", route: str = "") -> list[Request]:
        """The calls so far, by method and by a part of the route as the API description writes it."""
        return [each for each in self.state.requests if method in {"", each.method} and route in each.route]
