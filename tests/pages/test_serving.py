"""What a real server gives a real browser at each address, with the pages built and without."""

import re
from pathlib import Path

import pytest

from schema.build import build_schema
from schema.execution import Executor
from services.authentication import Authenticator
from tests.pages.conftest import SCHEMES, OpenPage, no_barriers
from tests.web.harness import Api
from tests.web.live import listening
from web.app import WebOptions, create_app

HEAVIEST_PAGE_BYTES = 60_000


@pytest.mark.parametrize(
    ("path", "ready"),
    [
        ("/", "document.querySelector('#loading').hidden"),
        ("/overlay/", "document.body.dataset.scene"),
        ("/overlay/edit", "document.querySelector('iframe')?.contentDocument?.readyState === 'complete'"),
        ("/graphql", "document.querySelector('.graphiql-execute-button')"),
    ],
)
async def test_each_page_loads_from_our_own_server_alone_and_keeps_nobody_out(
    api: Api, open_page: OpenPage, path: str, ready: str
) -> None:
    visit = await open_page(f"{api.url}{path}")  # what is missing, refused or from elsewhere fails the test in the end
    await visit.until(ready, seconds=60)
    assert visit.asked
    # GraphiQL's tabs have their closing buttons inside, and its editor colours what is written.
    not_ours = [".graphiql-tabs", ".view-lines"] if path == "/graphql" else []
    for scheme in SCHEMES:
        await visit.page.emulate_media(color_scheme=scheme)
        await no_barriers(visit, not_ours=not_ours)


async def test_links_lead_to_pages_that_are_there(api: Api, open_page: OpenPage) -> None:
    visit = await open_page(api.url)
    await visit.until("document.querySelector('#loading').hidden")
    links = set(await visit.page.eval_on_selector_all("main a, header a", "links => links.map((link) => link.href)"))
    assert {link.removeprefix(api.url) for link in links} >= {"/", "/overlay/edit", "/graphql"}
    for link in links:
        assert (await api.client.get(link, headers={"Accept": "text/html"})).status_code == 200


@pytest.mark.usefixtures("built_pages")
async def test_the_raid_page_is_light(api: Api) -> None:
    html = (await api.client.get("/")).text
    assets = re.findall(r'(?:src|href)="\./(page/[^"]+)"', html)
    assert len(assets) >= 3
    lengths = [(await api.client.head(f"/{name}")).headers["content-length"] for name in assets]
    assert sum(int(length) for length in lengths) < HEAVIEST_PAGE_BYTES


@pytest.mark.parametrize("path", ["/", "/overlay/", "/overlay/edit", "/graphql"])
async def test_a_page_that_is_not_built_names_the_command_and_the_api_answers(
    api: Api, open_page: OpenPage, tmp_path: Path, path: str
) -> None:
    async def is_migrated() -> bool:
        return True

    options = WebOptions(is_migrated=is_migrated, pages=tmp_path / "dist")
    app = create_app(Executor(build_schema()), api.service, Authenticator(api.database), options)
    async with listening(app) as (_server, port):
        visit = await open_page(f"http://127.0.0.1:{port}{path}", viewport={"width": 360, "height": 640})
        assert await visit.text("h1") == "This page is not built yet"
        assert await visit.text("code") == "make web"
        for scheme in SCHEMES:
            await visit.page.emulate_media(color_scheme=scheme)
            await no_barriers(visit)
        answer = await visit.page.evaluate(
            """fetch("/graphql", { method: "POST", headers: { "Content-Type": "application/json" },
                body: JSON.stringify({ query: "{ viewer { role } }" }) }).then((response) => response.json())"""
        )
        assert answer == {"data": {"viewer": {"role": "PUBLIC"}}}
        status, console = await visit.gather_troubles()
        assert status.startswith("503:")
        assert "503" in console
        visit.troubles.clear()
        await visit.leave()
