"""/raid_admin status: the live raid, what is scheduled, and what admins did last."""

import re
from typing import TYPE_CHECKING, Final

import discord

from bot.admin.permission import let_in
from bot.admin.queries import LOG, RAIDS, Action, Raid, raids_of
from bot.admin.sentences import moment_text, raid_line
from bot.answers import defer, insist
from bot.names import shown
from bot.texts import text

if TYPE_CHECKING:
    from bot.app import WorldThreatBot

__all__ = ["show_status"]

ACTIONS_SHOWN: Final = 6
SCHEDULED_SHOWN: Final = 5
COLOUR: Final = discord.Colour.dark_red()
DISCORD_ID: Final = re.compile(r"\b\d{15,20}\b")


async def show_status(bot: "WorldThreatBot", interaction: discord.Interaction["WorldThreatBot"]) -> None:
    await defer(interaction)
    if not await let_in(bot, interaction):
        return
    locale = interaction.locale
    live, scheduled = raids_of(await bot.api.ask(RAIDS))
    log = await bot.api.ask(LOG, {"first": ACTIONS_SHOWN}, actor=interaction.user.id)
    actions = [Action.of(node) for node in log["adminActions"]["nodes"]]
    embed = discord.Embed(title=text(locale, "admin-status-title"), colour=COLOUR)
    embed.description = text(locale, "admin-no-raid") if live is None else _live(locale, live)
    if scheduled:
        lines = [
            f"{moment_text(raid.starts_at)} ({moment_text(raid.starts_at, 'R')}): {raid_line(locale, raid)}"
            for raid in scheduled[:SCHEDULED_SHOWN]
        ]
        embed.add_field(name=text(locale, "admin-scheduled-raids"), value="\n".join(lines), inline=False)
    if actions:
        lines = [_line(locale, action) for action in actions]
        embed.add_field(name=text(locale, "admin-last-actions"), value="\n".join(lines), inline=False)
    await insist(lambda: interaction.edit_original_response(embed=embed))


def _live(locale: discord.Locale, raid: Raid) -> str:
    never = text(locale, "admin-ends-never")
    return text(
        locale,
        "admin-live",
        raid=raid_line(locale, raid),
        id=raid.raid_id,
        status=text(locale, f"admin-status-{raid.status.lower()}"),
        hp=raid.hp,
        total=raid.total_hp,
        percent=f"{raid.hp_permille // 10}.{raid.hp_permille % 10}",
        stage=raid.stage,
        stages=raid.stages,
        strikes=raid.strikes,
        participants=raid.participants,
        begun=moment_text(raid.starts_at),
        ends=never if raid.ends_at is None else moment_text(raid.ends_at),
    )


def _line(locale: discord.Locale, action: Action) -> str:
    """At most 1,024 characters for six of them: when, who, what, why."""
    discord_id = DISCORD_ID.search(action.actor)
    who = shown(action.actor, 20) if discord_id is None else f"<@{discord_id[0]}>"
    what = text(locale, "admin-action", action=action.action, name=shown(action.action, 20))
    why = f": {shown(action.reason, 35)}" if action.reason else ""
    return f"{moment_text(action.acted_at, 'R')} {who} {what}{why}"
