"""What every view, modal and dynamic item of the bot has in common.

It drops interactions that are too old to be answered, and nobody who taps is left without an answer when it fails.
"""

import re
from typing import Any, Final

import discord

from bot.answers import tell_error
from bot.clock import DiscordClock

__all__ = ["RaidLayoutView", "RaidModal", "RaidView", "guarded"]

VIEW_SECONDS: Final = 14 * 60
"""As long as an interaction's token lets its message be edited, and a minute less."""

Interaction = discord.Interaction[Any]
AnyDynamicItem = discord.ui.DynamicItem[Any]


def clock_of(interaction: Interaction) -> DiscordClock:
    clock: DiscordClock = interaction.client.clock
    return clock


class RaidView(discord.ui.View):
    """The base of every view with embeds and content."""

    def __init__(self, *, timeout: float | None = VIEW_SECONDS) -> None:
        super().__init__(timeout=timeout)

    async def interaction_check(self, interaction: Interaction, /) -> bool:
        return clock_of(interaction).is_answerable(interaction)

    async def on_error(self, interaction: Interaction, error: Exception, _item: discord.ui.Item[Any], /) -> None:
        await tell_error(interaction, error)


class RaidLayoutView(discord.ui.LayoutView):
    """The base of every view of Components V2."""

    def __init__(self, *, timeout: float | None = VIEW_SECONDS) -> None:
        super().__init__(timeout=timeout)

    async def interaction_check(self, interaction: Interaction, /) -> bool:
        return clock_of(interaction).is_answerable(interaction)

    async def on_error(self, interaction: Interaction, error: Exception, _item: discord.ui.Item[Any], /) -> None:
        await tell_error(interaction, error)


class RaidModal(discord.ui.Modal):
    """The base of every modal; forgotten after `timeout` seconds, for nobody tells when one is closed."""

    def __init__(
        self,
        *,
        title: str = discord.utils.MISSING,
        timeout: float | None = VIEW_SECONDS,
        custom_id: str = discord.utils.MISSING,
    ) -> None:
        super().__init__(title=title, timeout=timeout, custom_id=custom_id)

    async def interaction_check(self, interaction: Interaction, /) -> bool:
        return clock_of(interaction).is_answerable(interaction)

    async def on_error(  # type: ignore[override]  # as the library's own Modal has it, against its own base class
        self, interaction: Interaction, error: Exception, /
    ) -> None:
        await tell_error(interaction, error)


def guarded(item_type: type[AnyDynamicItem]) -> type[AnyDynamicItem]:
    """A class decorator; the bot also applies it to every dynamic item that it registers.

    The library logs the failures of dynamic items and tells nobody, and registers the class of every item that it sends
    anew: so the class itself is changed, not a subclass registered in its place.
    """
    if item_type in _guarded:
        return item_type
    _guarded.add(item_type)
    make, check, act = item_type.from_custom_id, item_type.interaction_check, item_type.callback

    async def made(
        _class: type[AnyDynamicItem], interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> AnyDynamicItem:
        try:
            return await make(interaction, item, match)
        except Exception as error:
            await tell_error(interaction, error)
            raise

    async def checked(self: AnyDynamicItem, interaction: Interaction) -> bool:
        return clock_of(interaction).is_answerable(interaction) and await check(self, interaction)

    async def acted(self: AnyDynamicItem, interaction: Interaction) -> None:
        try:
            await act(self, interaction)
        except Exception as error:  # noqa: BLE001 - nobody else tells the one who tapped
            await tell_error(interaction, error)

    for name, method in (("from_custom_id", classmethod(made)), ("interaction_check", checked), ("callback", acted)):
        setattr(item_type, name, method)
    return item_type


_guarded: set[type[AnyDynamicItem]] = set()
