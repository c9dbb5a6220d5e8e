"""Every layout in every scene: nothing goes wrong, nothing covers the game that should not, everything can be read."""

import io
import itertools
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Page

from tests.pages.conftest import OpenPage, Visit
from tests.web.harness import ROOT, Api

SIZES = {"full": (960, 540), "bar": (1280, 150), "ticker": (560, 300), "vertical": (540, 960)}
SCENES = ("waiting", "paused", "stage", "curse", "breakthrough", "victory", "lost")
AWAITED = {
    "stage": "document.querySelector('#toast.show')",
    "curse": "document.querySelector('#toast.show')",
    "breakthrough": "document.querySelector('#toast.show')",
    "lost": "document.body.dataset.line",
}
WORDS = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  for (let node; (node = walker.nextNode()); ) {
    const home = node.parentElement, style = getComputedStyle(home);
    if (!node.data.trim() || style.visibility === "hidden") continue;
    if (!home.checkVisibility({ checkOpacity: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const { left, top, right, bottom } = range.getBoundingClientRect();
    const box = home.getBoundingClientRect();
    const cut = [Math.max(left, box.left), top, Math.min(right, box.right), bottom];
    const isInside = cut[2] > cut[0] && cut[0] >= 0 && cut[3] <= innerHeight;
    if (isInside) found.push({ text: node.data, color: style.color, box: cut });
  }
  return found;
}"""
BLANK = """
#stage * {
  color: transparent !important; text-shadow: none !important;
  transition: none !important; animation: none !important;
}
"""
OUTSIDE = """() => [...document.querySelectorAll("#stage h1, #stage h2, #stage p, #stage span, #stage small")]
  .filter((node) => node.textContent && getComputedStyle(node).visibility === "visible" && node.checkVisibility())
  .filter((node) => node.getBoundingClientRect().right > innerWidth + 1 || node.getBoundingClientRect().left < -1)
  .map((node) => node.id || node.className)"""


async def shown(
    open_page: OpenPage, site: Api, layout: str, scene: str, more: str = "", visit: Visit | None = None
) -> Visit:
    """The scene, on a page of its own or on that of `visit`."""
    width, height = SIZES[layout]
    url = f"{site.url}/overlay/?demo={scene}&layout={layout}{more}"
    if visit is None:
        visit = await open_page(url, viewport={"width": width, "height": height}, clock=True)
    else:
        await visit.gather_troubles()
        await visit.page.goto(url)
    await visit.until("document.body.dataset.scene")
    await visit.until_skipped(AWAITED.get(scene, "true"), 2_000)
    return visit


async def picture(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(await page.screenshot(omit_background=True)))


def light(color: tuple[float, ...]) -> float:
    """The relative luminance of WCAG 2."""
    channels = [value / 255 for value in color[:3]]
    red, green, blue = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    darker, lighter = sorted((light(one), light(other)))
    return (lighter + 0.05) / (darker + 0.05)


def channels_of(color: str) -> tuple[float, ...]:
    return tuple(float(part) for part in color[color.index("(") + 1 : -1].split(",")[:3])


def worst(behind: Image.Image, word: Any) -> float:
    left, top, right, bottom = (round(each) for each in word["box"])
    patch = behind.crop((left, top, max(right, left + 1), max(bottom, top + 1)))
    colors = [pixel for _, pixel in patch.getcolors(patch.width * patch.height) or [] if isinstance(pixel, tuple)]
    return min(contrast(channels_of(word["color"]), color) for color in colors)


async def look_at(visit: Visit) -> None:
    """The corners belong to the game, nothing sticks out, and all can be read over a white game and a black one."""
    image = await picture(visit.page)
    width, height = image.size
    corners = [(0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)]
    alphas = [pixel[3] for pixel in map(image.getpixel, corners) if isinstance(pixel, tuple)]
    assert alphas == [0, 0, 0, 0]
    assert image.getchannel("A").getextrema() == (0, 255), "something is shown"
    assert await visit.page.evaluate(OUTSIDE) == []
    words = await visit.page.evaluate(WORDS)
    assert len(words) > 1
    await visit.page.add_style_tag(content=BLANK)
    blank = await picture(visit.page)
    for paper in ("white", "black"):
        behind = Image.alpha_composite(Image.new("RGBA", blank.size, paper), blank).convert("RGB")
        unreadable = [(word["text"], round(worst(behind, word), 2)) for word in words if worst(behind, word) < 4.5]
        assert unreadable == [], f"over {paper}"


@pytest.mark.parametrize("layout", SIZES)
async def test_every_scene_leaves_the_corners_to_the_game_and_can_be_read(
    open_page: OpenPage, api: Api, layout: str
) -> None:
    visit: Visit | None = None
    for scene in SCENES:
        visit = await shown(open_page, api, layout, scene, "&motion=reduced", visit)
        try:
            await look_at(visit)
        except AssertionError as error:
            error.add_note(scene)
            raise


async def test_every_theme_can_be_read(open_page: OpenPage, api: Api) -> None:
    visit: Visit | None = None
    for theme in ("frost", "jade", "mono"):
        for scene in ("breakthrough", "victory"):
            visit = await shown(open_page, api, "full", scene, f"&motion=reduced&theme={theme}", visit)
            await look_at(visit)


@pytest.mark.parametrize(("width", "height"), [(800, 600), (3840, 2160), (2560, 1080), (640, 1136)])
async def test_full_layout_fits_any_source(open_page: OpenPage, api: Api, width: int, height: int) -> None:
    url = f"{api.url}/overlay/?demo=curse&lang=de&motion=reduced"
    visit = await open_page(url, viewport={"width": width, "height": height})
    await visit.until("document.querySelector('#toast.show')")
    assert await visit.page.evaluate(OUTSIDE) == []
    board = await visit.page.locator("#board").bounding_box()
    ticker = await visit.page.locator("#ticker").bounding_box()
    scale = min(width / 1920, height / 1080)
    assert board is not None
    assert ticker is not None
    assert width - board["x"] - board["width"] == pytest.approx(30 * scale, abs=1)
    assert height - ticker["y"] - ticker["height"] == pytest.approx(40 * scale, abs=1)


async def test_no_part_covers_another(open_page: OpenPage, api: Api) -> None:
    await api.raid(name="Gloomtide, the Borrowed Moon, and everything that it has ever drowned")

    async def struck_by_a_long_name() -> None:
        striker = await api.player(characters=1)
        await api.service.desk.register_player(ROOT, discord_id=striker, name="W" * 100)
        await api.strike(striker, *await api.unused(striker))

    for _ in range(7):
        await struck_by_a_long_name()
    rows = "document.querySelectorAll('#ticker .row:not([hidden])').length"
    for layout in ("full", "vertical"):
        width, height = SIZES[layout]
        url = f"{api.url}/overlay/?layout={layout}&top=10&motion=reduced"
        visit = await open_page(url, viewport={"width": width, "height": height})
        while (shown := await visit.until(rows)) < 5:  # several that come together share a row
            await struck_by_a_long_name()
            await visit.until(f"{rows} > {shown}")
        await visit.until("document.querySelectorAll('#rows .row:not([hidden])').length >= 7")
        boxes = [await visit.page.locator(part).bounding_box() for part in ("#plate", "#board", "#ticker")]
        assert None not in boxes
        for one, other in itertools.combinations([box for box in boxes if box is not None], 2):
            assert (
                one["y"] + one["height"] <= other["y"]
                or one["x"] + one["width"] <= other["x"]
                or other["x"] + other["width"] <= one["x"]
            ), (layout, one, other)


async def test_what_is_shown_without_a_line_is_chosen(open_page: OpenPage, api: Api) -> None:
    chip = "() => getComputedStyle(document.querySelector('#lost')).visibility"
    plate = "() => getComputedStyle(document.querySelector('#plate')).visibility"
    visit: Visit | None = None
    for choice, expected in (
        ("chip", ["visible", "visible"]),
        ("hide", ["hidden", "hidden"]),
        ("keep", ["hidden", "visible"]),
    ):
        visit = await shown(open_page, api, "full", "lost", f"&onlost={choice}", visit)
        assert [await visit.page.evaluate(chip), await visit.page.evaluate(plate)] == expected, choice
    visit = await shown(open_page, api, "full", "waiting", "&idle=hide", visit)
    assert (await picture(visit.page)).getchannel("A").getextrema() == (0, 0)
