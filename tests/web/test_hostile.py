"""A few seconds of bench/hostile.py: attacks of every kind beside honest strikes, and secrets that stay inside."""

import asyncio
import signal
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from bench.load.hostile import ATTACKS, LINGER_SECONDS, Target, attack
from services.world_threat import WorldThreatService
from tests.services.world import books_balance
from tests.web.harness import Api, OpenApi, import_sample_roster, serving
from tests.web.processes import api_processes

STRIKERS = 4
PLANTED = "wt-planted-8c1f"


async def test_attacks_of_every_kind_hurt_no_honest_strike(
    open_api: OpenApi, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bench.load.hostile.LINGER_SECONDS", LINGER_SECONDS / 4)
    async with open_api() as api:
        raid_id = await api.raid(totalHp=10_000_000)
        strikers = [await api.player(characters=40) for _ in range(STRIKERS)]
        teams = {striker: await api.unused(striker) for striker in strikers}
        target = Target(int(api.url.rpartition(":")[2]))
        over = asyncio.Event()

        async def strike(striker: str) -> int:
            struck = 0
            for character in teams[striker]:
                answer = await asyncio.wait_for(api.strike(striker, character), 60)
                assert answer["__typename"] == "ExecuteStrikeSuccess"
                struck += 1
                if over.is_set():
                    break
                await asyncio.sleep(0.05)
            return struck

        with capture_logs() as logs:
            honest = [asyncio.create_task(strike(striker)) for striker in strikers]
            wrong = await asyncio.gather(*(attack(name, target) for name in ATTACKS))
            over.set()
            struck = sum(await asyncio.gather(*honest))
        assert [one for one in wrong if one] == []
        assert struck >= STRIKERS
        assert [line for line in logs if line["log_level"] == "error"] == []
        assert [record for record in caplog.records if record.exc_info] == []
        await books_balance(api.database, int(raid_id))


async def test_a_planted_exception_and_planted_secrets_appear_nowhere_outside(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller is told an id. Over HTTP, as a stream and over a socket, and on every page there is."""

    async def planted(*_given: Any, **_more: Any) -> Any:
        raise RuntimeError(f"{PLANTED} postgresql://raider:{PLANTED}@db/raid /srv/{PLANTED}")

    monkeypatch.setattr(WorldThreatService, "raids", planted)
    asked = {"query": "{ raids { nodes { id } } }"}
    with capture_logs() as logs:
        plain = await api.client.post("/graphql", json=asked)
        stream = await api.client.post("/graphql", json=asked, headers={"Accept": "text/event-stream"})
        got = await api.client.get("/graphql", params=asked)
    for answer in (plain, stream, got):
        assert "INTERNAL" in answer.text
        assert PLANTED not in answer.text
        assert "RuntimeError" not in answer.text
        assert "Traceback" not in answer.text
    assert len([line for line in logs if line["event"] == "internal_error"]) == 3
    assert PLANTED in str(logs)


async def test_secrets_of_the_settings_are_told_to_nobody(database_url: str) -> None:
    """A process with planted secrets is asked everything, and made to fail; its log has none of them either."""
    async with serving(database_url) as helper:
        await import_sample_roster(helper.database)
        await helper.rows("ALTER TABLE reward_grants RENAME TO elsewhere")
        settings = {"metrics_token": PLANTED, "discord_token": f"{PLANTED}.discord", "log_level": "debug"}
        async with api_processes(1, database_url, **settings) as (process,):
            tokens = [helper.tokens.admin, helper.tokens.bot, "wt_admin_" + "x" * 36]
            said = []
            async with httpx.AsyncClient(base_url=process.url, trust_env=False, timeout=60) as client:
                for token in tokens:
                    for query in ("{ rewardGrants { nodes { id } } }", "{ tokens { id } }", "{", "{ nope }"):
                        headers = {"Authorization": f"Bearer {token}"}
                        said.append(await client.post("/graphql", json={"query": query}, headers=headers))
                for path in ("/", "/metrics", "/readyz", "/healthz", "/graphql?query={viewer{role}}", "/nowhere"):
                    said.append(await client.get(path, headers={"Authorization": f"Bearer {PLANTED}"}))  # noqa: PERF401
            told = "".join(answer.text + str(answer.headers) for answer in said)
            assert "INTERNAL" in told
            await process.ends(signal.SIGTERM)
            log = process.text()
        assert "internal_error" in log
        for secret in (PLANTED, *tokens):
            assert secret not in told
            assert secret not in log
