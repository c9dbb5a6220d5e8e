"""The settings page of the overlay."""

from tests.pages.conftest import SCHEMES, OpenPage, Visit, no_barriers
from tests.web.harness import Api

MOMENTS = {
    "Stage": "Stage 3",
    "Curse": "New curse: \u2068Isekai\u2069",
    "Breakthrough": "Weak to \u2068Lightning\u2069",
}
MOMENT_MS = 4_700
REHEARSED_MS = 7_000


async def opened(open_page: OpenPage, site: Api, **options: object) -> Visit:
    visit = await open_page(f"{site.url}/overlay/edit", **options)
    await visit.page.frame_locator("#preview").locator("#plate").wait_for(state="attached")
    await visit.page.frame_locator("#preview").locator("#hp-left").filter(has_text="/").wait_for()
    return visit


async def test_choices_make_the_address_and_the_preview_follows(open_page: OpenPage, api: Api) -> None:
    visit = await opened(open_page, api)
    page = visit.page
    assert await page.input_value("#address") == f"{api.url}/overlay/"
    assert "1920 × 1080" in await page.inner_text("#size")  # noqa: RUF001 - as people write sizes
    await page.get_by_label("Layout").select_option("bar")
    await page.get_by_label("Own colour").fill("#00c2a8")
    assert await page.input_value("#address") == f"{api.url}/overlay/?layout=bar&accent=00c2a8"
    await page.get_by_label("Theme").select_option("frost")
    await page.get_by_label("Newest strikes").uncheck()
    await page.get_by_label("Viewer token").fill("a secret")
    assert (
        await page.input_value("#address") == f"{api.url}/overlay/?layout=bar&theme=frost&ticker=off#token=a%20secret"
    )
    assert "1280 × 150" in await page.inner_text("#size")  # noqa: RUF001 - as people write sizes
    preview = page.frame_locator("#preview")
    await preview.locator("html[data-layout=bar][data-theme=frost]").wait_for(state="attached")
    assert not [url for url in visit.asked if "secret" in url]


async def test_what_is_no_good_is_marked_and_stays_out_of_the_address(open_page: OpenPage, api: Api) -> None:
    visit = await opened(open_page, api)
    page = visit.page
    for label, bad, good, told in (("Rows in it", "50", "8", "top=8"), ("Raid number", "the last", "12", "raid=12")):
        field = page.get_by_label(label)
        await field.fill(bad)
        assert await field.get_attribute("aria-invalid") == "true"
        assert await field.input_value() == bad
        assert bad not in (await page.input_value("#address")).removeprefix(api.url)
        await field.fill(good)
        assert await field.get_attribute("aria-invalid") == "false"
        assert told in await page.input_value("#address")


async def test_buttons_try_things_out_in_the_preview(open_page: OpenPage, api: Api) -> None:
    visit = await opened(open_page, api, clock=True)
    page = visit.page
    preview = page.frame_locator("#preview")
    for button, title in MOMENTS.items():
        await page.get_by_role("button", name=button, exact=True).click()
        await preview.locator("#toast.show #toast-title").filter(has_text=title).wait_for()
        await visit.skip(MOMENT_MS)  # until it has been shown for long enough
    await page.get_by_role("button", name="Connection lost").click()
    await visit.skip(1_000)
    await preview.locator("body[data-line=lost]").wait_for()
    await visit.skip(REHEARSED_MS)
    await preview.locator("body:not([data-line])").wait_for()
    await page.get_by_role("button", name="Victory").click()
    await visit.skip(2_000)
    await preview.locator("body[data-scene=ending]").wait_for()
    await visit.skip(REHEARSED_MS)
    await preview.locator("body[data-scene=raid]").wait_for()


async def test_copying(open_page: OpenPage, api: Api) -> None:
    page = (await opened(open_page, api, permissions=["clipboard-read", "clipboard-write"])).page
    await page.get_by_label("Sounds").check()
    await page.get_by_role("button", name="Copy").click()
    await page.locator("#copied").filter(has_text="Copied.").wait_for()
    assert await page.evaluate("() => navigator.clipboard.readText()") == f"{api.url}/overlay/?sound=on"


async def test_real_raid_in_the_preview_and_german(open_page: OpenPage, api: Api) -> None:
    await api.raid()
    page = (await opened(open_page, api, locale="de-DE")).page
    assert await page.inner_text("h1") == "Das Overlay für deinen Stream"
    await page.get_by_role("button", name="Der echte Raid").click()
    await page.frame_locator("#preview").locator("#boss").filter(has_text="Gloomtide").wait_for()
    assert await page.input_value("#address") == f"{api.url}/overlay/"


async def test_nothing_keeps_anybody_out(open_page: OpenPage, api: Api) -> None:
    visit = await opened(open_page, api, viewport={"width": 390, "height": 844})
    for scheme in SCHEMES:
        await visit.page.emulate_media(color_scheme=scheme)
        await no_barriers(visit)
