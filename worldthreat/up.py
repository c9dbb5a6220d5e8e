"""`worldthreat up`: everything on this machine, and `worldthreat serve`: the API over a database that is there.

The order of a start: take the port, start the database, migrate, bring first-start content, serve. The order of a
stop, after Ctrl-C or SIGTERM: not ready any more, strikes that wait are answered and new ones told to come back,
sockets are closed with 1012, the database is stopped. With several workers the launcher does all of this but serving
(worldthreat/workers.py).
"""

import asyncio
import contextlib
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import structlog
import uvicorn
import uvloop
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from uvicorn.server import HANDLED_SIGNALS

from db import migrate
from db.cluster import DatabaseUnusableError
from db.embedded import EmbeddedServer
from db.engine import Database
from db.queries import administration
from services import codec, content
from services.boss_files import boss_from_toml
from services.outages import is_database_away
from web.protocols import PatientWebSocket, PromptHttp
from worldthreat import demo
from worldthreat.bot_beside import keep_bot
from worldthreat.errors import StartError
from worldthreat.settings import Settings, own_url
from worldthreat.wiring import Backstage, application, backstage
from worldthreat.workers import Worker, run_workers

SUPERVISED_EVERY_SECONDS = 0.5
GRACE_SECONDS = 3
HUNG_SECONDS = 30
"""A worker that says nothing for so long is started again. It says nothing either while it is starting."""
KEEP_ALIVE_SECONDS = 75
"""Longer than the proxies in front keep an idle connection: who closes first is the one who is not asked any more."""

log = structlog.get_logger(__name__)
console = Console(highlight=False)


class Server(uvicorn.Server):
    """Stops at Ctrl-C and SIGTERM and comes back, so that the database can be stopped after it; exit code 0.

    `serving` is set once requests are answered.
    """

    def __init__(self, config: uvicorn.Config, drain: Callable[[], Awaitable[None]]) -> None:
        """`drain` is called before anything is closed."""
        super().__init__(config)
        self.serving = asyncio.Event()
        self._drain = drain

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._drain()
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.serving.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in HANDLED_SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@dataclass(frozen=True, slots=True)
class _Launch:
    """One start: what it serves, and what it brings along. `serve` neither migrates nor keeps a bot."""

    settings: Settings
    database_url: str
    listener: socket.socket
    embedded: EmbeddedServer | None = None
    with_demo: bool = False
    migrating: bool = True


def up(settings: Settings, *, with_demo: bool) -> None:
    """Runs until Ctrl-C. Raises StartError or DatabaseUnusableError when it cannot start."""
    with take_port(settings) as listener:
        if settings.database_url is not None:
            _run(_Launch(settings, settings.database_url.get_secret_value(), listener, with_demo=with_demo))
            return
        console.print("Starting PostgreSQL …", style="dim")
        database = EmbeddedServer.start(settings.data_dir)
        try:
            _run(_Launch(settings, database.url, listener, database, with_demo=with_demo))
        finally:
            database.stop()
            console.print("Stopped. Your raids are kept.", style="dim")


def serve(settings: Settings) -> None:
    """The API alone, over DATABASE_URL; migrating is `worldthreat migrate`'s business."""
    if settings.database_url is None:
        raise StartError("WORLDTHREAT_DATABASE_URL is not set: set it, or use `worldthreat up` for the embedded one.")
    with take_port(settings) as listener:
        _run(_Launch(settings, settings.database_url.get_secret_value(), listener, migrating=False))


@contextlib.contextmanager
def take_port(settings: Settings) -> Iterator[socket.socket]:
    """The listening socket, before anything slow is started. Raises StartError when it cannot be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
            listener.listen(2048)
        except OSError as error:
            raise StartError(
                f"Port {settings.port} on {settings.host} cannot be used ({error.strerror}): "
                f"stop what uses it, or take another one: WORLDTHREAT_PORT={min(settings.port + 1, 65535)}.",
            ) from error
        yield listener


def _run(launch: _Launch) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(launch))


async def _serve(launch: _Launch) -> None:
    settings, database_url = launch.settings, launch.database_url
    await _check_database(database_url)
    if launch.migrating:
        await migrate.upgrade(database_url)
    elif await migrate.current(database_url) != migrate.head():
        raise StartError("The database is not at this version's migrations: run `worldthreat migrate` first.")
    if settings.workers > 1:
        async with backstage(database_url) as behind:
            serving = asyncio.Event()
            config = server_config(Worker(settings, database_url), settings, factory=True, workers=settings.workers)
            await _serve_beside(launch, behind, serving, partial(run_workers, config, launch.listener, serving))
        return
    async with application(settings, database_url) as running:
        server = Server(server_config(running.app, settings), running.drain)
        await _serve_beside(launch, running, server.serving, partial(server.serve, sockets=[launch.listener]))


async def _serve_beside(
    launch: _Launch, behind: Backstage, serving: asyncio.Event, work: Callable[[], Awaitable[None]]
) -> None:
    """Does `work`, which sets `serving`, with everything beside it that must be there once."""
    if launch.migrating:
        with _outage_told():
            await add_first_templates(behind.database)
    beside = [] if launch.embedded is None else [asyncio.create_task(_supervise(launch.embedded))]
    beside.append(asyncio.create_task(_greet(launch, serving, behind)))
    if launch.migrating and launch.settings.discord_token is not None:
        beside.append(asyncio.create_task(_keep_bot(launch, serving, behind)))
    try:
        await work()
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)


def server_config(app: Any, settings: Settings, **more: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="on",
        http=PromptHttp,
        ws=PatientWebSocket,
        ws_max_size=256 * 1024,  # web/sockets.py takes 64 KiB, and says so; beyond this, uvicorn hangs up
        ws_per_message_deflate=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_worker_healthcheck=HUNG_SECONDS,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),  # else X-Forwarded-For is what anybody says it is
        forwarded_allow_ips=list(settings.trusted_proxies),
        **more,
    )


@contextlib.contextmanager
def _outage_told() -> Iterator[None]:
    """A database that answered a moment ago and is gone now is one line, too."""
    try:
        yield
    except Exception as error:
        if not is_database_away(error):
            raise
        raise StartError("The database went away while the program was starting: start it again.") from error


async def _check_database(database_url: str) -> None:
    database = Database(database_url)
    try:
        await database.check()
    finally:
        await database.close()


async def add_first_templates(database: Database) -> None:
    """First-start content: the boss templates that come with the project, as far as they are not there."""
    async with database.transaction() as connection:
        rules, rewards = await administration.default_configuration(connection)
        templates = [
            (
                key,
                codec.boss_to_json(
                    boss_from_toml(
                        text,
                        source=f"{key}.toml",
                        defaults_rules=codec.rules_from_json(rules),
                        defaults_rewards=codec.rewards_from_json(rewards),
                    ),
                ),
            )
            for key, text in content.boss_files().items()
        ]
        await administration.add_missing_templates(connection, templates)


async def _supervise(embedded: EmbeddedServer) -> None:
    """Restarts the embedded PostgreSQL when it has died."""
    while True:
        await asyncio.sleep(SUPERVISED_EVERY_SECONDS)
        try:
            if await asyncio.to_thread(embedded.ensure_running):
                log.warning("embedded PostgreSQL had died and was restarted")
        except DatabaseUnusableError as error:
            reason = str(error)  # which says it all: no traceback
            log.error("embedded PostgreSQL cannot be restarted; tried again in a moment", reason=reason)  # noqa: TRY400
        except Exception:
            log.exception("embedded PostgreSQL cannot be restarted; tried again in a moment")


async def _keep_bot(launch: _Launch, serving: asyncio.Event, behind: Backstage) -> None:
    """The Discord bot, once requests are answered."""
    await serving.wait()
    host, port = launch.listener.getsockname()[:2]
    try:
        await keep_bot(launch.settings, behind.database, behind.service, own_url(host, port))
    except Exception:
        log.exception("the Discord bot cannot be kept running: the API goes on without it")


async def _greet(launch: _Launch, serving: asyncio.Event, behind: Backstage) -> None:
    """Says where everything is, once it is there; then lets the demo's crowd in."""
    settings, with_demo = launch.settings, launch.with_demo
    await serving.wait()
    host, port = launch.listener.getsockname()[:2]
    base = settings.public_url or f"http://{'[' + host + ']' if ':' in host else host}:{port}"
    if with_demo:
        try:
            await demo.prepare_demo(behind.database, behind.service, settings.data_dir)
        except Exception:
            log.exception("the demo cannot be prepared: the server runs without it")
            with_demo = False
    console.print(_addresses(base, settings, with_demo=with_demo))
    if with_demo:
        try:
            await demo.run_demo(behind.database, behind.service, _tell)
        except Exception:
            log.exception("the demo has ended")


def _command() -> str:
    """How this program is called from where the user stands."""
    if Path(sys.argv[0]).name != "__main__.py":
        return "worldthreat"
    python = Path(sys.executable)
    if python.is_relative_to(Path.cwd()):
        python = python.relative_to(Path.cwd())
    return f"{python} -m worldthreat"


def _tell(message: str) -> None:
    console.print(Text.assemble(("  ⚔ ", "red"), message))


def _addresses(base: str, settings: Settings, *, with_demo: bool) -> Panel:
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="dim", no_wrap=True)
    rows.add_column(overflow="fold")
    rows.add_row("The raid", Text(f"{base}/", style="bold cyan"))
    rows.add_row("GraphQL", Text(f"{base}/graphql", style="bold cyan"))
    if settings.discord_token is not None:
        rows.add_row("Discord", "the bot connects with your token")
    if with_demo:
        rows.add_row("Your first strike", "see README.md, or with the player token in")
        rows.add_row("", Text(str(settings.data_dir / demo.TOKEN_FILE), style="bold"))
    rows.add_row("An admin token", f"{_command()} token create --role admin")
    rows.add_row("Stop", "Ctrl-C; everything is kept")
    return Panel(rows, title="World-Threat Expeditions", border_style="red", expand=False)
