"""Who asks."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """VIEWER may what the public may, also where public reading is off."""

    PUBLIC = "public"
    VIEWER = "viewer"
    PLAYER = "player"
    BOT = "bot"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. `user_id` and `discord_id` are set for a player token only.

    `acting_admin`: the Discord id of the person whom an admin's program acts for, as the program says.
    """

    role: Role
    token_id: int | None = None
    token_name: str | None = None
    user_id: int | None = None
    discord_id: str | None = None
    acting_admin: str | None = None


PUBLIC = Principal(Role.PUBLIC)
