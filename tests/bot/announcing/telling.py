"""Channels that hear of a raid, things that happen in it, and what was told."""

import re
from dataclasses import dataclass

from tests.bot.fake_discord import Channel, FakeDiscord, Message
from tests.bot.harness import RaidBot
from tests.web.harness import ROOT, Api

ALL_KINDS = (
    "RAID_STARTED",
    "STAGE_ADVANCED",
    "CURSE_APPLIED",
    "CURSE_FIZZLED",
    "BREAKTHROUGH",
    "BOSS_DEFEATED",
    "RAID_ENDED",
    "RAID_PAUSED",
    "RAID_RESUMED",
    "RAID_UPDATED",
    "HP_ADJUSTED",
)
SET_CHANNEL = """
mutation ($input: AnnouncementChannelInput!) { setAnnouncementChannel(input: $input) { __typename } }
"""
CHANNELS = """
query ($raid: ID) {
  announcementChannels(raidId: $raid) { channelId kinds mentionRoleId acknowledged switchedOff { reason } }
}
"""
HP = 99_000
_MARK = re.compile(r"#(\d+)(?:\N{EN DASH}(\d+))? · ([0-9a-f]{8})$")


@dataclass(frozen=True, slots=True)
class Told:
    """What one message tells: events `first` to `last` of the raid whose public hash begins with `raid`."""

    raid: str
    first: int
    last: int


def announcements_in(channel: Channel) -> list[Message]:
    """What was announced there, oldest first; the status message is not among it."""
    return [message for message in channel.messages if _mark_on(message)]


def told_in(channel: Channel) -> list[Told]:
    """What each announcement there tells, oldest first."""
    marks = (_mark_on(message) for message in channel.messages)
    return [Told(mark[3], int(mark[1]), int(mark[2] or mark[1])) for mark in marks if mark]


def _mark_on(message: Message) -> re.Match[str] | None:
    return _MARK.search(message.embeds[0]["footer"]["text"] if message.embeds else message.content)


def sequences_in(channel: Channel) -> list[int]:
    """The events told there, in the order a reader meets them; of one raid."""
    told = told_in(channel)
    assert len({each.raid for each in told}) <= 1, told
    return [sequence for each in told for sequence in range(each.first, each.last + 1)]


async def hear(
    raid_bot: RaidBot, channel: Channel, *, kinds: tuple[str, ...] = ALL_KINDS, role: int | None = None
) -> None:
    """The channel is told of these kinds from now on."""
    assert channel.guild is not None
    given = {
        "guildId": str(channel.guild.id),
        "channelId": str(channel.id),
        "kinds": kinds,
        "mentionRoleId": None if role is None else str(role),
    }
    await raid_bot.api.told(SET_CHANNEL, raid_bot.api.tokens.bot, input=given)


async def settings_of(raid_bot: RaidBot, channel: Channel, raid_id: str | None = None) -> dict[str, object]:
    """What the API keeps of the channel."""
    answer = await raid_bot.api.told(CHANNELS, raid_bot.api.tokens.bot, raid=raid_id)
    found: list[dict[str, object]] = answer["announcementChannels"]
    return next(each for each in found if each["channelId"] == str(channel.id))


async def newest_sequence(api: Api, raid_id: str) -> int:
    found = await api.told("query ($id: ID!) { raid(id: $id) { sequence } }", id=raid_id)
    sequence: int = found["raid"]["sequence"]
    return sequence


async def happen(api: Api, raid_id: str, times: int) -> None:
    """So many events: an admin turns the boss's HP up and down."""
    for number in range(times):
        await api.service.desk.adjust_boss_hp(ROOT, raid_id=raid_id, current_hp=HP - number, reason="a test")


async def all_told(discord: FakeDiscord, channel: Channel, newest: int, *, seconds: float = 60.0) -> None:
    """Waits until the channel was told of the event `newest`, and asserts that all before it came first, once each."""
    await discord.until(
        lambda: any(told.last >= newest for told in told_in(channel)),
        f"{channel!r} is told of event {newest}",
        seconds=seconds,
    )
    assert sequences_in(channel) == list(range(1, newest + 1))
