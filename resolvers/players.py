"""Players, what they own, and what the catalogue has."""

from resolvers import limits
from resolvers.context import Context
from resolvers.limits import within
from resolvers.loaders import RosterKey
from services.rules.values import Reward
from services.views import CatalogueCharacter, Character, Equipment, Page, Player, Principal, RosterFilter


async def player(context: Context, discord_id: str) -> Player | None:
    return await context.service.player(context.principal, discord_id)


async def player_by_number(context: Context, user_id: int) -> Player:
    return await context.loaders.players.load(user_id)


def discord_id_of(context: Context, player: Player) -> str | None:
    """For the player, the bot and admins; None for everyone else."""
    return player.discord_id if context.service.may_see_private(context.principal, player.user_id) else None


async def roster_of(
    context: Context, user_id: int, *, first: int, after: str | None, chosen: RosterFilter
) -> Page[Character]:
    within("first", first, limits.PAGE)
    return await context.loaders.rosters.load((user_id, RosterKey(first, after, chosen)))


async def equipment_of(context: Context, user_id: int) -> tuple[Equipment, ...]:
    return await context.loaders.equipment.load(user_id)


async def balances_of(context: Context, user_id: int) -> tuple[Reward, ...]:
    return await context.loaders.balances.load(user_id)


async def reminders_of(context: Context, user_id: int) -> bool:
    return await context.loaders.reminders.load(user_id)


async def catalogue(context: Context, *, first: int, after: str | None, search: str | None) -> Page[CatalogueCharacter]:
    within("first", first, limits.PAGE)
    return await context.service.catalogue(context.principal, first=first, after=after, search=search)


def viewer(context: Context) -> Principal:
    return context.principal
