"""One execution per question, not per subscriber.

Subscribers with the same document, operation name, variables and audience share one execution and one encoding
of each answer; each socket gets its own operation id as a prefix. The variable that says from where to replay is
each joiner's own: what a joiner has missed is answered by a second execution over the same document, up to the
position at which they join, and shared by all who missed the same.

Only what is public is shared: a caller who is somebody is executed for by themselves (see `audience_of`).
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
import structlog
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.utils.aio import aclosing

from resolvers.context import Context
from resolvers.live import CatchUp, Shared
from schema.build import WorldThreatSchema
from services.feed import Position
from services.views import Principal, Role
from services.world_threat import WorldThreatService
from web.outbox import Outbox

log = structlog.get_logger(__name__)

MakeContext = Callable[[Principal, Shared | CatchUp], Context]


def audience_of(principal: Principal) -> Principal | None:
    """For whom an answer to `principal` is the same; None for somebody, whose answers are theirs alone."""
    return Principal(principal.role) if principal.role in (Role.PUBLIC, Role.VIEWER) else None


def encode(result: ExecutionResult | PreExecutionError) -> str:
    """The payload of a `next` message."""
    payload: dict[str, Any] = {"data": result.data}
    if result.errors:
        payload["errors"] = [error.formatted for error in result.errors]
    if result.extensions:
        payload["extensions"] = result.extensions
    return orjson.dumps(payload).decode()


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, less what is each asker's own. `variables` is canonical JSON."""

    audience: Principal
    query: str
    operation_name: str | None
    variables: str


@dataclass(slots=True, eq=False)
class Subscriber:
    """One operation on one socket. While it catches up, `held` keeps what the others are told."""

    outbox: Outbox
    operation_id: str
    on_end: Callable[[], None]
    head: str = field(init=False)
    held: list[tuple[str, bool]] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.head = '{"id":' + orjson.dumps(self.operation_id).decode() + ',"type":"'

    def next(self, body: str, *, kept: bool) -> None:
        self.outbox.put(self.operation_id, f'{self.head}next","payload":{body}}}', kept=kept)

    def error(self, errors: list[Any]) -> None:
        self.outbox.put(self.operation_id, f'{self.head}error","payload":{orjson.dumps(errors).decode()}}}')
        self.on_end()

    def complete(self) -> None:
        self.outbox.put(self.operation_id, self.head + 'complete"}')
        self.on_end()


class SharedStreams:
    """All shared executions of one process."""

    def __init__(self, schema: WorldThreatSchema, service: WorldThreatService, *, public_read: bool) -> None:
        self._schema = schema
        self._service = service
        self._public_read = public_read
        self._streams: dict[Question, SharedStream] = {}

    async def follow(self, question: Question, variables: dict[str, Any], subscriber: Subscriber) -> None:
        """Joins `subscriber`, whose own variables are `variables`; comes back when it is told all it missed."""
        stream = self._streams.get(question)
        if stream is None or stream.ended:
            stream = self._streams[question] = SharedStream(self._schema, self._service, question, self._make_context)
            stream.start(lambda: self._forget(question))
        await stream.join(subscriber, variables)

    def leave(self, question: Question, subscriber: Subscriber) -> None:
        stream = self._streams.get(question)
        if stream is not None:
            stream.leave(subscriber)

    def _forget(self, question: Question) -> None:
        stream = self._streams.get(question)
        if stream is not None and stream.ended:
            del self._streams[question]

    def _make_context(self, principal: Principal, live: Shared | CatchUp) -> Context:
        return Context(
            service=self._service,
            principal=principal,
            public_read=self._public_read,
            shared_live=live,
        )

    @property
    def executions(self) -> int:
        """How many questions are being answered."""
        return len(self._streams)


class SharedStream:
    """One question's execution and everybody who listens to it. It ends with its last subscriber."""

    def __init__(
        self,
        schema: WorldThreatSchema,
        service: WorldThreatService,
        question: Question,
        make_context: MakeContext,
    ) -> None:
        self._schema = schema
        self._question = question
        self._make_context = make_context
        self._feed = service.feed
        self._live = Shared(service.feed)
        self._subscribers: set[Subscriber] = set()
        self._joining = 0
        self._failure: list[Any] | None = None
        self._task: asyncio.Task[None] | None = None
        self._catch_ups: dict[str, asyncio.Future[list[str]]] = {}
        self._catch_ups_at: Position | None = None
        self.ended = False

    def start(self, on_end: Callable[[], None]) -> None:
        self._task = asyncio.create_task(self._run(on_end), name="shared subscription")

    async def join(self, subscriber: Subscriber, variables: dict[str, Any]) -> None:
        """Tells `subscriber` what it missed, then makes it one of all."""
        self._joining += 1
        try:
            while not (self.ended or self._live.settled.is_set()):
                await self._opened_or_ended()
            if self._failure is not None:
                subscriber.error(self._failure)
                return
            # No wait between these lines: what is told from here on is held until the catching up is done.
            subscriber.held = []
            position = self._live.position
            self._subscribers.add(subscriber)
            for body in await self._catch_up(position, variables):
                subscriber.next(body, kept=True)
            for body, kept in subscriber.held:
                subscriber.next(body, kept=kept)
            subscriber.held = None
            if self.ended and subscriber in self._subscribers:
                self._subscribers.discard(subscriber)
                subscriber.complete()
        except asyncio.CancelledError:
            self._subscribers.discard(subscriber)
            raise
        finally:
            self._joining -= 1
            self._end_without_subscribers()

    def leave(self, subscriber: Subscriber) -> None:
        self._subscribers.discard(subscriber)
        self._end_without_subscribers()

    def _end_without_subscribers(self) -> None:
        if not self._subscribers and not self._joining and self._task is not None:
            self._task.cancel()

    async def _opened_or_ended(self) -> None:
        opened = asyncio.ensure_future(self._live.settled.wait())
        try:
            waited = [opened] if self._task is None else [opened, self._task]
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        finally:
            opened.cancel()

    async def _run(self, on_end: Callable[[], None]) -> None:
        try:
            first = True
            async for result in self._results(self._live, orjson.loads(self._question.variables)):
                if first and isinstance(result, PreExecutionError):
                    self._failure = [error.formatted for error in result.errors or ()]
                    break
                first = False
                self._tell(encode(result), kept=self._live.has_news)
        except Exception:
            log.exception("a shared subscription failed")
        finally:
            self.ended = True
            on_end()
            for subscriber in [one for one in self._subscribers if one.held is None]:
                self._subscribers.discard(subscriber)
                if self._failure is not None:
                    subscriber.error(self._failure)
                else:
                    subscriber.complete()

    def _tell(self, body: str, *, kept: bool) -> None:
        for subscriber in self._subscribers:
            held = subscriber.held
            if held is None:
                subscriber.next(body, kept=kept)
            elif held and not held[-1][1]:
                held[-1] = (body, kept)
            else:
                held.append((body, kept))

    async def _results(self, live: Shared | CatchUp, variables: dict[str, Any]) -> Any:
        stream = await self._schema.stream(
            self._question.query,
            variable_values=variables,
            context_value=self._make_context(self._question.audience, live),
            operation_name=self._question.operation_name,
        )
        async with aclosing(stream):
            async for result in stream:
                yield result

    async def _catch_up(self, position: Position, variables: dict[str, Any]) -> list[str]:
        """What a joiner with these variables has missed; joiners at one position who missed the same share it."""
        if self._catch_ups_at is not position:
            self._catch_ups_at, self._catch_ups = position, {}
        key = orjson.dumps(variables, option=orjson.OPT_SORT_KEYS).decode()
        shared = self._catch_ups.get(key)
        if shared is None:
            shared = self._catch_ups[key] = asyncio.ensure_future(self._execute_catch_up(position, variables))
        return await asyncio.shield(shared)

    async def _execute_catch_up(self, position: Position, variables: dict[str, Any]) -> list[str]:
        live = CatchUp(self._feed, position)
        with contextlib.suppress(asyncio.CancelledError):
            return [encode(result) async for result in self._results(live, variables)]
        return []
