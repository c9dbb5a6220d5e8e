"""The root field's resolver, called with arguments that are compiled from the request's own JSON.

graphql-core coerces variables, Strawberry converts what comes of it, and both look at the types anew for each request:
more than half of what a small mutation costs. Here each argument's way is compiled once. What it takes is what both
would plainly take; for everything else, wrong or merely unusual, it raises `UnfitError` before anything is called, and
the ordinary way decides. The call itself goes through the same extensions and exception handlers as Strawberry's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass
from enum import Enum
from functools import partial, reduce
from inspect import isawaitable
from typing import Any, Final, cast

from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLSchema,
    Undefined,
    VariableDefinitionNode,
    VariableNode,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
    type_from_ast,
)
from graphql.utilities.coerce_input_value import coerce_default_value
from strawberry.extensions.field_extension import FieldExtension, build_field_extension_resolvers
from strawberry.schema.exception_handlers import ExceptionHandler
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import StrawberryList, StrawberryMaybe, StrawberryOptional, has_object_definition
from strawberry.types.field import StrawberryField

from schema.plans.selections import STRAWBERRY, UnfitError, UnsupportedError

Convert = Callable[[Any], Any]
LARGEST_INT: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class _Argument:
    """`name` in Python, `variable` that it is given by, if any, and `default` without it: Undefined to leave it out."""

    name: str
    variable: str | None
    default: Any
    convert: Convert


class Resolver:
    """Calls one field's resolver with what a request's variables say."""

    def __init__(
        self,
        schema: GraphQLSchema,
        definition: GraphQLField,
        node: FieldNode,
        variables: Sequence[VariableDefinitionNode],
    ) -> None:
        """Raises UnsupportedError where the ordinary way is needed."""
        strawberry_schema = schema.extensions.get(STRAWBERRY)
        field = definition.extensions.get(STRAWBERRY)
        if not isinstance(field, StrawberryField) or field.base_resolver is None or strawberry_schema is None:
            raise UnsupportedError
        if any(one.default_value is not None or one.directives for one in variables):
            raise UnsupportedError
        self._field = field
        converter = strawberry_schema.schema_converter
        self._make_info = converter.config.info_class
        self._handlers: tuple[tuple[tuple[type[Exception], ...], ExceptionHandler[Any]], ...] = (
            converter._get_field_exception_handlers(field)  # noqa: SLF001 - a test compares with Strawberry's own way
        )
        self._chain = reduce(
            lambda chained, extension: partial(extension, chained),
            build_field_extension_resolvers(field),
            cast("Any", self._call),
        )
        types = {one.variable.name.value: type_from_ast(schema, one.type) for one in variables}
        self._needed = tuple(name for name, variable_type in types.items() if is_non_null_type(variable_type))
        self._arguments = _arguments(field, definition, node, types)
        resolver = field.base_resolver
        self._takes_source = resolver.self_parameter is not None
        sources = (resolver.parent_parameter, resolver.root_parameter)
        self._source_names = tuple(one.name for one in sources if one is not None)
        self._info_name = None if resolver.info_parameter is None else resolver.info_parameter.name

    def arguments(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Raises UnfitError, or whatever converting them raises, where the ordinary way is needed."""
        for name in self._needed:
            if name not in variables:
                raise UnfitError
        converted = {}
        for argument in self._arguments:
            if argument.variable is not None and argument.variable in variables:
                converted[argument.name] = argument.convert(variables[argument.variable])
            elif argument.default is not Undefined:
                converted[argument.name] = argument.default
        return converted

    async def __call__(self, raw_info: Any, arguments: dict[str, Any]) -> Any:
        """What the field's resolver returns, or a handler makes of what it raises."""
        field = self._field
        info = self._make_info(_raw_info=raw_info, _field=field)
        try:
            answer = self._chain(None, info, **arguments)
            return await answer if isawaitable(answer) else answer
        except Exception as error:
            for exception_types, handler in self._handlers:
                if isinstance(error, exception_types):
                    handled = handler.handle(error, field=field, info=info)
                    handled = await handled if isawaitable(handled) else handled
                    if handled is not None:
                        return handled
                    break
            raise

    def _call(self, source: Any, info: Any, **arguments: Any) -> Any:
        for name in self._source_names:
            arguments[name] = source
        if self._info_name is not None:
            arguments[self._info_name] = info
        return self._field.get_result(source, info, [source] if self._takes_source else [], arguments)


def _arguments(
    field: StrawberryField, definition: GraphQLField, node: FieldNode, variables: Mapping[str, Any]
) -> list[_Argument]:
    """The arguments that `node` gives, each by a variable, and those that are there without being given."""
    if any(type(one).map_arguments is not FieldExtension.map_arguments for one in field.extensions):
        raise UnsupportedError
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    found = []
    for name, described in definition.args.items():
        argument = described.extensions.get(STRAWBERRY)
        if not isinstance(argument, StrawberryArgument) or argument.python_name is None:
            raise UnsupportedError
        value, default = given.get(name), _default(described)
        if value is None:
            if default is not Undefined:
                found.append(_Argument(argument.python_name, None, default, _unfit))
            continue
        if not isinstance(value, VariableNode):
            raise UnsupportedError
        # A variable's type may be stricter than the argument's; where the argument has a default, it may be laxer.
        convert = conversion(variables.get(value.name.value), argument.type)
        if is_non_null_type(described.type):
            convert = _not_null(convert)
        found.append(_Argument(argument.python_name, value.name.value, default, convert))
    return found


def _default(value: GraphQLArgument | GraphQLInputField) -> Any:
    """What stands for a value that is not given; Undefined without a default."""
    default = coerce_default_value(value)
    if default is Undefined or default is None or isinstance(default, str | int | float | Enum):
        return default
    raise UnsupportedError  # what is made anew for each request is none of this


def _not_null(convert: Convert) -> Convert:
    def converted(value: Any) -> Any:
        if value is None:
            raise UnfitError
        return convert(value)

    return converted


def _unfit(_value: Any) -> Any:
    raise UnfitError


def conversion(graphql_type: Any, python_type: Any) -> Convert:
    """From JSON to what the resolver is given. Raises UnsupportedError."""
    if isinstance(python_type, StrawberryMaybe):
        raise UnsupportedError
    if is_non_null_type(graphql_type):
        return _present(graphql_type.of_type, python_type)
    convert = _present(graphql_type, python_type)
    return lambda value: None if value is None else convert(value)


def _present(graphql_type: Any, python_type: Any) -> Convert:
    """Of a value that must not be None."""
    while isinstance(python_type, StrawberryOptional):
        python_type = python_type.of_type
    if is_list_type(graphql_type):
        if not isinstance(python_type, StrawberryList):
            raise UnsupportedError
        return _list(conversion(graphql_type.of_type, python_type.of_type))
    if is_input_object_type(graphql_type):
        return _input_object(graphql_type, python_type)
    if isinstance(graphql_type, GraphQLEnumType):
        return _enum(graphql_type)
    if not is_leaf_type(graphql_type):
        raise UnsupportedError
    return _leaf(graphql_type)


def _list(convert: Convert) -> Convert:
    def items(value: Any) -> Any:
        if value.__class__ is not list:
            raise UnfitError
        return [convert(item) for item in value]

    return items


def _leaf(leaf: Any) -> Convert:
    coerce_input_value = leaf.coerce_input_value

    def coerced(value: Any) -> Any:
        if value is None:
            raise UnfitError
        return coerce_input_value(value)

    return _BUILT_IN.get(leaf.name, coerced)


def _plain(kind: type) -> Convert:
    def unchanged(value: Any) -> Any:
        if value.__class__ is not kind:
            raise UnfitError
        return value

    return unchanged


def _whole(value: Any) -> Any:
    if value.__class__ is not int or not -LARGEST_INT <= value <= LARGEST_INT:
        raise UnfitError
    return value


def _identifier(value: Any) -> Any:
    if value.__class__ is str:
        return value
    if value.__class__ is not int:
        raise UnfitError
    return str(value)  # many a client keeps ids as numbers


_BUILT_IN: Final = {"String": _plain(str), "Boolean": _plain(bool), "Int": _whole, "ID": _identifier}


def _enum(leaf: GraphQLEnumType) -> Convert:
    members = {name: leaf.coerce_input_value(name) for name in leaf.values}
    return members.__getitem__


@dataclass(frozen=True, slots=True)
class _InputField:
    """`name` in GraphQL, `python_name` in the input's class."""

    name: str
    python_name: str
    required: bool
    convert: Convert


def _input_object(graphql_type: GraphQLInputObjectType, python_type: Any) -> Convert:
    if not has_object_definition(python_type) or graphql_type.is_one_of:
        raise UnsupportedError
    definition = python_type.__strawberry_definition__
    if definition.from_input is not None:
        raise UnsupportedError
    names = {id(one.extensions.get(STRAWBERRY)): name for name, one in graphql_type.fields.items()}
    fields: list[_InputField] = []
    defaults: dict[str, Any] = {}
    for field in definition.fields:
        name = names.get(id(field))
        if name is None:
            raise UnsupportedError
        described = graphql_type.fields[name]
        if field.default_value is MISSING and field.default_factory is MISSING:
            defaults[field.python_name] = None
        if (default := _default(described)) is not Undefined:
            defaults[field.python_name] = default
        convert = conversion(described.type, field.resolve_type(type_definition=definition))
        fields.append(_InputField(name, field.python_name, is_required_input_field(described), convert))
    return _filled(python_type, fields, defaults)


def _filled(python_type: Any, fields: Sequence[_InputField], defaults: dict[str, Any]) -> Convert:
    def converted(value: Any) -> Any:
        if value.__class__ is not dict:
            raise UnfitError
        given = defaults.copy()
        seen = 0
        for field in fields:
            if field.name in value:
                seen += 1
                given[field.python_name] = field.convert(value[field.name])
            elif field.required:
                raise UnfitError
        if seen != len(value):  # there is one that the type does not know
            raise UnfitError
        return python_type(**given)

    return converted
