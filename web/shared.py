"""One execution per question, not per subscriber.

Subscribers with the same document, operation name, variables and audience share one execution and one encoding
of each answer; each socket gets its own operation id as a prefix. The variable that says from where to replay is
each joiner's own: what a joiner has missed is answered by further executions over the same document, step by step
up to the position at which they join, and shared by all who missed the same.

Only what is public is shared: a caller who is somebody is executed for by themselves (see `audience_of`).
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import orjson
import structlog
from strawberry.types import ExecutionResult

from resolvers.context import Context
from resolvers.live import CatchUp, Shared
from schema.execution import Executor
from services.errors import RateLimitedError
from services.feed import Position
from services.views import Principal, Role
from services.world_threat import WorldThreatService
from web.answers import encode, failure_from, failure_of
from web.outbox import Outbox

MOST_STEPS = 32
STEP_SECONDS = 1.0
"""For so many steps and so long it is remembered what joiners have missed: equal ones come all at once."""

TOLD_AT_ONCE = 500
"""So many are told in one go, about 10 ms of work."""

log = structlog.get_logger(__name__)

MakeContext = Callable[[Principal, Shared | CatchUp], Context]


def audience_of(principal: Principal) -> Principal | None:
    """For whom an answer to `principal` is the same; None for somebody, whose answers are theirs alone."""
    return Principal(principal.role) if principal.role in (Role.PUBLIC, Role.VIEWER) else None


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, less what is each asker's own. `variables` is canonical JSON.

    `resumed_by` names the variable that is each asker's own.
    """

    audience: Principal
    query: str
    operation_name: str | None
    variables: str
    resumed_by: str | None


@dataclass(slots=True, eq=False)
class Subscriber:
    """One operation on one socket. `on_end` is called when the server ends it."""

    outbox: Outbox
    operation_id: str
    on_end: Callable[["Subscriber"], None]
    stream: "SharedStream | None" = field(default=None, init=False)
    _next: bytes = field(init=False)

    def __post_init__(self) -> None:
        self._next = self._head(b"next") + b',"payload":'

    def _head(self, kind: bytes) -> bytes:
        return b'{"id":%b,"type":"%b"' % (orjson.dumps(self.operation_id), kind)

    def next(self, body: bytes, *, kept: bool) -> None:
        self.outbox.put(self.operation_id, (self._next, body, b"}"), kept=kept)

    def error(self, errors: list[Any]) -> None:
        self.outbox.put(self.operation_id, (self._head(b"error"), b',"payload":', orjson.dumps(errors), b"}"))
        self.on_end(self)

    def complete(self) -> None:
        self.outbox.put(self.operation_id, (self._head(b"complete"), b"}"))
        self.on_end(self)


class SharedStreams:
    """All shared executions of one process."""

    def __init__(self, executor: Executor, service: WorldThreatService, *, public_read: bool) -> None:
        self._executor = executor
        self._service = service
        self._public_read = public_read
        self._streams: dict[Question, SharedStream] = {}
        self._beginning: dict[Question, asyncio.Event] = {}
        """Questions whose execution waits for its turn; who asks the same waits with it."""

    async def follow(
        self,
        question: Question,
        variables: dict[str, Any],
        subscriber: Subscriber,
        admit: Callable[[], Awaitable[Callable[[], None]]],
    ) -> None:
        """Joins `subscriber`, whose own variables are `variables`; comes back when it is told all it missed.

        `admit` is asked before anything new is executed; what it returns is called when that has ended. What it
        raises is the subscriber's error.
        """
        while (begun := self._beginning.get(question)) is not None:
            await begun.wait()
        stream = self._streams.get(question)
        if stream is None:
            begun = self._beginning[question] = asyncio.Event()
            try:
                ended = await admit()
                stream = self._streams[question] = SharedStream(
                    self._executor, self._service, question, self._make_context
                )
                stream.start(partial(self._forget, ended))
            except RateLimitedError as error:
                subscriber.error(failure_from(error))
                return
            finally:
                del self._beginning[question]
                begun.set()
        await stream.join(subscriber, variables)

    def leave(self, subscriber: Subscriber) -> None:
        if subscriber.stream is not None:
            subscriber.stream.leave(subscriber)

    def _forget(self, ended: Callable[[], None], stream: "SharedStream") -> None:
        ended()
        if self._streams.get(stream.question) is stream:
            del self._streams[stream.question]

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


@dataclass(slots=True, eq=False)
class _Step:
    """What is told to joiners on the way from `start` towards `position`, as far as it is known.

    It holds on to the raids by whose identity it is found. When all is known: `reached` is None for those who must
    wait until the others are told what they know; `failure` ends them.
    """

    start: Position | None
    position: Position
    bodies: list[bytes] = field(default_factory=list, init=False)
    reached: Position | None = field(default=None, init=False)
    failure: list[Any] | None = field(default=None, init=False)
    task: asyncio.Task[None] | None = field(default=None, init=False)
    is_whole: bool = field(default=False, init=False)
    is_abandoned: bool = field(default=False, init=False)
    _listeners: int = field(default=0, init=False)
    _grown: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def grow(self, body: bytes | None) -> None:
        """One more; None: that was all."""
        if body is None:
            self.is_whole = True
        else:
            self.bodies.append(body)
        self._grown.set()
        self._grown = asyncio.Event()

    async def told(self) -> AsyncGenerator[bytes, None]:
        """All of it, from the first, each as soon as it is known. What nobody waits for any more is not worked out."""
        told = 0
        self._listeners += 1
        try:
            while True:
                while told < len(self.bodies):
                    yield self.bodies[told]
                    told += 1
                if self.is_whole:
                    return
                await self._grown.wait()
        finally:
            self._listeners -= 1
            if not self._listeners and not self.is_whole and self.task is not None:
                self.is_abandoned = True
                self.task.cancel()


class SharedStream:
    """One question's execution and everybody who listens to it. It ends with its last subscriber."""

    def __init__(
        self,
        executor: Executor,
        service: WorldThreatService,
        question: Question,
        make_context: MakeContext,
    ) -> None:
        self.question = question
        self._executor = executor
        self._make_context = make_context
        self._feed = service.feed
        self._live = Shared(service.feed)
        self._subscribers: set[Subscriber] = set()
        self._joining = 0
        self._failure: list[Any] | None = None
        self._task: asyncio.Task[None] | None = None
        self._on_end: Callable[[SharedStream], None] = lambda _stream: None
        self._steps: OrderedDict[tuple[int, int, str], _Step] = OrderedDict()
        self.ended = False

    def start(self, on_end: Callable[["SharedStream"], None]) -> None:
        """`on_end` is called as soon as nobody may join any more."""
        self._on_end = on_end
        self._task = asyncio.create_task(self._run(), name="shared subscription")

    async def join(self, subscriber: Subscriber, variables: dict[str, Any]) -> None:
        """Tells `subscriber` what it missed, at its own pace, then makes it one of all."""
        self._joining += 1
        subscriber.stream = self
        own = orjson.dumps(variables, option=orjson.OPT_SORT_KEYS).decode()
        reached: Position | None = None
        try:
            while True:
                await self._settled_or_ended()
                if self._failure is not None:
                    subscriber.error(self._failure)
                    return
                position = self._live.position
                if reached is not None and reached.raid is position.raid:
                    break
                step = self._step(reached, position, own)
                async with aclosing(step.told()) as bodies:
                    async for body in bodies:
                        subscriber.next(body, kept=True)
                        await subscriber.outbox.drained()
                        if subscriber.outbox.is_closing:
                            return
                if step.failure is not None:
                    subscriber.error(step.failure)
                    return
                if step.reached is None:
                    await self._moved_or_ended(position)
                reached = step.reached
            # Nothing was waited for since the stream was seen to be settled at what the subscriber knows.
            if self.ended:
                subscriber.complete()
            else:
                self._subscribers.add(subscriber)
        finally:
            self._joining -= 1
            self._end_without_subscribers()

    def leave(self, subscriber: Subscriber) -> None:
        self._subscribers.discard(subscriber)
        self._end_without_subscribers()

    def _end_without_subscribers(self) -> None:
        if not self._subscribers and not self._joining and not self.ended and self._task is not None:
            self._end()
            self._task.cancel()

    def _end(self) -> None:
        self.ended = True
        self._on_end(self)

    async def _settled_or_ended(self) -> None:
        while not (self.ended or self._live.settled.is_set()):
            await self._first_of(self._live.settled.wait())

    async def _moved_or_ended(self, position: Position) -> None:
        if not self.ended and self._live.position is position:
            await self._first_of(self._live.moved())

    async def _first_of(self, awaited: Coroutine[Any, Any, Any]) -> None:
        """Waits for it, or for the end."""
        task = asyncio.ensure_future(awaited)
        try:
            waited = [task] if self._task is None else [task, self._task]
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        finally:
            task.cancel()

    async def _run(self) -> None:
        variables = orjson.loads(self.question.variables)
        if self.question.resumed_by is not None:
            variables[self.question.resumed_by] = 0  # it may be required; what it says is each joiner's own
        try:
            async with aclosing(self._results(self._live, variables)) as results:
                async for result in results:
                    self._failure = failure_of(result)
                    if self._failure is not None:
                        break
                    await self._tell(encode(result), kept=self._live.has_news)
        except Exception as error:  # noqa: BLE001 - it is logged
            self._failure = failure_from(error)
        finally:
            if not self.ended:
                self._end()
            for subscriber in list(self._subscribers):
                self._subscribers.discard(subscriber)
                if self._failure is not None:
                    subscriber.error(self._failure)
                else:
                    subscriber.complete()

    async def _tell(self, body: bytes, *, kept: bool) -> None:
        """Tells all subscribers. So many that it takes a while do not keep everything else waiting."""
        for number, subscriber in enumerate(list(self._subscribers), 1):
            if subscriber in self._subscribers:  # it may have left in between; nobody joins before all are told
                subscriber.next(body, kept=kept)
            if number % TOLD_AT_ONCE == 0:
                await asyncio.sleep(0)

    async def _results(
        self, live: Shared | CatchUp, variables: dict[str, Any]
    ) -> AsyncGenerator[ExecutionResult, None]:
        context = self._make_context(self.question.audience, live)
        stream = await self._executor.stream(self.question.query, variables, self.question.operation_name, context)
        async with aclosing(stream):
            async for result in stream:
                yield result

    def _step(self, start: Position | None, position: Position, variables: str) -> _Step:
        """A step from `start` towards `position`; joiners who take the same one share it."""
        key = (id(None if start is None else start.raid), id(position.raid), variables)
        step = self._steps.get(key)
        if step is None or step.is_abandoned:
            step = self._steps[key] = _Step(start, position)
            step.task = asyncio.create_task(self._take(step, orjson.loads(variables)), name="shared step")
            if len(self._steps) > MOST_STEPS:
                self._steps.popitem(last=False)
            asyncio.get_running_loop().call_later(STEP_SECONDS, self._forget_step, key, step)
        return step

    def _forget_step(self, key: tuple[int, int, str], step: _Step) -> None:
        if not (step.is_whole or step.is_abandoned):
            asyncio.get_running_loop().call_later(STEP_SECONDS, self._forget_step, key, step)
        elif self._steps.get(key) is step:
            del self._steps[key]

    async def _take(self, step: _Step, variables: dict[str, Any]) -> None:
        live = CatchUp(self._feed, step.position, step.start)
        try:
            async with aclosing(self._results(live, variables)) as results:
                async for result in results:
                    step.failure = failure_of(result)
                    if step.failure is not None:
                        break
                    step.grow(encode(result))
        except Exception as error:  # noqa: BLE001 - it is logged
            step.failure = failure_from(error)
        finally:
            step.reached = live.reached
            step.grow(None)
