"""What the overlay's address says, said well: each setting does what it promises. (Badly: test_overlay.py.)"""

from tests.pages.conftest import OpenPage
from tests.pages.test_overlay import SHOWN, overlay
from tests.pages.test_overlay_scenes import shown
from tests.web.harness import Api

BOARDS = {
    "damage": "Top damage",
    "analysis": "Top analysis",
    "contribution": "Top contribution",
    "strikes": "Most strikes",
}
TONES = """
window.tones = [];
const ramp = AudioParam.prototype.linearRampToValueAtTime;
AudioParam.prototype.linearRampToValueAtTime = function (value, at) {
  tones.push(value);
  return ramp.call(this, value, at);
};
"""
REHEARSE = "(name) => postMessage({ rehearse: name }, location.origin)"


async def test_each_setting_does_what_it_says(open_page: OpenPage, api: Api) -> None:
    visit = await shown(open_page, api, "full", "paused")

    async def makes(setting: str, expression: str) -> None:
        await shown(open_page, api, "full", "paused", f"&{setting}", visit)
        assert await visit.page.evaluate(f"() => {expression}"), setting

    width = "document.querySelector('#board').getBoundingClientRect().width"
    await makes("scale=0.5", f"Math.abs({width} - 85) < 1")
    await makes("scale=2", f"Math.abs({width} - 340) < 1")
    await makes("theme=jade", "getComputedStyle(document.body).getPropertyValue('--wt-hp-a').trim() === '#0b7d55'")
    await makes("accent=00c2a8", "getComputedStyle(fill).backgroundImage.includes('rgb(0, 194, 168)')")
    for board, title in BOARDS.items():
        await makes(f"board={board}", f"document.querySelector('#board-title').textContent === '{title}'")
    await makes("board=off", "!document.querySelector('#board').checkVisibility()")
    await makes("top=10", "document.querySelectorAll('#rows .row:not([hidden])').length === 10")
    await makes("ticker=off", "!document.querySelector('#ticker').checkVisibility()")
    await makes("badges=off", "!document.querySelector('#affinities').checkVisibility()")
    await makes("lang=de", "document.querySelector('#crest-word').textContent === 'Stufe'")
    await makes("motion=reduced", "document.documentElement.dataset.motion === 'reduced'")


async def test_announcements_and_their_tones_are_chosen(open_page: OpenPage, api: Api) -> None:
    visit = await shown(open_page, api, "full", "on")
    await visit.page.add_init_script(TONES)
    for settings, is_told, loudest in (("", True, 0), ("&toast=off", False, 0), ("&sound=on&volume=80", True, 0.2)):
        await shown(open_page, api, "full", "on", settings, visit)
        await visit.page.evaluate(REHEARSE, "stage")
        await visit.until("document.querySelector('#stage-number').textContent === '3'")
        assert (await visit.page.locator("#toast.show").count() == 1) is is_told, settings
        if loudest:
            await visit.until("tones.length > 0")
        assert await visit.page.evaluate("() => Math.max(0, ...tones)") == loudest, settings


async def test_a_raid_of_the_past_has_its_own_address_and_its_end_goes_by(open_page: OpenPage, api: Api) -> None:
    past = await api.raid(name="Emberwake")
    present = await api.raid(name="Gloomtide")  # ends the first
    live = await open_page(f"{api.url}/overlay?raid={present}")  # as people type it, without the slash
    await live.until(SHOWN)
    assert await live.text("#boss") == "Gloomtide"
    visit = await overlay(open_page, api, f"raid={past}&victory=30", clock=True)
    await visit.until("document.body.dataset.scene === 'ending'")
    assert await visit.text("#ending-title") == "The raid was ended"
    assert await visit.text("#ending-text") == "\u2068Emberwake\u2069 was left with 100.0%"
    await visit.page.clock.fast_forward(40_000)
    await visit.until("document.body.dataset.scene === 'waiting'")
