"""What https://github.com/graphql/graphql-http asks of a server: all of its audits, none of them written here."""

import asyncio
import shutil

import orjson

from tests.web.harness import Api
from tests.web.test_live_clients import CLIENTS, needs_node

SECONDS = 60.0
AUDITS = 61


async def test_every_audit_of_graphql_http_is_passed(api: Api) -> None:
    needs_node("graphql-http")
    node = shutil.which("node")
    assert node is not None
    process = await asyncio.create_subprocess_exec(
        node, "audits.mjs", f"{api.url}/graphql", cwd=CLIENTS, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(SECONDS):
            told, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    audits = [orjson.loads(line) for line in told.splitlines()]
    assert [audit for audit in audits if audit["status"] != "ok"] == []
    assert len(audits) == AUDITS
