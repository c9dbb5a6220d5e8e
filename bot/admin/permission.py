"""Who may administer raids from Discord: by id, never by a name that anyone may give themselves."""

from typing import TYPE_CHECKING

import discord

from bot.answers import tell
from bot.options import BotOptions
from bot.texts import text

if TYPE_CHECKING:
    from bot.app import WorldThreatBot

__all__ = ["is_admin", "let_in"]


def is_admin(options: BotOptions, guild_id: int | None, user: discord.User | discord.Member) -> bool:
    """Whether the user is one of the users, or has one of the roles, that the settings name; in the home server."""
    if options.admin_token is None or options.home_guild_id is None or guild_id != options.home_guild_id:
        return False
    if user.id in options.admin_user_ids:
        return True
    return isinstance(user, discord.Member) and any(
        user.get_role(role_id) is not None for role_id in options.admin_role_ids
    )


async def let_in(bot: "WorldThreatBot", interaction: discord.Interaction["WorldThreatBot"]) -> bool:
    """Whether they may; if not they are told why. The interaction may be answered already or not."""
    options = bot.options
    if is_admin(options, interaction.guild_id, interaction.user):
        return True
    if options.admin_token is None or options.home_guild_id is None:
        reason = "admin-not-set-up"
    elif interaction.guild_id != options.home_guild_id:
        reason = "admin-elsewhere"
    else:
        reason = "admin-not-you"
    await tell(interaction, text(interaction.locale, reason))
    return False
