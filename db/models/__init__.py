"""Every table. The only way to the schema is a migration; a test compares the two.

Times are `timestamptz`, set by the database's clock. Lists and configurations are JSONB written by one
versioned codec (services/codec.py). Enumerations are text with a CHECK: adding a value needs no table lock.
Which keys the hot tables do without, and why, stands in `raids`.
"""

from db.models.administration import (
    AdminAction,
    AnnouncementChannel,
    AnnouncementDelivery,
    ApiToken,
    BossTemplate,
    DefaultConfiguration,
)
from db.models.base import Base
from db.models.players import CharacterRecord, CharacterRevision, EquipmentRecord, User, UserCharacter
from db.models.raids import (
    Analysis,
    CharacterUsage,
    IdempotencyKey,
    LeaderboardStep,
    Participant,
    Raid,
    RaidConfiguration,
    RaidEventRecord,
    RewardGrant,
    Strike,
)
from db.models.reminders import Reminder, ReminderProgress

__all__ = [
    "AdminAction",
    "Analysis",
    "AnnouncementChannel",
    "AnnouncementDelivery",
    "ApiToken",
    "Base",
    "BossTemplate",
    "CharacterRecord",
    "CharacterRevision",
    "CharacterUsage",
    "DefaultConfiguration",
    "EquipmentRecord",
    "IdempotencyKey",
    "LeaderboardStep",
    "Participant",
    "Raid",
    "RaidConfiguration",
    "RaidEventRecord",
    "Reminder",
    "ReminderProgress",
    "RewardGrant",
    "Strike",
    "User",
    "UserCharacter",
]
