"""What leaves the server when something fails outside of the unions.

Expected failures, a database that is away among them, keep their sentence and get ``extensions.code``. What GraphQL
itself says about a document stays as it is. Everything else is a bug: it is logged with its traceback under an id,
and the caller is told the id alone.
"""

import re
import secrets
from collections.abc import Mapping

import structlog
from graphql import FieldNode, GraphQLError
from strawberry.extensions import MaskErrors

from schema.errors import EXPECTED
from services.errors import (
    ForbiddenError,
    InvalidInputError,
    OverloadedError,
    RateLimitedError,
    UnauthenticatedError,
    WorldThreatError,
)
from services.metrics import ERRORS
from services.outages import overload_of

FORBIDDEN = "FORBIDDEN"
UNAUTHENTICATED = "UNAUTHENTICATED"
BAD_INPUT = "BAD_INPUT"
RATE_LIMITED = "RATE_LIMITED"
INTERNAL = "INTERNAL"

log = structlog.get_logger(__name__)


def _code_of(type_name: str) -> str:
    """``PlayerNotFound`` as ``PLAYER_NOT_FOUND``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type_name).upper()


CODES: Mapping[type[WorldThreatError], str] = {
    **{expected.exception_type: _code_of(expected.error_type.__name__) for expected in EXPECTED},
    ForbiddenError: FORBIDDEN,
    UnauthenticatedError: UNAUTHENTICATED,
    InvalidInputError: BAD_INPUT,
    RateLimitedError: RATE_LIMITED,
}
"""The code of each expected failure, also of those that a union shows where there is one."""


def presentable(error: GraphQLError) -> GraphQLError:
    """`error` as the caller may see it. A bug is logged, once for each call."""
    cause = _cause(error)
    if isinstance(cause, WorldThreatError) and type(cause) in CODES:
        return _told(error, str(cause), _extensions(cause))
    if cause is None and not _is_broken_answer(error):
        return error
    overload = None if cause is None else overload_of(cause)
    if overload is not None:
        log.warning("database away: a question could not be answered", error=type(cause).__name__, path=error.path)
        return _told(error, str(overload), _extensions(overload))
    ERRORS.labels(INTERNAL).inc()
    error_id = secrets.token_hex(6)
    log.error("internal_error", error_id=error_id, path=error.path, exc_info=cause or error)
    return _told(error, f"Internal error, see the log for {error_id}.", {"code": INTERNAL, "id": error_id})


def _cause(error: GraphQLError) -> Exception | None:
    """The exception of ours that `error` was made of; None when GraphQL itself raised it."""
    cause: Exception | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def _is_broken_answer(error: GraphQLError) -> bool:
    """Whether a resolved value did not fit its type: GraphQL says so at the field, of bad arguments at the argument."""
    return error.path is not None and any(isinstance(node, FieldNode) for node in error.nodes or ())


def _extensions(cause: WorldThreatError) -> dict[str, str | int]:
    extensions: dict[str, str | int] = {"code": CODES[type(cause)]}
    ERRORS.labels(CODES[type(cause)]).inc()
    if isinstance(cause, InvalidInputError):
        extensions["field"] = cause.field
    if isinstance(cause, OverloadedError | RateLimitedError):
        extensions["retryAfterMs"] = cause.retry_after_ms
    return extensions


def _told(error: GraphQLError, message: str, extensions: Mapping[str, str | int]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=dict(extensions),
    )


class Masking(MaskErrors):
    """Puts `presentable` between every answer and its caller."""

    def anonymise_error(self, error: GraphQLError) -> GraphQLError:
        return presentable(error)
