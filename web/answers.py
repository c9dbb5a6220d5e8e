"""Results as bytes: the same for HTTP, for streams of events and for sockets."""

from typing import Any

import orjson
from graphql import GraphQLError
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from schema.masking import presentable


def encode(result: ExecutionResult) -> bytes:
    """The answer as JSON. What was not executed has errors and no data."""
    failure = failure_of(result)
    payload: dict[str, Any] = {"data": result.data} if failure is None else {}
    if result.errors:
        payload["errors"] = [error.formatted for error in result.errors]
    if result.extensions:
        payload["extensions"] = result.extensions
    return orjson.dumps(payload)


def failure_of(result: ExecutionResult) -> list[Any] | None:
    """The errors of what was not executed, or of a stream that has ended in them; None for an answer.

    The errors of an answer lie at a field; without a path they are of the document, of its variables, or of the source
    of the stream.
    """
    if not result.errors:
        return None
    ended = isinstance(result, PreExecutionError) or (
        result.data is None and all(error.path is None for error in result.errors)
    )
    return [error.formatted for error in result.errors] if ended else None


def failure_from(error: Exception) -> list[Any]:
    """The same for what executing has raised: a document too deep to be read, or a bug, which is logged."""
    told = error if isinstance(error, GraphQLError) else GraphQLError("", original_error=error)
    return [presentable(told).formatted]
