"""How large and how dear a document may be. What is beyond is refused before anything is executed, with its number."""

from collections.abc import Iterator, Mapping
from typing import Final

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
)

MOST_TOKENS: Final = 1_000
MOST_ALIASES: Final = 15
MOST_DIRECTIVES: Final = 50
MOST_FRAGMENTS: Final = 40
"""Inline ones and spreads: whether all their fields fit together takes the square of their number to find out."""
DEEPEST: Final = 10
DEEPEST_INTROSPECTION: Final = 20
"""The question that every tool asks goes 16 deep, through types of types of types."""
DEAREST: Final = 10_000
DEAREST_INTROSPECTION: Final = 600_000
MOST_COUNTED: Final = 10**9
TOO_COMPLEX: Final = "TOO_COMPLEX"


def check_size(document: DocumentNode) -> None:
    """Raises GraphQLError for too many aliases or directives. Looks once at each node, and validates nothing."""
    again = directives = fragments = 0
    for node in _nodes(document):
        if isinstance(node, DirectiveNode):
            directives += 1
        elif isinstance(node, FragmentSpreadNode | InlineFragmentNode):
            fragments += 1
        elif isinstance(node, SelectionSetNode):
            again += _asked_again(node)
    if again > MOST_ALIASES:
        raise too_complex("aliases and repeated fields", again, MOST_ALIASES)
    if directives > MOST_DIRECTIVES:
        raise too_complex("directives", directives, MOST_DIRECTIVES)
    if fragments > MOST_FRAGMENTS:
        raise too_complex("fragments", fragments, MOST_FRAGMENTS)


def check_depth(operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
    """Raises GraphQLError. For a document that is valid: its fragments end."""
    known: dict[str, int] = {}
    for field in operation.selection_set.selections:
        introspects = isinstance(field, FieldNode) and field.name.value.startswith("__")
        deepest = DEEPEST_INTROSPECTION if introspects else DEEPEST
        depth = _depth((field,), fragments, known)
        if depth > deepest:
            raise too_complex("levels of fields", depth, deepest)


def too_complex(what: str, found: int, allowed: int, hint: str = "") -> GraphQLError:
    found = min(found, MOST_COUNTED)
    return GraphQLError(
        f"This document has {found:,} {what}; at most {allowed:,} are answered.{hint}",
        extensions={"code": TOO_COMPLEX, "found": found, "allowed": allowed},
    )


def _nodes(node: Node) -> Iterator[Node]:
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        for key in node.keys:
            below = getattr(node, key, None)
            if isinstance(below, Node):
                waiting.append(below)
            elif isinstance(below, list | tuple):
                waiting += [one for one in below if isinstance(one, Node)]


def _asked_again(selections: SelectionSetNode) -> int:
    """How many aliases there are, and fields that stand in the same place before: to merge those takes long."""
    fields = [one for one in selections.selections if isinstance(one, FieldNode)]
    plain = [one.name.value for one in fields if one.alias is None]
    return len(fields) - len(set(plain))


def _depth(selections: tuple[Node, ...], fragments: Mapping[str, FragmentDefinitionNode], known: dict[str, int]) -> int:
    deepest = 0
    for one in selections:
        if isinstance(one, FragmentSpreadNode):
            name = one.name.value
            if name not in known:
                known[name] = _depth(fragments[name].selection_set.selections, fragments, known)
            deepest = max(deepest, known[name])
            continue
        below = getattr(one, "selection_set", None)
        depth = 0 if below is None else _depth(below.selections, fragments, known)
        deepest = max(deepest, depth + isinstance(one, FieldNode))
    return deepest
