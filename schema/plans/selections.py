"""Selections as Python: an expression for each field, a function for each object type that is selected from.

The functions return what graphql-core's completion would. For whatever they do not know how to complete, which is all
that is not plainly as its type says, they raise `UnfitError`, or whatever reading it raised.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from inspect import isawaitable
from typing import Any, Final, TypeAlias

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLEnumType,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionNode,
    Undefined,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from strawberry.types.field import StrawberryField

STRAWBERRY: Final = "strawberry-definition"
READ: Final = "read"
PATH: Final = "path"
INT_RANGE: Final = "-2147483648 <= {value} <= 2147483647"

Completion: TypeAlias = Callable[[Any, Any], Any]
"""(value, info of the root field) -> what the answer shows of it."""


class UnsupportedError(Exception):
    """These selections are for graphql-core."""


class UnfitError(Exception):
    """This value is for graphql-core: to complete, or to say what is wrong with it."""


class SelectionCompiler:
    """Compiles the selections of one document."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: dict[str, FragmentDefinitionNode],
        class_decides: Callable[[GraphQLAbstractType], bool],
    ) -> None:
        """`class_decides`: whether all values of one Python class are of one object type, where either could be."""
        self._schema = schema
        self._fragments = fragments
        self._class_decides = class_decides
        self._names: dict[str, Any] = {"UnfitError": UnfitError}

    def completion(self, return_type: GraphQLOutputType, nodes: Sequence[FieldNode]) -> Completion:
        """Completes values of `return_type` by the selections of `nodes`. Raises UnsupportedError."""
        return self._function(["return " + self._expression(return_type, nodes, "value", 0)])

    def fields(self, parent: GraphQLObjectType, selections: Sequence[SelectionNode]) -> dict[str, list[FieldNode]]:
        """The fields that apply to `parent`, by the key that the answer shows them under, in order (CollectFields)."""
        collected: dict[str, list[FieldNode]] = {}
        self._collect(parent, selections, collected, set())
        return collected

    def _collect(
        self,
        parent: GraphQLObjectType,
        selections: Sequence[SelectionNode],
        collected: dict[str, list[FieldNode]],
        visited: set[str],
    ) -> None:
        for node in selections:
            if node.directives:
                raise UnsupportedError
            if isinstance(node, FieldNode):
                key = node.alias.value if node.alias else node.name.value
                collected.setdefault(key, []).append(node)
                continue
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in visited:
                    continue
                visited.add(node.name.value)
            fragment = self._fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            if isinstance(fragment, InlineFragmentNode | FragmentDefinitionNode) and self._applies(parent, fragment):
                self._collect(parent, fragment.selection_set.selections, collected, visited)

    def _applies(self, parent: GraphQLObjectType, fragment: InlineFragmentNode | FragmentDefinitionNode) -> bool:
        if fragment.directives:
            raise UnsupportedError
        if fragment.type_condition is None:
            return True
        condition = self._schema.get_type(fragment.type_condition.name.value)
        return condition is parent or (is_abstract_type(condition) and self._schema.is_sub_type(condition, parent))

    # Expressions

    def _expression(self, return_type: GraphQLOutputType, nodes: Sequence[FieldNode], value: str, depth: int) -> str:
        """What shows `value`, which is an expression that is read more than once."""
        if is_non_null_type(return_type):
            return self._present(return_type.of_type, nodes, value, depth)
        return f"(None if {value} is None else {self._present(return_type, nodes, value, depth)})"

    def _present(self, return_type: Any, nodes: Sequence[FieldNode], value: str, depth: int) -> str:
        """The same of a value that must not be None."""
        if is_list_type(return_type):
            item = f"item{depth}"
            shown = self._expression(return_type.of_type, nodes, item, depth + 1)
            return f"[{shown} for {item} in {self._bind(_items)}({value})]"
        if is_leaf_type(return_type):
            return self._leaf(return_type, value)
        if is_object_type(return_type):
            return f"{self._bind(self._object(return_type, nodes))}({value}, info)"
        return f"{self._bind(self._abstract(return_type, nodes))}({value}, info)"

    def _leaf(self, leaf: GraphQLLeafType, value: str) -> str:
        """The value itself where that is plainly what coercing it would return, else what its type makes of it."""
        coerced = f"{self._bind(_coercion(leaf))}({value})"
        if isinstance(leaf, GraphQLEnumType):
            members = _members(leaf)
            if not members:
                return coerced
            enum = self._bind(type(next(iter(members))))
            return f"({self._bind(members)}[{value}] if {value}.__class__ is {enum} else {coerced})"
        plain = {"String": "str", "ID": "str", "Boolean": "bool", "Int": "int"}.get(leaf.name)
        if plain is None or leaf is not self._schema.get_type(leaf.name):
            return coerced
        within = f" and {INT_RANGE.format(value=value)}" if plain == "int" else ""
        return f"({value} if {value}.__class__ is {plain}{within} else {coerced})"

    # Functions

    def _object(self, parent: GraphQLObjectType, nodes: Sequence[FieldNode]) -> Completion:
        collected: dict[str, list[FieldNode]] = {}
        visited: set[str] = set()
        for node in nodes:
            if node.selection_set is not None:
                self._collect(parent, node.selection_set.selections, collected, visited)
        lines = ["if value is None or isinstance(value, Exception): raise UnfitError"]
        if parent.is_type_of is not None:
            lines.append(f"if {self._bind(parent.is_type_of)}(value, info) is not True: raise UnfitError")
        shown = []
        for number, (key, same) in enumerate(collected.items()):
            name = same[0].name.value
            if name == "__typename":
                shown.append(f"{key!r}: {parent.name!r}")
                continue
            definition = parent.fields.get(name)
            if definition is None or definition.args:
                raise UnsupportedError
            lines.append(f"field{number} = {self._read(definition.extensions.get(STRAWBERRY))}")
            shown.append(f"{key!r}: {self._expression(definition.type, same, f'field{number}', 0)}")
        if not any(line.startswith("field") for line in lines):  # else reading it tells
            lines.append(f"if {self._bind(isawaitable)}(value): raise UnfitError")
        return self._function([*lines, "return {" + ", ".join(shown) + "}"])

    def _read(self, field: Any) -> str:
        """How a field's value is found on the view. Raises UnsupportedError for a field with a resolver."""
        if not isinstance(field, StrawberryField) or not field.is_basic_field:
            raise UnsupportedError
        path = field.metadata.get(PATH, field.python_name)
        if READ in field.metadata and PATH not in field.metadata:
            return f"{self._bind(field.metadata[READ])}(value)"
        if READ not in field.metadata and type(field).get_result is not StrawberryField.get_result:
            raise UnsupportedError
        if not all(name.isidentifier() for name in path.split(".")):
            raise UnsupportedError
        return f"value.{path}"

    def _abstract(self, abstract: GraphQLAbstractType, nodes: Sequence[FieldNode]) -> Completion:
        resolve_type = abstract.resolve_type
        if resolve_type is None:
            raise UnsupportedError
        completions = {one.name: self._object(one, nodes) for one in self._schema.get_possible_types(abstract)}
        known: dict[type, Completion] = {}
        by_class = self._class_decides(abstract)

        def complete(value: Any, info: Any) -> Any:
            completion = known.get(value.__class__)
            if completion is None:
                completion = completions.get(resolve_type(value, info, abstract))  # type: ignore[arg-type]
                if completion is None:
                    raise UnfitError
                if by_class:
                    known[value.__class__] = completion
            return completion(value, info)

        return complete

    def _function(self, lines: Sequence[str]) -> Completion:
        source = "def complete(value, info):\n" + "".join(f"    {line}\n" for line in lines)
        scope = self._names
        # Nothing of the document gets in here but names of the schema and, as string literals, aliases.
        exec(compile(source, "<plan>", "exec"), scope)  # noqa: S102
        completion: Completion = scope.pop("complete")
        return completion

    def _bind(self, bound: Any) -> str:
        """A name for `bound` in what is compiled."""
        name = f"bound{len(self._names)}"
        self._names[name] = bound
        return name


def _items(value: Any) -> Any:
    if value.__class__ is tuple or value.__class__ is list:
        return value
    raise UnfitError


def _coercion(leaf: GraphQLLeafType) -> Callable[[Any], Any]:
    coerce_output_value = leaf.coerce_output_value

    def coerced(value: Any) -> Any:
        shown = coerce_output_value(value)
        if shown is None or shown is Undefined:
            raise UnfitError
        return shown

    return coerced


def _members(leaf: GraphQLEnumType) -> dict[Enum, str]:
    """What each member of a Python enum is shown as; empty when it is not one enum's."""
    definition = leaf.extensions.get(STRAWBERRY)
    enum = getattr(definition, "wrapped_cls", None)
    if not isinstance(enum, type) or not issubclass(enum, Enum):
        return {}
    return {member: leaf.coerce_output_value(member) for member in enum}
