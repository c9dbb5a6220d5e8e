"""Health, readiness and metrics, as a machine that watches sees them; dashboard and alerts against what there is."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.routing import Route

from db import migrate
from services import metrics
from tests.web.harness import Api
from tests.web.live import edge
from web.limits import EdgeLimits, Gate
from web.metrics import MetricsPage

OPERATIONS = Path(__file__).parent.parent.parent / "docs" / "operations"


async def scraped(api: Api) -> dict[tuple[str, ...], float]:
    """Every sample by its name and its labels' values."""
    answer = await api.client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_it_lives_and_is_ready(api: Api) -> None:
    assert (await api.client.get("/healthz")).text == "ok\n"
    ready = await api.client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json() == {"running": True, "database": True, "migrations": True, "feed": True}


async def test_with_other_migrations_it_is_not_ready(api: Api) -> None:
    await api.rows("UPDATE alembic_version SET version_num = 'older'")
    ready = await api.client.get("/readyz")
    await api.rows("UPDATE alembic_version SET version_num = (SELECT $1::text)", migrate.head())
    assert (ready.status_code, ready.json()["migrations"], ready.json()["database"]) == (503, False, True)
    assert (await api.client.get("/readyz")).status_code == 200


async def test_what_happens_is_counted(api: Api) -> None:
    await api.raid(curseEvery=1_000)
    before = await scraped(api)
    striker = await api.player()
    team = await api.unused(striker)
    await api.strike(striker, *team[:3], idempotencyKey="counted")
    await api.strike(striker, *team[:3], idempotencyKey="counted")
    await api.strike(striker, *team[:3])  # used
    await api.strike(striker, *team[3:6], action="ANALYZE")
    await api.ask("{ tokens { id } }")
    after = await scraped(api)

    def grown(*name: str) -> float:
        return after.get(name, 0) - before.get(name, 0)

    assert grown("worldthreat_strikes_total", "fight", "accepted") == 1
    assert grown("worldthreat_strikes_total", "fight", "replayed") == 1
    assert grown("worldthreat_strikes_total", "fight", "CharacterAlreadyUsed") == 1
    assert grown("worldthreat_strikes_total", "analyze", "accepted") == 1
    assert grown("worldthreat_strike_duration_seconds_count") == 4
    assert grown("worldthreat_idempotent_replays_total") == 1
    assert grown("worldthreat_strike_batch_size_count") >= 1
    assert grown("worldthreat_errors_total", "FORBIDDEN") == 1
    assert grown("worldthreat_requests_total", "200") >= 6
    assert grown("worldthreat_query_duration_seconds_count", "read") > 0
    raid = (await api.told("{ activeRaid { hp { current total } } }"))["activeRaid"]["hp"]
    assert after["worldthreat_boss_hp",] == raid["current"]
    assert after["worldthreat_boss_hp_total",] == raid["total"]
    assert after["worldthreat_strike_queue_depth",] == 0
    assert after["worldthreat_feed_lag_seconds",] == 0
    metrics.set_accounting_mismatch(3)
    assert (await scraped(api))["worldthreat_accounting_mismatch",] == 3
    metrics.set_accounting_mismatch(0)


async def test_followers_are_counted(api: Api) -> None:
    raid_id = await api.raid()
    async with edge(api) as live:
        tally, connections = live.endpoint.gate.tally, live.endpoint.gate.connections
        client = await live.client()
        await client.subscribe("subscription { bossHp { current } }")
        await client.data()
        assert (connections.count, tally.operations, tally.deliveries) == (1, 1, 2)
        await live.change(raid_id)
        await client.data()
        assert tally.deliveries == 3
        await client.send("nonsense")
        assert (await client.closed())[0] == 4400
        assert dict(tally.closes) == {4400: 1}
        assert await live.left_over() == []
        assert tally.operations == 0


async def test_no_label_says_who_plays(api: Api) -> None:
    await api.raid()
    striker = await api.player("812345678901234567")
    await api.strike(striker, *(await api.unused(striker))[:1])
    text = (await api.client.get("/metrics")).text
    assert striker not in text
    labels = set(re.findall(r'(\w+)="', text))
    assert labels <= {
        "action", "code", "generation", "implementation", "le", "major", "minor", "outcome", "patchlevel", "pool",
        "status", "version",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("client", "headers", "token", "status"),
    [
        ("127.0.0.1", {}, None, 200),
        ("::1", {}, None, 200),
        ("192.0.2.7", {}, None, 403),
        ("192.0.2.7", {}, "scrape", 403),
        ("192.0.2.7", {"Authorization": "Bearer scrape"}, "scrape", 200),
        ("192.0.2.7", {"Authorization": "bearer  scrape "}, "scrape", 200),
        ("192.0.2.7", {"Authorization": "Bearer scrap"}, "scrape", 403),
        ("192.0.2.7", {"Authorization": "Bearer "}, "scrape", 403),
        ("192.0.2.7", {"Authorization": "Bearer scrape"}, None, 403),
        # A proxy on this machine, and whoever is behind it.
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}, None, 403),
        ("127.0.0.1", {"Forwarded": "for=192.0.2.7"}, None, 403),
        ("127.0.0.1", {"Via": "1.1 proxy"}, None, 403),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.7", "Authorization": "Bearer scrape"}, "scrape", 200),
        ("127.0.0.1", {"Authorization": "Bearer wrong"}, "scrape", 403),
    ],
)
async def test_metrics_are_for_this_machine_or_a_token(
    api: Api, client: str, headers: dict[str, str], token: str | None, status: int
) -> None:
    page = MetricsPage(api.service, Gate(EdgeLimits()), token=token)
    transport = httpx.ASGITransport(Starlette(routes=[Route("/metrics", page.answer)]), client=(client, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://raid") as scraper:
        answer = await scraper.get("/metrics", headers=headers)
    assert answer.status_code == status
    assert ("worldthreat_strikes" in answer.text) == (status == 200)


async def test_of_several_processes_each_has_its_own_numbers(api: Api) -> None:
    page = MetricsPage(api.service, Gate(EdgeLimits()), token=None, worker="4711")
    transport = httpx.ASGITransport(Starlette(routes=[Route("/metrics", page.answer)]), client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://raid") as scraper:
        text = (await scraper.get("/metrics")).text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    assert len(samples) > 50
    assert {sample.labels.get("worker") for sample in samples} == {"4711"}
    assert 'worker="' not in (await api.client.get("/metrics")).text


# ---------------------------------------------------------------- what docs/operations brings


def names_in(expression: str) -> set[str]:
    return set(re.findall(r"\b(?:worldthreat|process)_\w+", expression))


async def test_the_dashboard_and_the_alerts_ask_for_what_there_is(api: Api) -> None:
    await api.raid()
    there = {name for name, *_ in await scraped(api)}
    there |= {
        "worldthreat_socket_closes_total",
        "worldthreat_errors_total",
        "worldthreat_strikes_total",
    }  # once they are
    dashboard: Any = json.loads((OPERATIONS / "dashboard.json").read_text(encoding="utf-8"))
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(expressions) > 15
    expressions.append((OPERATIONS / "alerts.yml").read_text(encoding="utf-8"))
    asked = set().union(*map(names_in, expressions))
    there |= {name.removesuffix("_bucket") for name in there}  # the alerts name them in their advice
    assert asked <= there, asked - there
    ours = {name for name in there if name.startswith("worldthreat_") and name.endswith(("_total", "_bucket"))}
    assert ours <= asked | {"worldthreat_strike_duration_seconds_bucket"}, ours - asked


def test_promtool_takes_the_alerts() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail("promtool is not installed (Debian's package prometheus)")
        pytest.skip("promtool is not installed (Debian's package prometheus)")
    for arguments in (("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml")):
        done = subprocess.run([promtool, *arguments], cwd=OPERATIONS, capture_output=True, text=True, check=False)  # noqa: S603
        assert done.returncode == 0, done.stdout + done.stderr
