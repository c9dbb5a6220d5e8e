"""GraphQL over WebSocket: the protocol ``graphql-transport-ws``, to the letter.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md. Close codes: 4400 what is no message, 4401 before
the acknowledgement, 4403 a token that is no good, 4408 no `connection_init` in time, 4409 an operation id twice,
4429 `connection_init` twice; 1012 the server stops, 1013 the peer is too slow (clients come back after those two).

Subscriptions that many ask alike go to `web.shared`; everything else is executed for its asker alone.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
import structlog
from graphql import OperationType
from starlette.types import Receive, Scope, Send
from strawberry.types import ExecutionResult

from resolvers.context import Context
from schema.execution import Executor
from services.authentication import Authenticator
from services.errors import OverloadedError, RateLimitedError, UnauthenticatedError
from services.views import PUBLIC, Principal
from services.world_threat import WorldThreatService
from web.answers import encode, failure_from, failure_of
from web.bearer import principal_of
from web.documents import sharing_of
from web.limits import Gate, address_of
from web.origins import origin_allowed
from web.outbox import SLOW_SECONDS, Outbox
from web.request_id import begin_request
from web.requests import DEEPEST_VARIABLES, is_shallow
from web.shared import Question, SharedStreams, Subscriber, audience_of

PROTOCOL = "graphql-transport-ws"
INIT_SECONDS = 5.0
OPERATIONS_A_SOCKET = 50
MESSAGES_A_SECOND = 200
LARGEST_MESSAGE = 64 * 1024
REASONS = {
    1013: "Try again later",
    4400: "Invalid message",
    4401: "Unauthorized",
    4403: "Forbidden",
    4408: "Connection initialisation timeout",
    4429: "Too many initialisation requests",
}

log = structlog.get_logger(__name__)


class SocketEndpoint:
    """The ASGI endpoint; one per process."""

    def __init__(
        self,
        executor: Executor,
        service: WorldThreatService,
        authenticator: Authenticator,
        gate: Gate,
        *,
        public_read: bool,
        allowed_origins: tuple[str, ...] = (),
        init_seconds: float = INIT_SECONDS,
        slow_seconds: float = SLOW_SECONDS,
    ) -> None:
        """A peer has `init_seconds` to introduce itself, and may take nothing for `slow_seconds`."""
        self.init_seconds = init_seconds
        self.slow_seconds = slow_seconds
        self.executor = executor
        self.service = service
        self.authenticator = authenticator
        self.gate = gate
        self.public_read = public_read
        self.shared = SharedStreams(executor, service, public_read=public_read)
        self._allowed_origins = allowed_origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begin_request()
        await receive()  # websocket.connect
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if not origin_allowed(headers, self._allowed_origins):
            await send({"type": "websocket.close", "code": 4403})
            return
        known = PROTOCOL in scope["subprotocols"]
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL if known else None})
        if not known:
            await send({"type": "websocket.close", "code": 4406, "reason": "Subprotocol not acceptable"})
            return
        address = address_of(scope)
        if not self.gate.connections.opened(address):
            await send({"type": "websocket.close", "code": 1013, "reason": REASONS[1013]})
            return
        socket = Socket(self, address, headers.get("authorization"), receive, send)
        try:
            await socket.run()
        finally:
            self.gate.connections.closed(address, socket.counted)


@dataclass(slots=True, eq=False)
class _Operation:
    """`end` stops it: its task, or its place in a shared stream."""

    subscriber: Subscriber
    end: Callable[[], object]


class Socket:
    """One connection."""

    __slots__ = (
        "_acknowledged",
        "_address",
        "_authorization",
        "_endpoint",
        "_greeted",
        "_heard",
        "_operations",
        "_outbox",
        "_receive",
        "_second",
        "_tasks",
        "_timer",
        "_unwatch",
        "counted",
        "principal",
    )

    def __init__(
        self, endpoint: SocketEndpoint, address: str, authorization: str | None, receive: Receive, send: Send
    ) -> None:
        self._endpoint = endpoint
        self._address = address
        self._authorization = authorization
        self._receive = receive
        self._outbox = Outbox(send, slow_seconds=endpoint.slow_seconds, tally=endpoint.gate.tally)
        self._operations: dict[str, _Operation] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._greeted = False
        self._acknowledged = False
        self._timer: asyncio.TimerHandle | None = None
        self._unwatch: Callable[[], None] = lambda: None
        self._heard = 0
        self._second = 0.0
        self.principal: Principal = PUBLIC
        self.counted: Principal | None = None
        """Whose connection it counts as."""

    async def run(self) -> None:
        """Until the peer goes, or is closed."""
        self._timer = asyncio.get_running_loop().call_later(self._endpoint.init_seconds, self._close, 4408)
        try:
            while True:
                message = await self._receive()
                if message["type"] == "websocket.disconnect":
                    return
                await self._take_breath()
                if not self._outbox.is_closing:  # what was sent before the peer heard of it is not done any more
                    await self._take_or_close(message.get("text"))
                    await asyncio.sleep(0)  # many messages come at once, and nobody else waits for all of them
        finally:
            self._timer.cancel()
            self._unwatch()
            for operation in list(self._operations.values()):
                self._forget(operation.subscriber)
                operation.end()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._outbox.end()

    async def _take_breath(self) -> None:
        """Reads on only in the next second from a peer that says too much in one: its messages wait at its end."""
        now = asyncio.get_running_loop().time()
        if now - self._second >= 1.0:
            self._second, self._heard = now, 0
        self._heard += 1
        if self._heard > MESSAGES_A_SECOND:
            await asyncio.sleep(1.0 - (now - self._second))

    def _close(self, code: int, reason: str = "") -> None:
        self._outbox.close(code, reason or REASONS[code])

    async def _take_or_close(self, text: str | None) -> None:
        """What nobody has foreseen ends this socket, whose client comes back: uvicorn's 1011 it would take for good."""
        try:
            await self._take(text)
        except Exception:
            log.exception("a message could not be taken")
            self._close(1013)

    async def _take(self, text: str | None) -> None:
        message = _parsed(text)
        if message is None:
            self._close(4400)
            return
        match message["type"]:
            case "connection_init":
                await self._init(message)
            case "ping" | "pong" if isinstance(message.get("payload"), dict | None):
                if message["type"] == "ping":
                    self._pong(message.get("payload"))
            case "subscribe":
                await self._subscribe(message)
            case "complete" if isinstance(message.get("id"), str):
                operation = self._operations.get(message["id"])
                if operation is not None:
                    self._forget(operation.subscriber)
                    operation.end()
                    self._outbox.drop(message["id"])
            case _:
                self._close(4400)

    def _pong(self, payload: dict[str, Any] | None) -> None:
        """With what came with the ping, as clients who measure the way know it from the protocol's own server."""
        if payload and is_shallow(payload, DEEPEST_VARIABLES):
            self._outbox.put("", (b'{"type":"pong","payload":', orjson.dumps(payload), b"}"))
        else:
            self._outbox.put("", (b'{"type":"pong"}',))

    async def _init(self, message: dict[str, Any]) -> None:
        payload = message.get("payload")
        if self._greeted:
            self._close(4429)
            return
        if not isinstance(payload, dict | None):
            self._close(4400)
            return
        self._greeted = True
        if self._timer is not None:
            self._timer.cancel()
        given = next((value for name, value in (payload or {}).items() if name.lower() == "authorization"), None)
        try:
            authorization = self._authorization if given is None else str(given)
            self.principal = await principal_of(
                self._endpoint.authenticator, authorization, self._endpoint.gate, self._address
            )
        except UnauthenticatedError:
            self._close(4403)
            return
        except (OverloadedError, RateLimitedError):
            self._close(1013)
            return
        if not self._endpoint.gate.connections.greeted(self.principal):
            self._close(1013, "Too many connections with this token")
            return
        self.counted = self.principal
        self._unwatch = self._endpoint.authenticator.watch(self.principal, lambda: self._close(4403))
        self._acknowledged = True
        self._outbox.put("", (b'{"type":"connection_ack"}',))

    async def _subscribe(self, message: dict[str, Any]) -> None:
        operation_id, payload = message.get("id"), message.get("payload")
        if not _is_subscribe(operation_id, payload):
            self._close(4400)
        elif not self._acknowledged:
            self._close(4401)
        elif operation_id in self._operations:
            # A reason has 123 bytes at most, and an id as many as it likes.
            self._close(4409, f"Subscriber for {_shortened(str(operation_id))} already exists")
        elif len(self._operations) >= OPERATIONS_A_SOCKET:
            error = {"message": f"At most {OPERATIONS_A_SOCKET} operations at once on one socket; complete some first."}
            Subscriber(self._outbox, str(operation_id), lambda _subscriber: None).error([error])
        else:
            await self._start(str(operation_id), payload or {})

    async def _start(self, operation_id: str, payload: dict[str, Any]) -> None:
        query, name = payload["query"], payload.get("operationName")
        variables: dict[str, Any] = payload.get("variables") or {}
        subscriber = Subscriber(self._outbox, operation_id, self._forget)
        operation = self._endpoint.executor.operation(query, name)
        try:
            await self._endpoint.gate.check(self.principal, self._address, operation, operation.cost(variables))
        except RateLimitedError as error:
            subscriber.error(failure_from(error))
            return
        refusal = operation.refusal(variables)
        if refusal is not None:
            subscriber.error([error.formatted for error in refusal.errors or ()])
            return
        sharing, audience = sharing_of(operation), audience_of(self.principal)
        if sharing is None or audience is None:
            is_stream = operation.kind is OperationType.SUBSCRIPTION
            task = self._spawn((self._follow if is_stream else self._answer)(subscriber, query, variables, name))
            self._keep(operation_id, _Operation(subscriber, task.cancel))
            return
        asked = {key: value for key, value in variables.items() if key != sharing.resumed_by}
        canonical = orjson.dumps(asked, option=orjson.OPT_SORT_KEYS).decode()
        question = Question(audience, query, name, canonical, sharing.resumed_by)
        shared = self._endpoint.shared
        admit = partial(self._endpoint.gate.admit, self.principal, self._address)
        joining = self._spawn(shared.follow(question, variables, subscriber, admit))

        def leave() -> None:
            joining.cancel()
            shared.leave(subscriber)

        self._keep(operation_id, _Operation(subscriber, leave))

    def _spawn(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("an operation failed", exc_info=task.exception())
            self._close(1013)

    def _keep(self, operation_id: str, operation: _Operation) -> None:
        self._operations[operation_id] = operation
        self._endpoint.gate.tally.operations += 1

    def _forget(self, subscriber: Subscriber) -> None:
        operation = self._operations.get(subscriber.operation_id)
        if operation is not None and operation.subscriber is subscriber:
            del self._operations[subscriber.operation_id]
            self._endpoint.gate.tally.operations -= 1

    async def _answer(
        self, subscriber: Subscriber, query: str, variables: dict[str, Any], operation_name: str | None
    ) -> None:
        """A query or mutation."""
        gate = self._endpoint.gate
        try:
            gate.enter()
        except OverloadedError as error:
            subscriber.error(failure_from(error))
            return
        try:
            result = await self._endpoint.executor.execute(query, variables, operation_name, self._context())
            told = self._tell(subscriber, result)
        except Exception as error:  # noqa: BLE001 - it is logged
            subscriber.error(failure_from(error))
            return
        finally:
            gate.leave()
        if told:
            subscriber.complete()

    async def _follow(
        self, subscriber: Subscriber, query: str, variables: dict[str, Any], operation_name: str | None
    ) -> None:
        """A subscription for this asker alone."""
        try:
            ended = await self._endpoint.gate.admit(self.principal, self._address)
        except RateLimitedError as error:
            subscriber.error(failure_from(error))
            return
        try:
            stream = await self._endpoint.executor.stream(query, variables, operation_name, self._context())
            async with aclosing(stream):
                async for result in stream:
                    if not self._tell(subscriber, result):
                        return
                    await self._outbox.drained()
        except Exception as error:  # noqa: BLE001 - it is logged
            subscriber.error(failure_from(error))
            return
        finally:
            ended()
        subscriber.complete()

    def _context(self) -> Context:
        endpoint = self._endpoint
        return Context(service=endpoint.service, principal=self.principal, public_read=endpoint.public_read)

    def _tell(self, subscriber: Subscriber, result: ExecutionResult) -> bool:
        """Whether it was an answer; otherwise it was the operation's end."""
        failure = failure_of(result)
        if failure is not None:
            subscriber.error(failure)
            return False
        subscriber.next(encode(result), kept=True)
        return True


def _shortened(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode()[:60]


def _parsed(text: str | None) -> dict[str, Any] | None:
    """The message; None for what is none: no text, too long a text, no JSON, no object, no type."""
    if text is None or len(text) > LARGEST_MESSAGE or len(text.encode()) > LARGEST_MESSAGE:
        return None
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return message if isinstance(message, dict) and isinstance(message.get("type"), str) else None


def _is_subscribe(operation_id: object, payload: object) -> bool:
    if not isinstance(operation_id, str) or not operation_id or not isinstance(payload, dict):
        return False
    return (
        isinstance(payload.get("query"), str)
        and isinstance(payload.get("operationName"), str | None)
        and isinstance(payload.get("variables"), dict | None)
        and is_shallow(payload.get("variables"), DEEPEST_VARIABLES)
        and isinstance(payload.get("extensions"), dict | None)
    )
