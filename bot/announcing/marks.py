"""How a posted announcement is recognised: by its nonce for Discord, by a mark at its end for everybody.

Discord remembers nonces for some minutes only. The mark stays as long as the message does: a bot that comes back
after an hour still finds out what it had posted before it was stopped.
"""

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import discord

from bot.announcing.queries import RaidHead

__all__ = ["Mark", "fixed_nonce", "mark_on", "nonce_of"]

NONCE_BYTES: Final = 15
"""24 characters of base 32; Discord takes 25."""
RAID_CHARACTERS: Final = 8
TO: Final = "\N{EN DASH}"
_MARK: Final = re.compile(rf"#(\d{{1,15}})(?:{TO}(\d{{1,15}}))? · ([0-9a-f]{{8}})\s*$")


@dataclass(frozen=True, slots=True)
class Mark:
    """Which events of which raid a message tells: `first` to `last`."""

    seed_hash: str
    first: int
    last: int

    def __str__(self) -> str:
        """As it stands at the end of a message."""
        span = f"#{self.first}" if self.first == self.last else f"#{self.first}{TO}{self.last}"
        return f"{span} · {self.seed_hash[:RAID_CHARACTERS]}"


def nonce_of(channel_id: int, raid: RaidHead, first: int) -> str:
    """The nonce of the message that begins with the event `first`.

    Not of where it ends: a bot that comes back may find more events waiting than the one before it had posted
    together. Discord then hands back the message that is there, and its mark says how far that one went.
    """
    return fixed_nonce(channel_id, raid.seed_hash, first)


def fixed_nonce(*named: int | str) -> str:
    """The same nonce for the same things; Discord knows nonces of one author in all channels, so name the channel."""
    digest = hashlib.blake2b("/".join(map(str, named)).encode(), digest_size=NONCE_BYTES).digest()
    return base64.b32encode(digest).decode().lower()


def mark_on(message: discord.Message, raid: RaidHead) -> Mark | None:
    """The mark on one of our own messages; None when it has none or tells of another raid."""
    for text in _endings(message):
        found = _MARK.search(text)
        if found is not None and found[3] == raid.seed_hash[:RAID_CHARACTERS]:
            return Mark(raid.seed_hash, int(found[1]), int(found[2] or found[1]))
    return None


def _endings(message: discord.Message) -> Iterator[str]:
    for embed in message.embeds:
        if embed.footer.text:
            yield embed.footer.text
    if message.content:
        yield message.content
