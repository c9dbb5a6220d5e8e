"""Who asks, by the token they send, and for which person an admin's program acts."""

import re
from collections.abc import Sequence
from dataclasses import replace

import structlog

from services.authentication import Authenticator
from services.errors import ForbiddenError, InvalidInputError, UnauthenticatedError
from services.outages import overload_of
from services.views import Principal, Role
from web.limits import Gate

BEARER = "bearer "
ACTOR_HEADER = "Worldthreat-Actor"
DISCORD_ID = re.compile(r"[0-9]{1,20}")

log = structlog.get_logger(__name__)


def bearer_token(authorization: str | None) -> str | None:
    """The token of an Authorization header; None without one.

    Raises:
        UnauthenticatedError: the header is there and is not ``Bearer <token>``.
    """
    if authorization is None:
        return None
    if not authorization.lower().startswith(BEARER) or not authorization[len(BEARER) :].strip():
        raise UnauthenticatedError("Authorization: send it as: Bearer <token>.")
    return authorization[len(BEARER) :].strip()


async def principal_of(
    authenticator: Authenticator, authorization: str | None, gate: Gate | None = None, address: str = ""
) -> Principal:
    """Raises:
    UnauthenticatedError: the token is no good.
    RateLimitedError: too many from this address were no good, and this one was never seen.
    OverloadedError: the database is away, so that the token cannot be looked up.
    """
    token = bearer_token(authorization)
    if gate is not None and gate.has_strangers and token is not None and not authenticator.remembers(token):
        gate.check_stranger(address)
    try:
        return await authenticator.principal(token)
    except UnauthenticatedError:
        if gate is not None:
            await gate.bad_token(address)
        raise
    except Exception as error:
        overload = overload_of(error)
        if overload is None:
            raise
        log.warning("database away: a token could not be looked up", error=type(error).__name__)
        raise overload from error


def acting_for(principal: Principal, actors: Sequence[str]) -> Principal:
    """`principal` with the person that the `ACTOR_HEADER` headers name; as it is without such a header.

    Raises:
        ForbiddenError: the token is no admin's: nobody else's acts are logged under a name.
        InvalidInputError: the header is there more than once, or is no Discord id.
    """
    if not actors:
        return principal
    if principal.role is not Role.ADMIN:
        raise ForbiddenError(
            f"{ACTOR_HEADER} goes with a token of role admin; this caller's role is {principal.role}. Leave it out."
        )
    if len(actors) > 1 or not DISCORD_ID.fullmatch(actors[0]):
        raise InvalidInputError(ACTOR_HEADER, "send it once, with a Discord id: 1 to 20 digits and nothing else.")
    return replace(principal, acting_admin=actors[0])
