"""The browser of the tests: where it is, and how it is started."""

import os
from pathlib import Path
from typing import Any, Final

import pytest

from web.pages import DIST

IN_CI: Final = os.environ.get("CI", "").lower() in {"1", "true"}
_DEBIANS: Final = (Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium"))
"""The one without windows first: a page costs it a third, for it makes no profile and no processes in advance."""
_CUT_OFF: Final = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
"""For this browser no other host exists: neither by a name nor by a number."""


def how_to_launch(playwrights_own: str) -> dict[str, Any]:
    """For `launch` of playwright: Debian's Chromium, else playwright's own, with the network cut off.

    Skips the test where there is neither, but never in CI.
    """
    path = next((path for path in (*_DEBIANS, Path(playwrights_own)) if path.exists()), None)
    if path is None:
        _fail_or_skip("no Chromium: install Debian's `chromium-headless-shell`, or run `playwright install chromium`")
    # Chromium's own sandbox does not start for root.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {"executable_path": path, "args": [_CUT_OFF, *arguments]}


def built_pages() -> Path:
    """web/dist, where the pages have been built. Skips the test where they are not, but never in CI."""
    if not (DIST / "overlay" / "index.html").exists():
        _fail_or_skip("the pages are not built: run `make web`")
    return DIST


def _fail_or_skip(missing: str) -> None:
    if IN_CI:
        pytest.fail(missing)
    pytest.skip(missing)
