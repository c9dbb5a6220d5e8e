"""Discord's API description as JSON Schema, compiled so that a message is checked in a millisecond.

The description writes an enumeration as `oneOf` of constants, and a component as `oneOf` of twenty objects that differ
in their constant `type`. jsonschema tries each branch to its end; here those that cannot match by constant, JSON type
or `type` are left out first. What this finds invalid is a breach when plain jsonschema finds it invalid too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jsonschema
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import extend

from tests.bot.fake_discord.errors import Json

_PLAIN = jsonschema.Draft202012Validator
_ABSENT = object()
_JSON_TYPES = {dict: "object", list: "array", str: "string", type(None): "null", bool: "boolean"}
MESSAGE_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Branch:
    """What can be told of a branch at one look; None where nothing can."""

    schema: Json
    constant: Any
    json_types: frozenset[str] | None
    own_types: frozenset[Any] | None

    def can_match(self, instance: Any) -> bool:
        if self.constant is not _ABSENT and self.constant != instance:
            return False
        if self.json_types is not None:
            named = _JSON_TYPES.get(type(instance), "number")
            if named not in self.json_types and not (named == "number" and "integer" in self.json_types):
                return False
        if self.own_types is None or not isinstance(instance, dict) or "type" not in instance:
            return True
        return instance["type"] in self.own_types


class Schemas:
    """All schemas of one API description."""

    def __init__(self, document: Json) -> None:
        self._components = document["components"]
        self._branches: dict[int, tuple[Branch, ...]] = {}
        keywords = {"$ref": self._reference, "oneOf": self._narrowed("oneOf"), "anyOf": self._narrowed("anyOf")}
        self._quick = extend(_PLAIN, keywords)  # type: ignore[no-untyped-call]

    def breaches(self, schema: Json, instance: Any) -> Iterator[str]:
        """What is wrong with the instance, with the place where."""
        whole = {**schema, "components": self._components}
        found = list(self._quick(whole).iter_errors(instance))
        if not found or _PLAIN(whole).is_valid(instance):
            return
        for error in found:
            deepest = best_match([error])
            where = "/".join(str(step) for step in deepest.absolute_path)
            yield f"{where or 'body'}: {deepest.message[:MESSAGE_CHARACTERS]}"

    def _reference(self, validator: Any, reference: str, instance: Any, _schema: Json) -> Iterator[ValidationError]:
        yield from validator.descend(instance, self._named(reference))

    def _narrowed(self, keyword: str) -> Any:
        plain = _PLAIN.VALIDATORS[keyword]

        def check(validator: Any, branches: list[Json], instance: Any, schema: Json) -> Iterator[ValidationError]:
            looked_at = self._branches.get(id(branches))
            if looked_at is None:
                looked_at = self._branches[id(branches)] = tuple(map(self._look, branches))
            possible = [branch.schema for branch in looked_at if branch.can_match(instance)]
            match possible:
                case []:
                    yield ValidationError(f"{instance!r} matches none of the {keyword} branches")
                case [single]:
                    yield from validator.descend(instance, single)
                case _:
                    yield from plain(validator, possible, instance, schema) or ()

        return check

    def _look(self, branch: Json) -> Branch:
        schema = self._named(branch["$ref"]) if "$ref" in branch else branch
        kinds = schema.get("type")
        own = schema.get("properties", {}).get("type", {}).get("enum")
        return Branch(
            schema,
            schema.get("const", _ABSENT),
            None if kinds is None else frozenset([kinds] if isinstance(kinds, str) else kinds),
            None if own is None else frozenset(own),
        )

    def _named(self, reference: str) -> Json:
        schema: Json = self._components["schemas"][reference.removeprefix("#/components/schemas/")]
        return schema
