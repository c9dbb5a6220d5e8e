"""``GET /metrics`` for Prometheus: what services/metrics.py counts, and what is looked at in that moment.

For this machine alone, or for whoever has the scrape token.
"""

import asyncio
import hmac
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from services.metrics import REGISTRY
from services.outages import is_database_away
from services.views import PUBLIC, Raid
from services.world_threat import WorldThreatService
from web.bearer import BEARER
from web.limits import Gate

BOSS_SECONDS: Final = 0.5
FORWARDED: Final = ("x-forwarded-for", "forwarded", "via")
REFUSED: Final = "Metrics are for this machine, or for who has the token of WORLDTHREAT_METRICS_TOKEN.\n"

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class Looked(Collector):
    """What there is to see at the moment. `raid`: as it was read for this scrape."""

    service: WorldThreatService
    gate: Gate
    raid: Raid | None = None

    def collect(self) -> Iterable[Metric]:
        feed, tally = self.service.feed, self.gate.tally
        yield GaugeMetricFamily(
            "worldthreat_strike_queue_depth", "Strikes that wait for their transaction.", self.service.strikes_waiting
        )
        yield GaugeMetricFamily("worldthreat_feed_lag_seconds", "How old it is what followers are told.", feed.age)
        yield GaugeMetricFamily("worldthreat_operations_at_once", "Queries and mutations under way.", self.gate.at_once)
        yield GaugeMetricFamily("worldthreat_connections", "Sockets and event streams.", self.gate.connections.count)
        yield GaugeMetricFamily("worldthreat_subscribers", "Operations on sockets.", tally.operations)
        yield CounterMetricFamily("worldthreat_deliveries", "Messages to sockets.", tally.deliveries)
        yield _labelled("worldthreat_socket_closes", "Sockets closed by the server.", "code", tally.closes)
        yield _labelled("worldthreat_requests", "HTTP requests to /graphql.", "status", tally.requests)
        if self.raid is not None:
            yield GaugeMetricFamily("worldthreat_boss_hp", "HP of the live raid's boss.", self.raid.hp.current)
            yield GaugeMetricFamily("worldthreat_boss_hp_total", "What it began with.", self.raid.hp.total)


@dataclass(frozen=True, slots=True, eq=False)
class OfWorker(Collector):
    """All samples of a registry with a label that says which of several processes they are from.

    Who scrapes one port of several processes hears one of them at a time: under a name of its own, each counts on.
    """

    registry: CollectorRegistry
    worker: str

    def collect(self) -> Iterable[Metric]:
        for family in self.registry.collect():
            labelled = copy(family)  # some collectors give the same one each time
            labelled.samples = [
                sample._replace(labels={**sample.labels, "worker": self.worker}) for sample in family.samples
            ]
            yield labelled


class MetricsPage:
    """`worker` names this process where there are several."""

    def __init__(
        self, service: WorldThreatService, gate: Gate, *, token: str | None, worker: str | None = None
    ) -> None:
        self._service = service
        self._token = token
        self._looked = Looked(service, gate)
        self._registry = CollectorRegistry()
        self._registry.register(self._looked)
        self._all: list[CollectorRegistry | OfWorker] = [REGISTRY, self._registry]
        if worker is not None:
            self._all = [OfWorker(registry, worker) for registry in (REGISTRY, self._registry)]

    async def answer(self, request: Request) -> Response:
        if not self._may(request):
            return PlainTextResponse(REFUSED, 403)
        self._looked.raid = await self._live_raid()
        body = b"".join(map(generate_latest, self._all))
        return Response(body, headers={"Cache-Control": "no-store"}, media_type=CONTENT_TYPE_LATEST)

    def _may(self, request: Request) -> bool:
        given = request.headers.get("authorization", "")
        if self._token is not None and given.lower().startswith(BEARER):
            return hmac.compare_digest(given[len(BEARER) :].strip().encode(), self._token.encode())
        # Behind a proxy on this machine everybody seems to be on it.
        return not any(name in request.headers for name in FORWARDED) and _is_here(request)

    async def _live_raid(self) -> Raid | None:
        """None also when the database does not say in time: a scrape does not wait for it."""
        try:
            async with asyncio.timeout(BOSS_SECONDS):
                return await self._service.active_raid(PUBLIC)
        except Exception as error:
            if not is_database_away(error):
                log.exception("the live raid cannot be read for the metrics")
            return None


def _is_here(request: Request) -> bool:
    if request.client is None:
        return True  # a socket in the file system
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _labelled(name: str, description: str, label: str, counts: dict[int, int]) -> Metric:
    family = CounterMetricFamily(name, description, labels=[label])
    for value, count in counts.items():
        family.add_metric([str(value)], count)
    return family
