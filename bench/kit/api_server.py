"""The API over a database that is there, with two things that only a benchmark wants.

    python -m bench.kit.api_server PORT DATABASE_URL PUBLIC_READS_SECONDS

How old the public's reads may be is an argument (0: every read is a query of its own), and ``/statements`` tells how
many statements the process has sent to PostgreSQL.
"""

import contextlib
import sys
from collections.abc import AsyncIterator

import uvicorn
from sqlalchemy import event
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from db.engine import Database
from schema.build import build_schema
from schema.execution import Executor
from services.authentication import Authenticator
from services.world_threat import WorldThreatService
from web.app import WebOptions, create_app


def application(database_url: str, public_reads_seconds: float) -> Starlette:
    database = Database(database_url)
    service = WorldThreatService(database, public_reads_seconds=public_reads_seconds)
    sent = 0

    def count(*_given: object) -> None:
        nonlocal sent
        sent += 1

    for engine in (database.engine, database._reading_engine):  # noqa: SLF001 - for a benchmark alone
        event.listen(engine.sync_engine, "before_cursor_execute", count)

    async def is_migrated() -> bool:
        return True

    async def statements(_request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(sent))

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await service.start()
        yield
        await service.stop()
        await database.close()

    api = create_app(Executor(build_schema()), service, Authenticator(database), WebOptions(is_migrated=is_migrated))
    return Starlette(routes=[Route("/statements", statements), Mount("/", api)], lifespan=lifespan)


def main() -> None:
    port, database_url, public_reads_seconds = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    uvicorn.run(
        application(database_url, public_reads_seconds),
        host="127.0.0.1",
        port=port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=3,
    )


if __name__ == "__main__":
    main()
