"""Documents over the whole schema, with their variables, most of them good; and views that are broken somewhere."""

import copy
import dataclasses
import math
from collections.abc import Iterator
from random import Random
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

GOOD = {
    "Int": (0, 1, 7),
    "SafeInt": (0, 1, 2**53 - 1),
    "String": ("", "x", "Übergröße 🌙"),
    "ID": ("1", "ada", 7),
    "Boolean": (True, False),
    "DateTime": ("2030-01-01T00:00:00Z", "2030-01-31T18:00:00.5+02:00"),
}
WRONG: tuple[Any, ...] = (
    None,
    "x",
    1,
    -1,
    2**31,
    2**53,
    1.5,
    True,
    [],
    ["x"],
    {},
    {"no": "such"},
    "2030",
    "ATK",
    [[1]],
)
BROKEN: tuple[Any, ...] = (
    None,
    "text",
    7,
    2**31,
    2**70,
    1.5,
    math.nan,
    True,
    object(),
    [],
    (),
    {},
    ValueError("a value"),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    document: str
    variables: dict[str, Any]
    field: str
    kind: str


class Generator:
    """Everything it makes follows from its `random`."""

    def __init__(self, schema: GraphQLSchema, random: Random) -> None:
        self._schema = schema
        self._random = random
        self._fragments: list[str] = []
        self._definitions: list[str] = []
        self._variables: dict[str, Any] = {}

    def ask(self, kind: str, field: str) -> Asked:
        """A document with `field` of the root of this `kind`."""
        self._fragments, self._definitions, self._variables = [], [], {}
        root = self._schema.get_root_type(OperationType(kind))
        assert root is not None
        definition = root.fields[field]
        key = self._random.choice(("", "", "seen: "))
        asked = f"{key}{field}{self._arguments(definition)}{self._directive()} {self._selection(definition.type, 0)}"
        more = f" {asked}" if self._chance(0.1) else ""
        more += " __typename" if self._chance(0.05) and kind != "subscription" else ""
        defined = f"({', '.join(self._definitions)})" if self._definitions else ""
        operation = f"{kind} Asked{defined} {{ {asked}{more} }}"
        return Asked("\n".join([operation, *self._fragments]), self._variables, field, kind)

    def _chance(self, of: float) -> bool:
        return self._random.random() < of

    def _directive(self) -> str:
        return self._random.choice(("@include(if: true)", "@skip(if: false)")) if self._chance(0.01) else ""

    # What is selected

    def _selection(self, type_: GraphQLOutputType, depth: int) -> str:
        named = get_named_type(type_)
        if is_leaf_type(named):
            return ""
        parts = [part for _ in range(self._random.randint(1, 3)) for part in self._parts(named, depth)]
        return f"{{ {' '.join(parts) or '__typename'} }}"

    def _parts(self, named: Any, depth: int) -> Iterator[str]:
        if self._chance(0.3):
            yield "__typename"
        if is_abstract_type(named):
            for one in self._schema.get_possible_types(named):
                if self._chance(0.7):
                    yield self._fragment(one, depth)
        if not hasattr(named, "fields"):
            return
        for name, field in named.fields.items():
            if not self._wants(field, depth):
                continue
            # Members of a union may have fields of one name and several types: their keys tell them apart.
            key = f"{named.name}_{name}"
            again = 2 if self._chance(0.1) else 1
            for _ in range(again):
                yield f"{key}: {name} {self._selection(field.type, depth + 1)}"
        if self._chance(0.1) and isinstance(named, GraphQLObjectType):
            yield self._fragment(named, depth)

    def _wants(self, field: GraphQLField, depth: int) -> bool:
        if any(is_required_argument(argument) for argument in field.args.values()):
            return False
        if self._is_resolved(field) and not self._chance(0.02):
            return False
        return self._chance(0.6 if is_leaf_type(get_named_type(field.type)) else 0.5 - 0.1 * depth)

    def _is_resolved(self, field: GraphQLField) -> bool:
        return not field.extensions["strawberry-definition"].is_basic_field

    def _fragment(self, named: GraphQLObjectType, depth: int) -> str:
        inside = " ".join(self._parts(named, depth + 1)) or "__typename"
        if self._chance(0.3):
            name = f"F{len(self._fragments)}"
            self._fragments.append(f"fragment {name} on {named.name} {{ {inside} }}")
            return f"...{name} ...{name}" if self._chance(0.2) else f"...{name}"
        return f"... on {named.name} {{ {inside} }}"

    # What is given

    def _arguments(self, field: GraphQLField) -> str:
        said = []
        for name, argument in field.args.items():
            if is_required_argument(argument) or self._chance(0.4):
                variable = f"v{len(self._definitions)}"
                self._definitions.append(f"${variable}: {argument.type}")
                said.append(f"{name}: ${variable}")
                if is_required_argument(argument) or self._chance(0.9):
                    self._variables[variable] = self._value(argument.type)
        return f"({', '.join(said)})" if said else ""

    def _value(self, type_: GraphQLInputType) -> Any:
        if self._chance(0.03):
            return self._random.choice(WRONG)
        if isinstance(type_, GraphQLNonNull):
            return self._value(type_.of_type)
        if isinstance(type_, GraphQLList):
            return [self._value(type_.of_type) for _ in range(self._random.randint(0, 3))]
        if isinstance(type_, GraphQLEnumType):
            return self._random.choice(list(type_.values))
        if isinstance(type_, GraphQLInputObjectType):
            return {
                name: self._value(field.type)
                for name, field in type_.fields.items()
                if is_required_input_field(field) or self._chance(0.4)
            }
        return self._random.choice(GOOD[get_named_type(type_).name])


def broken(view: Any, random: Random) -> Any:
    """A copy of `view`, something in which is not what it should be."""
    places: list[tuple[Any, str]] = []
    whole = copy.deepcopy(view)
    _find(whole, places)
    if not places:
        return random.choice(BROKEN)
    holder, name = random.choice(places)
    object.__setattr__(holder, name, random.choice(BROKEN))
    return whole


def _find(value: Any, places: list[tuple[Any, str]]) -> None:
    if isinstance(value, list | tuple):
        for item in value:
            _find(item, places)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            places.append((value, field.name))
            _find(getattr(value, field.name), places)
