"""What every view, modal and dynamic item of the bot has in common.

It drops interactions that are too old to be answered, and nobody who taps is left without an answer when it fails.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Final, cast

import discord

from bot.answers import tell_error
from bot.clock import DiscordClock

__all__ = ["RaidLayoutView", "RaidModal", "RaidView", "guarded", "take_form"]

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
    """The base of every form. What it is about lies in its custom id, `template` recognises it: so a form that was open
    while the bot was restarted is taken all the same. The library keeps nothing of it.
    """

    template: ClassVar[re.Pattern[str]]

    def __init__(self, *, title: str, custom_id: str) -> None:
        super().__init__(title=title, timeout=None, custom_id=custom_id)
        self.stop()

    @classmethod
    async def submitted(cls, interaction: Interaction, match: re.Match[str], written: Mapping[str, str], /) -> None:
        """Takes what somebody has `written`, by the custom ids of the fields."""
        raise NotImplementedError


async def take_form(interaction: Interaction, forms: Iterable[type[RaidModal]]) -> None:
    """Hands a form that was sent off to its class, unless it is too old; leaves all other interactions alone.

    Raises nothing: whoever sent it is told what went wrong.
    """
    if interaction.type is not discord.InteractionType.modal_submit:
        return
    sent = cast("dict[str, Any]", interaction.data)
    for form in forms:
        match = form.template.fullmatch(sent["custom_id"])
        if match is None:
            continue
        try:
            if clock_of(interaction).is_answerable(interaction):
                await form.submitted(interaction, match, dict(_written(sent["components"])))
        except Exception as error:  # noqa: BLE001 - nobody else tells the one who sent it
            await tell_error(interaction, error)
        return


def _written(components: Iterable[Any]) -> Iterator[tuple[str, str]]:
    for each in components:
        field = each.get("component", each)
        if "value" in field:
            yield field["custom_id"], field["value"]


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
