"""How fields are declared: read from a view by attribute, or resolved, with the rule that says for whom."""

from collections.abc import AsyncGenerator, Callable, Mapping
from operator import attrgetter
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

from resolvers.context import Context
from schema.access import Access, Rule
from schema.plans.selections import PATH, READ
from schema.text import StorableText

Info = strawberry.Info[Context, None]


class ViewField(StrawberryField):
    """A field that ``metadata["read"]``, a plain function of one argument, reads from the view.

    It stays what Strawberry calls a basic field: no `Info` is made for it. Whoever compiles answers finds the
    function there, and for what is plainly an attribute of an attribute its dotted name under ``metadata["path"]``.
    """

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Mapping[str, Any]) -> Any:  # noqa: ARG002 - Strawberry's signature
        return self.metadata[READ](source)


def shown(description: str, *, path: str | None = None) -> Any:
    """A field of an object type. `path`: where the view keeps it, when that is not under the field's own name."""
    if path is None:
        return strawberry.field(description=description)
    return ViewField(description=description, metadata={READ: attrgetter(path), PATH: path})


def derived(read: Callable[[Any], Any], description: str) -> Any:
    """A field that is worked out from the view by `read`, quickly and for everyone who sees the view."""
    return ViewField(description=description, metadata={READ: read})


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
        )
        field.extensions = [StorableText(), Access(rule)] if field.arguments else [Access(rule)]  # the last asks first
        for argument in field.arguments:
            if argument.default is None:
                argument.default = strawberry.UNSET
        return field

    return bind


def followed(graphql_type: Any, rule: Rule, description: str) -> Callable[[Callable[..., Any]], Any]:
    """A subscription, whose resolver yields the views that `graphql_type` shows; the same rule on the way in."""

    def bind(resolver: Callable[..., Any]) -> Any:
        field = strawberry.subscription(
            resolver=resolver,
            graphql_type=AsyncGenerator[graphql_type, None],
            description=description,
        )
        field.extensions = [StorableText(), Access(rule)]
        for argument in field.arguments:
            if argument.default is None:
                argument.default = strawberry.UNSET
        return field

    return bind


def argument(description: str, *, name: str | None = None) -> Any:
    return strawberry.argument(description=description, name=name)


def of(view: type) -> Callable[[Any, Any], bool]:
    """``is_type_of`` for a type that shows instances of `view`: needed in unions, where views say no type's name."""

    def is_type_of(value: Any, _info: Any) -> bool:
        return isinstance(value, view)

    return is_type_of
