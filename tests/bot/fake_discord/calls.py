"""One call of the bot, taken apart, and what answers it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import BodyPartReader, web

from tests.bot.fake_discord.posting import Upload


@dataclass(frozen=True, slots=True)
class Call:
    """`parameters` are the names in the route, `body` the JSON (of a multipart body: its payload_json)."""

    method: str
    path: str
    route: str
    parameters: Mapping[str, str]
    query: Mapping[str, str]
    body: Any = None
    uploads: Mapping[int, Upload] = field(default_factory=dict)

    def __getitem__(self, parameter: str) -> str:
        return self.parameters[parameter]


Handler = Callable[[Call], Any]
"""Answers with JSON, or None for 204; raises DiscordError."""


@dataclass(frozen=True, slots=True)
class Route:
    """`path` as Discord's API description writes it."""

    method: str
    path: str
    handler: Handler
    authorized: bool = True


async def taken_apart(request: web.Request, prefix: str) -> Call:
    body, uploads = await _read(request)
    resource = request.match_info.route.resource
    return Call(
        request.method,
        request.path.removeprefix(prefix),
        "" if resource is None else resource.canonical.removeprefix(prefix),
        dict(request.match_info),
        dict(request.query),
        body,
        uploads,
    )


async def _read(request: web.Request) -> tuple[Any, dict[int, Upload]]:
    if not request.can_read_body:
        return None, {}
    if not request.content_type.startswith("multipart/"):
        return orjson.loads(await request.read() or b"null"), {}
    body, uploads = None, {}
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader), "nested parts"
        name = part.name or ""
        if name == "payload_json":
            body = orjson.loads(bytes(await part.read()))
        elif name.startswith("files["):
            number = int(name.removeprefix("files[").removesuffix("]"))
            uploads[number] = Upload(part.filename or "", bytes(await part.read()), kind_of(part.filename or ""))
    return body, uploads


def kind_of(filename: str) -> str:
    kinds = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "webp": "image/webp", "txt": "text/plain"}
    return kinds.get(filename.rpartition(".")[2].lower(), "application/octet-stream")
