"""One document's plan: coerce, resolve the root field, complete."""

import contextlib
from collections.abc import Callable
from inspect import isawaitable
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLAbstractType,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    execute,
    is_non_null_type,
    located_error,
)
from graphql.execution.values import get_argument_values, get_variable_values
from graphql.pyutils import Path
from strawberry.schema.schema import (
    StrawberryGraphQLCoreExecutionContext,
)
from strawberry.schema.schema import (
    _OperationContextAwareGraphQLResolveInfo as ResolveInfo,  # what Strawberry's resolvers are given; tests compare
)
from strawberry.types import ExecutionResult

from schema.plans.selections import Completion, SelectionCompiler, UnsupportedError

Present = Callable[[GraphQLError], GraphQLError]
ClassDecides = Callable[[GraphQLAbstractType], bool]


def never(_abstract_type: GraphQLAbstractType) -> bool:
    return False


def compile_plan(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    *,
    present: Present = lambda error: error,
    class_decides: ClassDecides = never,
) -> "Plan | None":
    """The plan of one query or mutation of a document that `schema` finds valid; None where graphql-core is needed.

    `present` makes of an error what the caller may see of it. `class_decides`: whether all values of one Python class
    are of one object type, of those that an abstract type could be.
    """
    parent = schema.get_root_type(operation.operation)
    if parent is None or operation.operation is OperationType.SUBSCRIPTION or operation.directives:
        return None
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    compiler = SelectionCompiler(schema, fragments, class_decides)
    try:
        fields = compiler.fields(parent, operation.selection_set.selections)
        if len(fields) != 1:
            return None
        ((key, nodes),) = fields.items()
        definition = parent.fields.get(nodes[0].name.value)
        if definition is None or definition.resolve is None:
            return None
        complete = compiler.completion(definition.type, nodes)
    except UnsupportedError:
        return None
    return Plan(schema, document, operation, parent, key, nodes, definition, complete, present)


class Plan:
    """Made by `compile_plan`. May be executed by any number of callers at once."""

    def __init__(  # noqa: PLR0913, PLR0917 - all that one root field is
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        parent: GraphQLObjectType,
        key: str,
        nodes: list[FieldNode],
        definition: GraphQLField,
        complete: Completion,
        present: Present,
    ) -> None:
        self._schema = schema
        self._document = document
        self._operation = operation
        self._key = key
        self._nodes = nodes
        self._definition = definition
        self._complete = complete
        self._present = present
        self._variables = operation.variable_definitions or ()
        fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
        self._info = ResolveInfo(
            field_name=nodes[0].name.value,
            field_nodes=nodes,
            return_type=definition.type,
            parent_type=parent,
            path=Path(None, key, parent.name),
            schema=schema,
            fragments=fragments,
            root_value=None,
            operation=operation,
            variable_values={},
            context=None,
            is_awaitable=isawaitable,
            abort_signal=None,
            async_helpers=None,  # nothing here goes on after its answer
            operation_extensions={},
        )

    async def execute(self, variables: dict[str, Any] | None, context: Any) -> ExecutionResult | None:
        """The answer; None when the variables or arguments are wrong, and nothing was done."""
        values = get_variable_values(self._schema, self._variables, variables or {})
        if isinstance(values, list):
            return None
        definition = self._definition
        try:
            arguments = get_argument_values(definition, self._nodes[0], values)
        except GraphQLError:
            return None
        info = self._info._replace(variable_values=values.coerced, context=context)
        try:
            resolved = definition.resolve(None, info, **arguments)  # type: ignore[misc]  # `compile_plan` has looked
            if isawaitable(resolved):
                resolved = await resolved
        except Exception as error:  # noqa: BLE001 - as in graphql-core: whatever it is becomes an error of the answer
            return self._failed(error)
        with contextlib.suppress(Exception):  # graphql-core says what is wrong, and where
            return ExecutionResult(data={self._key: self._complete(resolved, info)}, errors=None, extensions={})
        return await self._complete_elsewhere(resolved, variables, context)

    def _failed(self, raised: Exception) -> ExecutionResult:
        error = self._present(located_error(raised, self._nodes, [self._key]))
        data = None if is_non_null_type(self._definition.type) else {self._key: None}
        return ExecutionResult(data=data, errors=[error], extensions={})

    async def _complete_elsewhere(
        self, resolved: Any, variables: dict[str, Any] | None, context: Any
    ) -> ExecutionResult:
        """By graphql-core, with `resolved` in the place of what the root's resolver would return now."""

        def once(resolve: Any, source: Any, info: ResolveInfo, **arguments: Any) -> Any:
            return resolved if info.path.prev is None else resolve(source, info, **arguments)

        name = self._operation.name
        result: Any = execute(
            self._schema,
            self._document,
            context_value=context,
            variable_values=variables,
            operation_name=None if name is None else name.value,
            middleware=[once],
            executor_class=StrawberryGraphQLCoreExecutionContext,
        )
        if isawaitable(result):
            result = await result
        errors = None if result.errors is None else [self._present(error) for error in result.errors]
        return ExecutionResult(data=result.data, errors=errors, extensions={})
