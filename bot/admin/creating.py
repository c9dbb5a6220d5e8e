"""/raid_admin create: a raid from a boss template, now or later."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import discord
import structlog
from discord import app_commands

from bot.admin.permission import is_admin, let_in
from bot.admin.queries import BOSSES, CREATE_RAID, Boss, created, refusal
from bot.admin.sentences import moment_text, raid_line, refusal_text
from bot.admin.times import UnreadableTimeError, moment
from bot.answers import defer, insist
from bot.api import ApiUnavailableError, BotApiError
from bot.names import plain
from bot.texts import text
from bot.views import RaidView

if TYPE_CHECKING:
    from bot.app import WorldThreatBot

__all__ = ["NewRaid", "boss_choices", "create_raid"]

CHOICES: Final = 25
AUTOCOMPLETE_SECONDS: Final = 2.0

log = structlog.get_logger(__name__)
Interaction = discord.Interaction["WorldThreatBot"]


@dataclass(frozen=True, slots=True)
class NewRaid:
    """A raid as an admin typed it: a template's key, and the rest where they gave it."""

    boss_key: str
    name: str | None
    start: str | None
    end: str | None


async def boss_choices(bot: "WorldThreatBot", interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """The templates whose key or name has in it what was typed; none for those who may not create raids."""
    if not bot.clock.is_answerable(interaction) or not is_admin(bot.options, interaction.guild_id, interaction.user):
        return []
    try:
        bosses = await _bosses(bot, AUTOCOMPLETE_SECONDS)
    except BotApiError as error:
        log.info("no bosses to choose from", error=repr(error))
        return []
    wanted = typed.strip().casefold()
    return [
        app_commands.Choice(
            name=plain(text(interaction.locale, "admin-boss-choice", boss=boss.name, hp=boss.total_hp), 100),
            value=boss.key,
        )
        for boss in bosses
        if (wanted in boss.key.casefold() or wanted in boss.name.casefold()) and len(boss.key) <= 100
    ][:CHOICES]


async def create_raid(bot: "WorldThreatBot", interaction: Interaction, wanted: NewRaid) -> None:
    """Creates it, asks first where the checks warn, and says what came of it."""
    await defer(interaction)
    if not await let_in(bot, interaction):
        return
    locale = interaction.locale
    now = datetime.now(UTC)
    try:
        starts_at = None if wanted.start is None else moment(wanted.start, now)
        ends_at = None if wanted.end is None else moment(wanted.end, now)
    except UnreadableTimeError as error:
        await _say(interaction, text(locale, "admin-unreadable-time", typed=plain(error.typed, 40)))
        return
    boss = next((boss for boss in await _bosses(bot) if boss.key == wanted.boss_key), None)
    if boss is None:
        await _say(interaction, text(locale, "admin-unknown-boss"))
        return
    given: dict[str, Any] = {"name": wanted.name or boss.name, "bossKey": boss.key}
    if starts_at is not None:
        given["startsAt"] = starts_at.isoformat()
    if ends_at is not None:
        given["endsAt"] = ends_at.isoformat()
    await _create(bot, interaction, given)


async def _create(bot: "WorldThreatBot", interaction: Interaction, given: Mapping[str, Any]) -> None:
    locale = interaction.locale
    try:
        answer = await bot.api.ask(CREATE_RAID, {"input": given}, actor=interaction.user.id, once=True)
    except ApiUnavailableError as error:
        log.warning("whether a raid was created is unknown", error=str(error))
        await _say(interaction, text(locale, "admin-unknown-outcome", status=bot.mention_of("raid_admin status")))
        return
    raid = created(answer["createRaid"])
    if raid is not None:
        begins = "admin-created" if raid.status == "ACTIVE" else "admin-scheduled"
        said = text(locale, begins, raid=raid_line(locale, raid), when=moment_text(raid.starts_at))
        ends = "" if raid.ends_at is None else "\n" + text(locale, "admin-ends", when=moment_text(raid.ends_at))
        await _say(interaction, said + ends)
        return
    refused = refusal(answer["createRaid"])
    view = CreateAnyway(bot, interaction, given) if refused.acceptable else None
    await _say(interaction, refusal_text(locale, refused), view)


async def _bosses(bot: "WorldThreatBot", within_seconds: float = 5.0) -> tuple[Boss, ...]:
    answer = await bot.api.ask(BOSSES, within_seconds=within_seconds)
    return tuple(Boss.of(boss) for boss in answer["bosses"])


async def _say(interaction: Interaction, said: str, view: discord.ui.View | None = None) -> None:
    await insist(lambda: interaction.edit_original_response(content=said, view=view))


class CreateAnyway(RaidView):
    """Asks whether the warnings are accepted; taken once, by whoever typed the command."""

    def __init__(self, bot: "WorldThreatBot", interaction: Interaction, given: Mapping[str, Any]) -> None:
        super().__init__()
        self._bot, self._given = bot, given
        self._taken = asyncio.Lock()
        self._add(text(interaction.locale, "admin-create-anyway"), discord.ButtonStyle.danger, accepted=True)
        self._add(text(interaction.locale, "admin-cancel"), discord.ButtonStyle.secondary, accepted=False)

    def _add(self, label: str, style: discord.ButtonStyle, *, accepted: bool) -> None:
        button: discord.ui.Button[CreateAnyway] = discord.ui.Button(label=label, style=style)

        async def tapped(interaction: Interaction) -> None:
            await self._answer(interaction, accepted=accepted)

        button.callback = tapped  # type: ignore[method-assign, assignment]  # the library's way, at run time
        self.add_item(button)

    async def _answer(self, interaction: Interaction, *, accepted: bool) -> None:
        taken = self._taken.locked()
        if not taken:
            await self._taken.acquire()
        await defer(interaction, thinking=False)
        if taken or not await let_in(self._bot, interaction):
            return
        self.stop()
        if accepted:
            await _create(self._bot, interaction, {**self._given, "acceptWarnings": True})
        else:
            await _say(interaction, text(interaction.locale, "admin-left-alone"))
