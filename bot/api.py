"""The bot's line to the GraphQL API.

BotApiError
├── ApiUnavailableError    the API does not answer, or only that it is too busy, within the time given
└── ApiRefusedError        the API answered with GraphQL errors
    └── ApiTokenError      the API does not take the token

What the bot sends is a query, carries an idempotency key or may be done twice, as a rule: so a request whose answer
was lost is simply sent again; `once` is for the exceptions. gql's own retries stay off (``retry_execute``, and its
reconnecting session, which closes the connections of all other requests when one fails).
"""

import asyncio
import contextlib
import functools
import random
from collections.abc import AsyncGenerator, Iterator, Mapping
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit, urlunsplit

import aiohttp
import orjson
import structlog
from gql import Client, GraphQLRequest
from gql.client import AsyncClientSession
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.aiohttp_websockets import AIOHTTPWebsocketsTransport
from gql.transport.exceptions import TransportError, TransportQueryError, TransportServerError
from graphql import DocumentNode, OperationDefinitionNode, parse

from bot.options import BotOptions

__all__ = ["ApiRefusedError", "ApiTokenError", "ApiUnavailableError", "BotApiError", "RaidApi"]

WITHIN_SECONDS: Final = 10.0
CONNECT_SECONDS: Final = 3.0
ATTEMPT_SHARE: Final = 0.5
"""Of the time given: an answer that was lost without a word must leave time for a second attempt."""
FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 1.0
LONGEST_AWAY_SECONDS: Final = 15.0
"""Between two attempts of a subscription or a start to reach an API that is away."""
PING_SECONDS: Final = 10.0
PONG_SECONDS: Final = 5.0
CONNECTIONS: Final = 64
OVERLOADED: Final = "OVERLOADED"
UNAUTHENTICATED: Final = "UNAUTHENTICATED"
BOT_SETTING: Final = "WORLDTHREAT_API_TOKEN"
ADMIN_SETTING: Final = "WORLDTHREAT_API_ADMIN_TOKEN"
PASSING_STATUS: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
AWAY: Final = (TransportError, aiohttp.ClientError, OSError, TimeoutError)

log = structlog.get_logger(__name__)


class BotApiError(Exception):
    """The API could not be asked, or refused."""


class ApiUnavailableError(BotApiError):
    """The API did not answer within the time given; whether it did what was asked is unknown."""


class ApiRefusedError(BotApiError):
    """The API answered with GraphQL errors; `message` and `code` are those of the first (code "" when it has none)."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class ApiTokenError(ApiRefusedError):
    """The API does not take the token: it was revoked, has expired, or is another server's."""


class _Request(GraphQLRequest):
    """gql prints the parsed document with each request; here the text that was parsed is sent."""

    def __init__(self, document: str, variables: Mapping[str, Any] | None) -> None:
        super().__init__(_parsed(document), variable_values=None if variables is None else dict(variables))
        self._text = document

    @property
    def payload(self) -> dict[str, Any]:
        return {"query": self._text, "variables": self.variable_values or {}}


@functools.lru_cache(maxsize=256)
def _parsed(document: str) -> DocumentNode:
    return parse(document, no_location=True)


class RaidApi:
    """Used as ``async with RaidApi(options) as api``; opening it asks nothing yet."""

    def __init__(self, options: BotOptions) -> None:
        self._url = options.api_url.removesuffix("/").removesuffix("/graphql") + "/graphql"
        self._token, self._admin_token = options.api_token, options.admin_token
        self._open = contextlib.AsyncExitStack()
        self._session: AsyncClientSession | None = None
        self._refused: set[str] = set()
        self._room = asyncio.Semaphore(CONNECTIONS)

    async def __aenter__(self) -> Self:
        transport = AIOHTTPTransport(
            self._url,
            headers=self._headers(self._token),
            json_serialize=lambda value: orjson.dumps(value).decode(),
            json_deserialize=orjson.loads,
            client_session_args={
                "timeout": aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
                "connector": aiohttp.TCPConnector(limit=CONNECTIONS),
            },
        )
        client = Client(transport=transport, execute_timeout=None)
        self._session = await self._open.enter_async_context(client)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._session = None
        await self._open.aclose()

    @property
    def administers(self) -> bool:
        """Whether there is a token to administer raids with."""
        return self._admin_token is not None

    async def ask(
        self,
        document: str,
        variables: Mapping[str, Any] | None = None,
        *,
        actor: int | None = None,
        within_seconds: float = WITHIN_SECONDS,
        once: bool = False,
    ) -> dict[str, Any]:
        """The data of the answer.

        `actor` is the Discord id of the admin in whose name it is asked: with the admin's token, and logged as theirs.
        With `once`, for what must not be done twice, it is not sent again when it may have arrived.

        Raises:
            ApiUnavailableError: no answer within `within_seconds`, however often it was tried; with `once` earlier.
            ApiRefusedError: the answer has GraphQL errors.
            ApiTokenError: the token is not taken; the log says so once, and once when it is taken again.
        """
        request = _Request(document, variables)
        headers = {} if actor is None else self._actor_headers(actor)
        setting = BOT_SETTING if actor is None else ADMIN_SETTING
        pauses = _pauses(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
        failure: BaseException | None = None
        try:
            async with asyncio.timeout(within_seconds):
                while True:
                    try:
                        data = await self._attempt(request, headers, within_seconds * (1 if once else ATTEMPT_SHARE))
                        self._note_token(setting, taken=True)
                        return data  # noqa: TRY300 - an else would stand below all that is tried again
                    except ApiTokenError:
                        self._note_token(setting, taken=False)
                        raise
                    except TransportQueryError as error:
                        failure, pause = error, _retry_after_seconds(error) + next(pauses)
                    except TransportServerError as error:
                        if error.code is not None and error.code not in PASSING_STATUS:
                            raise ApiRefusedError(str(error), f"HTTP_{error.code}") from error
                        failure, pause = error, next(pauses)
                    except AWAY as error:
                        failure, pause = error, next(pauses)
                    if once and not _never_arrived(failure):
                        raise ApiUnavailableError(f"the answer was lost: {failure!r}") from failure
                    await asyncio.sleep(pause)
        except TimeoutError as error:
            raise ApiUnavailableError(f"no answer within {within_seconds:g} s: {failure!r}") from (failure or error)

    def _note_token(self, setting: str, *, taken: bool) -> None:
        if taken and setting in self._refused:
            self._refused.remove(setting)
            log.info("the API takes the bot's token again", setting=setting)
        elif not taken and setting not in self._refused:
            self._refused.add(setting)
            log.error(
                "the API refuses the bot's token: it was revoked or has expired. What needs it is tried again now and "
                "then; make a new one with `worldthreat token create` and start the bot with it",
                setting=setting,
            )

    async def _attempt(self, request: _Request, headers: Mapping[str, str], seconds: float) -> dict[str, Any]:
        """One attempt, whose `seconds` begin when it has a connection to itself.

        Raises ApiRefusedError, or what `ask` may try again: TransportQueryError is then OVERLOADED.
        """
        session = self._session
        if session is None:
            raise ApiUnavailableError("the line to the API is closed")
        try:
            async with self._room, asyncio.timeout(seconds):
                data: dict[str, Any] = await session.execute(request, extra_args={"headers": dict(headers)})
                return data
        except TransportQueryError as error:
            if _code(error) == OVERLOADED:
                raise
            kind = ApiTokenError if _code(error) == UNAUTHENTICATED else ApiRefusedError
            raise kind(_message(error), _code(error)) from error

    async def follow(
        self, document: str, variables: Mapping[str, Any] | None = None, *, resumed_by: str = "after"
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The data of each message of a subscription, whatever happens to the line.

        Subscribes again, for ever and with jitter, when the line is lost; the variable `resumed_by` is then the
        `sequence` of the last message handed out, where the document declares that variable and asks for one. When
        the subscription completes because its raid is over, it waits for the next raid; with a `raidId` among the
        variables there is none, and it ends.

        Raises ApiRefusedError when the subscription itself is refused.
        """
        given = dict(variables or {})
        resumable = resumed_by in _declared(document)
        present, pauses, was_away = dict(given), _pauses(FIRST_PAUSE_SECONDS, LONGEST_AWAY_SECONDS), False
        while True:
            try:
                async with contextlib.aclosing(self._subscription(_Request(document, present))) as messages:
                    async for data in messages:
                        if was_away:
                            log.info("following the raid again")
                        was_away, pauses = False, _pauses(FIRST_PAUSE_SECONDS, LONGEST_AWAY_SECONDS)
                        sequence = _sequence(data)
                        yield data
                        if resumable and sequence is not None:
                            present[resumed_by] = sequence
                if given.get("raidId") is not None:
                    return
                present = dict(given)
            except TransportQueryError as error:
                if _code(error) != OVERLOADED:
                    raise ApiRefusedError(_message(error), _code(error)) from error
            except AWAY as error:
                if not was_away:
                    log.warning("the API is away: following the raid is tried again", error=repr(error))
                was_away = True
            _heed_cancellation()
            await asyncio.sleep(next(pauses))

    async def _subscription(self, request: _Request) -> AsyncGenerator[dict[str, Any], None]:
        """One line, until it ends; raises what cut it."""
        parts = urlsplit(self._url)
        url = urlunsplit(parts._replace(scheme="wss" if parts.scheme == "https" else "ws"))
        async with aiohttp.ClientSession() as line:
            transport = self._live_transport(url, line)
            try:
                async with Client(transport=transport) as session:
                    _heed_cancellation()
                    async with contextlib.aclosing(session.subscribe(request)) as messages:
                        async for data in messages:
                            yield data
            finally:  # when it is cancelled while it connects, nobody else closes what it has opened
                await transport.adapter.close()

    def _live_transport(self, url: str, line: aiohttp.ClientSession) -> AIOHTTPWebsocketsTransport:
        return AIOHTTPWebsocketsTransport(
            url,
            session=line,
            subprotocols=["graphql-transport-ws"],
            headers=self._headers(self._token),
            ping_interval=PING_SECONDS,
            pong_timeout=PONG_SECONDS,
            connect_timeout=CONNECT_SECONDS,
            ack_timeout=CONNECT_SECONDS,
            close_timeout=2,
            websocket_close_timeout=1,
        )

    async def wait_until_answering(self) -> None:
        """Comes back once the API answers; what it answers to this token is not looked at."""
        pauses, told = _pauses(FIRST_PAUSE_SECONDS, LONGEST_AWAY_SECONDS), False
        while True:
            try:
                await self.ask("{ __typename }", within_seconds=CONNECT_SECONDS)
            except ApiUnavailableError as error:
                if not told:
                    log.warning("the API does not answer yet: waiting for it", url=self._url, error=str(error))
                told = True
            except ApiRefusedError:
                return
            else:
                return
            await asyncio.sleep(next(pauses))

    def _actor_headers(self, actor: int) -> dict[str, str]:
        if self._admin_token is None:
            raise ApiRefusedError("This bot has no token to administer raids with.", "FORBIDDEN")
        return {**self._headers(self._admin_token), "Worldthreat-Actor": str(actor)}

    @staticmethod
    def _headers(token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}"}


def _heed_cancellation() -> None:
    """Python 3.11's wait_for, with which gql connects, swallows a cancellation that comes in the moment it is done."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _never_arrived(failure: BaseException) -> bool:
    """Whether not even a connection was made."""
    return isinstance(failure.__cause__, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)


def _pauses(first: float, longest: float) -> Iterator[float]:
    """Seconds to wait, longer each time, with jitter so that a thousand clients do not come back at once."""
    ceiling = first
    while True:
        yield random.uniform(ceiling / 2, ceiling)
        ceiling = min(ceiling * 2, longest)


def _declared(document: str) -> frozenset[str]:
    """The variables that the document's operation declares."""
    return frozenset(
        variable.variable.name.value
        for definition in _parsed(document).definitions
        if isinstance(definition, OperationDefinitionNode)
        for variable in definition.variable_definitions or ()
    )


def _sequence(data: Mapping[str, Any]) -> int | None:
    """The `sequence` of a subscription's only root field."""
    for told in data.values():
        if isinstance(told, Mapping) and isinstance(told.get("sequence"), int):
            sequence: int = told["sequence"]
            return sequence
    return None


def _first(error: TransportQueryError) -> Mapping[str, Any]:
    first = (error.errors or [{}])[0]
    return first if isinstance(first, Mapping) else {"message": str(first)}


def _message(error: TransportQueryError) -> str:
    return str(_first(error).get("message") or error)


def _code(error: TransportQueryError) -> str:
    return str((_first(error).get("extensions") or {}).get("code") or "")


def _retry_after_seconds(error: TransportQueryError) -> float:
    told = (_first(error).get("extensions") or {}).get("retryAfterMs")
    return told / 1000 if isinstance(told, int) else 0.0
