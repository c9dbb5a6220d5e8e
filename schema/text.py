"""Text that cannot be stored is refused before it comes near the database, with the argument's name."""

import dataclasses
from collections.abc import Mapping
from functools import cache
from inspect import isasyncgen
from typing import Any

from strawberry.extensions import FieldExtension
from strawberry.extensions.field_extension import AsyncExtensionResolver, SyncExtensionResolver
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from services.errors import InvalidInputError


class StorableText(FieldExtension):
    """Refuses NUL, which PostgreSQL has no place for, and lone surrogates, which no encoding has one for."""

    def apply(self, field: StrawberryField) -> None:
        self._spelled = {one.python_name: one.graphql_name for one in field.arguments if one.graphql_name}

    def resolve(self, next_: SyncExtensionResolver, source: Any, info: Any, **kwargs: Any) -> Any:
        check_storable(kwargs, self._spelled)
        return next_(source, info, **kwargs)

    async def resolve_async(self, next_: AsyncExtensionResolver, source: Any, info: Any, **kwargs: Any) -> Any:
        check_storable(kwargs, self._spelled)
        answer: Any = next_(source, info, **kwargs)
        return answer if isasyncgen(answer) else await answer


def check_storable(arguments: dict[str, Any], spelled: Mapping[str, str]) -> None:
    """Raises InvalidInputError naming the first field whose text holds what cannot be stored.

    `spelled`: arguments that the caller knows under another name.
    """
    for name, value in arguments.items():
        field = _unstorable(name, value)
        if field is not None:
            raise InvalidInputError(
                spelled.get(field) or to_camel_case(field), "must not contain NUL or half a character."
            )


def _unstorable(name: str, value: Any) -> str | None:
    """The first field with such a text: `name`, or one within it."""
    if isinstance(value, str):
        return None if _is_storable(value) else name
    if isinstance(value, list):
        for item in value:  # a list of texts is looked through here, for it comes with every strike
            found = _unstorable(name, item) if item.__class__ is not str or not _is_storable(item) else None
            if found is not None:
                return found
        return None
    for field in _fields(value.__class__):
        found = _unstorable(field, getattr(value, field))
        if found is not None:
            return found
    return None


def _is_storable(text: str) -> bool:
    return "\x00" not in text and (text.isascii() or not _has_surrogates(text))


@cache
def _fields(of: type) -> tuple[str, ...]:
    """Of an input; asked once, for dataclasses take longer to say than the texts to look at."""
    return tuple(field.name for field in dataclasses.fields(of)) if dataclasses.is_dataclass(of) else ()


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
