"""GraphiQL as a developer uses it, with the network cut off: nothing but our own server can be reached."""

import json
from typing import Any

import pytest
from playwright.async_api import Browser, Error

from tests.pages.conftest import OpenPage, Visit, fighters
from tests.web.harness import Api, OpenApi

SIZE = {"width": 1400, "height": 900}
FIND = "window.__MONACO?.editor.getModels().find(({{ uri }}) => uri.path.includes('-{name}.'))"
MODELS = {"query": "operation", "variables": "variables", "headers": "request-headers", "response": "response"}
RUN = "button.graphiql-execute-button"


def model(name: str) -> str:
    """JavaScript for the text behind one of the four editors."""
    return FIND.format(name=MODELS[name])


async def opened(open_page: OpenPage, api: Api) -> Visit:
    visit = await open_page(f"{api.url}/graphql", viewport=SIZE)
    await visit.until(model("query"), seconds=60)
    return visit


async def shown(visit: Visit, name: str) -> str:
    value: str = await visit.page.evaluate(f"{model(name)}.getValue()")
    return value


async def example(visit: Visit, title: str, *, token: str | None = None) -> None:
    """Opens an example and, as people do, pastes a token over what stands in the Headers tab."""
    await visit.page.locator(".examples").get_by_role("button", name=title, exact=True).click()
    if token is not None:
        await visit.page.get_by_role("button", name="Headers").click()
        await visit.page.locator(".graphiql-editor-tool .graphiql-editor:not(.hidden) .view-lines").last.click()
        await visit.page.keyboard.press("Control+a")
        await visit.page.keyboard.press("Delete")
        await visit.page.keyboard.insert_text(json.dumps({"Authorization": f"Bearer {token}"}))


async def run(visit: Visit) -> Any:
    await visit.page.locator(RUN).click()
    return await answer(visit, "data")


async def answer(visit: Visit, containing: str) -> Any:
    """What the answer's editor shows once it has `containing`."""
    await visit.until(f"{model('response')}?.getValue().includes({json.dumps(containing)})", seconds=60)
    return json.loads(await shown(visit, "response"))


async def test_the_network_is_cut_off(api: Api, chromium: Browser) -> None:
    page = await chromium.new_page()
    answer = await page.goto(f"{api.url}/healthz")
    assert answer is not None
    assert answer.ok
    elsewhere = api.url.replace("127.0.0.1", "localhost")  # the same server: others do reach it by this name
    assert (await api.client.get(f"{elsewhere}/healthz")).status_code == 200
    for address in (elsewhere, "http://192.0.2.1", "https://cdn.jsdelivr.net"):
        with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
            await page.goto(address)
    await page.close()


async def test_a_query_is_answered_and_understood_by_the_editor(api: Api, open_page: OpenPage) -> None:
    await api.raid(name="Gloomtide")
    visit = await opened(open_page, api)
    assert await visit.page.title() == "GraphiQL · World-Threat Expeditions"
    assert "query TheRaid" in await shown(visit, "query")
    assert (await run(visit))["data"]["activeRaid"]["boss"]["name"] == "Gloomtide"
    # The schema has come, and the GraphQL worker works: a field that there is not is marked.
    await visit.page.evaluate(f"{model('query')}.setValue('{{ activeRaids }}')")
    marked = "window.__MONACO.editor.getModelMarkers({}).some(({ message }) => message.includes('activeRaids'))"
    await visit.until(marked, seconds=60)


async def test_a_mutation_and_a_subscription_with_a_token_from_the_headers_tab(
    open_api: OpenApi, open_page: OpenPage
) -> None:
    # Nobody is told anything here without a token: the subscription's has to go into connection_init.
    async with open_api(public_read=False) as api:
        await api.raid()
        ((striker, character),) = await fighters(api, 1)
        visit = await opened(open_page, api)

        await example(visit, "Register a player", token=api.tokens.bot)
        registered = (await run(visit))["data"]["registerPlayer"]
        assert (registered["created"], registered["player"]["name"]) == (True, "Ada")
        known = await api.told('{ player(discordId: "100000000000000001") { name } }', api.tokens.bot)
        assert known["player"]["name"] == "Ada"

        await example(visit, "An HP bar")  # the token goes along
        assert (await run(visit))["data"]["bossHp"]["current"] == 100_000
        struck = await api.strike(striker, character)
        told = await answer(visit, str(struck["strike"]["hpAfter"]))
        assert told["data"]["bossHp"]["current"] == struck["strike"]["hpAfter"]

        await visit.page.locator(RUN).click()  # stops it
        await api.strike(*(await fighters(api, 1))[0])
        assert json.loads(await shown(visit, "response")) == told
        # The history is kept in the browser, the token is not.
        await visit.until("JSON.stringify(localStorage).includes('registerPlayer')")
        assert api.tokens.bot not in await visit.page.evaluate("JSON.stringify(localStorage)")
        assert {url.split(":")[0] for url in visit.asked} <= {"http", "ws", "data"}
        await visit.leave()


async def test_every_example_is_valid_and_opens_with_what_it_needs(api: Api, open_page: OpenPage) -> None:
    visit = await opened(open_page, api)
    titles = await visit.page.locator(".examples-group button").all_inner_texts()
    assert len(titles) == len(set(titles)) >= 15
    groups = await visit.page.locator(".examples-group h3").all_inner_texts()
    assert groups == ["Visitor", "Stream overlay", "Player", "Discord bot", "Raid admin"]
    for title in titles:
        await example(visit, title)
        query, variables = await shown(visit, "query"), await shown(visit, "variables")
        assert query
        if "subscription" in query:
            continue
        asked = await api.ask(query, json.loads(variables or "{}"), api.tokens.admin)
        # An admin may not do what a player does, and ids in the examples are made up: but the question is understood.
        assert asked.status == 200, (title, asked.body)
        assert "GRAPHQL_VALIDATION_FAILED" not in asked.codes, (title, asked.body)
    await example(visit, "Strike")
    assert "Bearer wt_player_" in await shown(visit, "headers")


async def test_on_a_phone_an_example_is_opened_and_run(api: Api, open_page: OpenPage) -> None:
    await api.raid(name="Gloomtide")
    visit = await open_page(
        f"{api.url}/graphql", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    await visit.until(model("query"), seconds=60)
    assert await visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await visit.page.get_by_role("button", name="Show Examples").tap()
    await visit.page.get_by_role("button", name="Leaderboards", exact=True).tap()
    await visit.until("!document.querySelector('.examples')")  # it made room for the query
    assert "leaderboard" in await shown(visit, "query")
    await visit.page.locator(RUN).tap()
    assert "data" in await answer(visit, "data")
    boxes = [
        await visit.page.locator(part).first.bounding_box() for part in (".graphiql-query-editor", ".graphiql-response")
    ]
    for box in boxes:
        assert box is not None
        assert box["width"] > 330
        assert box["height"] > 150
