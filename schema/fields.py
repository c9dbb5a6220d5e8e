"""How fields are declared: read from a view by attribute, or resolved, with the rule that says for whom."""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

from resolvers.context import Context
from schema.access import Access, Rule
from schema.text import StorableText

Info = strawberry.Info[Context, None]
PATH = "path"


class ViewField(StrawberryField):
    """A field read from the view at ``metadata["path"]``: dotted attribute names, or empty for the view itself.

    It stays what Strawberry calls a basic field: no `Info` is made for it, and whoever compiles answers can read
    the path.
    """

    _read: Callable[[Any], Any] | None = None

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Mapping[str, Any]) -> Any:  # noqa: ARG002 - Strawberry's signature
        if self._read is None:
            path = self.metadata[PATH]
            self._read = attrgetter(path) if path else _itself
        return self._read(source)


def _itself(view: Any) -> Any:
    return view


def shown(description: str, *, path: str | None = None) -> Any:
    """A field of an object type. `path`: where the view keeps it, when that is not under the field's own name."""
    if path is None:
        return strawberry.field(description=description)
    return ViewField(description=description, metadata={PATH: path})


def given(description: str, *, default: Any = None, name: str | None = None) -> Any:
    """An optional field of an input. Left out and null are the same: `default`, or None.

    A default of None is told to Python alone: in the SDL ``= null`` would be noise.
    """
    field = strawberry.field(description=description, default=default, name=name)
    if default is None:
        field.default_value = strawberry.UNSET
    return field


def resolved(graphql_type: Any, rule: Rule, description: str) -> Callable[[Callable[..., Any]], Any]:
    """A field with a resolver, which returns the view that `graphql_type` shows.

    The resolver is annotated with what it truly returns, and `rule` is asked before it is called.
    """

    def bind(resolver: Callable[..., Any]) -> Any:
        field = strawberry.field(
            resolver=resolver,
            graphql_type=graphql_type,
            description=description,
            extensions=[StorableText(), Access(rule)],
        )
        for argument in field.arguments:
            if argument.default is None:
                argument.default = strawberry.UNSET
        return field

    return bind


def argument(description: str, *, name: str | None = None) -> Any:
    return strawberry.argument(description=description, name=name)
