"""What is posted: one message for one event, or one for many that came at once."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import discord

from bot.announcing.marks import Mark
from bot.announcing.queries import RaidEvent, RaidHead
from bot.names import plain, shown
from bot.texts import text

__all__ = ["Announcement", "Look", "Picture", "batch_of", "look_of", "mentions_of", "written"]

ALONE_AT_MOST: Final = 5
"""So many waiting events are posted one by one; more are told together."""
TOGETHER_AT_MOST: Final = 20
NAME_CHARACTERS: Final = 60
REASON_CHARACTERS: Final = 300
WORDS_CHARACTERS: Final = 500
PICTURE_NAME: Final = "raid.png"


@dataclass(frozen=True, slots=True)
class Look:
    """How a kind of event looks: its emoji, its colour, and whether a picture of the raid goes with it."""

    emoji: str
    colour: int
    picture: bool = False


_LOOKS: Final = {
    "RAID_STARTED": Look("⚔️", 0xE67E22),
    "STAGE_ADVANCED": Look("🔥", 0xE74C3C, picture=True),
    "CURSE_APPLIED": Look("💀", 0x8E44AD),
    "CURSE_FIZZLED": Look("💨", 0x95A5A6),
    "BREAKTHROUGH": Look("🔍", 0x3498DB, picture=True),
    "BOSS_DEFEATED": Look("🏆", 0xF1C40F, picture=True),
    "RAID_ENDED": Look("⌛", 0x7F8C8D),
    "RAID_PAUSED": Look("⏸️", 0xBDC3C7),
    "RAID_RESUMED": Look("▶️", 0x2ECC71),
    "RAID_UPDATED": Look("⚙️", 0x607D8B),
    "HP_ADJUSTED": Look("❤️‍🩹", 0xE91E63),
}
_UNKNOWN: Final = Look("📣", 0x5865F2)


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG and what it shows, for those who cannot see it."""

    png: bytes
    alt_text: str

    @property
    def url(self) -> str:
        """How the message's embed names it."""
        return f"attachment://{PICTURE_NAME}"

    def file(self) -> discord.File:
        return discord.File(io.BytesIO(self.png), filename=PICTURE_NAME, description=self.alt_text[:1024])


@dataclass(frozen=True, slots=True)
class Announcement:
    """A message to post, complete; `plain` says the same where neither embeds nor pictures are allowed."""

    content: str | None
    embed: discord.Embed
    plain: str
    picture_kind: str | None


def look_of(kind: str) -> Look:
    return _LOOKS.get(kind, _UNKNOWN)


def batch_of(waiting: Sequence[RaidEvent]) -> tuple[RaidEvent, ...]:
    """What of the waiting events goes into the next message."""
    return tuple(waiting[:1] if len(waiting) <= ALONE_AT_MOST else waiting[:TOGETHER_AT_MOST])


def mentions_of(role_id: int | None) -> discord.AllowedMentions:
    """Nobody but the one role that was configured."""
    roles = [] if role_id is None else [discord.Object(role_id, type=discord.Role)]
    return discord.AllowedMentions(everyone=False, users=False, roles=roles, replied_user=False)


def written(
    locale: discord.Locale | str | None, raid: RaidHead, batch: Sequence[RaidEvent], role_id: int | None
) -> Announcement:
    """The message for one event, or the list of many, with the mark of all of them at its end."""
    mark = Mark(raid.seed_hash, batch[0].sequence, batch[-1].sequence)
    embed = _of_one(locale, raid, batch[0]) if len(batch) == 1 else _of_many(locale, raid, batch)
    embed.timestamp = batch[-1].occurred_at
    embed.set_footer(text=f"{plain(raid.name, NAME_CHARACTERS)} · {mark}")
    mention = None if role_id is None else f"<@&{role_id}>"
    lines = [line for line in (mention, f"**{embed.title}**", embed.description, f"-# {mark}") if line]
    return Announcement(mention, embed, _within("\n".join(lines)), _picture_kind(batch))


def _of_one(locale: discord.Locale | str | None, raid: RaidHead, event: RaidEvent) -> discord.Embed:
    look = look_of(event.kind)
    title, sentence = _told(locale, raid, event)
    paragraphs = [sentence]
    if event.kind == "STAGE_ADVANCED" and event.message != f"{raid.boss} enters stage {event.to_stage}!":
        paragraphs.append(f"> *{shown(event.message, WORDS_CHARACTERS)}*")
    if event.reason:
        paragraphs.append(text(locale, "announce-reason", reason=shown(event.reason, REASON_CHARACTERS)))
    return discord.Embed(title=f"{look.emoji} {title}", description="\n".join(paragraphs), colour=look.colour)


def _of_many(locale: discord.Locale | str | None, raid: RaidHead, batch: Sequence[RaidEvent]) -> discord.Embed:
    lines = [
        f"{look_of(event.kind).emoji} {discord.utils.format_dt(event.occurred_at, 't')} "
        f"{_told(locale, raid, event)[1].replace(chr(10), ' ')}"
        for event in batch
    ]
    kind = _picture_kind(batch) or batch[-1].kind
    return discord.Embed(
        title=text(locale, "announce-many", count=len(batch)),
        description="\n".join(lines),
        colour=look_of(kind).colour,
    )


def _told(locale: discord.Locale | str | None, raid: RaidHead, event: RaidEvent) -> tuple[str, str]:
    """Title and sentence of an event of any kind; of one that is younger than this bot, what the API says."""
    boss = shown(raid.boss, NAME_CHARACTERS)
    key = _KEYS.get(event.kind)
    if key is None:
        return boss, shown(event.message, WORDS_CHARACTERS)
    sentences = [
        text(
            locale,
            key,
            boss=boss,
            raid=shown(raid.name, NAME_CHARACTERS),
            stage=event.to_stage,
            stages=raid.stages,
            number=event.number,
            players=event.players,
            player=shown(event.player or "???"),
            curse=shown(event.curse or ""),
            weakness="none" if event.weakness is None else "some",
            revealed=shown(event.weakness or ""),
            outcome=event.outcome or "",
            hp=event.hp or 0,
        )
    ]
    if event.kind == "STAGE_ADVANCED" and event.weakness is not None:
        sentences.append(text(locale, "announce-stage-weakness", revealed=shown(event.weakness)))
    if event.kind == "STAGE_ADVANCED" and event.curse is not None:
        sentences.append(text(locale, "announce-stage-curse", curse=shown(event.curse)))
    if event.replaced is not None:
        sentences.append(text(locale, "announce-replaced", replaced=shown(event.replaced)))
    return text(locale, f"{key}.title", boss=boss, stage=event.to_stage, number=event.number), " ".join(sentences)


_KEYS: Final = {
    "RAID_STARTED": "announce-started",
    "STAGE_ADVANCED": "announce-stage",
    "CURSE_APPLIED": "announce-curse",
    "CURSE_FIZZLED": "announce-fizzled",
    "BREAKTHROUGH": "announce-breakthrough",
    "BOSS_DEFEATED": "announce-victory",
    "RAID_ENDED": "announce-ended",
    "RAID_PAUSED": "announce-paused",
    "RAID_RESUMED": "announce-resumed",
    "RAID_UPDATED": "announce-updated",
    "HP_ADJUSTED": "announce-adjusted",
}


def _picture_kind(batch: Sequence[RaidEvent]) -> str | None:
    """The kind to draw a picture for: of many events only the victory is worth one."""
    kinds = [event.kind for event in batch if look_of(event.kind).picture]
    if len(batch) > 1:
        return "BOSS_DEFEATED" if "BOSS_DEFEATED" in kinds else None
    return kinds[0] if kinds else None


def _within(message: str, limit: int = 2000) -> str:
    """Cut in the middle of what is too long: the mark at the end stays."""
    if len(message) <= limit:
        return message
    tail = message[message.rindex("\n") :]
    return message[: limit - len(tail) - 1] + "…" + tail
