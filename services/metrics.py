"""What the server counts, for Prometheus. No player, raid or token is a label: there are too many, and they are people.

What is counted is counted where it happens; what can be looked at (how many wait, how far the feed is) is looked at
when somebody asks (web/metrics.py).
"""

import time
from functools import cache
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from sqlalchemy import event

from db.engine import Database
from services.errors import WorldThreatError
from services.rules.values import StrikeAction
from services.views import StrikeSuccess

REGISTRY: Final = CollectorRegistry()
for collector in (ProcessCollector, PlatformCollector, GCCollector):
    collector(registry=REGISTRY)

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
ACCEPTED: Final = "accepted"
REPLAYED: Final = "replayed"
FAILED: Final = "failed"

STRIKES: Final = Counter(
    "worldthreat_strikes", "Strikes that were answered, by how.", ["action", "outcome"], registry=REGISTRY
)
STRIKE_SECONDS: Final = Histogram(
    "worldthreat_strike_duration_seconds", "From the call to the answer.", buckets=SECONDS, registry=REGISTRY
)
REPLAYS: Final = Counter(
    "worldthreat_idempotent_replays", "Strikes that were answered again as before.", registry=REGISTRY
)
BATCH_SIZE: Final = Histogram(
    "worldthreat_strike_batch_size",
    "Strikes in one transaction.",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
    registry=REGISTRY,
)
QUERY_SECONDS: Final = Histogram(
    "worldthreat_query_duration_seconds",
    "Statements outside of the strike line.",
    ["pool"],
    buckets=SECONDS,
    registry=REGISTRY,
)
ERRORS: Final = Counter(
    "worldthreat_errors", "Errors that callers were told outside of the unions, by code.", ["code"], registry=REGISTRY
)
ACCOUNTING_MISMATCH: Final = Gauge(
    "worldthreat_accounting_mismatch",
    "Raids whose books did not balance when they were last looked at. Must be 0.",
    registry=REGISTRY,
)


def set_accounting_mismatch(raids: int) -> None:
    """What the newest look at the books has found."""
    ACCOUNTING_MISMATCH.set(raids)


def strike_answered(action: StrikeAction, began: float, success: StrikeSuccess) -> None:
    """`began`: when the strike was called for, by `time.perf_counter`."""
    _count(action, began, REPLAYED if success.replayed else ACCEPTED)
    if success.replayed:
        REPLAYS.inc()


def strike_failed(action: StrikeAction, began: float, error: BaseException) -> None:
    """It was refused, or its caller went away, or something broke."""
    refused = isinstance(error, WorldThreatError)
    _count(action, began, type(error).__name__.removesuffix("Error") if refused else FAILED)


def _count(action: StrikeAction, began: float, outcome: str) -> None:
    _strikes(action, outcome).inc()
    STRIKE_SECONDS.observe(time.perf_counter() - began)


@cache
def _strikes(action: StrikeAction, outcome: str) -> Counter:
    """Kept, because to find a counter by its labels takes longer than to count."""
    return STRIKES.labels(action.value, outcome)


def watch_queries(database: Database) -> None:
    """Times every statement of both pools."""
    for pool, engine in database.engines.items():
        observe = QUERY_SECONDS.labels(pool).observe

        def began(*given: Any) -> None:
            given[4].began_at = time.perf_counter()  # SQLAlchemy's context of this execution

        def ended(*given: Any, observe: Any = observe) -> None:
            observe(time.perf_counter() - given[4].began_at)

        event.listen(engine.sync_engine, "before_cursor_execute", began)
        event.listen(engine.sync_engine, "after_cursor_execute", ended)
