"""Nonsense over HTTP: through every argument and input field of every question and mutation, and as raw bodies.

The answer is a clear error or a correct answer, never an internal one.
"""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    get_named_type,
    is_required_argument,
    is_required_input_field,
)

from schema.build import build_schema
from tests.web.harness import Api, OpenApi

SCHEMA = build_schema()._schema
LONG = "x" * 60_000
TOO_LONG = "x" * 100_000
RIGHT_TO_LEFT = "\u202e\u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd\u200d\U0001f469\u200d\U0001f680"
TEXTS = (
    "",
    " ",
    "\x00",
    "a\x00b",
    LONG,
    TOO_LONG,
    RIGHT_TO_LEFT,
    "'; DROP TABLE users; --",
    "%",
    "\\",
    "\n",
    "\uffff",
    "0",
)
NONSENSE: dict[str, tuple[Any, ...]] = {
    "String": (*TEXTS, 5, True, ["x"], {"x": 1}),
    "ID": (*TEXTS, "-1", "9" * 18, "9" * 19, "9" * 5_000, "1.5", "\u0663", -1, 2**53, 1.5, True),
    "Int": (-1, 0, 2**31 - 1, -(2**31), 2**31, 2**53, 10**400, 1.5, "1", True, []),
    "SafeInt": (-1, 0, 2**53 - 1, 2**53, -(2**53), 2**63, 10**400, 1.5, 1.0, "1", True, []),
    "Boolean": (0, 1, "true", []),
    "DateTime": (
        "",
        "now",
        "2030-01-01",
        "2030-01-01T00:00:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59Z",
        5,
    ),
}
CODES = {"BAD_INPUT", "PLAYER_NOT_FOUND", "FORBIDDEN", ""}
"""Of errors outside of the unions; GraphQL's own have none."""


@dataclass(frozen=True, slots=True)
class Place:
    """One argument or input field: how to ask through it. `variables` makes variables with a value in the place."""

    name: str
    document: str
    kind: str
    path: tuple[str | int, ...]
    variables: dict[str, Any]

    def with_value(self, value: Any) -> dict[str, Any]:
        variables = json.loads(json.dumps(self.variables))
        at: Any = variables
        for step in self.path[:-1]:
            at = at[step]
        at[self.path[-1]] = value
        return dict(variables)


SMALL: dict[str, Any] = {
    "String": "x", "ID": "1", "Int": 1, "SafeInt": 1, "Boolean": True, "DateTime": "2099-01-01T00:00:00Z",
}  # fmt: skip


def small(type_: GraphQLInputType) -> Any:
    """The smallest value of an input type."""
    if isinstance(type_, GraphQLNonNull):
        return small(type_.of_type)
    if isinstance(type_, GraphQLList):
        return [small(type_.of_type)]
    if isinstance(type_, GraphQLEnumType):
        return next(iter(type_.values))
    if isinstance(type_, GraphQLInputObjectType):
        return {name: small(one.type) for name, one in type_.fields.items() if is_required_input_field(one)}
    return SMALL[get_named_type(type_).name]


def places_below(type_: GraphQLInputType, value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str, Any, Any]]:
    """(kind, path, the whole value with the place in it) of every scalar and list below an input type.

    `value` is remade for each optional field: it is there only when it is looked at.
    """
    if isinstance(type_, GraphQLNonNull):
        yield from places_below(type_.of_type, value, path)
    elif isinstance(type_, GraphQLList):
        yield "List", path, value
        yield from ((kind, below, [inner]) for kind, below, inner in places_below(type_.of_type, value[0], (*path, 0)))
    elif isinstance(type_, GraphQLInputObjectType):
        for name, field in type_.fields.items():
            for kind, below, inner in places_below(field.type, small(field.type), (*path, name)):
                yield kind, below, {**value, name: inner}
    elif isinstance(type_, GraphQLScalarType):
        yield type_.name, path, value
    else:
        yield "Enum", path, value


def places() -> Iterator[Place]:
    """Every place of every root field, and of fields with arguments right below `raid` and `player`."""
    fields: list[tuple[str, GraphQLObjectType, str, str]] = []
    for operation, root in (("query", SCHEMA.query_type), ("mutation", SCHEMA.mutation_type)):
        assert root is not None
        fields += [(operation, root, name, "%s") for name in root.fields]
    for type_name, around in (("Raid", 'raid(id: "1") { %s }'), ("Player", 'player(discordId: "ada") { %s }')):
        type_ = SCHEMA.type_map[type_name]
        assert isinstance(type_, GraphQLObjectType)
        fields += [("query", type_, name, around) for name in type_.fields]
    for operation, type_, name, around in fields:
        yield from places_of(operation, type_, name, around)


def places_of(operation: str, type_: GraphQLObjectType, name: str, around: str) -> Iterator[Place]:
    field = type_.fields[name]
    given = {argument: small(one.type) for argument, one in field.args.items() if is_required_argument(one)}
    below = "" if isinstance(get_named_type(field.type), GraphQLScalarType) else "{ __typename }"
    for argument, one in field.args.items():
        for kind, path, value in places_below(one.type, small(one.type), (argument,)):
            asked = {**given, argument: value}
            declared = ", ".join(f"${each}: {field.args[each].type}" for each in asked)
            passed = ", ".join(f"{each}: ${each}" for each in asked)
            document = f"{operation} ({declared}) {{ {around % f'{name}({passed}) {below}'} }}"
            yield Place(f"{type_.name}.{name} {'.'.join(map(str, path))}", document, kind, path, asked)


PLACES = {place.name: place for place in places()}


@pytest.fixture(scope="module")
async def api(open_api: OpenApi) -> AsyncIterator[Api]:
    async with open_api() as api:
        await api.player("ada")
        await api.raid()
        yield api


def nonsense(place: Place) -> tuple[Any, ...]:
    if place.kind == "List":
        at: Any = place.variables
        for step in place.path:
            at = at[step]
        return ([], at * 5_000, [None], "x", 5)
    return NONSENSE.get(place.kind, ("", "NONSENSE", 5, None))


@pytest.mark.parametrize("name", PLACES)
async def test_nonsense_is_never_an_internal_error(api: Api, name: str) -> None:
    place = PLACES[name]
    for value in nonsense(place):
        for token in (api.tokens.admin, api.tokens.bot):
            answer = await api.ask(place.document, place.with_value(value), token)
            seen = f"{str(value)[:60]!r}: {answer.body[:500]}"
            assert answer.status in {200, 400, 413}, seen
            assert set(answer.codes) <= CODES, seen
            assert all(error["message"].strip() for error in answer.errors), seen
            assert len(answer.body) < 600_000, seen
            if "FORBIDDEN" not in answer.codes:
                break


@pytest.mark.parametrize("name", [place.name for place in PLACES.values() if place.kind in {"String", "ID"}])
async def test_nul_is_refused_by_the_name_of_its_field(api: Api, name: str) -> None:
    """PostgreSQL has no place for it."""
    place = PLACES[name]
    for token in (api.tokens.admin, api.tokens.bot):
        answer = await api.ask(place.document, place.with_value("a\x00b"), token)
        if "FORBIDDEN" not in answer.codes:
            break
    assert answer.codes == ["BAD_INPUT"], answer.body
    said = answer.errors[0]
    assert said["extensions"]["field"] in {step for step in place.path if isinstance(step, str)}, answer.body


async def test_names_in_every_script_come_back_as_they_were_given(api: Api) -> None:
    register = 'mutation ($n: String!) { registerPlayer(input: {discordId: "fatima", name: $n}) { __typename } }'
    for name in (RIGHT_TO_LEFT.strip(), "Zo\u0308e", "\U0001f9d9" * 25, "<script>alert(1)</script>", "%s {0} $1 \\"):
        await api.told(register, api.tokens.bot, n=name)
        assert (await api.told('{ player(discordId: "fatima") { name } }'))["player"] == {"name": name}


ASKED = b'{"query": "{ viewer { role } }", %s}'
NO_QUESTION: dict[int, tuple[bytes, ...]] = {
    # Nothing that could be executed.
    400: (
        b"null", b"5", b'"x"', b"[]", b"{}", b"", b"\x00", b"\xff\xfe", b"[" * 100_000,
        b'[{"query": "{ viewer { role } }"}]',
        b'{"query": 5}', b'{"query": null}', b'{"query": ""}', b'{"query": "\\ud800"}',
        ASKED % b'"variables": 5', ASKED % b'"variables": []', ASKED % b'"operationName": 5',
        ASKED % b'"extensions": []',
        ASKED % (b'"variables": {"a": ' + b"[" * 64 + b"]" * 64 + b"}"),
        b'{"query": "query ($i: ID!) { player(discordId: $i) { id } }", "variables": {"i": "\\ud800"}}',
    ),
    413: (b'{"a":' * 100_000, ASKED % (b'"more": "' + b"x" * 100_000 + b'"'), b'{"query": "' + b"{ a" * 30_000 + b'"}'),
    # A document that cannot be executed: an answer, to clients of before application/graphql-response+json.
    200: (
        ASKED % b'"operationName": "no"',
        b'{"query": "{ player(discordId: \\"\\\\ud800\\") { id } }"}',
        b'{"query": "' + b"{ a" * 20_000 + b'"}',
        b'{"query": "' + b"{ a" * 300 + b'"}',
        b'{"query": "{ raids(first: ' + b"9" * 10_000 + b') { nodes { id } } }"}',
        b'{"query": "{ player(discordId: ' + b"[" * 20_000 + b') { id } }"}',
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("status", "body"),
    [(status, body) for status, bodies in NO_QUESTION.items() for body in bodies],
    ids=lambda given: (
        given[:40].decode("latin-1").encode("unicode_escape").decode() if isinstance(given, bytes) else ""
    ),
)
async def test_a_body_that_is_no_question_is_refused(api: Api, status: int, body: bytes) -> None:
    response = await api.client.post("/graphql", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == status, response.text
    assert "data" not in response.json()
    assert response.json()["errors"]
    assert "INTERNAL" not in response.text
    assert "Traceback" not in response.text
    assert len(response.text) < 2_000
