"""Every slash command. What they do lives in the packages of their subjects."""

from typing import TYPE_CHECKING, Final

import discord
from discord import app_commands
from discord.ext import commands

from bot import admin, announcing, seeing, striking
from bot.texts import text

if TYPE_CHECKING:
    from bot.app import WorldThreatBot

__all__ = ["KINDS", "WorldThreatCog"]

KINDS: Final = {
    "all": (
        "RAID_STARTED",
        "STAGE_ADVANCED",
        "CURSE_APPLIED",
        "BREAKTHROUGH",
        "RAID_PAUSED",
        "RAID_RESUMED",
        "RAID_UPDATED",
        "HP_ADJUSTED",
        "BOSS_DEFEATED",
        "RAID_ENDED",
    ),
    "milestones": ("RAID_STARTED", "STAGE_ADVANCED", "BREAKTHROUGH", "BOSS_DEFEATED", "RAID_ENDED"),
    "ends": ("RAID_STARTED", "BOSS_DEFEATED", "RAID_ENDED"),
    "none": (),
}
"""What /raid_channel offers, as kinds of events of the API."""


def told(key: str) -> app_commands.locale_str:
    """The English text `key`, which the translator then knows again."""
    return app_commands.locale_str(text(None, key), key=key)


def choices(topic: str, *values: str) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=told(f"{topic}-{value.lower()}"), value=value) for value in values]


Interaction = discord.Interaction["WorldThreatBot"]


class WorldThreatCog(commands.Cog):
    """Thin: each command hands its interaction, not yet answered, to its package."""

    def __init__(self, bot: "WorldThreatBot") -> None:
        self.bot = bot

    @app_commands.command(name="raid_status", description=told("command-status"))
    @app_commands.guild_only()
    async def raid_status(self, interaction: Interaction) -> None:
        await seeing.show_status(self.bot, interaction)

    @app_commands.command(name="raid_strike", description=told("command-strike"))
    @app_commands.guild_only()
    async def raid_strike(self, interaction: Interaction) -> None:
        await striking.open_panel(self.bot, interaction)

    @app_commands.command(name="raid_team", description=told("command-team"))
    @app_commands.guild_only()
    async def raid_team(self, interaction: Interaction) -> None:
        await striking.open_team(self.bot, interaction)

    @app_commands.command(name="raid_leaderboard", description=told("command-leaderboard"))
    @app_commands.describe(metric=told("option-metric"))
    @app_commands.choices(metric=choices("metric", "DAMAGE", "ANALYSIS", "CONTRIBUTION", "STRIKES"))
    @app_commands.guild_only()
    async def raid_leaderboard(self, interaction: Interaction, metric: str = "DAMAGE") -> None:
        await seeing.show_leaderboard(self.bot, interaction, metric)

    @app_commands.command(name="raid_rewards", description=told("command-rewards"))
    @app_commands.guild_only()
    async def raid_rewards(self, interaction: Interaction) -> None:
        await seeing.show_rewards(self.bot, interaction)

    @app_commands.command(name="raid_remind", description=told("command-remind"))
    @app_commands.describe(reminders=told("option-reminders"))
    @app_commands.choices(reminders=choices("switch", "on", "off"))
    @app_commands.guild_only()
    async def raid_remind(self, interaction: Interaction, reminders: str) -> None:
        await announcing.set_reminder(self.bot, interaction, reminders == "on")

    @app_commands.command(name="raid_help", description=told("command-help"))
    @app_commands.guild_only()
    async def raid_help(self, interaction: Interaction) -> None:
        await seeing.show_help(self.bot, interaction)

    @app_commands.command(name="raid_channel", description=told("command-channel"))
    @app_commands.describe(channel=told("option-channel"), kinds=told("option-kinds"), role=told("option-mention-role"))
    @app_commands.choices(kinds=choices("kinds", *KINDS))
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.guild_only()
    async def raid_channel(
        self,
        interaction: Interaction,
        channel: discord.TextChannel | discord.Thread | None = None,
        kinds: str | None = None,
        role: discord.Role | None = None,
    ) -> None:
        wished = None if kinds is None else KINDS[kinds]
        await announcing.configure_channel(self.bot, interaction, channel, wished, role)

    raid_admin = app_commands.Group(
        name="raid_admin",
        description=told("command-admin"),
        default_permissions=discord.Permissions(manage_guild=True),
        guild_only=True,
        allowed_contexts=app_commands.AppCommandContext(guild=True),
    )

    @raid_admin.command(name="create", description=told("command-admin-create"))
    @app_commands.describe(
        boss=told("option-boss"), name=told("option-name"), start=told("option-start"), end=told("option-end")
    )
    async def create(
        self,
        interaction: Interaction,
        boss: app_commands.Range[str, 1, 100],
        name: app_commands.Range[str, 1, 100] | None = None,
        start: app_commands.Range[str, 1, 40] | None = None,
        end: app_commands.Range[str, 1, 40] | None = None,
    ) -> None:
        await admin.create_raid(self.bot, interaction, admin.NewRaid(boss, name, start, end))

    @create.autocomplete("boss")
    async def bosses(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return await admin.boss_choices(self.bot, interaction, typed)

    @raid_admin.command(name="pause", description=told("command-admin-pause"))
    async def pause(self, interaction: Interaction) -> None:
        await admin.confirm_change(self.bot, interaction, admin.Change.PAUSE)

    @raid_admin.command(name="resume", description=told("command-admin-resume"))
    async def resume(self, interaction: Interaction) -> None:
        await admin.confirm_change(self.bot, interaction, admin.Change.RESUME)

    @raid_admin.command(name="end", description=told("command-admin-end"))
    async def end(self, interaction: Interaction) -> None:
        await admin.confirm_change(self.bot, interaction, admin.Change.END)

    @raid_admin.command(name="status", description=told("command-admin-status"))
    async def status(self, interaction: Interaction) -> None:
        await admin.show_status(self.bot, interaction)
