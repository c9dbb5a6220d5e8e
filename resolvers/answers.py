"""What mutations answer with where the service's own view says too little about which success it is."""

from dataclasses import dataclass

from services.views import AnnouncementChannel, Character, Equipment, Player, Raid, Token


@dataclass(frozen=True, slots=True)
class RaidUpdated:
    raid: Raid


@dataclass(frozen=True, slots=True)
class PlayerRegistered:
    player: Player
    created: bool


@dataclass(frozen=True, slots=True)
class PlayerForgotten:
    player: Player


@dataclass(frozen=True, slots=True)
class CharactersGranted:
    characters: tuple[Character, ...]


@dataclass(frozen=True, slots=True)
class EquipmentGranted:
    equipment: Equipment


@dataclass(frozen=True, slots=True)
class TokenRevoked:
    token: Token


@dataclass(frozen=True, slots=True)
class ChannelSet:
    channel: AnnouncementChannel


@dataclass(frozen=True, slots=True)
class AnnouncementsAcknowledged:
    channel: AnnouncementChannel


@dataclass(frozen=True, slots=True)
class ReminderSet:
    player: Player
    wanted: bool


@dataclass(frozen=True, slots=True)
class ReminderAcknowledged:
    player: Player
    acknowledged: bool
