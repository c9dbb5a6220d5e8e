"""Documents are read and checked once, and executed as often as they come: over HTTP and WebSocket, this is the way.

`Executor.operation` says what a document asks for, or why it cannot be executed; `Executor.execute` answers a query
or mutation, `Executor.stream` a subscription. What answers an operation is behind these three.
"""

from collections import OrderedDict
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLAbstractType,
    GraphQLError,
    GraphQLUnionType,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    parse,
    specified_rules,
    validate,
)
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from resolvers.context import Context
from schema import limits
from schema.build import PREPARED, WorldThreatSchema
from schema.costs import Count, cost_of, value
from schema.literals import NumbersOfReadableLength
from schema.masking import presentable
from schema.plans import Plan, compile_plan

MOST_ERRORS: Final = 20
"""So many of a document's errors are told; to find hundreds takes long, and nobody reads them."""
OPERATIONS_REMEMBERED: Final = 512
WEIGHT_REMEMBERED: Final = 60_000
"""Of all documents together, about 25 MiB: some 500 ordinary ones, or some 60 that are as large as may be."""
CHARACTERS_OF_WEIGHT: Final = 100
COMPILED_WHEN_ASKED: Final = 2
TOO_DEEP: Final = "This document is nested too deeply to be read."


@dataclass(slots=True, eq=False)
class Operation:
    """One operation of one document. There is one such object for it as long as it is remembered.

    `kind` and `document` are None for what cannot be executed; `errors` say why.
    """

    query: str
    name: str | None
    kind: OperationType | None = None
    document: DocumentNode | None = None
    definition: OperationDefinitionNode | None = None
    errors: tuple[GraphQLError, ...] = ()
    weight: int = 1
    """What it takes to remember it: nodes of its document, and its text."""
    introspects: bool = False
    is_new: bool = True
    """Until somebody has counted it: reading and checking a document costs more than executing a small one."""
    answer: ExecutionResult | None = None
    """Of what always has the same."""
    plan: Plan | None = None
    asked: int = 0
    """How often it was executed, as far as that matters."""
    _cost: Count = 0

    def cost(self, variables: dict[str, Any] | None) -> int:
        """How many fields the answer has at most."""
        return value(self._cost, variables or {})

    def too_dear(self, variables: dict[str, Any] | None) -> GraphQLError | None:
        """Why it is not answered with these variables."""
        dearest = limits.DEAREST_INTROSPECTION if self.introspects else limits.DEAREST
        cost = self.cost(variables)
        if cost <= dearest:
            return None
        return limits.too_complex("fields in its answer, list by list", cost, dearest, " Ask for shorter lists.")

    def refusal(self, variables: dict[str, Any] | None) -> PreExecutionError | None:
        """The result of what is not executed: of what cannot be, and of what would cost too much."""
        errors = self.errors
        if not errors:
            error = self.too_dear(variables)
            if error is None:
                return None
            errors = (error,)
        return PreExecutionError(data=None, errors=list(errors))


class Executor:
    """One per schema and process."""

    def __init__(self, schema: WorldThreatSchema, *, plans: bool = True) -> None:
        """`plans`: whether documents that come again are compiled (`schema.plans`)."""
        self._schema = schema
        self._plans = plans
        introspection = () if schema.introspection else (NoSchemaIntrospectionCustomRule,)
        rules = (NumbersOfReadableLength, *introspection, *specified_rules)
        self._graphql_schema = schema._schema  # noqa: SLF001 - Strawberry has no public way to what it wraps
        self._validate = partial(validate, self._graphql_schema, rules=rules, max_errors=MOST_ERRORS)
        self._operations: OrderedDict[tuple[str, str | None], Operation] = OrderedDict()
        self._weight = 0

    def operation(self, query: str, name: str | None) -> Operation:
        """What is asked: the operation called `name`, or the only one."""
        key = (query, name)
        found = self._operations.get(key)
        if found is not None:
            self._operations.move_to_end(key)
            return found
        operation = self._read(query, name)
        self._operations[key] = operation
        self._weight += operation.weight
        while len(self._operations) > OPERATIONS_REMEMBERED or self._weight > WEIGHT_REMEMBERED:
            _, forgotten = self._operations.popitem(last=False)
            self._weight -= forgotten.weight
        return operation

    async def execute(
        self, query: str, variables: dict[str, Any] | None, operation_name: str | None, context: Context
    ) -> ExecutionResult:
        """The answer to a query or mutation, its errors as the caller may see them.

        A `PreExecutionError` for what cannot be executed. Whether the operation is one that may be asked for in this
        way (no mutation by GET, no subscription without a stream) is for the caller to see to first.
        """
        operation = self.operation(query, operation_name)
        refusal = operation.refusal(variables)
        if refusal is not None:
            return refusal
        if operation.introspects and not variables:  # the schema is the same for everybody, for ever, and long
            if operation.answer is None:
                operation.answer = await self._execute(operation, variables, context)
            return operation.answer
        return await self._execute(operation, variables, context)

    async def _execute(
        self, operation: Operation, variables: dict[str, Any] | None, context: Context
    ) -> ExecutionResult:
        plan = self._plan(operation)
        if plan is not None:
            answer = await plan.execute(variables, context)
            if answer is not None:
                return answer
        return await self._schema.execute(
            operation.query,
            variable_values=variables,
            context_value=context,
            operation_name=operation.name,
            operation_extensions={PREPARED: operation.document},
        )

    def _plan(self, operation: Operation) -> Plan | None:
        """Compiled when a document comes for the second time: many come but once."""
        if operation.asked < COMPILED_WHEN_ASKED:
            operation.asked += 1
            if operation.asked == COMPILED_WHEN_ASKED and self._plans and operation.document is not None:
                operation.plan = self._compiled(operation, operation.document)
        return operation.plan

    def _compiled(self, operation: Operation, document: DocumentNode) -> Plan | None:
        if operation.definition is None:
            return None
        return compile_plan(
            self._graphql_schema,
            document,
            operation.definition,
            present=presentable,
            class_decides=_class_decides,
        )

    async def stream(
        self, query: str, variables: dict[str, Any] | None, operation_name: str | None, context: Context
    ) -> AsyncGenerator[ExecutionResult, None]:
        """The answers to a subscription, or the one answer to anything else; to be closed when it is left early."""
        operation = self.operation(query, operation_name)
        refusal = operation.refusal(variables)
        if refusal is not None:
            return _just(refusal)
        if operation.kind is not OperationType.SUBSCRIPTION:
            return _just(await self.execute(query, variables, operation_name, context))
        plan = self._plan(operation)
        if plan is not None:
            return plan.stream(variables, context)
        stream: Any = await self._schema.stream(
            query,
            variable_values=variables,
            context_value=context,
            operation_name=operation_name,
            operation_extensions={PREPARED: operation.document},
        )
        results: AsyncGenerator[ExecutionResult, None] = stream  # without @defer it is one
        return results

    def _read(self, query: str, name: str | None) -> Operation:
        weight = 1 + len(query) // CHARACTERS_OF_WEIGHT
        try:
            document = parse(query, max_tokens=limits.MOST_TOKENS)
            nodes = limits.check_size(document)
            definition = _definition(document, name)
            errors: Sequence[GraphQLError] = self._validate(document)
            if not errors:
                operation = self._valid(query, name, document, definition)
                operation.weight = weight + nodes
                return operation
        except GraphQLError as error:
            errors = (error,)
        except RecursionError:
            errors = (GraphQLError(TOO_DEEP),)
        return Operation(query, name, weight=weight, errors=tuple(_light(presentable(error)) for error in errors))

    def _valid(
        self, query: str, name: str | None, document: DocumentNode, definition: OperationDefinitionNode
    ) -> Operation:
        """Raises GraphQLError when it is nested too deeply."""
        fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
        limits.check_depth(definition, fragments)
        fields = [one.name.value for one in definition.selection_set.selections if isinstance(one, FieldNode)]
        return Operation(
            query,
            name,
            definition.operation,
            document,
            definition,
            introspects=fields == len(definition.selection_set.selections) * ["__schema"],
            _cost=cost_of(self._graphql_schema, definition, fragments),
        )


def _class_decides(abstract_type: GraphQLAbstractType) -> bool:
    """Each result has a class of its own; events have one for all kinds."""
    return isinstance(abstract_type, GraphQLUnionType) and abstract_type.name.endswith("Result")


def _light(error: GraphQLError) -> GraphQLError:
    """The same to tell, without the parser and the document that hang on it: refused documents are remembered, too."""
    return GraphQLError(error.message, source=error.source, positions=error.positions, extensions=error.extensions)


def _definition(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """Raises GraphQLError where there is no such operation, or more than one it could be."""
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    if not operations:
        raise GraphQLError("The document has no operation to execute.")
    if name is not None:
        operations = [one for one in operations if one.name is not None and one.name.value == name]
        if not operations:
            raise GraphQLError(f'operationName: the document has no operation "{name[:60]}".')
        return operations[0]
    if len(operations) > 1:
        raise GraphQLError("operationName: the document has several operations; say which one.")
    return operations[0]


async def _just(result: ExecutionResult) -> AsyncGenerator[ExecutionResult, None]:
    yield result
