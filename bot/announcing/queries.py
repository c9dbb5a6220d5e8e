"""What announcing asks the API, and what it makes of the answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from bot.api import ApiRefusedError

__all__ = [
    "ALL_KINDS",
    "AnnouncementChannel",
    "DueReminder",
    "Overview",
    "RaidEvent",
    "RaidHead",
    "SwitchedOff",
    "acknowledge",
    "acknowledge_reminder",
    "channels",
    "cursors",
    "due_reminders",
    "events_after",
    "overview",
    "set_channel",
    "set_reminder",
    "switch_channel_off",
]

RAIDS_LOOKED_AT: Final = 5
"""The newest raids are told to the end, in order; what happened in still older ones is not news any more."""

ALL_KINDS: Final = (
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

_CHANNEL: Final = """
fragment Told on AnnouncementChannel { channelId guildId kinds mentionRoleId switchedOff { at reason } }
"""
CHANNELS: Final = "query Channels($guild: ID) { announcementChannels(guildId: $guild) { ...Told } }" + _CHANNEL
CURSORS: Final = "query Cursors($raid: ID!) { announcementChannels(raidId: $raid) { channelId acknowledged } }"
OVERVIEW: Final = (
    """
query Announcing($raids: Int!) {
  announcementChannels { ...Told }
  raids(first: $raids) { nodes { id name status sequence seedHash boss { name } stage { count } } }
}
"""
    + _CHANNEL
)
EVENTS: Final = """
query EventsToAnnounce($raid: ID!, $after: SafeInt!, $first: Int!) {
  raid(id: $raid) {
    events(first: $first, after: $after) {
      sequence raidId kind occurredAt message
      ... on StageAdvanced {
        toStage addedWeakness { value } addedCurse { value } replacedCurse { value }
      }
      ... on CurseApplied { curse { value } replaced { value } }
      ... on BreakthroughAchieved { number weakness { value } rewardedPlayers triggeredBy { name } }
      ... on BossDefeated { participants finalBlowBy { name } }
      ... on RaidChanged { reason outcome hp }
    }
  }
}
"""
SET_CHANNEL: Final = (
    """
mutation SetChannel($input: AnnouncementChannelInput!) {
  setAnnouncementChannel(input: $input) { ... on AnnouncementChannelSuccess { channel { ...Told } } }
}
"""
    + _CHANNEL
)
ACKNOWLEDGE: Final = """
mutation Told($input: AcknowledgeAnnouncementsInput!) {
  acknowledgeAnnouncements(input: $input) {
    ... on AcknowledgeAnnouncementsSuccess { channel { acknowledged } }
    ... on UserError { message }
  }
}
"""
SWITCH_OFF: Final = (
    """
mutation SwitchOff($input: SwitchOffAnnouncementChannelInput!) {
  switchOffAnnouncementChannel(input: $input) { ... on AnnouncementChannelSuccess { channel { ...Told } } }
}
"""
    + _CHANNEL
)
WAKE: Final = "subscription Wake { raidUpdates { sequence raid { id } } }"
DUE_REMINDERS: Final = "query Due($first: Int!) { dueReminders(first: $first) { discordId readyAt language } }"
ACKNOWLEDGE_REMINDER: Final = """
mutation Reminded($input: AcknowledgeReminderInput!) { acknowledgeReminder(input: $input) { __typename } }
"""
SET_REMINDER: Final = "mutation Remind($input: SetReminderInput!) { setReminder(input: $input) { __typename } }"


class Asks(Protocol):
    """What is needed of `RaidApi`."""

    async def ask(self, document: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class SwitchedOff:
    """Since when a channel hears nothing, and why."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class AnnouncementChannel:
    """A Discord channel to announce in. Ids are Discord's."""

    channel_id: int
    guild_id: int
    kinds: frozenset[str]
    mention_role_id: int | None
    switched_off: SwitchedOff | None

    @property
    def listens(self) -> bool:
        """Whether anything is announced there."""
        return bool(self.kinds) and self.switched_off is None


@dataclass(frozen=True, slots=True)
class RaidHead:
    """A raid, and how far it has come. `seed_hash` tells it from every other raid of every other server."""

    id: str
    name: str
    boss: str
    status: str
    sequence: int
    stages: int
    seed_hash: str


@dataclass(frozen=True, slots=True)
class Overview:
    """Where to announce, and the newest raids, oldest first."""

    channels: tuple[AnnouncementChannel, ...]
    raids: tuple[RaidHead, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RaidEvent:
    """One thing that happened. Affinities by their value, players by their name; None and 0 where its kind has none."""

    raid_id: str
    sequence: int
    kind: str
    occurred_at: datetime
    message: str
    to_stage: int = 0
    weakness: str | None = None
    curse: str | None = None
    replaced: str | None = None
    number: int = 0
    players: int = 0
    player: str | None = None
    reason: str | None = None
    outcome: str | None = None
    hp: int | None = None


@dataclass(frozen=True, slots=True)
class DueReminder:
    """A player who wished to be told that they may strike again, and may since `ready_at`.

    `ready_at_text` is what the API wrote: it names this cooldown among all of the player's. `language` is that of the
    locale they asked in.
    """

    discord_id: int
    ready_at: datetime
    ready_at_text: str
    language: str | None


async def overview(api: Asks) -> Overview:
    data = await api.ask(OVERVIEW, {"raids": RAIDS_LOOKED_AT})
    return Overview(
        channels=_channels(data["announcementChannels"]),
        raids=tuple(
            RaidHead(
                id=node["id"],
                name=node["name"],
                boss=node["boss"]["name"],
                status=node["status"],
                sequence=node["sequence"],
                stages=node["stage"]["count"],
                seed_hash=node["seedHash"],
            )
            for node in reversed(data["raids"]["nodes"])
        ),
    )


async def cursors(api: Asks, raid_id: str) -> dict[int, int]:
    """How far each channel was told of the raid, by Discord's id of the channel."""
    data = await api.ask(CURSORS, {"raid": raid_id})
    told = data["announcementChannels"]
    return {int(each["channelId"]): each["acknowledged"] for each in told if each["channelId"].isdecimal()}


async def channels(api: Asks, guild_id: int | None = None) -> tuple[AnnouncementChannel, ...]:
    """The channels of one Discord server, else of all; the switched off ones too."""
    data = await api.ask(CHANNELS, {"guild": None if guild_id is None else str(guild_id)})
    return _channels(data["announcementChannels"])


async def events_after(api: Asks, raid_id: str, after: int, first: int) -> tuple[RaidEvent, ...]:
    """At most `first` of the raid's events, the next after the sequence `after`."""
    data = await api.ask(EVENTS, {"raid": raid_id, "after": after, "first": first})
    raid = data["raid"]
    return () if raid is None else tuple(_event(node) for node in raid["events"])


async def set_channel(
    api: Asks, *, guild_id: int, channel_id: int, kinds: Sequence[str], role_id: int | None
) -> AnnouncementChannel:
    """Makes or changes a channel, and switches it on again; how far it was told stays."""
    given = {
        "guildId": str(guild_id),
        "channelId": str(channel_id),
        "kinds": [kind for kind in ALL_KINDS if kind in kinds],
        "mentionRoleId": None if role_id is None else str(role_id),
    }
    data = await api.ask(SET_CHANNEL, {"input": given})
    return _channel(data["setAnnouncementChannel"]["channel"])


async def acknowledge(api: Asks, *, channel_id: int, raid_id: str, sequence: int) -> int:
    """Keeps that the channel was told of the raid up to `sequence`. Returns how far it was told: never less."""
    given = {"channelId": str(channel_id), "raidId": raid_id, "sequence": sequence}
    told = (await api.ask(ACKNOWLEDGE, {"input": given}))["acknowledgeAnnouncements"]
    if "channel" not in told:
        raise ApiRefusedError(told["message"], "RAID_NOT_FOUND")
    acknowledged: int = told["channel"]["acknowledged"]
    return acknowledged


async def switch_channel_off(api: Asks, channel_id: int, reason: str) -> AnnouncementChannel:
    """Keeps that we cannot write there any more, and why (1 to 500 characters)."""
    data = await api.ask(SWITCH_OFF, {"input": {"channelId": str(channel_id), "reason": reason}})
    return _channel(data["switchOffAnnouncementChannel"]["channel"])


async def due_reminders(api: Asks, first: int) -> tuple[DueReminder, ...]:
    data = await api.ask(DUE_REMINDERS, {"first": first})
    return tuple(
        DueReminder(int(each["discordId"]), datetime.fromisoformat(each["readyAt"]), each["readyAt"], each["language"])
        for each in data["dueReminders"]
    )


async def acknowledge_reminder(api: Asks, due: DueReminder) -> None:
    given = {"discordId": str(due.discord_id), "readyAt": due.ready_at_text}
    await api.ask(ACKNOWLEDGE_REMINDER, {"input": given})  # PlayerNotFound: they were forgotten, and are due no more


async def set_reminder(api: Asks, discord_id: int, *, wanted: bool, language: str | None = None) -> bool:
    """Whether it is set: False when nobody is registered under the id. Without a language the one before stays."""
    given = {"discordId": str(discord_id), "wanted": wanted, "language": language}
    told = (await api.ask(SET_REMINDER, {"input": given}))["setReminder"]
    return bool(told["__typename"] != "PlayerNotFound")


def _channels(found: Sequence[Mapping[str, Any]]) -> tuple[AnnouncementChannel, ...]:
    """Those that can be channels of Discord's: others have their ids from somewhere else."""
    return tuple(_channel(each) for each in found if each["channelId"].isdecimal() and each["guildId"].isdecimal())


def _channel(told: Mapping[str, Any]) -> AnnouncementChannel:
    off, role = told["switchedOff"], told["mentionRoleId"]
    return AnnouncementChannel(
        channel_id=int(told["channelId"]),
        guild_id=int(told["guildId"]),
        kinds=frozenset(told["kinds"]),
        mention_role_id=int(role) if role is not None and role.isdecimal() else None,
        switched_off=None if off is None else SwitchedOff(datetime.fromisoformat(off["at"]), off["reason"]),
    )


def _event(node: Mapping[str, Any]) -> RaidEvent:
    weakness = node.get("weakness") or node.get("addedWeakness")
    curse = node.get("curse") or node.get("addedCurse")
    replaced = node.get("replaced") or node.get("replacedCurse")
    player = node.get("triggeredBy") or node.get("finalBlowBy")
    return RaidEvent(
        raid_id=node["raidId"],
        sequence=node["sequence"],
        kind=node["kind"],
        occurred_at=datetime.fromisoformat(node["occurredAt"]),
        message=node["message"],
        to_stage=node.get("toStage") or 0,
        weakness=None if weakness is None else weakness["value"],
        curse=None if curse is None else curse["value"],
        replaced=None if replaced is None else replaced["value"],
        number=node.get("number") or 0,
        players=node.get("rewardedPlayers") or node.get("participants") or 0,
        player=None if player is None else player["name"],
        reason=node.get("reason"),
        outcome=node.get("outcome"),
        hp=node.get("hp"),
    )
