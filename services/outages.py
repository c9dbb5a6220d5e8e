"""A database that is away is no bug: whoever asks is told to come back, with the same idempotency key."""

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from services.errors import OverloadedError
from services.strike_line import DATABASE_AWAY, RETRY_AFTER_MS


def overload_of(error: BaseException) -> OverloadedError | None:
    """What to tell the caller whose question met a database that is down, restarting or too busy; None for a bug."""
    return OverloadedError(retry_after_ms=RETRY_AFTER_MS) if is_database_away(error) else None


def is_database_away(error: BaseException) -> bool:
    """Whether `error`, of SQLAlchemy or of asyncpg, says that a connection was lost or could not be had in time."""
    if isinstance(error, PoolTimeoutError):
        return True
    if isinstance(error, DBAPIError):
        driver = None if error.orig is None else error.orig.__cause__
        return error.connection_invalidated or (driver is not None and is_database_away(driver))
    return isinstance(error, DATABASE_AWAY)
