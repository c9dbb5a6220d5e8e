"""One document's plan: coerce, resolve the root field, complete."""

import contextlib
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import partial
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
    create_source_event_stream,
    execute,
    is_non_null_type,
    located_error,
)
from graphql import (
    ExecutionResult as GraphQLExecutionResult,
)
from graphql.execution import execute_subscription_event
from graphql.execution.values import get_argument_values, get_variable_values
from graphql.pyutils import Path
from strawberry.schema.schema import (
    StrawberryGraphQLCoreExecutionContext,
)
from strawberry.schema.schema import (
    _OperationContextAwareGraphQLResolveInfo as ResolveInfo,  # what Strawberry's resolvers are given; tests compare
)
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.field import StrawberryField

from schema.plans.resolving import Resolver
from schema.plans.selections import STRAWBERRY, Completion, SelectionCompiler, UnsupportedError

Present = Callable[[GraphQLError], GraphQLError]
ClassDecides = Callable[[GraphQLAbstractType], bool]


_Call = tuple[Callable[[], Any], ResolveInfo]
"""What resolves the root field, and the info that it is given."""


class _LazyInfo(ResolveInfo):
    """Coerces the variables when somebody asks for them: few do, for arguments come by themselves."""

    @property
    def variable_values(self) -> dict[str, Any]:
        given: Any = self[ResolveInfo._fields.index("variable_values")]
        values = get_variable_values(self.schema, self.operation.variable_definitions or (), given)
        return {} if isinstance(values, list) else values.coerced


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
    """The plan of one operation of a document that `schema` finds valid; None where graphql-core is needed.

    `present` makes of an error what the caller may see of it. `class_decides`: whether all values of one Python class
    are of one object type, of those that an abstract type could be.
    """
    parent = schema.get_root_type(operation.operation)
    if parent is None or operation.directives:
        return None
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    compiler = SelectionCompiler(schema, fragments, class_decides)
    try:
        fields = compiler.fields(parent, operation.selection_set.selections)
        if len(fields) != 1:
            return None
        ((key, nodes),) = fields.items()
        definition = parent.fields.get(nodes[0].name.value)
        if definition is None or definition.resolve is None or not _is_resolved_as_expected(operation, definition):
            return None
        complete = compiler.completion(definition.type, nodes)
    except UnsupportedError:
        return None
    return Plan(schema, document, operation, parent, key, nodes, definition, complete, present)


def _is_resolved_as_expected(operation: OperationDefinitionNode, definition: GraphQLField) -> bool:
    """Of a subscription's events Strawberry shows what its resolver has yielded; another library might not."""
    field = definition.extensions.get(STRAWBERRY)
    subscribes = isinstance(field, StrawberryField) and field.is_subscription
    return subscribes is (operation.operation is OperationType.SUBSCRIPTION)


class Plan:
    """Made by `compile_plan`. May be executed by any number of callers at once: queries and mutations by `execute`,
    subscriptions by `stream`.
    """

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
        self._lazy_info = _LazyInfo._make(self._info)
        self._resolver: Resolver | None = None
        with contextlib.suppress(UnsupportedError):
            self._resolver = Resolver(schema, definition, nodes[0], operation.variable_definitions or ())

    async def execute(self, variables: dict[str, Any] | None, context: Any) -> ExecutionResult | None:
        """The answer; None when the variables or arguments are wrong, and nothing was done."""
        call = self._compiled_call(variables or {}, context) or self._ordinary_call(variables or {}, context)
        if call is None:
            return None
        resolve, info = call
        try:
            resolved = resolve()
            if isawaitable(resolved):
                resolved = await resolved
        except Exception as error:  # noqa: BLE001 - as in graphql-core: whatever it is becomes an error of the answer
            return self._failed(error)
        with contextlib.suppress(Exception):  # graphql-core says what is wrong, and where
            return ExecutionResult(data={self._key: self._complete(resolved, info)}, errors=None, extensions={})
        return await self._complete_elsewhere(resolved, variables, context)

    async def stream(self, variables: dict[str, Any] | None, context: Any) -> AsyncGenerator[ExecutionResult, None]:
        """The answers to a subscription, each as soon as its source has something; to be closed when left early."""
        executor: Any = StrawberryGraphQLCoreExecutionContext.build(
            self._schema, self._document, None, context, variables, self._operation_name
        )
        if isinstance(executor, list):
            yield PreExecutionError(data=None, errors=[self._present(error) for error in executor])
            return
        source: Any = create_source_event_stream(executor)
        source = await source if isawaitable(source) else source
        if isinstance(source, GraphQLExecutionResult):
            yield PreExecutionError(data=None, errors=[self._present(error) for error in source.errors or ()])
            return
        info = self._info._replace(variable_values=executor.variable_values.coerced, context=context)
        try:
            async with aclosing(source):
                async for event in source:
                    yield await self._shown(event, info, executor)
        except Exception as error:  # noqa: BLE001 - it is the last thing that the subscriber hears
            told = error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)
            yield ExecutionResult(data=None, errors=[self._present(told)], extensions={})

    async def _shown(self, event: Any, info: ResolveInfo, executor: Any) -> ExecutionResult:
        with contextlib.suppress(Exception):
            return ExecutionResult(data={self._key: self._complete(event, info)}, errors=None, extensions={})
        result: Any = execute_subscription_event(executor.build_per_event_executor(event))
        return self._told(await result if isawaitable(result) else result)

    def _compiled_call(self, variables: dict[str, Any], context: Any) -> _Call | None:
        """None for arguments that have to go the ordinary way."""
        if self._resolver is None:
            return None
        try:
            arguments = self._resolver.arguments(variables)
        except Exception:  # noqa: BLE001 - the ordinary way says what is wrong, if anything is
            return None
        info = self._lazy_info._replace(variable_values=variables, context=context)
        return partial(self._resolver, info, arguments), info

    def _ordinary_call(self, variables: dict[str, Any], context: Any) -> _Call | None:
        """None for variables or arguments that are wrong."""
        values = get_variable_values(self._schema, self._operation.variable_definitions or (), variables)
        if isinstance(values, list):
            return None
        try:
            arguments = get_argument_values(self._definition, self._nodes[0], values)
        except GraphQLError:
            return None
        info = self._info._replace(variable_values=values.coerced, context=context)
        resolve: Any = self._definition.resolve  # `compile_plan` has seen to it that there is one
        return partial(resolve, None, info, **arguments), info

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

        result: Any = execute(
            self._schema,
            self._document,
            context_value=context,
            variable_values=variables,
            operation_name=self._operation_name,
            middleware=[once],
            executor_class=StrawberryGraphQLCoreExecutionContext,
        )
        return self._told(await result if isawaitable(result) else result)

    @property
    def _operation_name(self) -> str | None:
        return None if self._operation.name is None else self._operation.name.value

    def _told(self, result: GraphQLExecutionResult) -> ExecutionResult:
        errors = None if result.errors is None else [self._present(error) for error in result.errors]
        return ExecutionResult(data=result.data, errors=errors, extensions={})
