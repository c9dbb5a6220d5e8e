"""What the bot is told at its start; only the launcher reads the environment."""

from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["BotOptions"]


@dataclass(frozen=True, slots=True)
class BotOptions:
    """Everything that a bot needs to know.

    `api_url` is the server's address without ``/graphql``, `api_token` a token of the role bot. Raids are administered
    from Discord when there is an `admin_token` (role admin): in the home guild, by those who have one of the roles or
    are one of the users. `state_dir` is a folder of the bot's own, for what may be lost.
    """

    discord_token: str = field(repr=False)
    api_url: str
    api_token: str = field(repr=False)
    state_dir: Path
    admin_token: str | None = field(default=None, repr=False)
    home_guild_id: int | None = None
    admin_role_ids: frozenset[int] = frozenset()
    admin_user_ids: frozenset[int] = frozenset()
