"""How large and how dear a document may be: what is beyond is refused before it is executed, with its number."""

import re
from pathlib import Path
from typing import Any

import graphql
import pytest
from graphql import OperationDefinitionNode, parse

import bot.admin.queries
import bot.announcing.queries
import bot.seeing.queries
import bot.striking.queries
from schema import limits
from schema.build import build_schema
from schema.costs import LIST_SIZE, SIZES
from schema.execution import CHARACTERS_REMEMBERED, OPERATIONS_REMEMBERED, Executor, Operation

ROOT = Path(__file__).parent.parent.parent
EXECUTOR = Executor(build_schema())
SCHEMA = EXECUTOR._graphql_schema
HUGE = """{ raids(first: 100) { nodes {
  leaderboard(first: 100) { rank player { name } }
  strikes(first: 100) { nodes { number player { name } team { name score } } }
} } }"""
"""Each part of it is allowed, and in a community that has played for long its answer has millions of characters."""


def operation(query: str, name: str | None = None) -> Operation:
    return EXECUTOR.operation(query, name)


def refusal(query: str, **variables: Any) -> dict[str, Any]:
    refused = operation(query).refusal(variables)
    assert refused is not None
    assert refused.errors is not None
    (error,) = refused.errors
    return {"message": error.message, **(error.extensions or {})}


def cost(query: str, **variables: Any) -> int:
    asked = operation(query)
    assert asked.errors == ()
    return asked.cost(variables)


@pytest.mark.parametrize(
    ("query", "what", "found", "allowed"),
    [
        ("{ viewer {" + " role" * 17 + "} }", "aliases and repeated fields", 16, 15),
        (
            "{ viewer {" + "".join(f" a{each}: role" for each in range(16)) + "} }",
            "aliases and repeated fields",
            16,
            15,
        ),
        ("{ viewer {" + " ...{ role }" * 41 + "} }", "fragments", 41, 40),
        ("{ viewer { role " + "@skip(if: true) " * 51 + "} }", "directives", 51, 50),
        (HUGE, "fields in its answer, list by list", 260_201, 10_000),
    ],
    ids=lambda given: given[:40] if isinstance(given, str) else "",
)
def test_a_document_has_its_bounds(query: str, what: str, found: int, allowed: int) -> None:
    told = refusal(query)
    assert (told["code"], told["found"], told["allowed"]) == ("TOO_COMPLEX", found, allowed)
    assert what in told["message"]
    assert f"{allowed:,}" in told["message"]


def test_tokens_are_counted_before_anything_is_built_of_them() -> None:
    assert "1000 tokens" in refusal("{ viewer { " + "role " * 1_000 + "} }")["message"]
    assert operation("# " + "x" * 60_000 + "\n{ viewer { role } }").errors == ()


AFFINITIES = "strikes { nodes { player { roster { %s { affinities { value } } } } } }"


@pytest.mark.parametrize("through_fragments", [False, True])
def test_levels_are_counted(*, through_fragments: bool) -> None:
    """Ten are answered; an edge more makes eleven. Inline fragments and named ones are no level."""
    for roster, levels in (("nodes", 9), ("edges { node", 10)):
        below = AFFINITIES % roster + (" }" if roster != "nodes" else "")
        asked = f"{{ raids(first: 1) {{ nodes {{ ... on Raid {{ {below} }} }} }} }}"
        deeper = f"{{ raids(first: 1) {{ edges {{ node {{ {below} }} }} }} }}"
        if through_fragments:
            named = f" fragment Below on Raid {{ {below} }}"
            asked, deeper = (text.replace(below, "...Below") + named for text in (asked, deeper))
        assert "levels" not in str(operation(asked).errors)
        if levels == limits.DEEPEST:
            told = refusal(deeper)
            assert (told["code"], told["found"], told["allowed"]) == ("TOO_COMPLEX", 11, 10)


def test_one_level_too_many_is_refused() -> None:
    introspection = "{ __schema { types { fields { type" + " { ofType" * 16 + " { name }" + " }" * 16 + "} } } }"
    assert refusal(introspection)["allowed"] == limits.DEEPEST_INTROSPECTION
    reference = graphql.get_introspection_query(descriptions=True, input_value_deprecation=True)
    assert operation(reference).refusal({}) is None


def test_introspection_of_introspection_is_refused() -> None:
    assert operation("{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }").errors


@pytest.mark.parametrize(
    ("query", "variables", "expected"),
    [
        ("{ viewer { role } }", {}, 2),
        ("{ activeRaid { weaknesses { kind value } } }", {}, 1 + LIST_SIZE * 3),
        ("{ leaderboard(first: 7) { rank score } }", {}, 7 * 3),
        ("{ leaderboard { rank } }", {}, 10 * 2),
        ("query ($n: Int!) { leaderboard(first: $n) { rank } }", {"n": 5}, 10),
        ("query ($n: Int = 4) { leaderboard(first: $n) { rank } }", {}, 8),
        ("query ($n: Int = 4) { leaderboard(first: $n) { rank } }", {"n": 100}, 200),
        ("query ($n: Int!) { leaderboard(first: $n) { rank } }", {"n": 10**400}, 2_000),
        ("query ($n: Int!) { leaderboard(first: $n) { rank } }", {"n": "x"}, 2 * LIST_SIZE),
        ("query ($n: Int!) { leaderboard(first: $n) { rank } }", {"n": -1}, 2 * LIST_SIZE),
        ('{ leaderboardAround(discordId: "1", radius: 2) { rank } }', {}, 5 * 2),
        ("{ raids(first: 3) { nodes { id } pageInfo { hasNextPage } } }", {}, 1 + 3 * 2 + 2),
        (
            "{ raids(first: 3) { nodes { strikes(first: 4) { nodes { team { name } } } } } }",
            {},
            1 + 3 * (1 + 1 + 4 * (1 + 6 * 2)),
        ),
        ("{ raids(first: 3) { ...Page } } fragment Page on RaidConnection { nodes { id } }", {}, 1 + 3 * 2),
        ("{ activeRaid { hpHistory(points: 50) { hp } } }", {}, 1 + 50 * 2),
    ],
    ids=str,
)  # fmt: skip
def test_the_cost_is_the_number_of_fields_in_the_answer(query: str, variables: dict[str, Any], expected: int) -> None:
    assert cost(query, **variables) == expected


def test_of_several_types_the_dearest_counts() -> None:
    both = """mutation ($i: ExecuteStrikeInput!) { executeStrike(input: $i) {
      ... on UserError { message } ... on CooldownActive { readyAt } ... on InvalidTeam { minSize maxSize }
    } }"""
    assert cost(both) == 1 + 1 + 2


def test_a_document_that_multiplies_its_fragments_is_counted_at_once() -> None:
    doubling = " ".join(f"fragment F{each} on Query {{ ...F{each + 1} ...F{each + 1} }}" for each in range(18))
    told = refusal(f"{{ ...F0 }} {doubling} fragment F18 on Query {{ viewer {{ role }} }}")
    assert told["found"] > 100_000


def documents() -> list[tuple[str, str]]:
    """Every operation that the bot, the pages and the examples ask."""
    texts = {
        f"{module.__name__}.{name}": text
        for module in (bot.admin.queries, bot.announcing.queries, bot.seeing.queries, bot.striking.queries)
        for name, text in vars(module).items()
        if isinstance(text, str) and re.match(r"\s*(query|mutation|subscription)\b|\s*{", text)
    }
    for file in (ROOT / "web").glob("*/**/*.graphql"):
        if "node_modules" not in file.parts:
            texts[str(file)] = file.read_text(encoding="utf-8")
    for file in (ROOT / "docs").glob("*.md"):
        for number, text in enumerate(re.findall(r"```graphql\n(.*?)```", file.read_text(encoding="utf-8"), re.DOTALL)):
            texts[f"{file}#{number}"] = text
    return [(where, text) for where, text in texts.items() if _is_document(text)]


def _is_document(text: str) -> bool:
    try:
        return any(isinstance(one, OperationDefinitionNode) for one in parse(text).definitions)
    except graphql.GraphQLSyntaxError:
        return False


def test_whatever_comes_with_the_project_is_within_bounds() -> None:
    found = documents()
    assert len(found) > 40
    for where, text in found:
        names = [
            one.name.value if one.name else None
            for one in parse(text).definitions
            if isinstance(one, OperationDefinitionNode)
        ]
        for name in names:
            asked = operation(text, name)
            assert asked.errors == (), (where, asked.errors)
            assert asked.refusal({}) is None, (where, asked.cost({}))


def test_the_sizes_are_of_lists_that_there_are_and_the_guide_has_them() -> None:
    guide = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
    for name, size in SIZES.items():
        type_name, _, field = name.partition(".")
        type_ = SCHEMA.type_map[type_name]
        assert isinstance(type_, graphql.GraphQLObjectType)
        assert graphql.is_list_type(graphql.get_nullable_type(type_.fields[field].type)), name
        assert type_name.startswith("__") or f"| `{name}` | {size:,} |" in guide
    for number in (
        limits.MOST_TOKENS,
        limits.MOST_ALIASES,
        limits.MOST_DIRECTIVES,
        limits.MOST_FRAGMENTS,
        limits.DEAREST,
    ):
        assert f"| {number:,} |" in guide


def test_few_documents_are_remembered() -> None:
    executor = Executor(build_schema())
    kept = executor.operation("{ viewer { role } }", None)
    for number in range(OPERATIONS_REMEMBERED + 10):
        executor.operation(f"{{ nonsense{number} }}", None)
        assert executor.operation("{ viewer { role } }", None) is kept
    assert len(executor._operations) == OPERATIONS_REMEMBERED
    for number in range(20):
        executor.operation(f"# {number} " + "x" * 60_000 + "\n{ viewer { role } }", None)
    assert executor._characters <= CHARACTERS_REMEMBERED
    assert executor._characters == sum(len(query) for query, _ in executor._operations)
