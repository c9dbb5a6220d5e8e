"""/raid_channel: where a server wants to hear of the raid, what, and whom that shall call."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Self, cast

import discord

from bot.announcing import queries
from bot.announcing.messages import look_of
from bot.announcing.queries import ALL_KINDS, AnnouncementChannel
from bot.answers import defer, insist, tell
from bot.names import shown
from bot.texts import text
from bot.views import RaidView

if TYPE_CHECKING:
    import re

    from bot.app import WorldThreatBot

__all__ = ["DYNAMIC_ITEMS", "configure_channel"]

NEEDED: Final = ("view_channel", "send_messages", "embed_links", "attach_files", "read_message_history")
NEEDED_IN_THREADS: Final = ("view_channel", "send_messages_in_threads", *NEEDED[2:])
LISTED_AT_MOST: Final = 20
REASON_CHARACTERS: Final = 120

Interaction = discord.Interaction[Any]
Place = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the panel says, and which channel it can change; None to choose one."""

    lines: tuple[str, ...]
    setting: AnnouncementChannel | None


async def configure_channel(
    bot: "WorldThreatBot",
    interaction: Interaction,
    channel: discord.abc.GuildChannel | discord.Thread | None,
    kinds: Sequence[str] | None,
    role: discord.Role | None,
) -> None:
    """Sets where to announce, and shows it in a panel that can change it.

    `kinds` are the API's, none of them to switch off; None leaves them as they are, or all of them for a new channel.
    Without `channel`, the panel shows all channels of the server.
    """
    await defer(interaction)
    if channel is None:
        await _show(interaction, await _all_of(bot, interaction))
        return
    setting = await _setting_of(bot, interaction, channel.id)
    wished = setting.kinds or ALL_KINDS if kinds is None else kinds
    role_id = setting.mention_role_id if role is None else role.id
    await _show(interaction, await _change(bot, interaction, replace(setting, kinds=frozenset(wished)), role_id))


async def _setting_of(bot: "WorldThreatBot", interaction: Interaction, channel_id: int) -> AnnouncementChannel:
    """As it is; one that hears nothing where nothing was ever set."""
    guild_id = interaction.guild_id or 0
    known = {each.channel_id: each for each in await queries.channels(bot.api, guild_id)}
    return known.get(channel_id) or AnnouncementChannel(channel_id, guild_id, frozenset(), None, None)


async def _change(
    bot: "WorldThreatBot", interaction: Interaction, wished: AnnouncementChannel, role_id: int | None
) -> _Shown:
    """Sets the channel as it is wished, if we can announce there."""
    locale, mention = interaction.locale, f"<#{wished.channel_id}>"
    before = await _setting_of(bot, interaction, wished.channel_id)
    if not wished.kinds:
        if before.kinds or before.switched_off is not None:
            before = await _set(bot, replace(wished, mention_role_id=role_id))
        return _Shown((text(locale, "channel-turned-off", channel=mention),), before)
    place = None if interaction.guild is None else interaction.guild.get_channel_or_thread(wished.channel_id)
    if place is None:
        return _Shown((text(locale, "channel-elsewhere"),), None)
    if not isinstance(place, Place):
        return _Shown((text(locale, "channel-unusable", channel=mention),), None)
    missing = _missing(place)
    if missing:
        named = ", ".join(f"**{text(locale, f'channel-permission-{name}')}**" for name in missing)
        return _Shown((text(locale, "channel-missing", channel=mention, permissions=named),), before)
    role = None if role_id is None else place.guild.get_role(role_id)
    if role is not None and role.is_default():
        return _Shown((text(locale, "channel-role-everyone"), *_described(locale, before)), before)
    wished = replace(wished, mention_role_id=role_id)
    if not before.listens:
        await _start_at_present(bot, wished)
    setting = await _set(bot, wished)
    lines = _described(locale, setting)
    if role is not None and not role.mentionable and not place.permissions_for(place.guild.me).mention_everyone:
        lines = (*lines, "⚠️ " + text(locale, "channel-role-quiet", role=f"<@&{role.id}>", channel=mention))
    return _Shown(lines, setting)


async def _set(bot: "WorldThreatBot", wished: AnnouncementChannel) -> AnnouncementChannel:
    return await queries.set_channel(
        bot.api,
        guild_id=wished.guild_id,
        channel_id=wished.channel_id,
        kinds=tuple(wished.kinds),
        role_id=wished.mention_role_id,
    )


async def _start_at_present(bot: "WorldThreatBot", wished: AnnouncementChannel) -> None:
    """A channel that was off is not told what happened meanwhile. (The API itself begins a new one at the present.)

    It exists without kinds meanwhile: were we stopped here, it would still hear nothing, and nothing old either.
    """
    await _set(bot, replace(wished, kinds=frozenset()))
    for raid in (await queries.overview(bot.api)).raids:
        await queries.acknowledge(bot.api, channel_id=wished.channel_id, raid_id=raid.id, sequence=raid.sequence)


def _missing(place: Place) -> list[str]:
    mine = place.permissions_for(place.guild.me)
    needed = NEEDED_IN_THREADS if isinstance(place, discord.Thread) else NEEDED
    return [name for name in needed if not getattr(mine, name)]


async def _all_of(bot: "WorldThreatBot", interaction: Interaction) -> _Shown:
    channels = await queries.channels(bot.api, interaction.guild_id or 0)
    told = [each for each in channels if each.kinds]
    if not told:
        return _Shown((text(interaction.locale, "channel-none"),), None)
    lines = [line for each in told[:LISTED_AT_MOST] for line in _described(interaction.locale, each)]
    return _Shown((text(interaction.locale, "channel-list"), *lines), None)


def _described(locale: discord.Locale, setting: AnnouncementChannel) -> tuple[str, ...]:
    """What is set for one channel, line by line."""
    mention = f"<#{setting.channel_id}>"
    if setting.switched_off is not None:
        when = discord.utils.format_dt(setting.switched_off.at, "R")
        reason = shown(setting.switched_off.reason, REASON_CHARACTERS)
        return (text(locale, "channel-switched-off", channel=mention, when=when, reason=reason),)
    if not setting.kinds:
        return (text(locale, "channel-off-yet", channel=mention),)
    kinds = ", ".join(_kind(locale, kind) for kind in ALL_KINDS if kind in setting.kinds)
    role = text(locale, "channel-no-role")
    if setting.mention_role_id is not None:
        role = text(locale, "channel-role", role=f"<@&{setting.mention_role_id}>")
    return text(locale, "channel-here", channel=mention), text(locale, "channel-kinds", kinds=kinds), role


def _kind(locale: discord.Locale, kind: str) -> str:
    return text(locale, f"announce-kind-{kind}")


async def _show(interaction: Interaction, what: _Shown) -> None:
    view = RaidView(timeout=None)
    if what.setting is None:
        view.add_item(ChannelChoice(interaction.locale))
    else:
        view.add_item(KindsChoice(what.setting.channel_id, interaction.locale, what.setting.kinds))
        view.add_item(RoleChoice(what.setting.channel_id, interaction.locale, what.setting.mention_role_id))
        if what.setting.kinds:
            view.add_item(OffButton(what.setting.channel_id, interaction.locale))
    said = "\n".join(what.lines)
    await insist(
        lambda: interaction.edit_original_response(
            content=said, view=view, allowed_mentions=discord.AllowedMentions.none()
        )
    )


class ChannelChoice(discord.ui.DynamicItem[discord.ui.ChannelSelect[RaidView]], template=r"announce:choose"):
    """Chooses the channel to look at."""

    def __init__(self, locale: discord.Locale | None = None) -> None:
        super().__init__(
            discord.ui.ChannelSelect(
                custom_id="announce:choose",
                placeholder=None if locale is None else text(locale, "channel-choose"),
                channel_types=[discord.ChannelType.text, discord.ChannelType.news],
            )
        )

    @classmethod
    async def from_custom_id(
        cls, _interaction: Interaction, _item: discord.ui.Item[Any], _match: "re.Match[str]"
    ) -> Self:
        return cls()

    async def callback(self, interaction: Interaction) -> None:
        await defer(interaction, thinking=False)
        setting = await _setting_of(interaction.client, interaction, int(_values(interaction)[0]))
        await _show(interaction, _Shown(_described(interaction.locale, setting), setting))


class KindsChoice(
    discord.ui.DynamicItem[discord.ui.Select[RaidView]], template=r"announce:kinds:(?P<channel>\d{1,20})"
):
    """Chooses what a channel is told; it counts at once."""

    def __init__(
        self, channel_id: int, locale: discord.Locale | None = None, chosen: frozenset[str] = frozenset()
    ) -> None:
        self.channel_id = channel_id
        options = [
            discord.SelectOption(
                label=_kind(locale or discord.Locale.american_english, kind),
                value=kind,
                emoji=look_of(kind).emoji,
                default=kind in chosen,
            )
            for kind in ALL_KINDS
        ]
        super().__init__(
            discord.ui.Select(
                custom_id=f"announce:kinds:{channel_id}",
                placeholder=None if locale is None else text(locale, "channel-choose-kinds"),
                options=options,
                min_values=1,
                max_values=len(options),
            )
        )

    @classmethod
    async def from_custom_id(
        cls, _interaction: Interaction, _item: discord.ui.Item[Any], match: "re.Match[str]"
    ) -> Self:
        return cls(int(match["channel"]))

    async def callback(self, interaction: Interaction) -> None:
        await defer(interaction, thinking=False)
        bot = interaction.client
        setting = await _setting_of(bot, interaction, self.channel_id)
        wished = replace(setting, kinds=frozenset(_values(interaction)))
        await _show(interaction, await _change(bot, interaction, wished, setting.mention_role_id))


class RoleChoice(
    discord.ui.DynamicItem[discord.ui.RoleSelect[RaidView]], template=r"announce:role:(?P<channel>\d{1,20})"
):
    """Chooses the role that is mentioned, or none; it counts at once."""

    def __init__(self, channel_id: int, locale: discord.Locale | None = None, chosen: int | None = None) -> None:
        self.channel_id = channel_id
        super().__init__(
            discord.ui.RoleSelect(
                custom_id=f"announce:role:{channel_id}",
                placeholder=None if locale is None else text(locale, "channel-choose-role"),
                min_values=0,
                max_values=1,
                default_values=[] if chosen is None else [discord.SelectDefaultValue.from_role(discord.Object(chosen))],
            )
        )

    @classmethod
    async def from_custom_id(
        cls, _interaction: Interaction, _item: discord.ui.Item[Any], match: "re.Match[str]"
    ) -> Self:
        return cls(int(match["channel"]))

    async def callback(self, interaction: Interaction) -> None:
        await defer(interaction, thinking=False)
        bot, chosen = interaction.client, _values(interaction)
        setting = await _setting_of(bot, interaction, self.channel_id)
        if not setting.listens:
            await tell(interaction, text(interaction.locale, "channel-kinds-first"))
            return
        await _show(interaction, await _change(bot, interaction, setting, int(chosen[0]) if chosen else None))


class OffButton(discord.ui.DynamicItem[discord.ui.Button[RaidView]], template=r"announce:off:(?P<channel>\d{1,20})"):
    """Switches a channel off."""

    def __init__(self, channel_id: int, locale: discord.Locale | None = None) -> None:
        self.channel_id = channel_id
        label = text(locale, "channel-off-button")
        style = discord.ButtonStyle.danger
        super().__init__(discord.ui.Button(style=style, label=label, custom_id=f"announce:off:{channel_id}"))

    @classmethod
    async def from_custom_id(
        cls, _interaction: Interaction, _item: discord.ui.Item[Any], match: "re.Match[str]"
    ) -> Self:
        return cls(int(match["channel"]))

    async def callback(self, interaction: Interaction) -> None:
        await defer(interaction, thinking=False)
        bot = interaction.client
        setting = await _setting_of(bot, interaction, self.channel_id)
        wished = replace(setting, kinds=frozenset())
        await _show(interaction, await _change(bot, interaction, wished, setting.mention_role_id))


def _values(interaction: Interaction) -> list[str]:
    """What was chosen in a select."""
    chosen = cast("dict[str, list[str]]", interaction.data or {})
    return chosen.get("values", [])


DYNAMIC_ITEMS: Final = (ChannelChoice, KindsChoice, RoleChoice, OffButton)
