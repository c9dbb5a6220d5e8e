"""Who may: every resolved field says so, and a root field that does not stops the schema from being built.

The service checks again by principal; here a caller is refused before anything is done for them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from inspect import isasyncgen
from typing import Any

from strawberry.extensions import FieldExtension
from strawberry.extensions.field_extension import AsyncExtensionResolver, SyncExtensionResolver
from strawberry.types import get_object_definition
from strawberry.types.field import StrawberryField

from resolvers.context import Context
from services.errors import ForbiddenError, UnauthenticatedError
from services.views import Role


class MissingAccessRuleError(Exception):
    """A root field without a rule: nobody has said who may ask for it."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        super().__init__(f"No access rule (see schema/access.py): {', '.join(names)}.")


@dataclass(frozen=True, slots=True)
class Rule:
    """`roles`: who may; None for everyone who may read what is public. `private`: and whose it is, with any token.

    `private` fields stand on a player; bots and admins see every player's.
    """

    roles: frozenset[Role] | None = None
    private: bool = False

    def check(self, context: Context, source: Any, field_name: str) -> None:
        """Raises:
        UnauthenticatedError: the server answers nobody without a token, and there is none.
        ForbiddenError: the caller's role may not, or it is another player's.
        """
        principal = context.principal
        if principal.role is Role.PUBLIC and not context.public_read:
            raise UnauthenticatedError("This server answers only with a token: send Authorization: Bearer wt_…")
        if self.roles is not None and principal.role not in self.roles:
            may = " or ".join(role.value for role in Role if role in self.roles)
            raise ForbiddenError(f"{field_name} needs a token of role {may}; this caller's role is {principal.role}.")
        if self.private and not context.service.may_see_private(principal, source.user_id):
            raise ForbiddenError(f"{field_name} is for the player, the bot and admins.")


def public() -> Rule:
    """Everyone; with PUBLIC_READ=off everyone with a token."""
    return Rule()


def needs(*roles: Role) -> Rule:
    return Rule(roles=frozenset(roles))


def private() -> Rule:
    """The player themselves, bots and admins."""
    return Rule(private=True)


class Access(FieldExtension):
    """Asks the field's rule before the field is resolved."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule

    def resolve(self, next_: SyncExtensionResolver, source: Any, info: Any, **kwargs: Any) -> Any:
        self.rule.check(info.context, source, info.field_name)
        return next_(source, info, **kwargs)

    async def resolve_async(self, next_: AsyncExtensionResolver, source: Any, info: Any, **kwargs: Any) -> Any:
        self.rule.check(info.context, source, info.field_name)
        answer: Any = next_(source, info, **kwargs)
        return answer if isasyncgen(answer) else await answer  # a subscription's stream is not awaited


def rule_of(field: StrawberryField) -> Rule | None:
    return next((extension.rule for extension in field.extensions if isinstance(extension, Access)), None)


def check_access_rules(*roots: type) -> None:
    """Raises MissingAccessRuleError unless every field of `roots` has a rule."""
    missing = tuple(_without_rule(roots))
    if missing:
        raise MissingAccessRuleError(missing)


def _without_rule(roots: tuple[type, ...]) -> Iterator[str]:
    for root in roots:
        definition = get_object_definition(root, strict=True)
        for field in definition.fields:
            if rule_of(field) is None:
                yield f"{definition.name}.{field.name}"
