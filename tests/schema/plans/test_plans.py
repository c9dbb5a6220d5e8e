"""Compiled plans and graphql-core answer alike: byte for byte, to good and bad documents, of whole views and broken.

The views are real ones, as the service gave them to the resolvers; PLANS_DOCUMENTS says how many documents are made.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from random import Random
from typing import Any

import asyncpg
import pytest
import structlog
from graphql import GraphQLField, GraphQLSchema, OperationType

from db.embedded import EmbeddedServer
from resolvers.context import Context
from schema import execution, limits
from schema.execution import Executor
from schema.plans.plan import Plan
from services.errors import ForbiddenError, InvalidInputError, OverloadedError, RaidNotFoundError
from services.views import PUBLIC, Principal
from tests.schema.conftest import opened
from tests.schema.documents import everything
from tests.schema.plans.generating import Asked, Generator, broken
from tests.schema.world import ADMIN, BOT, STRIKE, World
from web.answers import encode

DOCUMENTS = int(os.environ.get("PLANS_DOCUMENTS", "150"))
FAILURES = (
    ForbiddenError("not you"),
    InvalidInputError("field", "is wrong."),
    RuntimeError("a secret"),
    OverloadedError(retry_after_ms=5),
    RaidNotFoundError(raid_id="7"),
)
ASKERS = (ADMIN, ADMIN, BOT, PUBLIC)

GIVEN = {
    "discordId": '"ada"',
    "raidId": '"2"',
    "id": '"2"',
    "key": '"demo"',
    "action": "FIGHT",
    "first": "3",
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
    context = Context(world.service, ADMIN)
    assert schema.query_type is not None
    for asker in (ADMIN, PUBLIC, ada):
        for name, field in schema.query_type.fields.items():
            said = {key: value for key, value in GIVEN.items() if key in field.args}
            arguments = ", ".join(f"{key}: {value}" for key, value in said.items())
            selection = everything(schema, field.type, GIVEN)
            await world.ask(f"{{ {name}{f'({arguments})' if arguments else ''} {selection} }}", asker)
    assert schema.subscription_type is not None
    for name, field in schema.subscription_type.fields.items():
        arguments = "(after: 0)" if "after" in field.args else ""
        document = f"subscription {{ {name}{arguments} {everything(schema, field.type, GIVEN)} }}"
        stream: Any = await world.schema.stream(document, context_value=context)
        async with aclosing(stream):
            first = await asyncio.wait_for(anext(stream), 30)
            assert not first.errors, first.errors
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
    for operation in OperationType:
        root = schema.get_root_type(operation)
        assert root is not None
        for name, field in root.fields.items():
            yield (operation.value, name), field


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
    """Documents of any size, each at its first time."""
    monkeypatch.setattr(execution, "COMPILED_WHEN_ASKED", 1)
    for limit in ("DEEPEST", "MOST_ALIASES", "MOST_TOKENS", "MOST_DIRECTIVES", "DEAREST"):
        monkeypatch.setattr(limits, limit, 1_000_000)


def _without_ids(result: Any) -> bytes:
    return re.sub(rb"[0-9a-f]{12}", b"<id>", encode(result))


class Both:
    """Asks both ways, with resolvers that return what they are told to: all around them is as it always is."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._fields = dict(_roots(world.schema._schema))
        self.with_plans = Executor(world.schema, plans=True)
        self.without = Executor(world.schema, plans=False)

    async def follow(self, asked: Asked, values: list[Any], asker: Principal) -> tuple[list[bytes], list[bytes]]:
        """All that both streams tell, of a source that yields `values`, or raises them."""
        field = self._field(asked)

        async def source() -> AsyncIterator[Any]:
            for value in values:
                if isinstance(value, Exception):
                    raise value
                yield value

        field.get_result = lambda _source, info, args, kwargs: source()  # noqa: ARG005 - Strawberry's signature
        told: list[list[bytes]] = []
        context = Context(self._world.service, asker)
        try:
            for executor in (self.with_plans, self.without):
                with structlog.testing.capture_logs():
                    stream = await executor.stream(asked.document, asked.variables, None, context)
                    results = [(type(result).__name__, result) async for result in stream]
                told.append([b"%b %b" % (name.encode(), _without_ids(result)) for name, result in results])
        finally:
            del field.get_result
        return told[0], told[1]

    def _field(self, asked: Asked) -> Any:
        return self._fields[asked.kind, asked.field].extensions["strawberry-definition"]

    async def ask(self, asked: Asked, value: Any, asker: Principal) -> tuple[bytes, bytes, list[Any], list[Any]]:
        """Both answers, and what the resolver was given, each time it was called."""
        field = self._field(asked)
        calls: list[Any] = []

        async def resolver(info: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
            given = {name: value for name, value in kwargs.items() if name != "info"}
            raw = info._raw_info
            calls.append((raw.field_name, raw.path.as_list(), raw.context, raw.variable_values, args, given))
            if isinstance(value, Exception):
                raise value
            return value

        field.get_result = lambda _source, info, args, kwargs: resolver(info, args, kwargs)
        answers, heard = [], []
        context = Context(self._world.service, asker)
        try:
            for executor in (self.with_plans, self.without):
                calls = []
                with structlog.testing.capture_logs():  # bugs are logged with all that can be known of them
                    result = await executor.execute(asked.document, asked.variables, None, context)
                answers.append(_without_ids(result))
                heard.append(calls)
        finally:
            del field.get_result
        return answers[0], answers[1], heard[0], heard[1]


@pytest.mark.usefixtures("compiled_at_once")
async def test_plans_and_graphql_core_answer_alike(
    recorded: tuple[World, dict[tuple[str, str], list[Any]]],
) -> None:
    world, views = recorded
    both, random = Both(world), Random(7)
    generator = Generator(world.schema._schema, random)
    roots = [key for key, _ in _roots(world.schema._schema) if key[0] != "subscription"]
    compiled = answered = failed = 0
    for number in range(DOCUMENTS):
        kind, field = roots[number % len(roots)]
        asked = generator.ask(kind, field)
        value = random.choice(views.get((kind, field), [None]))
        if number % 5 == 4:
            value = random.choice([*FAILURES, broken(value, random), broken(value, random), broken(value, random)])
        planned, ordinary, called, called_ordinarily = await both.ask(asked, value, random.choice(ASKERS))
        assert planned == ordinary, asked
        assert called == called_ordinarily, asked
        compiled += both.with_plans.operation(asked.document, None).plan is not None
        answered += b'"errors"' not in ordinary
        failed += b'"errors"' in ordinary
    # Neither way is tested against itself alone, nor only where all is well.
    assert compiled > DOCUMENTS * 0.6
    assert answered > DOCUMENTS * 0.25
    assert failed > DOCUMENTS * 0.1


@pytest.mark.usefixtures("compiled_at_once")
async def test_streams_tell_alike(recorded: tuple[World, dict[tuple[str, str], list[Any]]]) -> None:
    world, views = recorded
    both, random = Both(world), Random(11)
    generator = Generator(world.schema._schema, random)
    roots = [key for key, _ in _roots(world.schema._schema) if key[0] == "subscription"]
    assert {key for key in views if key[0] == "subscription"} == set(roots)
    compiled = told = 0
    for number in range(max(30, DOCUMENTS // 5)):
        kind, field = roots[number % len(roots)]
        asked = generator.ask(kind, field)
        values = random.choices(views[kind, field], k=3)
        if number % 3 == 2:
            values[random.randrange(3)] = random.choice([*FAILURES, broken(values[0], random)])
        planned, ordinary = await both.follow(asked, values, random.choice((ADMIN, BOT, PUBLIC)))
        assert planned == ordinary, asked
        compiled += both.with_plans.operation(asked.document, None).plan is not None
        told += len(planned)
    assert compiled > 15
    assert told > 60


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
    planned, ordinary, called, _ = await Both(world).ask(
        Asked(document, variables, "executeStrike", "mutation"), wrong, BOT
    )
    assert planned == ordinary
    assert b'"errors"' in planned
    assert len(called) == 1


@pytest.mark.usefixtures("compiled_at_once")
async def test_the_usual_variables_go_the_compiled_way_and_so_do_ids_that_are_numbers(
    recorded: tuple[World, dict[tuple[str, str], list[Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, views = recorded
    given: list[object] = []
    monkeypatch.setattr(Plan, "_ordinary_call", lambda *_arguments: given.append("the ordinary way"))
    success = next(view for view in views["mutation", "executeStrike"] if hasattr(view, "strike"))
    for ids in (["1", "12"], [1, 12]):
        variables = {"input": {"action": "FIGHT", "characterIds": ids, "idempotencyKey": "x", "discordId": "ada"}}
        planned, ordinary, called, _ = await Both(world).ask(
            Asked(STRIKE, variables, "executeStrike", "mutation"), success, BOT
        )
        assert planned == ordinary
        assert [next(iter(arguments.values())).character_ids for *_, arguments in called] == [["1", "12"]]
    assert given == []


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
