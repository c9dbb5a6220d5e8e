"""Documents made from the schema: every field that it has, with as little said as it asks for."""

from collections.abc import Iterator

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

VALUES = {
    "Int": "1",
    "SafeInt": "1",
    "String": '"x"',
    "ID": '"1"',
    "Boolean": "true",
    "DateTime": '"2030-01-01T00:00:00Z"',
}


def literal(type_: GraphQLInputType) -> str:
    """The smallest value of an input type."""
    if isinstance(type_, GraphQLNonNull):
        return literal(type_.of_type)
    if isinstance(type_, GraphQLList):
        return f"[{literal(type_.of_type)}]"
    if isinstance(type_, GraphQLEnumType):
        return str(next(iter(type_.values)))
    if isinstance(type_, GraphQLInputObjectType):
        needed = (f"{name}: {literal(one.type)}" for name, one in type_.fields.items() if is_required_input_field(one))
        return f"{{{', '.join(needed)}}}"
    return VALUES[get_named_type(type_).name]


def arguments(field: GraphQLField, given: dict[str, str]) -> str:
    """The arguments that `field` asks for; `given` says otherwise by name."""
    said = {name: literal(one.type) for name, one in field.args.items() if is_required_argument(one)}
    said |= {name: value for name, value in given.items() if name in field.args}
    return f"({', '.join(f'{name}: {value}' for name, value in said.items())})" if said else ""


def everything(
    schema: GraphQLSchema, type_: GraphQLOutputType, given: dict[str, str], above: tuple[str, ...] = ()
) -> str:
    """Every field of `type_`, and of what is below it, each type once on the way down."""
    named = get_named_type(type_)
    if is_leaf_type(named):
        return ""
    if isinstance(named, GraphQLUnionType | GraphQLInterfaceType):
        parts = (
            f"... on {one.name} {{ {' '.join(_fields(schema, one, given, (*above, named.name)))} }}"
            for one in schema.get_possible_types(named)
        )
        return f"{{ __typename {' '.join(parts)} }}"
    assert isinstance(named, GraphQLObjectType)
    return f"{{ {' '.join(_fields(schema, named, given, above))} }}"


def _fields(
    schema: GraphQLSchema, type_: GraphQLObjectType, given: dict[str, str], above: tuple[str, ...]
) -> Iterator[str]:
    yield "__typename"
    for name, field in type_.fields.items():
        below = get_named_type(field.type).name
        if below not in above and below != type_.name:
            # An alias, for members of a union may have fields of one name and several types.
            selection = everything(schema, field.type, given, (*above, type_.name))
            yield f"{type_.name}_{name}: {name}{arguments(field, given)} {selection}"
