"""Compiled plans and graphql-core answer alike: byte for byte, to good and bad documents, of whole views and broken.

The views are real ones, as the service gave them to the resolvers; PLANS_DOCUMENTS says how many documents are made.
"""

import os
import re
from collections.abc import AsyncIterator, Iterator
from random import Random
from typing import Any

import asyncpg
import pytest
import structlog
from graphql import GraphQLField, GraphQLSchema

from db.embedded import EmbeddedServer
from resolvers.context import Context
from schema import execution
from schema.execution import Executor
from services.errors import ForbiddenError, InvalidInputError
from services.views import PUBLIC, Principal
from tests.schema.conftest import opened
from tests.schema.documents import everything
from tests.schema.plans.generating import Asked, Generator, broken
from tests.schema.world import ADMIN, BOT, STRIKE, World
from web.answers import encode

DOCUMENTS = int(os.environ.get("PLANS_DOCUMENTS", "700"))
FAILURES = (ForbiddenError("not you"), InvalidInputError("field", "is wrong."), RuntimeError("a secret"))

GIVEN = {
    "discordId": '"ada"',
    "raidId": '"2"',
    "id": '"2"',
    "key": '"demo"',
    "action": "FIGHT",
    "first": "3",
    "after": "0",
}
MUTATIONS = (
    'registerPlayer(input: {discordId: "cy", name: "Cy"})',
    'registerPlayer(input: {discordId: "cy", name: "Cy again"})',
    'grantCharacters(input: {discordId: "ada", grants: [{characterKey: "no such"}]})',
    'grantCharacters(input: {discordId: "nobody", grants: []})',
    'grantEquipment(input: {discordId: "cy", name: "Ring", effects: [{kind: FINAL_SCORE_BONUS, amount: 5}]})',
    'createToken(input: {role: VIEWER, name: "overlay"})',
    'setAnnouncementChannel(input: {guildId: "1", channelId: "9", kinds: [STAGE_ADVANCED], mentionRoleId: "4"})',
    'pauseRaid(input: {raidId: "2", reason: "tea"})',
    'pauseRaid(input: {raidId: "2", reason: "tea"})',
    'resumeRaid(input: {raidId: "2", reason: "done"})',
    'resumeRaid(input: {raidId: "999", reason: "done"})',
    'adjustBossHp(input: {raidId: "2", reason: "fair", currentHp: 99000})',
    'updateRaid(input: {raidId: "2", reason: "a name", name: "Renamed"})',
    'createRaid(input: {name: "another", bossKey: "demo"})',
    'createRaid(input: {name: "later", bossKey: "demo", startsAt: "2090-01-01T00:00:00Z", acceptWarnings: true})',
)


@pytest.fixture(scope="module")
async def recorded(
    server: EmbeddedServer, administrator: "asyncpg.Connection[asyncpg.Record]", template: str
) -> AsyncIterator[tuple[World, dict[tuple[str, str], list[Any]]]]:
    """A world, and by kind and root field what its resolvers returned for documents that ask for everything."""
    async with opened(server, administrator, template, "plans_world") as world:
        views: dict[tuple[str, str], list[Any]] = {}
        with _recording(world.schema._schema, views):
            await _ask_for_everything(world)
        yield world, views


async def _ask_for_everything(world: World) -> None:
    schema = world.schema._schema
    ada = await world.principal("ada")
    assert schema.query_type is not None
    for asker in (ADMIN, PUBLIC, ada):
        for name, field in schema.query_type.fields.items():
            said = {key: value for key, value in GIVEN.items() if key in field.args}
            arguments = ", ".join(f"{key}: {value}" for key, value in said.items())
            selection = everything(schema, field.type, GIVEN)
            await world.ask(f"{{ {name}{f'({arguments})' if arguments else ''} {selection} }}", asker)
    for mutation in MUTATIONS:
        await world.ask(f"mutation {{ {mutation} {{ __typename }} }}", ADMIN)
    unused = await world.unused(ada)
    used = {"action": "FIGHT", "characterIds": unused[:2], "idempotencyKey": "plans"}
    for strike in (
        used,
        used,
        {**used, "action": "ANALYZE"},
        {**used, "idempotencyKey": "other"},
        {"action": "ANALYZE", "characterIds": unused[2:3], "idempotencyKey": "third"},
        {"action": "FIGHT", "characterIds": ["1", "1"], "idempotencyKey": "twice"},
        {"action": "FIGHT", "characterIds": ["999999"], "idempotencyKey": "whose"},
        {"action": "FIGHT", "characterIds": unused[3:4], "idempotencyKey": "late", "expectedSequence": 1},
        {"action": "FIGHT", "characterIds": unused[3:4], "idempotencyKey": "ring", "equipmentId": "77"},
    ):
        await world.ask(STRIKE, ada, input=strike)
    await world.ask(STRIKE, BOT, input={**used, "discordId": "nobody"})


def _roots(schema: GraphQLSchema) -> Iterator[tuple[tuple[str, str], GraphQLField]]:
    for kind, root in (("query", schema.query_type), ("mutation", schema.mutation_type)):
        assert root is not None
        for name, field in root.fields.items():
            yield (kind, name), field


class _recording:  # noqa: N801 - a context manager
    """Keeps what each root field's resolver returns."""

    def __init__(self, schema: GraphQLSchema, views: dict[tuple[str, str], list[Any]]) -> None:
        self._fields = dict(_roots(schema))
        self._resolvers = {key: field.resolve for key, field in self._fields.items()}
        self._views = views

    def __enter__(self) -> None:
        for key, field in self._fields.items():
            field.resolve = self._kept(key, field.resolve)

    def _kept(self, key: tuple[str, str], resolve: Any) -> Any:
        async def resolver(source: Any, info: Any, **arguments: Any) -> Any:
            value = resolve(source, info, **arguments)
            value = await value if hasattr(value, "__await__") else value
            self._views.setdefault(key, []).append(value)
            return value

        return resolver

    def __exit__(self, *_raised: object) -> None:
        for key, field in self._fields.items():
            field.resolve = self._resolvers[key]


@pytest.fixture
def compiled_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "COMPILED_WHEN_ASKED", 1)


class Both:
    """Asks both ways, with a resolver that returns what it is told to."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.with_plans = Executor(world.schema, plans=True)
        self.without = Executor(world.schema, plans=False)

    async def ask(self, asked: Asked, value: Any) -> tuple[bytes, bytes, list[Any], list[Any]]:
        field = dict(_roots(self._world.schema._schema))[asked.kind, asked.field]
        resolve, calls = field.resolve, []

        async def resolver(_source: Any, info: Any, **arguments: Any) -> Any:
            calls.append((info.field_name, info.path.as_list(), info.context, info.variable_values, arguments))
            if isinstance(value, Exception):
                raise value
            return value

        answers = []
        heard = []
        field.resolve = resolver
        context = Context(self._world.service, ADMIN)
        try:
            for executor in (self.with_plans, self.without):
                calls = []
                with structlog.testing.capture_logs():  # bugs are logged with all that can be known of them
                    result = await executor.execute(asked.document, asked.variables, None, context)
                answers.append(re.sub(rb"[0-9a-f]{12}", b"<id>", encode(result)))
                heard.append(calls)
        finally:
            field.resolve = resolve
        return answers[0], answers[1], heard[0], heard[1]


@pytest.mark.usefixtures("compiled_at_once")
async def test_plans_and_graphql_core_answer_alike(
    recorded: tuple[World, dict[tuple[str, str], list[Any]]],
) -> None:
    world, views = recorded
    both, random = Both(world), Random(7)
    generator = Generator(world.schema._schema, random)
    roots = [key for key, _ in _roots(world.schema._schema)]
    compiled = answered = failed = 0
    for number in range(DOCUMENTS):
        kind, field = roots[number % len(roots)]
        asked = generator.ask(kind, field)
        value = random.choice(views.get((kind, field), [None]))
        if number % 5 == 4:
            value = random.choice([*FAILURES, broken(value, random), broken(value, random), broken(value, random)])
        planned, ordinary, called, called_ordinarily = await both.ask(asked, value)
        assert planned == ordinary, asked
        assert called == called_ordinarily, asked
        compiled += both.with_plans.operation(asked.document, None).plan is not None
        answered += b'"errors"' not in ordinary
        failed += b'"errors"' in ordinary
    # Neither way is tested against itself alone, nor only where all is well.
    assert compiled > DOCUMENTS * 0.4
    assert answered > DOCUMENTS * 0.4
    assert failed > DOCUMENTS * 0.1


@pytest.mark.usefixtures("compiled_at_once")
@pytest.mark.parametrize("asker", [PUBLIC, BOT, ADMIN], ids=lambda asker: asker.role)
async def test_permissions_and_refusals_are_those_of_the_ordinary_way(
    recorded: tuple[World, Any], asker: Principal
) -> None:
    world, _ = recorded
    context = Context(world.service, asker, public_read=False)
    both = Both(world)
    for document, variables in (
        (STRIKE, {"input": {"action": "FIGHT", "characterIds": ["1"], "idempotencyKey": "x", "discordId": "nobody"}}),
        (STRIKE, {"input": {"action": "FIGHT", "characterIds": ["1"], "idempotencyKey": "\x00", "discordId": "ada"}}),
        (STRIKE, {"input": {"action": "DANCE", "characterIds": ["1"], "idempotencyKey": "x"}}),
        (STRIKE, {}),
        (STRIKE, None),
        ("{ activeRaid { id hp { current } } }", None),
        ("{ raids(first: 1000) { nodes { id } } }", None),
        ("query ($first: Int!) { raids(first: $first) { nodes { id name } } }", {"first": 1}),
        ('{ player(discordId: "ada") { balances { amount } } }', None),
        ("{ viewer { role } }", None),
        ("{ tokens { id } }", None),
        ("{ a: viewer { role } b: viewer { role } }", None),
        ("{ viewer { nonsense } }", None),
        ("{", None),
    ):
        planned = await both.with_plans.execute(document, variables, None, context)
        ordinary = await both.without.execute(document, variables, None, context)
        assert encode(planned) == encode(ordinary), document


@pytest.mark.usefixtures("compiled_at_once")
async def test_a_value_that_cannot_be_shown_is_completed_elsewhere_without_resolving_again(
    recorded: tuple[World, dict[tuple[str, str], list[Any]]],
) -> None:
    world, views = recorded
    success = next(view for view in views["mutation", "executeStrike"] if hasattr(view, "strike"))
    wrong = broken(success, Random(1))
    object.__setattr__(wrong, "victory", None)
    document = STRIKE.replace("strike { id number }", "victory")
    variables = {"input": {"action": "FIGHT", "characterIds": ["1"], "idempotencyKey": "x"}}
    planned, ordinary, called, _ = await Both(world).ask(Asked(document, variables, "executeStrike", "mutation"), wrong)
    assert planned == ordinary
    assert b'"errors"' in planned
    assert len(called) == 1


async def test_a_document_is_compiled_when_it_comes_again(recorded: tuple[World, Any]) -> None:
    world, _ = recorded
    executor, context = Executor(world.schema), Context(world.service, PUBLIC)
    document = "{ viewer { role } }"
    first = await executor.execute(document, None, None, context)
    assert executor.operation(document, None).plan is None
    second = await executor.execute(document, None, None, context)
    assert executor.operation(document, None).plan is not None
    assert encode(first) == encode(second)
    without = Executor(world.schema, plans=False)
    for _ in range(3):
        await without.execute(document, None, None, context)
    assert without.operation(document, None).plan is None
