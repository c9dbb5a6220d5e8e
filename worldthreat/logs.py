"""Logging: structlog on standard error, for people or as JSON; the libraries' own lines in the same form."""

import logging
import sys
import time
from collections.abc import Callable
from typing import Final

import structlog

from web.request_id import add_request_id
from worldthreat.secrets import without_secrets
from worldthreat.settings import LogFormat, Settings, load_settings

QUIET = ("alembic", "asyncio", "uvicorn.access", "websockets")
OF_PEERS: Final = ("Invalid UTF-8", "Invalid HTTP request", "Unsupported upgrade request")
"""What uvicorn says of peers that speak no HTTP or no UTF-8: nothing that anybody here can mend, so no error."""
ALIKE_A_MINUTE: Final = 20


class Bounded(logging.Filter):
    """Of warnings that are alike, so many a minute: those who ask cannot fill the disk, in an outage or with nonsense.

    The first one after that says how many were left out (`not_logged`). Errors are all there: each has its own id.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._minute = 0.0
        self._logged: dict[tuple[str, str], int] = {}
        self._left_out: dict[tuple[str, str], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        event = str(record.msg.get("event") if isinstance(record.msg, dict) else record.msg)
        if record.name == "uvicorn.error" and event.startswith(OF_PEERS):
            record.levelno, record.levelname, record.exc_info = logging.WARNING, "WARNING", None
        if record.levelno != logging.WARNING:
            return True
        if self._clock() - self._minute >= 60:
            self._minute, self._logged, self._left_out = self._clock(), {}, self._logged
        kind = (record.name, event)
        self._logged[kind] = self._logged.get(kind, 0) + 1
        left_out = self._left_out.pop(kind, 0) - ALIKE_A_MINUTE
        if left_out > 0 and isinstance(record.msg, dict):
            record.msg = {**record.msg, "not_logged": left_out}
        elif left_out > 0:
            record.msg = f"{record.msg} not_logged={left_out}"
        return self._logged[kind] <= ALIKE_A_MINUTE


def logged_settings() -> Settings:
    """The settings, with logs configured by them: what every command that runs for long begins with."""
    settings = load_settings()
    configure_logs(settings)
    return settings


def configure_logs(settings: Settings) -> None:
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        add_request_id,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.types.Processor
    if settings.log_format is LogFormat.JSON:
        shared.append(structlog.processors.format_exc_info)
        renderer = structlog.processors.JSONRenderer()
    else:
        # Plain tracebacks: the rich ones take seconds to draw, and everybody's strikes would wait for them.
        renderer = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            exception_formatter=structlog.dev.plain_traceback,
        )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, settings.log_level.upper())),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Bounded())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                renderer,
                without_secrets(settings),
            ],
        ),
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
        logging.getLogger(name).setLevel(logging.WARNING)
