"""The pages that people open in a browser: the raid, the overlay and its settings, GraphiQL. web/build.py builds them.

Where they are not built, each is a readable 503 that names the command; the API needs none of them.
"""

import hashlib
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import anyio.to_thread
from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

DIST: Final = Path(__file__).parent / "dist"

# Styles: OBS puts its users' CSS into the overlay, and GraphiQL's editor writes its colours, as style elements.
# data: the style sheets of GraphiQL and its editor carry fonts and symbols inside.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; media-src 'self'; worker-src 'self'; frame-src 'self'; frame-ancestors 'self'; "
    "base-uri 'none'; form-action 'none'; connect-src 'self'"
)
HOST: Final = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?")
IMMUTABLE: Final = "public, max-age=31536000, immutable"

NOT_BUILT: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Not built yet · World-Threat Expeditions</title>
<link rel="icon" href="data:,">
<style>
  :root { color-scheme: light dark; background: Canvas; color: CanvasText; }
  body { max-width: 34rem; margin: 12vh auto; padding: 0 1.25rem; font: 1.05rem/1.55 system-ui, sans-serif; }
  code { padding: .1em .4em; border-radius: 4px; background: #8883; }
</style>
<h1>This page is not built yet</h1>
<p>The server runs, and its API answers. The pages have to be built once. In the folder of the project, run</p>
<p><code>make web</code></p>
<p>and reload this page. The server need not be restarted.</p>
</html>
"""


@dataclass(frozen=True, slots=True)
class Part:
    """What one build makes: a folder of `Pages.folder`, where `assets` hold a hash of their content in their names."""

    folder: str
    assets: str
    assets_url: str


RAID: Final = Part("page", "page", "/page")
OVERLAY: Final = Part("overlay", "assets", "/overlay/assets")
GRAPHIQL: Final = Part("graphiql", "graphiql", "/graphiql")


class Pages:
    """Serves what is in `folder` at the moment it is asked for, so that a build needs no restart."""

    def __init__(self, folder: Path = DIST) -> None:
        self.folder = folder

    def routes(self, *, graphiql: bool) -> list[BaseRoute]:
        """All but GraphiQL's own address, which it shares with the API; without `graphiql` its assets are not there."""
        return [
            Route("/", self.page(RAID)),
            Route("/overlay", _to_the_overlay),
            Route("/overlay/", self.page(OVERLAY)),
            Route("/overlay/edit", self.page(OVERLAY, "edit.html")),
            *(
                Mount(part.assets_url, _Assets(self.folder / part.folder / part.assets))
                for part in (RAID, OVERLAY, *([GRAPHIQL] if graphiql else []))
            ),
        ]

    def page(self, part: Part, name: str = "index.html") -> Callable[[Request], Awaitable[Response]]:
        """An endpoint that answers with a page: 304 when the browser has it, 503 where it is not built."""
        file = self.folder / part.folder / name

        async def answer(request: Request) -> Response:
            try:
                content = await anyio.to_thread.run_sync(file.read_bytes)
            except OSError:
                return HTMLResponse(NOT_BUILT, 503, _guards(request.headers) | {"Cache-Control": "no-store"})
            # Not by time and size, as files are told apart elsewhere: two builds' pages are of one size.
            tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
            headers = _guards(request.headers) | {"Cache-Control": "no-cache", "ETag": tag, "Vary": "Accept"}
            known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
            return Response(status_code=304, headers=headers) if tag in known else HTMLResponse(content, 200, headers)

        return answer


class PageForBrowsers:
    """An address that shows browsers a page and answers everything else with the API."""

    def __init__(self, api: ASGIApp, page: Callable[[Request], Awaitable[Response]]) -> None:
        self._api = api
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_visit(scope):
            await self._api(scope, receive, send)
            return
        response = await self._page(Request(scope, receive))
        await response(scope, receive, send)


class _Assets(StaticFiles):
    """Files whose names change with their content, compressed where the build did so and the browser takes it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, check_dir=False)

    async def check_config(self) -> None:
        """Nothing: the folder may be built later."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        headers = Headers(scope=scope)
        compressed = Path(f"{full_path}.gz")
        takes_gzip = "gzip" in headers.get("accept-encoding", "")
        if takes_gzip and compressed.is_file():
            response = super().file_response(compressed, compressed.stat(), scope, status_code)
            if isinstance(response, FileResponse):
                response.headers["Content-Encoding"] = "gzip"
        else:
            response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(_guards(headers) | {"Cache-Control": IMMUTABLE, "Vary": "Accept-Encoding"})
        return response


async def _to_the_overlay(request: Request) -> Response:
    return RedirectResponse(f"overlay/?{request.url.query}" if request.url.query else "overlay/")


def _is_visit(scope: Scope) -> bool:
    """Whether a person has opened the address, rather than asked a question by GET."""
    if scope["method"] not in {"GET", "HEAD"} or "query" in QueryParams(scope["query_string"]):
        return False
    return "text/html" in Headers(scope=scope).get("accept", "")


def _guards(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that keep a page to its own server."""
    host = headers.get("host", "")
    # Not every browser takes 'self' to mean the WebSocket of the same server.
    sockets = f" ws://{host} wss://{host}" if HOST.fullmatch(host) else ""
    return {
        "Content-Security-Policy": POLICY + sockets,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
