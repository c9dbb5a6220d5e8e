"""The raid page as a visitor sees it, over a real server."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.pages.conftest import SCHEMES, OpenPage, Visit, fighters, no_barriers
from tests.web.harness import CREATE_RAID, ROOT, Api, OpenApi

HOSTILE = "<img src=x onerror=alert(1)>\u202e " + "W" * 40
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
SHARE = "Number(getComputedStyle(document.querySelector('#hp .left')).transform.slice(7).split(',')[0])"


async def opened(open_page: OpenPage, api: Api, path: str = "/", **options: Any) -> Visit:
    visit = await open_page(f"{api.url}{path}", **options)
    await visit.until("document.querySelector('#loading').hidden")
    return visit


async def hp_shown(visit: Visit, current: int, *, seconds: float = 30.0) -> None:
    """Waits until the page says and draws these hit points of 100,000."""
    await visit.until(f"document.querySelector('#hp-text').textContent === '{current:,} / 100,000'", seconds)
    await visit.until(f"Math.abs({SHARE} - {current / 100_000}) < 0.002", seconds)
    assert await visit.page.get_attribute("#hp", "aria-valuenow") == str(current)


async def test_the_page_shows_the_true_state_and_moves_with_each_strike(api: Api, open_page: OpenPage) -> None:
    await api.raid(name="Gloomtide")
    people = await fighters(api, 4)
    before = await api.strike(*people[0])
    visit = await opened(open_page, api, clock=True)
    await hp_shown(visit, before["strike"]["hpAfter"])
    assert await visit.text("#boss") == "Gloomtide"
    assert await visit.text("#status") == "under attack"
    points = await visit.page.get_attribute("#chart", "aria-label") or ""
    after = await api.strike(*people[1])
    await hp_shown(visit, after["strike"]["hpAfter"])
    await visit.until(f"document.querySelector('#feed li span')?.textContent === '\u2212{after['damageDealt']:,} HP'")
    await visit.until(f"document.querySelector('#feed li bdi')?.textContent === '{people[1][0]}'")
    await visit.until(f"document.querySelector('#chart').ariaLabel.includes('{after['strike']['hpAfter']:,}')")
    assert await visit.page.get_attribute("#chart", "aria-label") != points
    analysed = await api.strike(*people[2], action="ANALYZE")
    await visit.until(
        f"document.querySelector('#feed li span')?.textContent === '+{analysed['analysisContributed']:,} analysis'"
    )
    await visit.until("document.querySelector('#struck').textContent === '3 by 1 player'")
    await visit.skip(4_000)
    everything = before["damageDealt"] + after["damageDealt"]
    await visit.until(f"document.querySelector('#rows .score')?.textContent === '{everything:,}'")


async def test_what_the_boss_resists_is_shown_where_it_resists_something(api: Api, open_page: OpenPage) -> None:
    await api.raid(resistances=[])
    visit = await opened(open_page, api, locale="en-GB")
    assert not await visit.page.get_by_text("Resists").is_visible()
    await api.raid(resistances=[{"kind": "ELEMENTAL", "value": "dark"}, {"kind": "GENRE", "value": "Slice of life"}])
    visit = await opened(open_page, api, locale="en-GB")
    assert await visit.page.get_by_text("Resists").is_visible()
    shown = await visit.page.locator("#resistances li").all_text_contents()
    assert shown == ["Dark", "Slice of life"]
    await no_barriers(visit)
    visit = await opened(open_page, api, locale="de-DE")
    assert await visit.page.get_by_text("Widersteht").is_visible()


async def test_boards_are_chosen_with_the_keyboard(api: Api, open_page: OpenPage) -> None:
    await api.raid()
    striker, character = (await fighters(api, 1))[0]
    points = (await api.strike(striker, character, action="ANALYZE"))["analysisContributed"]
    visit = await opened(open_page, api)
    await visit.page.get_by_role("tab", name="Damage").focus()
    await visit.page.keyboard.press("ArrowRight")
    focused = "document.activeElement.textContent === 'Analysis' && document.activeElement.ariaSelected === 'true'"
    await visit.until(focused)
    await visit.until(f"document.querySelector('#rows .score')?.textContent === '{points:,}'")
    await visit.page.keyboard.press("ArrowLeft")
    await visit.page.keyboard.press("ArrowLeft")
    await visit.until("document.activeElement.textContent === 'Strikes'")


async def test_a_pause_is_shown_and_told_once_to_a_screen_reader(api: Api, open_page: OpenPage) -> None:
    raid = await api.raid(name="Gloomtide")
    visit = await opened(open_page, api, clock=True)
    await visit.until("document.querySelectorAll('#events li').length === 1")
    assert await visit.text("#announcer") == ""  # nothing of what happened before
    await api.service.desk.pause_raid(ROOT, raid_id=raid, reason="A break")
    await visit.until("document.querySelector('#status').textContent === 'paused'")
    await visit.until("document.querySelector('#announcer').textContent.includes('paused')")
    await api.service.desk.resume_raid(ROOT, raid_id=raid, reason="On")
    await visit.until("document.querySelector('#status').textContent === 'under attack'")
    await visit.until("document.querySelectorAll('#events li').length === 3")
    # A raid can be faster than speech: the next announcement waits.
    assert "paused" in await visit.text("#announcer")
    await visit.until_skipped("document.querySelector('#announcer').textContent.includes('goes on')", 5_500)


async def test_victory_becomes_the_report_and_stays_one(api: Api, open_page: OpenPage) -> None:
    await api.raid(name="Gloomtide", totalHp=10)
    striker, character = (await fighters(api, 1))[0]
    visit = await opened(open_page, api)
    assert await visit.page.is_hidden("#result")
    assert (await api.strike(striker, character))["victory"] is True
    await visit.until("!document.querySelector('#result').hidden")
    await visit.until("document.querySelectorAll('#winners li').length > 0")
    for _ in range(2):
        assert await visit.text("#result-title") == "Victory!"
        told = await visit.text("#result-text")
        assert told.startswith("\u2068Gloomtide\u2069 fell to 1 player")
        assert told.endswith(f"Final blow: \u2068{striker}\u2069.")
        assert await visit.text("#winners bdi") == striker
        assert await visit.text("#status") == "defeated"
        await visit.page.reload()
        await visit.until("document.querySelectorAll('#winners li').length > 0")


async def test_without_a_raid_it_waits_and_wakes_up_by_itself(open_api: OpenApi, open_page: OpenPage) -> None:
    async with open_api() as api:
        visit = await opened(open_page, api)
        assert await visit.text("#waiting-title") == "No threat in sight"
        assert await visit.page.is_hidden("#raid")
        starts = datetime.now(UTC) + timedelta(hours=5)
        boss = {"name": "Emberwake", "totalHp": 1000, "dominantStats": ["ATK"]}
        given = {"name": "Evening raid", "boss": boss, "startsAt": starts.isoformat(), "acceptWarnings": True}
        assert (await api.told(CREATE_RAID, api.tokens.admin, input=given))["createRaid"]["__typename"]
        await visit.page.reload()
        await visit.until("document.querySelector('#waiting-title').textContent === 'Next: \u2068Emberwake\u2069'")
        assert re.search(r"begins .*, in (5\sh|4\sh 59\smin)\.", await visit.text("#waiting-text"))
        await api.raid(name="Gloomtide")
        await visit.until("document.querySelector('#boss').textContent === 'Gloomtide'", seconds=60)
        await hp_shown(visit, 100_000)
        assert await visit.page.is_hidden("#waiting")
        await visit.leave()


async def test_it_speaks_german_to_who_does_and_to_who_asks_for_it(api: Api, open_page: OpenPage) -> None:
    await api.raid(name="Gloomtide", totalHp=500, stageHpBelowPermille=[900])
    people = await fighters(api, 3)
    await api.strike(*people[0])
    by_browser = await opened(open_page, api, locale="de-AT")
    by_address = await opened(open_page, api, "/?lang=de")
    other = await opened(open_page, api, "/?lang=en", locale="de-AT")
    for visit in (by_browser, by_address):
        assert await visit.page.get_attribute("html", "lang") == "de"
        assert await visit.text("#status") == "unter Beschuss"
        assert await visit.text("#events li.stage span") == "Stufe 2 erreicht."
        text = await visit.page.inner_text("body")
        assert not re.search(r"\b(the|Strikes?|Weak|Cursed|Nobody|Damage|Player|What|undefined)\b", text), text
    assert await other.page.get_attribute("html", "lang") == "en"
    assert await other.text("#status") == "under attack"


async def test_an_older_raid_has_its_report_at_its_own_address(open_api: OpenApi, open_page: OpenPage) -> None:
    async with open_api() as api:
        first = await api.raid(name="Emberwake")
        await api.raid(name="Gloomtide")  # ends the first
        visit = await opened(open_page, api)
        await visit.until("document.querySelector('#boss').textContent === 'Gloomtide'")
        await visit.page.get_by_role("link", name=re.compile("Emberwake")).click()
        await visit.until("document.querySelector('#boss').textContent === 'Emberwake'")
        assert visit.page.url == f"{api.url}/?raid={first}"
        assert await visit.text("#result-title") == "The raid was ended"
        assert await visit.page.is_hidden("#waiting")
        await visit.leave()


@pytest.mark.parametrize("address", ["/?raid=abc", "/?raid=999999&lang=de"])
async def test_a_raid_that_does_not_exist_is_said_once_and_leads_to_the_one_that_is_on(
    api: Api, open_page: OpenPage, address: str
) -> None:
    await api.raid(name="Gloomtide")
    german = "lang=de" in address
    visit = await open_page(f"{api.url}{address}")
    await visit.until("document.querySelector('#loading a')")
    said = "Diesen Raid gibt es nicht. Den laufenden Raid zeigen" if german else (
        "There is no such raid. Show the raid that is on"
    )  # fmt: skip
    assert await visit.text("#loading") == said
    await look_closely(visit)
    await visit.page.click("#loading a")
    await visit.until("document.querySelector('#boss').textContent === 'Gloomtide'")
    assert visit.page.url == f"{api.url}/{'?lang=de' if german else ''}"


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desktop", "phone"])
async def test_it_fits_and_can_be_read_by_everybody(api: Api, open_page: OpenPage, options: dict[str, Any]) -> None:
    raid = await api.raid(name=HOSTILE, curseEvery=2, cursePool=[{"kind": "ELEMENTAL", "value": "W" * 60}])
    for striker, character in await fighters(api, 5):
        await api.strike(striker, character)
    await api.service.desk.register_player(ROOT, discord_id=striker, name=HOSTILE)
    visit = await opened(open_page, api, reduced_motion="reduce", **options)
    await visit.until("document.querySelectorAll('#rows tr').length > 0")
    await look_closely(visit)
    assert await visit.text("#boss") == HOSTILE
    await api.service.desk.end_raid(ROOT, raid_id=raid, reason="The end")
    await visit.until("!document.querySelector('#result').hidden")
    await visit.until("document.querySelectorAll('#winners li').length > 0")
    await visit.page.locator("#as-table summary").click()
    await visit.until("document.querySelectorAll('#samples tr').length > 1")
    await look_closely(visit)


async def look_closely(visit: Visit) -> None:
    """Nothing runs out of the page sideways, and axe finds nothing serious, by day and by night."""
    for scheme in SCHEMES:
        await visit.page.emulate_media(color_scheme=scheme)
        await no_barriers(visit)


async def test_a_lost_line_is_shown_and_what_was_missed_is_made_up_for(api: Api, open_page: OpenPage) -> None:
    await api.raid()
    people = await fighters(api, 2)
    visit = await opened(open_page, api, may_be_cut=True, scripts=(CUTTABLE,))
    await hp_shown(visit, 100_000)
    await visit.page.evaluate("cut(true)")
    await visit.until("!document.querySelector('#lost').hidden")
    assert await visit.text("#lost") == "Connection lost. Trying again …"
    struck = await api.strike(*people[0])
    await asyncio.sleep(0.3)
    assert await visit.text("#hp-text") == "100,000 / 100,000"
    await visit.page.evaluate("cut(false)")
    await hp_shown(visit, struck["strike"]["hpAfter"], seconds=40)
    assert await visit.page.is_hidden("#lost")
    await visit.until("document.querySelectorAll('#feed li bdi').length === 1")


CUTTABLE = """
const Real = WebSocket, open = new Set();
let isCut = false;
window.WebSocket = class extends Real {
  constructor(url, protocols) {
    super(isCut ? url.replace("/graphql", "/nowhere") : url, protocols);
    open.add(this);
  }
};
window.cut = (now) => {
  isCut = now;
  if (now) for (const socket of open) socket.close(4999);
};
"""


async def test_a_server_that_answers_nobody_takes_the_token_of_the_address(
    open_api: OpenApi, open_page: OpenPage
) -> None:
    async with open_api(public_read=False) as api:
        await api.raid()
        visit = await opened(open_page, api, f"/#token={api.tokens.viewer}")
        await hp_shown(visit, 100_000)
        struck = await api.strike(*(await fighters(api, 1))[0])
        await hp_shown(visit, struck["strike"]["hpAfter"])
        assert not [url for url in visit.asked if api.tokens.viewer in url.split("#")[0]]
        await visit.leave()
