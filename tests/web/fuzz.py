"""Questions that nobody would think of, made by schemathesis from our SDL: valid ones, and ones with one violation.

    make fuzz [CASES=2000] [SEED=1]

asks a `worldthreat serve` of its own, over a PostgreSQL of its own, and fails for a server error, when the server has
grown by more than MOST_GROWTH, and when fewer cases could be made.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import schemathesis
import typer
from graphql import GraphQLSyntaxError, build_schema, parse, validate
from graphql.language import ast
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from db import migrate
from db.embedded import EmbeddedServer
from services.views import Role
from tests.web.harness import Answer, Api, Tokens, answer_of, import_sample_roster, make_tokens, serving
from tests.web.processes import api_processes

SDL = Path(__file__).parent.parent.parent / "schema" / "schema.graphql"
SCHEMA = build_schema(SDL.read_text(encoding="utf-8"))
MOST_GROWTH = 100 * 1024 * 1024
AT_ONCE = 8
WHOLE = st.sampled_from([0, 1, -1, 2**31 - 1, 2**31, 2**53 - 1, 2**53, 2**63, 10**30]) | st.integers()
TIMES = st.datetimes().map(lambda time: f"{time.isoformat()}Z") | st.text()
schemathesis.graphql.scalar("SafeInt", WHOLE.map(lambda value: ast.IntValueNode(value=str(value))))
schemathesis.graphql.scalar("DateTime", TIMES.map(lambda value: ast.StringValueNode(value=value)))


@dataclass(frozen=True, slots=True)
class Case:
    query: str
    is_valid: bool


def cases(count: int, number: int) -> list[Case]:
    """The same for the same `number`: half of them valid, spread over all queries and mutations."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the libraries' own
        schema = schemathesis.graphql.from_path(SDL)
        known: Any = schema.get_all_operations()
        operations = [
            one for one in (found.ok() for found in known) if one.definition.type_.name in {"Query", "Mutation"}
        ]
        each = -(-count // (2 * len(operations)))
        queries = [
            query
            for operation in operations
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
            for query in _queries(operation, mode, each, number)
        ]
    return [Case(query, _is_valid(query)) for query in queries]


def _is_valid(query: str) -> bool:
    """Where there is nothing to violate, a valid one is made all the same."""
    try:
        return not validate(SCHEMA, parse(query))
    except GraphQLSyntaxError:
        return False


def _queries(operation: Any, mode: GenerationMode, count: int, number: int) -> list[str]:
    made: list[str] = []

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def collect(case: Any) -> None:
        made.append(case.body)

    collect()
    return made[:count]


@dataclass(slots=True)
class Asked:
    """How it went. `wrong`: what no server should answer."""

    statuses: Counter[int] = field(default_factory=Counter)
    executed: int = 0
    wrong: list[str] = field(default_factory=list)

    def note(self, case: Case, answer: Answer) -> None:
        self.statuses[answer.status] += 1
        self.executed += answer.data is not None
        is_wrong = (
            answer.status not in {200, 400, 401, 413}
            or "INTERNAL" in answer.codes
            or "Traceback" in answer.body
            or (answer.data is None and not answer.errors)
            or (answer.status == 200 and not case.is_valid and answer.data is not None)
        )
        if is_wrong:
            self.wrong.append(f"{answer.status} to {case.query[:2_000]!r}: {answer.body[:500]}")


async def ask_all(url: str, found: list[Case], api: Api) -> Asked:
    """Every case by a bot, an admin, a player or nobody in turn. A case may end tokens: then there are new ones."""
    asked = Asked()
    waiting = iter(enumerate(found))
    tokens = [api.tokens]

    async def work(client: httpx.AsyncClient) -> None:
        for number, case in waiting:
            role = (Role.ADMIN, Role.BOT, Role.PLAYER, Role.PUBLIC)[number % 4]
            answer = await _ask(client, case, tokens[-1].of(role))
            if answer.status == 401:
                tokens.append(await _new_tokens(api))
                answer = await _ask(client, case, tokens[-1].of(role))
            asked.note(case, answer)

    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as client:
        await asyncio.gather(*(work(client) for _ in range(AT_ONCE)))
    return asked


async def _new_tokens(api: Api) -> Tokens:
    return await make_tokens(api.service)


async def _ask(client: httpx.AsyncClient, case: Case, token: str | None) -> Answer:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return answer_of(await client.post("/graphql", json={"query": case.query}, headers=headers))


async def _run(count: int, number: int) -> int:
    typer.echo(f"Making {count} cases …")
    found = cases(count + count // 10, number)  # some operations have fewer different ones
    folder = Path(tempfile.mkdtemp(prefix="worldthreat-fuzz-"))
    server = EmbeddedServer.start(folder, durable=False)
    try:
        await migrate.upgrade(server.url)
        async with (
            serving(server.url) as api,
            api_processes(1, server.url, rate_player="off", rate_address="off") as (target,),
        ):
            await import_sample_roster(api.database)
            await api.player("ada")
            await api.raid()
            process = psutil.Process(target.process.pid)
            await ask_all(target.url, found[:200], api)
            before = process.memory_info().rss
            asked = await ask_all(target.url, found, api)
            grown = process.memory_info().rss - before
            said = target.text()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    typer.echo(f"{asked.statuses.total()} cases, {asked.executed} executed, by status {dict(asked.statuses)}")
    typer.echo(f"The server grew by {grown / 1024 / 1024:.0f} MiB; at most {MOST_GROWTH // 1024 // 1024} are allowed.")
    for line in asked.wrong[:10]:
        typer.echo(line)
    if "Traceback" in said:
        typer.echo(said[:5_000])
    is_short = asked.statuses.total() < count
    return int(bool(asked.wrong) or is_short or grown > MOST_GROWTH or "Traceback" in said)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    sys.exit(asyncio.run(_run(given.cases, given.seed)))


if __name__ == "__main__":
    main()
