"""Reminders: a direct message when a player may strike again, to those who asked for it, once for each cooldown."""

import asyncio
import json
import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import discord
import structlog

from bot.announcing import queries
from bot.announcing.marks import fixed_nonce
from bot.announcing.pace import Pace
from bot.announcing.queries import DueReminder
from bot.answers import LOST, InteractionGoneError, defer, insist, tell
from bot.api import BotApiError
from bot.texts import text

if TYPE_CHECKING:
    from bot.app import WorldThreatBot

__all__ = ["Reminders", "set_reminder"]

LOOK_EVERY_SECONDS: Final = 15.0
AT_ONCE: Final = 50
SIDE_BY_SIDE: Final = 5
PER_SECOND: Final = 5
"""Discord frowns upon bots that open many direct channels quickly."""
NONCE_SECONDS: Final = 60.0
CLOCKS_APART: Final = timedelta(minutes=1)
LOOKED_AT: Final = 20
FIRST_PAUSE_SECONDS: Final = 1.0
HINT_SECONDS: Final = 10.0
CLOSED: Final = frozenset({50007, 50278})
"""Cannot send messages to this user: closed to us, or no server shared any more."""
CLOSED_FILE: Final = "reminders-closed.json"

Interaction = discord.Interaction[Any]
log = structlog.get_logger(__name__)


async def set_reminder(bot: "WorldThreatBot", interaction: Interaction, wanted: bool) -> None:  # noqa: FBT001 - agreed
    """Switches the player's reminders on or off, and says so."""
    await defer(interaction)
    language = interaction.locale.value
    known = await queries.set_reminder(bot.api, interaction.user.id, wanted=wanted, language=language)
    key = "remind-unknown" if not known else "remind-on" if wanted else "remind-off"
    await tell(interaction, text(interaction.locale, key))


class Reminders:
    """Asks every 15 s who is to be reminded, and reminds at most 50 of them at once, longest due first.

    As with announcements: told first, acknowledged then, with a nonce for each cooldown; who may have been told by a
    bot that was stopped is looked up in our last messages to them.
    """

    def __init__(self, bot: "WorldThreatBot") -> None:
        self._bot = bot
        self._pace = Pace(PER_SECOND)
        self._side_by_side = asyncio.Semaphore(SIDE_BY_SIDE)
        self._first_tried: dict[tuple[int, str], float] = {}
        self._told: set[tuple[int, str]] = set()
        self._closed = _ClosedDoors(bot)
        self._begun = discord.utils.utcnow()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._closed.read()
        self._bot.add_listener(self._hint, "on_interaction")
        self._task = asyncio.create_task(self._keep_reminding(), name="reminders")

    async def stop(self) -> None:
        self._bot.remove_listener(self._hint, "on_interaction")
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _keep_reminding(self) -> None:
        pause, away = FIRST_PAUSE_SECONDS, False
        while True:
            wait = LOOK_EVERY_SECONDS
            try:
                due = await queries.due_reminders(self._bot.api, AT_ONCE)
                await asyncio.gather(*(self._remind_or_log(each) for each in due))
            except BotApiError as error:
                if not away:
                    log.info("reminders wait for the API", error=str(error))
                away = True
                wait, pause = random.uniform(pause / 2, pause), min(pause * 2, LOOK_EVERY_SECONDS)
            except Exception:
                log.exception("reminding failed, it is tried again")
            else:
                pause, away = FIRST_PAUSE_SECONDS, False
                self._forget(due)
            await asyncio.sleep(wait)

    def _forget(self, due: tuple[DueReminder, ...]) -> None:
        """What is not due any more was acknowledged, or does not count any more."""
        present = {(each.discord_id, each.ready_at_text) for each in due}
        self._told &= present
        self._first_tried = {key: at for key, at in self._first_tried.items() if key in present}

    async def _remind_or_log(self, due: DueReminder) -> None:
        async with self._side_by_side:
            try:
                await self._remind(due)
            except (BotApiError, discord.DiscordException, *LOST) as error:
                log.info("a player was not reminded, it is tried again", player=due.discord_id, error=repr(error))

    async def _remind(self, due: DueReminder) -> None:
        key = (due.discord_id, due.ready_at_text)
        if key not in self._told:
            await self._pace.turn()
            try:
                await self._send(due)
            except discord.HTTPException as error:
                if error.code not in CLOSED:
                    raise
                await queries.set_reminder(self._bot.api, due.discord_id, wanted=False)
                self._closed.add(due.discord_id)
            self._told.add(key)
        await queries.acknowledge_reminder(self._bot.api, due)

    async def _send(self, due: DueReminder) -> None:
        key, now = (due.discord_id, due.ready_at_text), asyncio.get_running_loop().time()
        place = await self._bot.create_dm(discord.Object(due.discord_id))
        when = discord.utils.format_dt(due.ready_at, "R")
        first_tried = self._first_tried.setdefault(key, now)
        before_our_time = first_tried == now and due.ready_at < self._begun + CLOCKS_APART
        if (before_our_time or now - first_tried > NONCE_SECONDS) and await self._is_there(place, when):
            return
        said = text(due.language, "remind-ready", when=when)
        await place.send(said, nonce=fixed_nonce("ready", due.discord_id, due.ready_at_text))

    async def _is_there(self, place: discord.DMChannel, when: str) -> bool:
        """Whether one of our last messages to the player tells of this very moment."""
        async for message in place.history(limit=LOOKED_AT):
            if self._bot.user is not None and message.author.id == self._bot.user.id and when in message.content:
                return True
        return False

    async def _hint(self, interaction: Interaction) -> None:
        """Tells a player whose door was closed, after the answer to what they wanted."""
        if interaction.user.id not in self._closed or interaction.type is discord.InteractionType.autocomplete:
            return
        try:
            async with asyncio.timeout(HINT_SECONDS):
                while not interaction.response.is_done():  # noqa: ASYNC110 - the library tells nobody
                    await asyncio.sleep(0.1)
            self._closed.discard(interaction.user.id)
            said = text(interaction.locale, "remind-closed")
            await insist(lambda: interaction.followup.send(said, ephemeral=True))
        except (InteractionGoneError, discord.HTTPException, *LOST) as error:
            self._closed.add(interaction.user.id)
            log.info("a player was not told that their reminders are off", error=repr(error))


class _ClosedDoors:
    """Players who take no direct messages from us and do not know yet that we stopped trying; kept in a small file."""

    def __init__(self, bot: "WorldThreatBot") -> None:
        self._file = bot.options.state_dir / CLOSED_FILE
        self._players: set[int] = set()

    def __contains__(self, player: int) -> bool:
        return player in self._players

    def read(self) -> None:
        try:
            self._players = {int(player) for player in json.loads(self._file.read_text(encoding="utf-8"))}
        except FileNotFoundError:
            self._players = set()
        except (OSError, ValueError, TypeError) as error:
            log.warning("the list of players whose reminders were switched off cannot be read", error=str(error))

    def add(self, player: int) -> None:
        self._players.add(player)
        self._keep()

    def discard(self, player: int) -> None:
        self._players.discard(player)
        self._keep()

    def _keep(self) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            written = self._file.with_suffix(".new")
            written.write_text(json.dumps(sorted(self._players)), encoding="utf-8")
            written.replace(self._file)
        except OSError as error:
            log.warning("the list of players whose reminders were switched off cannot be kept", error=str(error))
