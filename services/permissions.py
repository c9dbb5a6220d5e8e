"""Who may do what (edge.md). The schema refuses first; this is the service's own word, whoever asks."""

from services.errors import ForbiddenError, InvalidInputError
from services.views import Principal, Role


def require(principal: Principal, *roles: Role) -> None:
    """Raises ForbiddenError unless the principal has one of `roles`."""
    if principal.role not in roles:
        needed = " or ".join(role.value for role in roles)
        raise ForbiddenError(f"This needs a token with the role {needed}; yours is {principal.role.value}.")


def may_see_private(principal: Principal, user_id: int) -> bool:
    """Rosters, balances, cooldowns and Discord ids are for the player, the bot and admins."""
    return principal.role in (Role.BOT, Role.ADMIN) or (principal.role is Role.PLAYER and principal.user_id == user_id)


def require_private(principal: Principal, user_id: int) -> None:
    if not may_see_private(principal, user_id):
        raise ForbiddenError("Only the player, the bot and admins may see this.")


def striker(principal: Principal, discord_id: str | None) -> str:
    """The Discord id that is struck for: a player's own, or whom the bot names.

    Raises:
        ForbiddenError: another player's, or a role that does not strike.
        InvalidInputError: the bot names nobody.
    """
    require(principal, Role.PLAYER, Role.BOT)
    if principal.role is Role.BOT:
        if not discord_id:
            raise InvalidInputError("discordId", "a bot token strikes for a player; say for whom.")
        return discord_id
    if principal.discord_id is None or discord_id not in (None, principal.discord_id):
        raise ForbiddenError("A player token strikes for its own player only.")
    return principal.discord_id


def planner(principal: Principal, discord_id: str | None) -> str:
    """Whose strike is planned: as `striker`, and admins may look for anyone."""
    if principal.role is Role.ADMIN:
        if not discord_id:
            raise InvalidInputError("discordId", "an admin token looks for a player; say for whom.")
        return discord_id
    return striker(principal, discord_id)
