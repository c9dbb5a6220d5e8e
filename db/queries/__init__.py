"""Every statement by name.

The strike line and what else moves a live raid speak asyncpg (`strike_reads`, `batch_writes`, `strike_writes`):
prepared statements, one round trip for all waiting strikes. Everything else speaks SQLAlchemy.
"""

from typing import TypeAlias

import asyncpg

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
