"""What a request to /graphql says, read from the bare ASGI messages: no more of them is looked at than is needed."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson
from starlette.types import Receive, Scope

from web.negotiation import Media, is_json, media_of

LARGEST_BODY: Final = 64 * 1024
LARGEST_DISCARDED: Final = 1024 * 1024
"""So much of a body that is too large is read and thrown away: a client that still writes would not hear the answer."""
BODY_SECONDS: Final = 10.0
DEEPEST_VARIABLES: Final = 64
MOST_PARAMETERS: Final = 10
CLOSE: Final = (b"connection", b"close")
NO_OBJECT: Final = "The body must be a JSON object with a query; several at once are not taken."


class BadRequestError(Exception):
    """A request that asks nothing: answered with `status` and `message`, and with more `headers`."""

    def __init__(self, status: int, message: str, *headers: tuple[bytes, bytes]) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers


@dataclass(slots=True)
class Head:
    """The headers that matter here."""

    accept: bytes | None = None
    content_type: bytes = b""
    content_length: bytes | None = None
    authorization: str | None = None
    actors: tuple[str, ...] = ()
    media: Media = Media.JSON


@dataclass(frozen=True, slots=True)
class Question:
    query: str
    variables: dict[str, Any] | None
    operation_name: str | None


def head_of(scope: Scope) -> Head:
    """Raises BadRequestError for what may not be asked in this way, before its body is read."""
    head = _read(scope)
    method = scope["method"]
    if method not in {"GET", "POST"}:
        raise BadRequestError(405, "GraphQL is asked by POST, and queries by GET.", (b"allow", b"GET, POST"))
    media = media_of(head.accept)
    if media is None:
        raise BadRequestError(
            406,
            "Accept: there is application/graphql-response+json, application/json and, for streams, text/event-stream.",
        )
    head.media = media
    if method == "POST" and not is_json(head.content_type):
        raise BadRequestError(415, "Content-Type: send application/json, in UTF-8.")
    return head


def _read(scope: Scope) -> Head:
    head = Head()
    for name, value in scope["headers"]:
        match name:
            case b"accept":
                head.accept = value if head.accept is None else head.accept + b"," + value
            case b"content-type":
                head.content_type = value
            case b"content-length":
                head.content_length = value
            case b"authorization":
                head.authorization = value.decode("latin-1")
            case b"worldthreat-actor":
                head.actors = (*head.actors, value.decode("latin-1"))
    return head


async def question_of(scope: Scope, head: Head, receive: Receive) -> Question:
    """Raises BadRequestError for what is no question."""
    if scope["method"] == "GET":
        return _question(_of_address(scope["query_string"]))
    body = await _body(head, receive)
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadRequestError(400, "The body is no JSON that can be read.") from None
    # Counting is quick. Few questions have so many brackets, and only those need a second look.
    if body.count(b"{") + body.count(b"[") > DEEPEST_VARIABLES and not is_shallow(asked, DEEPEST_VARIABLES + 1):
        raise BadRequestError(400, f"variables: nothing here is deeper than {DEEPEST_VARIABLES} levels.")
    return _question(asked)


def _question(asked: object) -> Question:
    if not isinstance(asked, dict):
        raise BadRequestError(400, NO_OBJECT)
    query, variables, name = asked.get("query"), asked.get("variables"), asked.get("operationName")
    if not isinstance(query, str) or not query:
        raise BadRequestError(400, "query: must be a string with a GraphQL document.")
    if not isinstance(variables, dict | None):
        raise BadRequestError(400, "variables: must be an object or null.")
    if not isinstance(name, str | None):
        raise BadRequestError(400, "operationName: must be a string or null.")
    if not isinstance(asked.get("extensions"), dict | None):
        raise BadRequestError(400, "extensions: must be an object or null.")
    return Question(query, variables, name)


def _of_address(query_string: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
        given: dict[str, Any] = dict(pairs)
    except ValueError:
        raise BadRequestError(400, "The address cannot be read.") from None
    for name in ("variables", "extensions"):
        if given.get(name):
            try:
                given[name] = orjson.loads(given[name])
            except orjson.JSONDecodeError:
                raise BadRequestError(400, f"{name}: must be a JSON object.") from None
            if not is_shallow(given[name], DEEPEST_VARIABLES):
                raise BadRequestError(400, f"{name}: nothing here is deeper than {DEEPEST_VARIABLES} levels.")
        elif name in given:
            del given[name]
    return given


async def _body(head: Head, receive: Receive) -> bytes:
    length = 0 if head.content_length is None else int(head.content_length)  # digits, or uvicorn refuses
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body") and len(body) <= LARGEST_BODY:  # nearly always
        return body
    parts, size = [body], len(body)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while message.get("more_body") and max(size, length) <= LARGEST_BODY:
                message = await receive()
                parts.append(message.get("body", b""))
                size += len(parts[-1])
            while message.get("more_body") and size <= LARGEST_DISCARDED:
                message = await receive()
                size += len(message.get("body", b""))
    except TimeoutError:
        raise BadRequestError(408, f"The body did not come within {BODY_SECONDS:g} s.", CLOSE) from None
    if message["type"] == "http.disconnect":
        raise BadRequestError(400, "The body did not come whole.", CLOSE)
    body = b"".join(parts)
    if size <= LARGEST_BODY:
        return body
    if not body.lstrip().startswith(b"{"):  # no question, of whatever length
        raise BadRequestError(400, NO_OBJECT, CLOSE)
    raise BadRequestError(413, f"A body has at most {LARGEST_BODY} bytes.", CLOSE)


def is_shallow(value: object, depth: int) -> bool:
    """Whether JSON goes no deeper than `depth`: what reads and writes values goes down with them."""
    if isinstance(value, dict):
        return depth > 0 and all(is_shallow(each, depth - 1) for each in value.values())
    if isinstance(value, list):
        return depth > 0 and all(is_shallow(each, depth - 1) for each in value)
    return True
