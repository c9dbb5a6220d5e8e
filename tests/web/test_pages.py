"""Serving pages: what is sent with them, and what is there when they are not built. The files here are made up."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tests.web.harness import OpenApi
from web.pages import GRAPHIQL, PageForBrowsers, Pages

SCRIPT = b"console.log('a raid');" * 50
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """As web/build.py leaves it."""
    for name, content in {
        "page/index.html": b"<title>Raid</title>",
        "page/page/index-abc.js": SCRIPT,
        "page/page/index-abc.js.gz": gzip.compress(SCRIPT),
        "page/page/icon-abc.svg": b"<svg/>",
        "overlay/index.html": b"<title>Overlay</title>",
        "overlay/edit.html": b"<title>Settings</title>",
        "overlay/assets/index-abc.js": SCRIPT,
        "graphiql/index.html": b"<title>GraphiQL</title>",
        "graphiql/graphiql/index-abc.js": SCRIPT,
        "built": b"secret",
    }.items():
        file = tmp_path / "dist" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return tmp_path / "dist"


@pytest.fixture
async def browser(dist: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with visiting(dist) as client:
        yield client


def visiting(dist: Path, *, graphiql: bool = True) -> httpx.AsyncClient:
    """A client of the pages alone, with an API behind /graphql that says so."""
    pages = Pages(dist)
    api = PlainTextResponse("the API")
    routes = [Route("/graphql", PageForBrowsers(api, pages.page(GRAPHIQL))), *pages.routes(graphiql=graphiql)]
    transport = httpx.ASGITransport(Starlette(routes=routes))
    return httpx.AsyncClient(transport=transport, base_url="http://raid.example:8000")


@pytest.mark.parametrize(
    ("path", "title"),
    [("/", "Raid"), ("/overlay/", "Overlay"), ("/overlay/edit", "Settings"), ("/graphql", "GraphiQL")],
)
async def test_each_page_is_at_its_address_and_asked_for_anew_each_time(
    browser: httpx.AsyncClient, path: str, title: str
) -> None:
    answer = await browser.get(path, headers=BROWSER)
    assert (answer.status_code, answer.text) == (200, f"<title>{title}</title>")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    again = await browser.get(path, headers=BROWSER | {"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == answer.headers["etag"]
    head = await browser.head(path, headers=BROWSER)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == answer.headers["content-length"]


async def test_a_page_built_anew_is_another_page_even_if_as_long_and_as_old(
    browser: httpx.AsyncClient, dist: Path
) -> None:
    before = await browser.get("/")
    (dist / "page/index.html").write_bytes(b"<title>Diar</title>")
    after = await browser.get("/", headers={"If-None-Match": before.headers["etag"]})
    assert (after.status_code, after.text) == (200, "<title>Diar</title>")


@pytest.mark.parametrize("path", ["/", "/overlay/", "/overlay/edit", "/graphql", "/page/index-abc.js"])
async def test_pages_keep_to_their_own_server(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path, headers=BROWSER)
    policy = dict(rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["worker-src"] == "'self'"
    assert policy["connect-src"] == "'self' ws://raid.example:8000 wss://raid.example:8000"
    assert policy["frame-ancestors"] == "'self'"
    assert not [rule for rule in policy.values() if "*" in rule or "http" in rule or "unsafe-eval" in rule]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("host", ["evil.example; script-src *", "a b", "*", "x,y"])
async def test_a_host_that_is_none_does_not_get_into_the_policy(browser: httpx.AsyncClient, host: str) -> None:
    answer = await browser.get("/", headers={"Host": host})
    assert answer.headers["content-security-policy"].endswith("connect-src 'self'")


async def test_assets_are_kept_for_good_and_come_compressed_to_who_takes_it(browser: httpx.AsyncClient) -> None:
    packed = await browser.get("/page/index-abc.js", headers={"Accept-Encoding": "gzip, br"})
    plain = await browser.get("/page/index-abc.js", headers={"Accept-Encoding": "identity"})
    assert packed.content == plain.content == SCRIPT  # httpx unpacks
    assert (packed.headers["content-encoding"], plain.headers.get("content-encoding")) == ("gzip", None)
    assert int(packed.headers["content-length"]) < len(SCRIPT)
    for answer in (packed, plain):
        assert answer.headers["content-type"].startswith("text/javascript")
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert "Accept-Encoding" in answer.headers["vary"]
    again = await browser.get("/page/index-abc.js", headers={"If-None-Match": packed.headers["etag"]})
    assert again.status_code == 304
    head = await browser.head("/page/index-abc.js")
    assert (head.status_code, head.content) == (200, b"")
    assert (await browser.post("/page/index-abc.js")).status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/page/index-old.js",
        "/page/",
        "/overlay/assets/../index.html",
        "/page/..%2f..%2fbuilt",
        "/page/%2e%2e/%2e%2e/built",
        "/page/%2fetc/passwd",
        "/page//etc/passwd",
        "/page/%00",
        "/page/" + "a" * 5000,
        "/built",
        "/dist/built",
        "/overlay/index.html",
        "/nothing",
    ],
)
async def test_what_is_no_asset_is_not_found(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert answer.status_code == 404
    assert "secret" not in answer.text
    assert "root:" not in answer.text


async def test_the_overlay_without_its_slash_is_found_with_its_settings(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/overlay?layout=bar&top=3")
    assert (answer.status_code, answer.headers["location"]) == (307, "overlay/?layout=bar&top=3")


@pytest.mark.parametrize(
    ("method", "path", "accept"),
    [
        ("GET", "/graphql?query=%7BactiveRaid%7Bid%7D%7D", "text/html"),
        ("GET", "/graphql", "application/json"),
        ("GET", "/graphql", "*/*"),
        ("GET", "/graphql", "text/event-stream"),
        ("POST", "/graphql", "text/html"),
        ("OPTIONS", "/graphql", "text/html"),
    ],
)
async def test_only_a_visit_is_shown_graphiql(browser: httpx.AsyncClient, method: str, path: str, accept: str) -> None:
    answer = await browser.request(method, path, headers={"Accept": accept})
    assert answer.text == "the API"


async def test_without_graphiql_its_files_are_not_there(dist: Path) -> None:
    async with visiting(dist, graphiql=False) as browser:
        assert (await browser.get("/graphiql/index-abc.js")).status_code == 404
        assert (await browser.get("/page/index-abc.js")).status_code == 200


async def test_pages_that_are_not_built_say_so_until_they_are(tmp_path: Path) -> None:
    async with visiting(tmp_path / "dist") as browser:
        for path in ("/", "/overlay/", "/overlay/edit", "/graphql"):
            answer = await browser.get(path, headers=BROWSER)
            assert answer.status_code == 503
            assert answer.headers["content-type"] == "text/html; charset=utf-8"
            assert answer.headers["cache-control"] == "no-store"
            assert "make web" in answer.text
        assert (await browser.post("/graphql")).text == "the API"
        assert (await browser.get("/page/index-abc.js")).status_code == 404
        file = tmp_path / "dist/page/index.html"
        file.parent.mkdir(parents=True)
        file.write_text("now")
        assert (await browser.get("/")).text == "now"


async def test_a_server_without_introspection_has_no_graphiql(open_api: OpenApi) -> None:
    async with open_api(introspection=False) as api:
        visit = await api.client.get("/graphql", headers=BROWSER)
        assert visit.status_code == 400  # a question without a question
        assert "html" not in visit.headers["content-type"]
        assert (await api.told("{ activeRaid { id } }")) == {"activeRaid": None}
