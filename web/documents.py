"""What can be shared of a subscription, found in its document alone."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    parse,
    visit,
)

DOCUMENTS_REMEMBERED = 256
MOST_TOKENS = 2_000
RESUMED_BY = "after"


@dataclass(frozen=True, slots=True)
class Sharing:
    """A subscription that equal askers can share.

    `resumed_by` is the variable that says from where to replay: it is each joiner's own business, so two that
    differ in nothing else ask the same. None when there is no such variable, or it is used for more than that.
    """

    resumed_by: str | None


@lru_cache(DOCUMENTS_REMEMBERED)
def sharing_of(query: str, operation_name: str | None) -> Sharing | None:
    """None for what is no subscription of one root field; also for what is no document: execution says why."""
    try:
        document = parse(query, no_location=True, max_tokens=MOST_TOKENS)
    except (GraphQLSyntaxError, RecursionError):
        return None
    operation = _operation(document, operation_name)
    if operation is None or operation.operation is not OperationType.SUBSCRIPTION:
        return None
    fields = operation.selection_set.selections
    if len(fields) != 1 or not isinstance(fields[0], FieldNode):
        return None
    value = next((one.value for one in fields[0].arguments or () if one.name.value == RESUMED_BY), None)
    if not isinstance(value, VariableNode):
        return Sharing(None)
    name = value.name.value
    return Sharing(name if _uses(document, name) == 1 else None)


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    if name is not None:
        operations = [one for one in operations if one.name is not None and one.name.value == name]
    return operations[0] if len(operations) == 1 else None


def _uses(document: DocumentNode, name: str) -> int:
    """How often the variable is used, its definition not counted."""

    class Counter(Visitor):
        uses = -1  # the definition's own node

        def enter_variable(self, node: VariableNode, *_place: Any) -> None:
            self.uses += node.name.value == name

    counter = Counter()
    visit(document, counter)
    return counter.uses
