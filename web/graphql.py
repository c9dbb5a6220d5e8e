"""GraphQL over HTTP: https://graphql.github.io/graphql-over-http/draft/, and subscriptions as a stream of events.

A bare ASGI app: what a request costs beside its execution is what everybody's strikes wait for. A request that
cannot be executed is answered before anything is done: 401 a token that is no good, 503 one that cannot be looked up
while the database is away and whatever is too much at once, 429 who asks too often, 400 or 403 a header that names an
acting person as or where it must not, and 4xx what is no question at all.
"""

import asyncio
import math
from typing import Any, Final

import orjson
import structlog
from graphql import GraphQLError, OperationType
from starlette.types import Receive, Scope, Send

from resolvers.context import Context
from schema.execution import Executor, Operation
from schema.masking import presentable
from services.authentication import Authenticator
from services.errors import (
    ForbiddenError,
    InvalidInputError,
    OverloadedError,
    RateLimitedError,
    UnauthenticatedError,
)
from services.world_threat import WorldThreatService
from web.answers import encode, failure_from, failure_of
from web.bearer import acting_for, principal_of
from web.events import send_events
from web.lifecycle import Lifecycle
from web.limits import FULL_RETRY_MS, Gate, address_of
from web.negotiation import Media
from web.request_id import begin_request
from web.requests import BadRequestError, Head, Question, head_of, question_of

REFUSALS: Final = (UnauthenticatedError, RateLimitedError, OverloadedError, ForbiddenError, InvalidInputError)
NO_STORE: Final = (b"cache-control", b"no-store")
STOPPING_RETRY_MS: Final = 1_000
TYPES: Final = {media: (b"content-type", media.value) for media in Media}

log = structlog.get_logger(__name__)


class GraphQLView:
    """One per process."""

    def __init__(
        self,
        executor: Executor,
        service: WorldThreatService,
        authenticator: Authenticator,
        gate: Gate,
        lifecycle: Lifecycle,
        *,
        public_read: bool,
    ) -> None:
        self._gate = gate
        self._tally = gate.tally
        self._lifecycle = lifecycle
        self._executor = executor
        self._service = service
        self._authenticator = authenticator
        self._public_read = public_read

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begin_request()
        media = Media.JSON
        more: tuple[tuple[bytes, bytes], ...] = ()
        entered = False
        try:
            head = head_of(scope)
            media = head.media
            self._gate.enter()
            entered = True
            address = address_of(scope)
            principal = await principal_of(self._authenticator, head.authorization, self._gate, address)
            if head.actors:
                principal = acting_for(principal, head.actors)
            context = Context(service=self._service, principal=principal, public_read=self._public_read)
            question = await question_of(scope, head, receive)
            operation = self._executor.operation(question.query, question.operation_name)
            self._check_kind(scope["method"], head, operation)
            await self._gate.check(principal, address, operation, operation.cost(question.variables))
            if media is Media.EVENTS:
                self._gate.leave()  # it is counted with the connections from now on
                entered = False
                await self._stream(question, context, address, receive, send)
                return
            status, body = await self._answer(question, context, media)
        except BadRequestError as error:
            status, body, more = error.status, orjson.dumps({"errors": [{"message": error.message}]}), error.headers
        except REFUSALS as error:
            status, body, more = refusal(error)
        except asyncio.CancelledError:
            if not self._lifecycle.stopping.is_set():
                raise
            # The server stops and waits no longer: whether it was done, its caller learns with the same key.
            status, body, more = refusal(OverloadedError(retry_after_ms=STOPPING_RETRY_MS))
        except Exception as error:  # noqa: BLE001 - it is logged
            status, body = 500, orjson.dumps({"errors": failure_from(error)})
        finally:
            if entered:
                self._gate.leave()
        self._tally.requests[status] += 1
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [
                    TYPES[Media.JSON if media is Media.EVENTS else media],
                    (b"content-length", b"%d" % len(body)),
                    NO_STORE,
                    *more,
                ],
            }
        )
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _check_kind(self, method: str, head: Head, operation: Operation) -> None:
        """Raises BadRequestError for a kind of operation that is not asked for in this way."""
        kind = operation.kind
        if kind is OperationType.QUERY or kind is None:
            return
        if method == "GET" and kind is OperationType.MUTATION:
            raise BadRequestError(405, "Nothing is changed by GET: send a mutation by POST.", (b"allow", b"POST"))
        if kind is OperationType.SUBSCRIPTION and head.media is not Media.EVENTS:
            raise BadRequestError(
                400, "Subscriptions go over WebSocket (graphql-transport-ws), or with Accept: text/event-stream."
            )

    async def _answer(self, question: Question, context: Context, media: Media) -> tuple[int, bytes]:
        result = await self._executor.execute(question.query, question.variables, question.operation_name, context)
        status = 400 if media is Media.RESPONSE and failure_of(result) is not None else 200
        return status, encode(result)

    async def _stream(self, question: Question, context: Context, address: str, receive: Receive, send: Send) -> None:
        if not self._gate.connections.opened(address):
            raise RateLimitedError(retry_after_ms=FULL_RETRY_MS)
        try:
            ended = await self._gate.admit(context.principal, address)
        except RateLimitedError:
            self._gate.connections.closed(address, None)
            raise
        token_ended = asyncio.Event()
        unwatch = self._authenticator.watch(context.principal, token_ended.set)
        try:
            results = await self._executor.stream(question.query, question.variables, question.operation_name, context)
            self._tally.requests[200] += 1
            await send_events(results, receive, send, self._lifecycle.stopping, token_ended)
        finally:
            unwatch()
            ended()
            self._gate.connections.closed(address, None)


def refusal(error: Exception) -> tuple[int, bytes, tuple[tuple[bytes, bytes], ...]]:
    """The answer to a request that is not executed, in the form of GraphQL's own errors: status, body, headers."""
    body: dict[str, Any] = {"errors": [presentable(GraphQLError("", original_error=error)).formatted]}
    headers: tuple[tuple[bytes, bytes], ...] = ()
    if isinstance(error, OverloadedError | RateLimitedError):
        status = 503 if isinstance(error, OverloadedError) else 429
        headers = ((b"retry-after", b"%d" % math.ceil(error.retry_after_ms / 1000)),)
    elif isinstance(error, UnauthenticatedError):
        status, headers = 401, ((b"www-authenticate", b"Bearer"),)
    else:
        status = 403 if isinstance(error, ForbiddenError) else 400
    return status, orjson.dumps(body), headers
