"""Which form an answer takes: https://graphql.github.io/graphql-over-http/draft/#sec-Accept."""

from enum import Enum
from functools import lru_cache
from typing import Final


class Media(Enum):
    """The value is the Content-Type.

    JSON is for clients of before the specification: they take the status of an answer for the connection's, so what
    a document's own errors keep from being executed is still 200 to them.
    """

    JSON = b"application/json; charset=utf-8"
    RESPONSE = b"application/graphql-response+json; charset=utf-8"
    EVENTS = b"text/event-stream"


OFFERED: Final = {
    "application/graphql-response+json": Media.RESPONSE,
    "application/json": Media.JSON,
    "text/event-stream": Media.EVENTS,
    "application/*": Media.JSON,
    "*/*": Media.JSON,
}
LONGEST_ACCEPT: Final = 1_000


@lru_cache(256)
def media_of(accept: bytes | None) -> Media | None:
    """What an Accept header likes best of what there is; None when it takes nothing of it."""
    if not accept:
        return Media.JSON
    wanted = [_wish(each) for each in accept[:LONGEST_ACCEPT].decode("latin-1").split(",")]
    liked = [(quality, OFFERED[name]) for name, quality in wanted if quality > 0 and name in OFFERED]
    return max(liked, key=lambda one: one[0])[1] if liked else None  # of equals the first


def _wish(text: str) -> tuple[str, float]:
    name, *parameters = text.lower().split(";")
    quality = 1.0
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                quality = float(value)
            except ValueError:
                quality = 0.0
    return name.strip(), quality


@lru_cache(64)
def is_json(content_type: bytes) -> bool:
    """Whether a body of this Content-Type is JSON in UTF-8. A browser sends no such body across origins unasked."""
    name, *parameters = content_type[:LONGEST_ACCEPT].decode("latin-1").lower().split(";")
    pairs = [one.partition("=") for one in parameters]
    charsets = {value.strip(' "') for key, _, value in pairs if key.strip() == "charset"}
    return name.strip() == "application/json" and charsets <= {"utf-8", "utf8"}
