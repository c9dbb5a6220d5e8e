"""Takes the documentation's pictures of the overlay: `python -m tests.pages.screenshots [ADDRESS]`.

Every layout in every scene, over a game that is made of colours, from a running server with built pages. They show the
overlay's own made-up raid (`demo=`), so that they come out alike. Exit code 1 when one is heavier than it may be.
"""

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.chromium import how_to_launch

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
HEAVIEST_BYTES = 150_000
SIZES = {"full": (1280, 720), "bar": (1280, 150), "ticker": (560, 300), "vertical": (540, 960)}
SCENES = {
    "on": "raid",
    **{scene: scene for scene in ("stage", "curse", "breakthrough", "paused", "lost", "waiting", "victory")},
}
THEMES = ("frost", "jade", "mono")
SETTLED_MS = 1_700
GAME = """
html { background:
  radial-gradient(27% 40% at 74% 62%, #ffe9b8 0, #e7a65a 50%, transparent 100%),
  radial-gradient(36% 40% at 24% 36%, #7fb6e8 0, transparent 100%),
  linear-gradient(168deg, #dbe9f5 0, #86b0d1 34%, #3d6d52 56%, #22402f 100%) !important; }
"""


def take(browser: Browser, address: str, size: tuple[int, int], name: str, *, game: bool = True) -> int:
    """Writes the picture; its weight in bytes."""
    width, height = size
    page = browser.new_page(viewport={"width": width, "height": height}, locale="en-GB")
    page.goto(address)
    if game:
        page.add_style_tag(content=GAME)
    page.wait_for_timeout(SETTLED_MS)
    file = PICTURES / f"overlay-{name}.webp"
    Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB").save(file, quality=82, method=6)
    page.close()
    return file.stat().st_size


def main() -> int:
    base = sys.argv[1].rstrip("/") if len(sys.argv) > 1 else "http://127.0.0.1:8000"
    PICTURES.mkdir(parents=True, exist_ok=True)
    weights = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**how_to_launch(playwright.chromium.executable_path))
        for layout, size in SIZES.items():
            for demo, scene in SCENES.items():
                name = f"{layout}-{scene}"
                weights[name] = take(browser, f"{base}/overlay/?layout={layout}&demo={demo}&lang=en", size, name)
        for theme in THEMES:
            address = f"{base}/overlay/?layout=bar&demo=on&lang=en&theme={theme}"
            weights[f"theme-{theme}"] = take(browser, address, SIZES["bar"], f"theme-{theme}")
        weights["settings"] = take(browser, f"{base}/overlay/edit", (1280, 900), "settings", game=False)
        browser.close()
    heavy = {name: weight for name, weight in weights.items() if weight > HEAVIEST_BYTES}
    sys.stdout.write(f"{len(weights)} pictures, {sum(weights.values()):,} bytes; too heavy: {heavy or 'none'}\n")
    return 1 if heavy else 0


if __name__ == "__main__":
    raise SystemExit(main())
