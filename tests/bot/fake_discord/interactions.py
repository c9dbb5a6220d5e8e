"""An interaction of a user with the bot, and what the bot made of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from tests.bot.fake_discord.changes import Changes
from tests.bot.fake_discord.errors import Json
from tests.bot.fake_discord.model import Channel, Message, Shown, User

if TYPE_CHECKING:
    from tests.bot.fake_discord.players import Players

TOKEN_SECONDS = 15 * 60
ANSWER_SECONDS = 30.0


class Kind(IntEnum):
    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


class Callback(IntEnum):
    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE = 7
    CHOICES = 8
    MODAL = 9


@dataclass(eq=False, repr=False)
class Interaction:
    """`callback` is the first answer's type, `acknowledged_at` its time; `deadline` and `expires` are times too.

    A modal was `opened_by` another interaction.
    """

    id: int
    token: str
    kind: Kind
    user: User
    channel: Channel
    data: Json
    source: Message | None
    created_at: float
    deadline: float
    players: "Players"
    callback: Callback | None = None
    acknowledged_at: float | None = None
    refused_late: bool = False
    original: Message | None = None
    touched: bool = False
    followups: list[Message] = field(default_factory=list)
    opened_by: "Interaction | None" = None
    modal: Json | None = None
    choices: tuple[Json, ...] = ()
    changes: Changes = field(default_factory=Changes)

    @property
    def expires(self) -> float:
        return self.created_at + TOKEN_SECONDS

    @property
    def seconds_to_answer(self) -> float:
        """From the user's tap to the first answer."""
        assert self.acknowledged_at is not None, "there is no answer yet"
        return self.acknowledged_at - self.created_at

    @property
    def message(self) -> Message:
        """The answer in its newest state: the original response once it shows anything, else the last followup."""
        if self.original is not None and self.touched:
            return self.original
        if self.followups:
            return self.followups[-1]
        assert self.original is not None, f"{self} was not answered with a message"
        return self.original

    @property
    def shown(self) -> Shown:
        if self.modal is not None:
            return Shown(modal=self.modal, components=tuple(self.modal["components"]), ephemeral=True)
        if self.callback is Callback.CHOICES:
            return Shown(choices=self.choices, ephemeral=True)
        return self.message.shown

    @property
    def is_answered(self) -> bool:
        """Whether the user sees more than that the bot is thinking."""
        return bool(self.touched or self.followups or self.modal or self.callback is Callback.CHOICES)

    async def acknowledged(self, within_seconds: float = ANSWER_SECONDS) -> Callback:
        """The type of the first answer, a deferral included."""
        await self._wait(lambda: self.callback is not None, within_seconds, f"{self} was not acknowledged")
        assert self.callback is not None
        return self.callback

    async def answered(self, within_seconds: float = ANSWER_SECONDS) -> Shown:
        """What the user sees, once it is more than that the bot is thinking."""
        await self._wait(lambda: self.is_answered, within_seconds, f"{self} was not answered")
        return self.shown

    async def shows(self, wanted: str, within_seconds: float = ANSWER_SECONDS) -> Shown:
        """What the user sees, once it has this text in it: in the answer, in its newest state, or in a followup."""
        found: list[Shown] = []
        read: dict[int, Shown] = {}  # each state once: hundreds who wait must not keep this Discord from answering

        def holds() -> bool:
            seen = [self.shown] if self.is_answered else []
            seen += [followup.shown for followup in self.followups]
            found[:] = [shown for shown in seen if id(shown) not in read and wanted in shown.text]
            read.update((id(shown), shown) for shown in seen)
            return bool(found)

        try:
            await self._wait(holds, within_seconds, f"{self} does not show {wanted!r}")
        except AssertionError as error:
            newest = self.shown.text if self.is_answered else "nothing"
            raise AssertionError(f"{error}; it shows: {newest}") from None
        return found[0]

    async def submit(self, fields: Mapping[str, Any] | None = None, /, **more: Any) -> "Interaction":
        """Fills in the modal that was the answer, by custom ids or labels, and sends it off."""
        await self._wait(lambda: self.modal is not None, ANSWER_SECONDS, f"{self} did not open a modal")
        return await self.players.submit(self, {**(fields or {}), **more})

    async def _wait(self, holds: Any, seconds: float, what: str) -> None:
        await self.changes.wait_until(holds, seconds, what)

    def __repr__(self) -> str:
        named = self.data.get("name") or self.data.get("custom_id")
        return f"<{self.kind.name.lower()} {named!r} of {self.user.name}>"
