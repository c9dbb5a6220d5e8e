"""What can be shared of a subscription, found in its document alone."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import DocumentNode, FieldNode, OperationType, VariableNode, Visitor, visit

from schema.execution import OPERATIONS_REMEMBERED, Operation

RESUMED_BY = "after"


@dataclass(frozen=True, slots=True)
class Sharing:
    """A subscription that equal askers can share.

    `resumed_by` is the variable that says from where to replay: it is each joiner's own business, so two that
    differ in nothing else ask the same. None when there is no such variable, or it is used for more than that.
    """

    resumed_by: str | None


@lru_cache(OPERATIONS_REMEMBERED)
def sharing_of(operation: Operation) -> Sharing | None:
    """None for what is no subscription of one root field."""
    if operation.kind is not OperationType.SUBSCRIPTION or operation.document is None or operation.definition is None:
        return None
    fields = operation.definition.selection_set.selections
    if len(fields) != 1 or not isinstance(fields[0], FieldNode):
        return None
    value = next((one.value for one in fields[0].arguments or () if one.name.value == RESUMED_BY), None)
    if not isinstance(value, VariableNode):
        return Sharing(None)
    name = value.name.value
    return Sharing(name if _uses(operation.document, name) == 1 else None)


def _uses(document: DocumentNode, name: str) -> int:
    """How often the variable is used, its definition not counted."""

    class Counter(Visitor):
        uses = -1  # the definition's own node

        def enter_variable(self, node: VariableNode, *_place: Any) -> None:
            self.uses += node.name.value == name

    counter = Counter()
    visit(document, counter)
    return counter.uses
