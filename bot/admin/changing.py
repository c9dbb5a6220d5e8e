"""/raid_admin pause, resume and end: each is confirmed, with a reason that is kept in the log and shown to all.

The buttons carry the raid's id themselves, so they work after a restart of the bot as well.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Self

import discord
import structlog

from bot.admin.permission import let_in
from bot.admin.queries import CHANGE, RAIDS, Raid, created, raids_of, refusal
from bot.admin.sentences import raid_line, refusal_text
from bot.answers import defer, insist, respond
from bot.api import ApiUnavailableError
from bot.texts import text
from bot.views import RaidModal, RaidView

if TYPE_CHECKING:
    from bot.app import WorldThreatBot

__all__ = ["DYNAMIC_ITEMS", "FORMS", "Change", "confirm_change"]

LONGEST_REASON: Final = 500
REASON_FIELD: Final = "reason"

log = structlog.get_logger(__name__)
Interaction = discord.Interaction["WorldThreatBot"]


class Change(StrEnum):
    """What an admin does to a raid that there is."""

    PAUSE = "pause"
    RESUME = "resume"
    END = "end"


async def confirm_change(bot: "WorldThreatBot", interaction: Interaction, change: Change) -> None:
    """Shows which raid it would be, with a button that asks for the reason."""
    await defer(interaction)
    if not await let_in(bot, interaction):
        return
    locale = interaction.locale
    live, scheduled = raids_of(await bot.api.ask(RAIDS))
    raid = live or (scheduled[0] if change is Change.END and scheduled else None)
    hindrance = _hindrance(raid, change)
    if raid is None or hindrance is not None:
        said = text(locale, hindrance or "admin-no-raid")
        await insist(lambda: interaction.edit_original_response(content=said))
        return
    asked = text(locale, f"admin-confirm-{change}", raid=raid_line(locale, raid))
    view = _view(ChangeButton(change, raid.raid_id, locale), CancelButton(locale))
    await insist(lambda: interaction.edit_original_response(content=asked, view=view))


def _hindrance(raid: Raid | None, change: Change) -> str | None:
    if raid is None:
        return "admin-no-raid"
    if change is Change.PAUSE and raid.status == "PAUSED":
        return "admin-is-paused"
    if change is Change.RESUME and raid.status != "PAUSED":
        return "admin-is-not-paused"
    return None


def _view(*items: discord.ui.Item[Any]) -> RaidView:
    view = RaidView(timeout=None)
    for item in items:
        view.add_item(item)
    return view


class ChangeButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=r"raid_admin:(?P<change>pause|resume|end):(?P<raid>[\w-]{1,60})",
):
    """Asks for the reason."""

    def __init__(self, change: Change, raid_id: str, locale: discord.Locale) -> None:
        super().__init__(
            discord.ui.Button(
                label=text(locale, f"admin-{change}"),
                style=discord.ButtonStyle.danger if change is Change.END else discord.ButtonStyle.primary,
                custom_id=f"raid_admin:{change}:{raid_id}",
            )
        )
        self._change, self._raid_id = change, raid_id

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], _item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls(Change(match["change"]), match["raid"], interaction.locale)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        if await let_in(interaction.client, interaction):
            modal = ReasonModal(self._change, self._raid_id, interaction.locale)
            await respond(interaction, lambda: interaction.response.send_modal(modal))


class CancelButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"raid_admin:cancel"):
    """Leaves everything as it is."""

    def __init__(self, locale: discord.Locale) -> None:
        super().__init__(
            discord.ui.Button(
                label=text(locale, "admin-cancel"),
                style=discord.ButtonStyle.secondary,
                custom_id="raid_admin:cancel",
            )
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], _item: discord.ui.Item[Any], _match: re.Match[str], /
    ) -> Self:
        return cls(interaction.locale)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        said = text(interaction.locale, "admin-left-alone")
        await respond(interaction, lambda: interaction.response.edit_message(content=said, view=None))


class ReasonModal(RaidModal):
    """Asks why, and does it."""

    template = re.compile(r"raid_admin_reason:(?P<change>pause|resume|end):(?P<raid>[\w-]{1,60})")

    def __init__(self, change: Change, raid_id: str, locale: discord.Locale) -> None:
        super().__init__(title=text(locale, f"admin-{change}-title"), custom_id=f"raid_admin_reason:{change}:{raid_id}")
        reason = discord.ui.TextInput[Any](
            custom_id=REASON_FIELD,
            style=discord.TextStyle.paragraph,
            max_length=LONGEST_REASON,
            placeholder=text(locale, "admin-reason-hint"),
        )
        self.add_item(discord.ui.Label(text=text(locale, "admin-reason"), component=reason))

    @classmethod
    async def submitted(
        cls, interaction: discord.Interaction[Any], match: re.Match[str], written: Mapping[str, str], /
    ) -> None:
        await defer(interaction, thinking=False)
        if not await let_in(interaction.client, interaction):
            return
        said = await _change(interaction, Change(match["change"]), match["raid"], written[REASON_FIELD].strip())
        await insist(lambda: interaction.edit_original_response(content=said, view=None))


async def _change(interaction: Interaction, change: Change, raid_id: str, reason: str) -> str:
    bot, locale = interaction.client, interaction.locale
    if not reason:
        return text(locale, "admin-reason-missing")
    try:
        answer = await bot.api.ask(
            CHANGE[change.value],
            {"input": {"raidId": raid_id, "reason": reason}},
            actor=interaction.user.id,
            once=True,
        )
    except ApiUnavailableError as error:
        log.warning("whether a raid was changed is unknown", change=change.value, error=str(error))
        return text(locale, "admin-unknown-outcome", status=bot.mention_of("raid_admin status"))
    raid = created(answer["changed"])
    if raid is None:
        return refusal_text(locale, refusal(answer["changed"]))
    return text(locale, f"admin-done-{change}", raid=raid_line(locale, raid))


DYNAMIC_ITEMS: Final[tuple[type[discord.ui.DynamicItem[Any]], ...]] = (ChangeButton, CancelButton)
FORMS: Final = (ReasonModal,)
