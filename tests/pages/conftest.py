"""The pages in a real browser, from a real server: whatever a page should not do is a trouble that fails its test."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, ConsoleMessage, Error, Page, Request, Response, async_playwright

from services.rules.values import StrikeAction
from services.views import Principal, Role, StrikeSuccess
from tests.chromium import built_pages, how_to_launch
from tests.web.conftest import api, open_api  # noqa: F401 - fixtures for the tests here
from tests.web.harness import Api

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
FEWEST_RULES = 8
LOOK = "(context) => axe.run(context, { iframes: false, resultTypes: ['violations'] })"
SCHEMES: Final = ("light", "dark")
CROWD = Principal(Role.BOT, token_name="crowd")
POLL_SECONDS = 0.02
STEP_MS = 1_000
SHORT_STEP_MS = 100
LISTEN = """
window.violations = [];
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
  violations.push(`${violatedDirective}: ${blockedURI}`);
});
"""


@dataclass  # without slots: playwright keeps notes on whom it tells
class Visit:
    """A page that somebody has open. `troubles`: what must not happen and did; the test fails of them in the end.

    A test that cuts the line says `may_be_cut`: then it is no trouble that sockets fail.
    """

    page: Page
    origin: str
    troubles: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    may_be_cut: bool = False

    def watch(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        self.page.on("request", self._request)
        self.page.on("response", self._response)
        self.page.on("websocket", lambda socket: self._address(socket.url))
        self.page.on("dialog", lambda dialog: self.troubles.append(f"dialog: {dialog.message}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not (self.may_be_cut and "WebSocket" in message.text):
            self.troubles.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        self._address(request.url)

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.troubles.append(f"{response.status}: {response.url}")

    def _address(self, url: str) -> None:
        self.asked.append(url)
        parts = urlsplit(url)
        if parts.scheme not in {"data", "blob", "about"} and parts.netloc != urlsplit(self.origin).netloc:
            self.troubles.append(f"off origin: {url}")

    async def until(self, expression: str, seconds: float = 30.0) -> Any:
        """The value of the JavaScript expression as soon as it is true."""
        last: Any = None
        try:
            async with asyncio.timeout(seconds):
                while not (last := await self.page.evaluate(f"() => {expression}")):  # noqa: ASYNC110 - it is in a page
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            shown = await self.page.evaluate("() => document.body.innerText")
            raise AssertionError(
                f"{expression} is {last!r} after {seconds} s, with {self.troubles} on:\n{shown}"
            ) from None
        return last

    async def skip(self, milliseconds: int) -> None:
        """Lets so much of the time of a page with a `clock` pass at once; in steps, for its line answers meanwhile."""
        while milliseconds > 0:
            await self.page.clock.run_for(min(milliseconds, STEP_MS))
            milliseconds -= STEP_MS

    async def until_skipped(self, expression: str, milliseconds: int) -> None:
        """Lets the page's time pass until the JavaScript expression is true, which it must be within so much of it."""
        began = await self.page.evaluate("() => performance.now()")
        while not await self.page.evaluate(f"() => {expression}"):
            assert await self.page.evaluate("() => performance.now()") - began < milliseconds, f"not {expression}"
            await self.page.clock.run_for(SHORT_STEP_MS)

    async def text(self, selector: str) -> str:
        return await self.page.eval_on_selector(selector, "node => node.textContent") or ""

    async def gather_troubles(self) -> list[str]:
        with contextlib.suppress(Error):
            self.troubles += [f"CSP: {each}" for each in await self.page.evaluate("() => window.violations")]
        return self.troubles

    async def leave(self) -> None:
        """Closes the page, before a server that a test has for itself goes away."""
        await self.gather_troubles()
        await self.page.close()


OpenPage = Callable[..., Awaitable[Visit]]


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**how_to_launch(playwright.chromium.executable_path))
        yield browser
        await browser.close()


@pytest.fixture(scope="session", name="built_pages")
def _built_pages() -> Path:
    return built_pages()


@pytest.fixture
async def open_page(chromium: Browser, built_pages: Path) -> AsyncIterator[OpenPage]:  # noqa: ARG001 - it skips
    """Opens an address: `await open_page(url, viewport=…, reduced_motion=…, scripts=[…])`. Options: the context's.

    With `clock`, the page's time goes on as ever, and can be made to pass sooner: `await visit.skip(4_000)`.
    """
    visits: list[Visit] = []
    async with contextlib.AsyncExitStack() as stack:

        async def opened(
            url: str, *, scripts: tuple[str, ...] = (), may_be_cut: bool = False, clock: bool = False, **options: Any
        ) -> Visit:
            context = await chromium.new_context(**{"viewport": {"width": 1920, "height": 1080}, **options})
            stack.push_async_callback(context.close)
            if clock:
                await context.clock.install()
            for script in (LISTEN, *scripts):
                await context.add_init_script(script)
            parts = urlsplit(url)
            visit = Visit(await context.new_page(), f"{parts.scheme}://{parts.netloc}", may_be_cut=may_be_cut)
            visits.append(visit)
            visit.watch()
            await visit.page.goto(url)
            return visit

        yield opened
        troubles = list(itertools.chain.from_iterable([await visit.gather_troubles() for visit in visits]))
    assert troubles == []


async def no_barriers(visit: Visit, *, not_ours: Sequence[str] = ()) -> None:
    """Nothing runs out of the page sideways, and axe finds nothing serious. `not_ours`: what a library draws."""
    if not AXE.is_file():
        pytest.fail("web/node_modules has no axe-core: run `python web/build.py --dev`")
    page = visit.page
    assert await page.evaluate("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    await page.evaluate(AXE.read_text())  # as the browser's own tools do it: the page's policy lets no script in
    looked_at = {"include": [["html"]], "exclude": [[selector] for selector in not_ours]}
    found = await page.evaluate(
        "(context) => axe.run(context, { iframes: false, resultTypes: ['violations'] })", looked_at
    )
    assert len(found["passes"]) > FEWEST_RULES
    serious = [
        (each["id"], [(node["target"], node["failureSummary"]) for node in each["nodes"]])
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
    ]
    assert serious == []


async def fighters(site: Api, count: int) -> list[tuple[str, str]]:
    """So many single characters that can strike the live raid, each as (Discord id, character id)."""
    found: list[tuple[str, str]] = []
    while len(found) < count:
        discord_id = await site.player(characters=min(100, count - len(found)))
        found += [(discord_id, character) for character in await site.unused(discord_id)]
    return found


async def crowd_strikes(site: Api, hitting: Sequence[tuple[str, str]], *, per_second: float) -> list[StrikeSuccess]:
    """A fight by each, at an even pace, past the API, as another API process would make them."""
    began = time.monotonic()

    async def one(number: int, discord_id: str, character: str) -> StrikeSuccess:
        await asyncio.sleep(max(0.0, began + number / per_second - time.monotonic()))
        return await site.service.execute_strike(
            CROWD,
            action=StrikeAction.FIGHT,
            character_ids=(character,),
            equipment_id=None,
            discord_id=discord_id,
            idempotency_key=f"crowd {next(site.numbers)}",
            expected_sequence=None,
        )

    return await asyncio.gather(*(one(number, *fighter) for number, fighter in enumerate(hitting)))
