"""Who asks, by the token they send."""

import structlog

from services.errors import UnauthenticatedError
from services.outages import overload_of
from services.tokens import Authenticator
from services.views import Principal

BEARER = "bearer "

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


async def principal_of(authenticator: Authenticator, authorization: str | None) -> Principal:
    """Raises:
    UnauthenticatedError: the token is no good.
    OverloadedError: the database is away, so that the token cannot be looked up.
    """
    token = bearer_token(authorization)
    try:
        return await authenticator.principal(token)
    except Exception as error:
        overload = overload_of(error)
        if overload is None:
            raise
        log.warning("database away: a token could not be looked up", error=type(error).__name__)
        raise overload from error
