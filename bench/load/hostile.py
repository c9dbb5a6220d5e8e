"""What comes to a server that faces the internet: nonsense, bombs, guessing, and peers that are slow on purpose.

Each attack is one coroutine against one server. It says what the server should never have done, or nothing.
"""

import asyncio
import contextlib
import itertools
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

ANSWER_SECONDS: Final = 20.0
LINGER_SECONDS = 6.0
PROTOCOL: Final = Subprotocol("graphql-transport-ws")
NEVER: Final = frozenset({1008, 1009, 1011, 4429})
"""Close codes after which clients never come back: not for load."""
numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Target:
    """`address`: whom the attacks seem to come from, for a server that trusts this machine as its proxy."""

    port: int
    address: str = "203.0.113.66"


Attack = Callable[[Target], Awaitable[str | None]]


async def post(target: Target, body: bytes, *, headers: str = "", content_type: str = "application/json") -> str | None:
    """A request by hand. What is wrong with the answer."""
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: raid\r\nConnection: close\r\nX-Forwarded-For: {target.address}\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    )
    return await _ask(target, head.encode() + body)


async def _ask(target: Target, request: bytes) -> str | None:
    reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
    try:
        with contextlib.suppress(ConnectionError):  # it may have answered and hung up before it has heard all
            writer.write(request)
            await writer.drain()
        answer = b""
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await reader.read(1024 * 1024)
    finally:
        writer.transport.abort()
    status = answer.split(b" ", 2)[1:2]
    if answer and (status[0][:1] == b"5" or b"INTERNAL" in answer or b"Traceback" in answer):
        return f"answered {answer[:300]!r} to {request[:200]!r}"
    return None


def query(text: str, **variables: Any) -> bytes:
    return orjson.dumps({"query": text, "variables": variables})


def body(content: bytes) -> Attack:
    return lambda target: post(target, content)


def document(make: Callable[[], str]) -> Attack:
    """Another text each time: nothing of it is known already."""
    return lambda target: post(target, query(f"{make()} # {next(numbers)}"))


async def bad_token(target: Target) -> str | None:
    guess = "wt_admin_" + secrets.token_hex(18)
    return await post(target, query("{ viewer { role } }"), headers=f"Authorization: Bearer {guess}\r\n")


async def a_form(target: Target) -> str | None:
    return await post(target, query("{ viewer { role } }"), content_type="text/plain")


async def by_get(target: Target) -> str | None:
    asked = "mutation%20%7B%20endRaid(input%3A%7BraidId%3A%221%22%2Creason%3A%22x%22%7D)%7B__typename%7D%7D"
    return await _ask(
        target, f"GET /graphql?query={asked} HTTP/1.1\r\nHost: raid\r\nConnection: close\r\n\r\n".encode()
    )


async def slow_body(target: Target) -> str | None:
    """Promises a body and sends next to nothing of it."""
    _reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
    writer.write(
        b"POST /graphql HTTP/1.1\r\nHost: raid\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{"
    )
    await asyncio.sleep(LINGER_SECONDS)
    writer.transport.abort()
    return None


async def no_http(target: Target) -> str | None:
    return await _ask(target, secrets.token_bytes(300) + b"\r\n\r\n")


@contextlib.asynccontextmanager
async def _socket(target: Target) -> Any:
    url = f"ws://127.0.0.1:{target.port}/graphql"
    headers = {"X-Forwarded-For": target.address}
    async with connect(
        url, subprotocols=[PROTOCOL], proxy=None, compression=None, close_timeout=1, additional_headers=headers
    ) as socket:
        yield socket


async def _closed(socket: ClientConnection, seconds: float | None = None) -> str | None:
    with contextlib.suppress(ConnectionClosed, TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS if seconds is None else seconds):
            while True:
                await socket.recv()
    return f"closed a socket with {socket.close_code}" if socket.close_code in NEVER else None


def messages(*texts: str) -> Attack:
    """Says hello and then this."""

    async def attack(target: Target) -> str | None:
        with contextlib.suppress(ConnectionClosed):
            async with _socket(target) as socket:
                for text in ('{"type":"connection_init"}', *texts):
                    await socket.send(text)
                return await _closed(socket, 1.0)
        return None

    return attack


async def silent_socket(target: Target) -> str | None:
    with contextlib.suppress(ConnectionClosed):
        async with _socket(target) as socket:
            return await _closed(socket)
    return None


async def deaf_socket(target: Target) -> str | None:
    """Follows and reads nothing of it."""
    with contextlib.suppress(ConnectionClosed):
        async with _socket(target) as socket:
            await socket.send('{"type":"connection_init"}')
            await socket.send(
                _subscribe("1", "subscription { raidUpdates { sequence raid { name } events { message } } }")
            )
            socket.transport.pause_reading()
            await asyncio.sleep(LINGER_SECONDS)
            socket.transport.abort()
    return None


async def many_operations(target: Target) -> str | None:
    follow = [_subscribe(str(each), "subscription { bossHp { current } }") for each in range(80)]
    return await messages(*follow)(target)


def _subscribe(name: str, text: str) -> str:
    return orjson.dumps({"id": name, "type": "subscribe", "payload": {"query": text}}).decode()


HUGE: Final = (
    "{ raids(first: 100) { nodes { leaderboard(first: 100) { rank player { name } } "
    "strikes(first: 100) { nodes { number player { name } team { name score } } } } } }"
)
ATTACKS: Final[dict[str, Attack]] = {
    "null": body(b"null"),
    "brackets": body(b"[" * 100_000),
    "nested objects": body(b'{"a":' * 10_000),
    "half a megabyte": body(b'{"query": "' + b"x" * 500_000 + b'"}'),
    "no utf-8": body(b'{"query": "\xff\xfe"}'),
    "nul": body(query("query ($i: ID!) { player(discordId: $i) { id } }", i="a\x00b")),
    "large numbers": body(b'{"query": "{ raids(first: ' + b"9" * 10_000 + b') { nodes { id } } }"}'),
    "dear": document(lambda: HUGE),
    "deep": document(lambda: "{ raids { nodes " + "{ strikes { nodes { player " * 40 + "{ id }" + "}}}" * 40 + "}}"),
    "repeated": document(lambda: "{ " + "viewer { role } " * 240 + "}"),
    "aliases": document(lambda: "{ " + " ".join(f"a{each}: viewer {{ role }}" for each in range(150)) + " }"),
    "fragments": document(lambda: "{ " + "... on Query { viewer { role } } " * 110 + "}"),
    "doubling": document(
        lambda: "{ ...F0 }" + "".join(f" fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(80))
        + " fragment F80 on Query { viewer { role } }"
    ),
    "directives": document(lambda: "{ viewer { role " + "@skip(if: false) " * 200 + "} }"),
    "unknown fields": document(lambda: "{ " + " ".join(f"nope{each}" for each in range(900)) + " }"),
    "introspection": document(lambda: "{ __schema { types { name fields { name args { name type { name } } } } } }"),
    "a guessed token": bad_token,
    "a form": a_form,
    "by get": by_get,
    "a slow body": slow_body,
    "no http": no_http,
    "a silent socket": silent_socket,
    "a deaf socket": deaf_socket,
    "many operations": many_operations,
    "different questions": messages(
        *[_subscribe(str(each), f"subscription Q{each} {{ bossHp {{ current }} }}") for each in range(48)]
    ),
    "nonsense": messages("nonsense"),
    "no object": messages("[" * 5_000),
    "a large message": messages('{"type":"ping","payload":{"a":"' + "x" * 100_000 + '"}}'),
    "pings": messages(*['{"type":"ping"}'] * 500),
    "a dear subscription": messages(_subscribe("1", HUGE.replace("{ raids", "query { raids"))),
    "the same id": messages(*[_subscribe("1", "subscription { bossHp { current } }")] * 2),
}  # fmt: skip


async def attack(name: str, target: Target) -> str | None:
    """One attack. What the server should not have done."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS + LINGER_SECONDS):
            wrong = await ATTACKS[name](target)
    except (OSError, TimeoutError) as error:
        return f"{name}: {type(error).__name__}"
    return None if wrong is None else f"{name}: {wrong}"
