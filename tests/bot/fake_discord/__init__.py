"""A Discord of our own on loopback, for the real discord.py: REST, gateway, interactions, limits and faults."""

from tests.bot.fake_discord.faults import Faults, Way, in_channel
from tests.bot.fake_discord.interactions import Callback, Interaction
from tests.bot.fake_discord.model import Channel, File, Guild, Message, Role, Shown, User
from tests.bot.fake_discord.permissions import Permission
from tests.bot.fake_discord.server import FakeDiscord

__all__ = [
    "Callback",
    "Channel",
    "FakeDiscord",
    "Faults",
    "File",
    "Guild",
    "Interaction",
    "Message",
    "Permission",
    "Role",
    "Shown",
    "User",
    "Way",
    "in_channel",
]
