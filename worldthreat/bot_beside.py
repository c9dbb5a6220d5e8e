"""The Discord bot beside the API: `worldthreat up` keeps `worldthreat bot` running."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import structlog

from db.engine import Database
from services.authentication import Authenticator
from services.errors import UnauthenticatedError
from services.outages import overload_of
from services.views import Principal, Role
from services.world_threat import WorldThreatService
from worldthreat.settings import PREFIX, Settings

__all__ = ["keep_bot"]

TOKEN_FILES: Final = {Role.BOT: "bot.token", Role.ADMIN: "bot-admin.token"}
FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 60.0
STEADY_SECONDS: Final = 60.0
"""A bot that has run this long is no longer one that dies at once: the next pause is the first again."""
STOP_SECONDS: Final = 10.0
TOKENS_LOOK_SECONDS: Final = 5.0
CANNOT_START: Final = 2
SERVER_SETTINGS: Final = ("DATABASE_URL", "REDIS_URL", "HOST", "PORT", "WORKERS", "PUBLIC_URL", "ALLOWED_ORIGINS")
ACTOR: Final = Principal(Role.ADMIN, token_name="worldthreat up")  # noqa: S106 - a name, not a secret

log = structlog.get_logger(__name__)


async def keep_bot(settings: Settings, database: Database, service: WorldThreatService, api_url: str) -> None:
    """Keeps `worldthreat bot` running beside this process, with tokens of its own, until it is cancelled.

    A bot that died is started again, after a pause that grows, and one whose tokens were revoked with new ones. One
    that cannot start, for a bad Discord token, has said so in one line and is left alone: the API goes on without it.
    """
    environment = {
        name: value for name, value in os.environ.items() if name.removeprefix(PREFIX) not in SERVER_SETTINGS
    }
    environment[f"{PREFIX}API_URL"] = api_url
    administers = bool(settings.discord_admin_roles or settings.discord_admin_users)

    async def tokens() -> dict[str, str]:
        """By setting; new ones in place of those that are not valid any more."""
        roles = {"API_TOKEN": Role.BOT, **({"API_ADMIN_TOKEN": Role.ADMIN} if administers else {})}
        return {
            PREFIX + name: await _kept_token(database, service, settings.data_dir, role) for name, role in roles.items()
        }

    pause = FIRST_PAUSE_SECONDS
    given = await tokens()
    while True:
        began = asyncio.get_running_loop().time()
        code = await _run_until_renewed(environment, given, tokens)
        if code is None:
            log.warning("a token of the Discord bot was revoked: it is started again with a new one")
            given = await tokens()
            continue
        if code in {0, CANNOT_START}:
            log.warning("the Discord bot has ended: the API goes on without it", exit_code=code)
            return
        if asyncio.get_running_loop().time() - began > STEADY_SECONDS:
            pause = FIRST_PAUSE_SECONDS
        log.warning("the Discord bot has died: it is started again", exit_code=code, seconds=pause)
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


async def _run_until_renewed(
    environment: dict[str, str], given: dict[str, str], tokens: Callable[[], Awaitable[dict[str, str]]]
) -> int | None:
    """The bot's exit code; None when it was ended because `tokens` are others now than the `given` ones."""
    child = asyncio.create_task(_run_child({**environment, **given}))
    try:
        while not child.done():
            await asyncio.wait({child}, timeout=TOKENS_LOOK_SECONDS)
            try:
                if not child.done() and await tokens() != given:
                    return None
            except Exception as error:
                if overload_of(error) is None:
                    raise
                log.debug("the bot's tokens could not be looked at", error=repr(error))  # the database is away
        return await child
    finally:
        child.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await child


async def _run_child(environment: dict[str, str]) -> int:
    """The bot's exit code. Its standard input is ours to close: it ends when this process does, however that ends."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "worldthreat", "bot", "--beside", env=environment, stdin=asyncio.subprocess.PIPE
    )
    try:
        return await child.wait()
    finally:
        if child.returncode is None:
            child.terminate()
            try:
                await asyncio.wait_for(child.wait(), STOP_SECONDS)
            except TimeoutError:
                child.kill()
                await child.wait()


async def _kept_token(database: Database, service: WorldThreatService, folder: Path, role: Role) -> str:
    """The token in its file, readable by its owner alone; a new one when there is none that is valid."""
    file = folder / TOKEN_FILES[role]
    with contextlib.suppress(OSError, UnauthenticatedError):
        token = (await asyncio.to_thread(file.read_text, encoding="ascii")).strip()
        if (await Authenticator(database).principal(token)).role is role:
            return token
    created = await service.desk.create_token(ACTOR, role=role, name="the bot beside", discord_id=None, expires_at=None)
    await asyncio.to_thread(_write_for_owner, file, created.secret)
    return created.secret


def _write_for_owner(file: Path, secret: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600, exist_ok=False)
    new.write_text(secret + "\n", encoding="ascii")
    new.replace(file)
