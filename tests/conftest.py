"""One embedded PostgreSQL per test process, one migrated template, one database of its own for each test that asks."""

import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import structlog
from hypothesis import settings
from sqlalchemy import make_url

from db import migrate
from db.embedded import EmbeddedServer
from db.engine import Database
from tests.folders import COPIED, HOME

LONGEST = (
    "chaos/",
    "services/model/",
    "pages/test_page.py",
    "worldthreat/test_workers.py",
    "bot/test_soak.py",
    "pages/test_overlay.py",
    "worldthreat/test_up.py",
    "services/test_verification.py",
    "worldthreat/test_bot_command.py",
    "bot/announcing/test_exactly_once.py",
    "pages/test_overlay_scenes.py",
    "web/test_two_processes.py",
    "web/test_bad_input.py",
    "web/test_resume.py",
    "pages/test_overlay_line.py",
    "schema/plans/",
    "services/test_relay.py",
    "services/roster/test_command.py",
    "web/test_slow_consumers.py",
    "web/shared/",
    "pages/test_graphiql.py",
    "bot/seeing/test_live_status.py",
    "db/test_embedded.py",
    "web/test_faults.py",
    "web/test_stop.py",
    "web/test_outage.py",
    "pages/test_serving.py",
    "services/feed/",
    "worldthreat/test_commands.py",
    "bot/announcing/test_reminders.py",
    "pages/",
    "web/test_statements.py",
    "web/test_hostile.py",
    "test_raid_to_victory.py",
    "bot/",
    "web/",
)
"""Files that take long go first, so that at the end no process waits for another; two browsers seldom meet."""
GEMINYA = Path(__file__).parent.parent.parent / "shared" / "data" / "geminya"
TEMPLATE = "worldthreat_template"
settings.register_profile("thorough", max_examples=2_000, deadline=None, print_blob=True)
"""For who has an hour: ``pytest tests/services/model --hypothesis-profile thorough``."""
settings.register_profile("steady", derandomize=True, database=None, deadline=None)
settings.load_profile("steady")  # the same examples in every run, and as much time for each as the machine takes
numbers = itertools.count(1)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    file = item.path.relative_to(Path(__file__).parent).as_posix()
    return next((place for place, name in enumerate(LONGEST) if file.startswith(name)), len(LONGEST))


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """An empty folder that the embedded server of one test may have, with a path short enough for a socket."""
    # Not tmp_path: pytest shuts its folders to other users again and again, and under root PostgreSQL is another user.
    folder = Path(tempfile.mkdtemp(prefix="worldthreat-test-", dir=HOME))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session", autouse=True)
def loggers_that_forget() -> Iterator[None]:
    """The program's loggers keep what they are first configured with; each of many tests in a process has its own."""
    configure = structlog.configure

    def configure_anew(**given: Any) -> None:
        configure(**{**given, "cache_logger_on_first_use": False})

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(structlog, "configure", configure_anew)
        yield


@pytest.fixture(autouse=True)
def plain_tracebacks() -> Iterator[None]:
    """structlog's own default draws every local variable of a traceback, for seconds."""
    renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, renderer])
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    folder = Path(tempfile.mkdtemp(prefix="worldthreat-tests-", dir=HOME))
    server = EmbeddedServer.start(folder, durable=False)
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
async def administrator(server: EmbeddedServer) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    url = make_url(server.admin_url).set(drivername="postgresql")
    connection = await asyncpg.connect(url.render_as_string(hide_password=False))
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
async def template(server: EmbeddedServer, administrator: "asyncpg.Connection[asyncpg.Record]") -> str:
    await administrator.execute(f"CREATE DATABASE {TEMPLATE}")
    await migrate.upgrade(_url_of(server, TEMPLATE))
    return TEMPLATE


@pytest.fixture
async def empty_database_url(
    server: EmbeddedServer, administrator: "asyncpg.Connection[asyncpg.Record]"
) -> AsyncIterator[str]:
    """A database that no migration has seen."""
    name = f"empty_{next(numbers)}"
    await administrator.execute(f"CREATE DATABASE {name}")
    yield _url_of(server, name)
    await administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database_url(
    server: EmbeddedServer, administrator: "asyncpg.Connection[asyncpg.Record]", template: str
) -> AsyncIterator[str]:
    """A migrated database of the test's own, dropped afterwards whoever is still connected."""
    name = f"test_{next(numbers)}"
    await administrator.execute(f"CREATE DATABASE {name} TEMPLATE {template} {COPIED}")
    yield _url_of(server, name)
    await administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, pool_size=4)
    yield database
    await database.close()


@pytest.fixture(scope="session")
def geminya_dir() -> Path:
    """The base game's own files, where they lie beside the checkout."""
    if not GEMINYA.is_dir():
        pytest.skip(f"the base game's files are not at {GEMINYA}")
    return GEMINYA


def _url_of(server: EmbeddedServer, name: str) -> str:
    return make_url(server.url).set(database=name).render_as_string(hide_password=False)
