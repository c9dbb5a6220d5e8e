"""What a document may cost: how many fields its answer has at most.

Every selected field counts one, times the sizes of the lists around it. A list is as long as it is asked to be
(`first`, `points`, `radius`); one that takes no such argument as long as `SIZES` says, else `LIST_SIZE`. Of the types
that an answer can have at one place only the dearest counts. All of it is worked out once per document, but for what
hangs on variables.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_composite_type,
    is_list_type,
    is_object_type,
)

LIST_SIZE: Final = 10
SIZES: Final[Mapping[str, int]] = {
    "Query.tokens": 1_000,
    "Query.announcementChannels": 100,
    "Query.bosses": 20,
    "Player.equipment": 50,
    "Strike.team": 6,
    "StrikePreview.team": 6,
    "SuggestedTeam.characters": 6,
    "LastTeam.characters": 6,
    "StateChanged.events": 100,
    "RaidUpdate.events": 20,
    "StrikeFeed.strikes": 20,
    "GrantCharactersSuccess.characters": 100,
    # Introspection of this schema.
    "__Schema.types": 200,
    "__Type.fields": 12,
    "__Type.inputFields": 8,
    "__Type.enumValues": 12,
    "__Type.possibleTypes": 12,
    "__Type.interfaces": 1,
    "__Field.args": 3,
    "__Directive.args": 2,
    "__Directive.locations": 4,
}
"""Lists that are longer or shorter than `LIST_SIZE`, by the field. docs/limits.md shows them."""
PAGES: Final = frozenset({"nodes", "edges"})
LARGEST_SIZE: Final = 1_000
"""No list takes a larger argument; what is beyond it is refused by its own name."""
SIZED_BY: Final[Mapping[str, Callable[[int], int]]] = {
    "first": lambda first: first,
    "points": lambda points: points,
    "radius": lambda radius: 2 * radius + 1,
}

Variables = Mapping[str, Any]
Count = int | Callable[[Variables], int]
"""A number, or what works one out of an operation's variables."""


def cost_of(
    schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Count:
    """For a document that is valid."""
    root = schema.get_root_type(operation.operation)
    if root is None:
        return 0
    defaults = {
        one.variable.name.value: int(one.default_value.value)
        for one in operation.variable_definitions or ()
        if isinstance(one.default_value, IntValueNode)
    }
    return _Counting(schema, fragments, defaults).selection(operation.selection_set, root, 1)


class _Counting:
    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], defaults: Mapping[str, int]
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._defaults = defaults
        self._known: dict[tuple[int, str, int], Count] = {}

    def selection(self, selections: SelectionSetNode, parent: GraphQLNamedType, page: Count) -> Count:
        """`page`: how long the lists of a connection are, whose selection this may be."""
        key = (id(selections), parent.name, page if isinstance(page, int) else id(page))
        found = self._known.get(key)
        if found is None:
            always, by_type = self._parts(selections, parent, page)
            found = self._known[key] = plus([*always, most([plus(each) for each in by_type.values()])])
        return found

    def _parts(
        self, selections: SelectionSetNode, parent: GraphQLNamedType, page: Count
    ) -> tuple[list[Count], dict[str, list[Count]]]:
        """What every answer has, and what only an answer of a type has besides."""
        always: list[Count] = []
        by_type: dict[str, list[Count]] = {}
        for one in selections.selections:
            if isinstance(one, FieldNode):
                always.append(self._field(one, parent, page))
                continue
            fragment = self._fragments[one.name.value] if isinstance(one, FragmentSpreadNode) else one
            if not isinstance(fragment, InlineFragmentNode | FragmentDefinitionNode):
                continue
            condition = fragment.type_condition
            type_ = parent if condition is None else self._schema.type_map[condition.name.value]
            count = self.selection(fragment.selection_set, type_, page)
            if is_object_type(type_) and is_abstract_type(parent):
                by_type.setdefault(type_.name, []).append(count)
            else:
                always.append(count)
        return always, by_type

    def _field(self, node: FieldNode, parent: GraphQLNamedType, page: Count) -> Count:
        name = node.name.value
        field = self._schema.get_field(parent, name) if is_composite_type(parent) else None
        if field is None or (node.selection_set is None and not is_list_type(get_nullable_type(field.type))):
            return 1
        asked = self._asked_size(node, field)
        is_list = is_list_type(get_nullable_type(field.type))
        size: Count = 1
        if is_list and name in PAGES:
            size = page
        elif is_list:
            size = asked if asked is not None else self._usual_size(parent, name)
        below: Count = 1
        if node.selection_set is not None:
            type_ = get_named_type(field.type)
            below = plus([1, self.selection(node.selection_set, type_, LIST_SIZE if asked is None else asked)])
        return times(size, below)

    def _usual_size(self, parent: GraphQLNamedType, name: str) -> int:
        return SIZES.get(f"{parent.name}.{name}", LIST_SIZE)

    def _asked_size(self, node: FieldNode, field: GraphQLField) -> Count | None:
        for argument, size_of in SIZED_BY.items():
            definition = field.args.get(argument)
            if definition is None:
                continue
            given = next((one.value for one in node.arguments or () if one.name.value == argument), None)
            default = LIST_SIZE if definition.default_value is Undefined else definition.default_value
            return self._value(given, size_of, default)
        return None

    def _value(self, given: ValueNode | None, size_of: Callable[[int], int], default: Any) -> Count:
        if isinstance(given, VariableNode):
            name = given.name.value
            left_out = self._defaults.get(name, default)
            return lambda variables: _size(variables.get(name, left_out), size_of)
        return _size(int(given.value) if isinstance(given, IntValueNode) else default, size_of)


def _size(given: Any, size_of: Callable[[int], int]) -> int:
    """What is no number of a sensible size is refused by its name later on."""
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= LARGEST_SIZE:
        return LIST_SIZE if not isinstance(given, int | float) or given < 0 else LARGEST_SIZE
    return size_of(int(given))


def plus(counts: list[Count]) -> Count:
    constant = sum(one for one in counts if isinstance(one, int))
    others = [one for one in counts if not isinstance(one, int)]
    return (lambda variables: constant + sum(one(variables) for one in others)) if others else constant


def times(first: Count, second: Count) -> Count:
    if isinstance(first, int) and isinstance(second, int):
        return first * second
    return lambda variables: value(first, variables) * value(second, variables)


def most(counts: list[Count]) -> Count:
    if all(isinstance(one, int) for one in counts):
        return max((one for one in counts if isinstance(one, int)), default=0)
    return lambda variables: max(value(one, variables) for one in counts)


def value(count: Count, variables: Variables) -> int:
    return count if isinstance(count, int) else count(variables)
