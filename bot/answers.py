"""Answering interactions over a line that loses answers, and telling people what went wrong."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import aiohttp
import discord
import structlog
from discord import app_commands

from bot.api import ApiRefusedError, ApiTokenError, ApiUnavailableError
from bot.texts import text

__all__ = ["InteractionGoneError", "defer", "insist", "respond", "tell", "tell_error"]

UNKNOWN_INTERACTION: Final = 10062
ALREADY_ACKNOWLEDGED: Final = 40060
UNKNOWN_WEBHOOK: Final = 10015
TOKEN_OVER: Final = 50027
GONE: Final = frozenset({UNKNOWN_INTERACTION, UNKNOWN_WEBHOOK, TOKEN_OVER})
NO_ACCESS: Final = frozenset({50001, 50013})
RESPOND_SECONDS: Final = 2.5
INSIST_SECONDS: Final = 10.0
PAUSE_SECONDS: Final = 0.2
LOST = (aiohttp.ClientError, OSError, TimeoutError, discord.DiscordServerError)
"""Discord was not reached, failed, or its answer was lost on the way: what was asked may be done or not."""

EXPECTED: Final[tuple[tuple[type[Exception], str], ...]] = (
    (ApiUnavailableError, "error-api-away"),
    (ApiTokenError, "error-api-token"),
    (app_commands.NoPrivateMessage, "error-servers-only"),
    (app_commands.TransformerError, "error-unusable-option"),
    (app_commands.CommandNotFound, "error-old-command"),
    (app_commands.CommandSignatureMismatch, "error-old-command"),
    *((kind, "error-discord-away") for kind in LOST),
)
Interaction = discord.Interaction[discord.Client]
Result = TypeVar("Result")
log = structlog.get_logger(__name__)


class InteractionGoneError(Exception):
    """Discord takes no answer to this interaction any more: there is nobody to tell anything."""


async def defer(interaction: Interaction, *, ephemeral: bool = True, thinking: bool = True) -> None:
    """The first answer to an interaction: "thinking …", or for a component nothing visible (`thinking` False).

    Raises InteractionGoneError when it comes too late.
    """
    await respond(interaction, lambda: interaction.response.defer(ephemeral=ephemeral, thinking=thinking))


async def respond(interaction: Interaction, first_answer: Callable[[], Awaitable[object]]) -> None:
    """Gives the first answer, as in ``respond(interaction, lambda: interaction.response.edit_message(view=view))``.

    It is sent again when it was lost on the way; that Discord has it already (40060) then means that it came through.

    Raises InteractionGoneError when it comes too late.
    """
    try:
        async with asyncio.timeout(RESPOND_SECONDS):
            while True:
                try:
                    await first_answer()
                except LOST as error:
                    log.info("a first answer was lost, it is sent again", error=repr(error))
                    await asyncio.sleep(PAUSE_SECONDS)
                else:
                    return
    except discord.InteractionResponded:
        return
    except TimeoutError as error:
        raise InteractionGoneError("Discord did not take the first answer in time") from error
    except discord.HTTPException as error:
        if error.code in GONE:
            raise InteractionGoneError("the interaction is too old") from error
        if error.code != ALREADY_ACKNOWLEDGED:
            raise
    finally:
        interaction.extras["answered"] = True


async def insist(call: Callable[[], Awaitable[Result]], *, within_seconds: float = INSIST_SECONDS) -> Result:
    """The result of a request to Discord that may be done twice (an edit, a read, a message with an enforced nonce),
    sent again while it is lost on the way.

    Raises the last failure when `within_seconds` are over, InteractionGoneError when the interaction's token is, and
    at once whatever Discord refuses.
    """
    deadline = asyncio.get_running_loop().time() + within_seconds
    pause = PAUSE_SECONDS
    while True:
        try:
            return await call()
        except discord.NotFound as error:
            if error.code in GONE:
                raise InteractionGoneError("the interaction's token is over") from error
            raise
        except LOST as error:
            if asyncio.get_running_loop().time() + pause > deadline:
                raise
            log.info("a request to Discord was lost, it is sent again", error=repr(error))
        await asyncio.sleep(pause)
        pause = min(pause * 2, 2.0)


async def tell(interaction: Interaction, message: str) -> None:
    """Shows `message` to the one who interacts, and to nobody else, whether they were answered before or not.

    Raises InteractionGoneError.
    """
    if interaction.response.is_done() or interaction.extras.get("answered"):
        await insist(lambda: interaction.followup.send(message, ephemeral=True))
    else:
        await respond(interaction, lambda: interaction.response.send_message(message, ephemeral=True))


async def tell_error(interaction: Interaction, error: BaseException) -> None:
    """Tells in a plain sentence what went wrong; a bug is logged under an id, and the id is told. Raises nothing."""
    if isinstance(error, app_commands.CommandInvokeError):
        error = error.original
    if isinstance(error, InteractionGoneError) or _code(error) in GONE:
        log.info("an interaction could not be answered any more", reason=repr(error))
        return
    if _code(error) == ALREADY_ACKNOWLEDGED:
        return  # our own answer came through, only Discord's "yes" was lost
    try:
        await tell(interaction, sentence_for(interaction, error))
    except (InteractionGoneError, discord.HTTPException, *LOST) as failed:
        log.warning("an error could not be told", error=repr(error), because=repr(failed))


def sentence_for(interaction: Interaction, error: BaseException) -> str:
    """What to say about `error`; what an operator should know of it is logged."""
    key = next((key for kind, key in EXPECTED if isinstance(error, kind)), None)
    if _code(error) in NO_ACCESS:
        key = "error-no-access"
    if key is not None:
        log.warning("a command could not be carried out", error=repr(error))
        return text(interaction.locale, key)
    error_id = secrets.token_hex(4)
    if isinstance(error, ApiRefusedError):
        log.error("the API refused a question of the bot", error_id=error_id, code=error.code, message=error.message)
    else:
        log.error("a bug in the bot", error_id=error_id, exc_info=error)
    return text(interaction.locale, "error-bug", id=error_id)


def _code(error: BaseException) -> int | None:
    return error.code if isinstance(error, discord.HTTPException) else None
