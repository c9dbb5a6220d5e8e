"""Which request a line of the log belongs to. A socket is one, however long it lives."""

import itertools
import secrets
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any, Final

PROCESS: Final = secrets.token_hex(3)
numbers = itertools.count(1)
current: ContextVar[int] = ContextVar("request_id", default=0)


def begin_request() -> None:
    """From now on this task, and what it starts, is a request of its own."""
    current.set(next(numbers))


def add_request_id(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor."""
    number = current.get()
    if number:
        line["request_id"] = f"{PROCESS}-{number:x}"
    return line
