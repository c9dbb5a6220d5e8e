"""What admins and bots see: templates, the ledger, the log of acts, tokens, channels."""

from dataclasses import dataclass
from datetime import datetime

from services.rules.checks import Problem
from services.rules.configuration import BossConfiguration
from services.rules.events import RaidEventKind
from services.rules.reward_calculator import GrantKind
from services.rules.values import Reward
from services.views.access import Role
from services.views.raids import Raid


@dataclass(frozen=True, slots=True)
class BossTemplate:
    key: str
    boss: BossConfiguration


@dataclass(frozen=True, slots=True)
class RaidCreated:
    raid: Raid
    warnings: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class RewardGrant:
    """One line of the ledger. `id` is its payout's idempotency key."""

    id: int
    raid_id: int
    user_id: int
    kind: GrantKind
    key: str
    rewards: tuple[Reward, ...]
    strike_number: int | None
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class AdminAction:
    """`before` and `after` are the changed fields as JSON text."""

    id: int
    raid_id: int | None
    actor: str
    action: str
    reason: str
    before: str
    after: str
    acted_at: datetime


@dataclass(frozen=True, slots=True)
class Token:
    id: int
    role: Role
    name: str
    prefix: str
    discord_id: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class CreatedToken:
    """The only time the token itself is shown."""

    token: Token
    secret: str


@dataclass(frozen=True, slots=True)
class SwitchedOff:
    """Since when the bot cannot write in a channel, and what it says about it."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class AnnouncementChannel:
    """`acknowledged` is the newest event that the channel was told of, 0 for none: of the raid that was asked about,
    else of the current one.
    """

    channel_id: str
    guild_id: str
    kinds: tuple[RaidEventKind, ...]
    mention_role_id: str | None
    acknowledged: int
    status_message_id: str | None = None
    switched_off: SwitchedOff | None = None
