"""Alembic's entry: `db.migrate` hands a connection in; on the command line, in the checkout, `alembic` makes its own.

`alembic upgrade head --sql` prints the SQL and connects to nothing.
"""

import asyncio

from sqlalchemy import Connection

from alembic import context
from db.embedded import EmbeddedServer
from db.engine import Database
from db.migrate import TIMEOUTS
from db.models import Base
from worldthreat.settings import load_settings


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _print_sql() -> None:
    context.configure(
        dialect_name="postgresql",
        target_metadata=Base.metadata,
        literal_binds=True,
        transaction_per_migration=True,
        dialect_opts={"paramstyle": "named"},
    )
    context.execute(f"SET lock_timeout = '{TIMEOUTS.lock_ms}ms'")
    context.execute(f"SET statement_timeout = '{TIMEOUTS.statement_ms}ms'")
    with context.begin_transaction():
        context.run_migrations()


async def _run_on(url: str) -> None:
    database = Database(url, pool_size=1, timeouts=TIMEOUTS, application_name="alembic")
    try:
        async with database.engine.connect() as connection:
            await connection.run_sync(_run)
    finally:
        await database.close()


def _run_from_command_line() -> None:
    settings = load_settings()
    if settings.database_url:
        asyncio.run(_run_on(settings.database_url.get_secret_value()))
        return
    server = EmbeddedServer.start(settings.data_dir)
    try:
        asyncio.run(_run_on(server.url))
    finally:
        server.stop()


if context.is_offline_mode():
    _print_sql()
elif (handed_in := context.config.attributes.get("connection")) is not None:
    _run(handed_in)
else:
    _run_from_command_line()
