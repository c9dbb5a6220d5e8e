"""When the pages are built anew, and with which Node. The build itself is run before the tests: see the Makefile."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pages_build", ROOT / "web" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A checkout's web folder without anything that is fetched or built."""
    web = tmp_path / "web"
    shutil.copytree(ROOT / "web", web, ignore=shutil.ignore_patterns("node_modules", "dist", "__pycache__"))
    return web


def test_a_change_of_any_source_and_nothing_else_calls_for_a_build(build: ModuleType, sources: Path) -> None:
    before = build.fingerprint(sources)
    (sources / "dist").mkdir()
    (sources / "dist" / "built").write_text("x")
    (sources / "app.py").write_text("x")
    assert build.fingerprint(sources) == before
    seen = {before}
    for name in ("page/page.css", "live/line.ts", "overlay/index.html", "graphiql/main.tsx", "package-lock.json"):
        with (sources / name).open("a") as file:
            file.write("\n")
        seen.add(build.fingerprint(sources))
    (sources / "page" / "page.css").rename(sources / "page" / "other.css")
    seen.add(build.fingerprint(sources))
    assert len(seen) == 7


@pytest.mark.parametrize(
    ("version", "fits"),
    [
        ("v18.20.4", False),
        ("v20.18.9", False),
        ("v20.19.0", True),
        ("v21.7.3", False),
        ("v22.11.0", False),
        ("v22.12.0", True),
        ("v24.0.1", True),
        ("", False),
        ("node", False),
    ],
)
def test_only_a_node_that_vite_runs_on_is_taken(build: ModuleType, version: str, fits: bool) -> None:
    assert build.new_enough(version) is fits


def test_without_network_there_is_one_clear_reason_and_no_half_built_page(sources: Path) -> None:
    node = shutil.which("npm")
    if node is None:
        pytest.skip("there is no npm on this machine")
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(sources / "build.py")],
        env={
            "PATH": str(Path(node).parent),
            "HOME": str(sources),
            "npm_config_registry": "http://127.0.0.1:9/",
            "npm_config_cache": str(sources / "cache"),
            "npm_config_fetch_retries": "0",
            "PIP_INDEX_URL": "http://127.0.0.1:9/",
            "PIP_RETRIES": "0",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 2
    assert "The API works without them. `make web` tries again." in done.stderr
    assert not (sources / "dist").exists()


def test_pages_that_are_up_to_date_are_left_alone_without_looking_for_node(build: ModuleType, sources: Path) -> None:
    (sources / "dist").mkdir()
    (sources / "dist" / "built").write_text(build.fingerprint(sources))
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(sources / "build.py")], env={"PATH": ""}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_mistake_in_a_source_is_told_with_its_file_and_the_pages_built_before_stay(sources: Path) -> None:
    packages = ROOT / "web" / "node_modules"
    if not (packages / ".worldthreat").is_file():
        pytest.skip("the packages of the pages are not there: run `make web`")
    (sources / "node_modules").symlink_to(packages)
    (sources / "dist").mkdir()
    (sources / "dist" / "built").write_text("before")
    with (sources / "page" / "main.ts").open("a") as file:
        file.write("\nconst = ;\n")
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(sources / "build.py")], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 1
    assert "web/page has a mistake" in done.stderr
    assert "main.ts" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.endswith("Those built before are kept. `make web` tries again.\n")
    assert [each.name for each in (sources / "dist").iterdir()] == ["built"]
    assert (sources / "dist" / "built").read_text() == "before"


OLD = {
    "old.js": "const { a } = b; if (a?.at(-1)) a.findLast(Boolean); structuredClone(a);",
    "old.css": "a:is(b) { inset: 0; contain: strict; color: rgb(1 2 3) }",
}
NEW: dict[str, tuple[str, set[str]]] = {
    "member.js": ("x.toSorted()", {".toSorted"}),
    "pairs.js": (
        "const y = Promise.withResolvers(); AbortSignal.any([])",
        {".withResolvers", "AbortSignal.any"},
    ),
    "globals.js": (
        "document.body.checkVisibility(); new CloseWatcher()",
        {".checkVisibility", "CloseWatcher"},
    ),
    "properties.css": ("a:has(b) { rotate: 4deg; height: 3dvh }", {":has", "rotate", "the unit dvh"}),
    "nested.css": (
        "a { color: color-mix(in srgb, red, blue); b { top: 0 } }",
        {"color-mix()", "b inside another rule"},
    ),
    "rule.css": ("@container (width > 1px) { a { top: 0 } }", {"@container"}),
}
"""What old browsers do not know, with all that is to be found in it."""


@pytest.mark.parametrize("new", [{}, NEW], ids=["old", "new"])
def test_what_old_browsers_of_streamers_do_not_know_is_found(
    tmp_path: Path, new: dict[str, tuple[str, set[str]]]
) -> None:
    node = shutil.which("node")
    if node is None or not (ROOT / "web" / "node_modules" / "@mdn").is_dir():
        pytest.skip("what checks the pages is not there: run `python web/build.py --dev`")
    for name, content in {**OLD, **{name: content for name, (content, _) in new.items()}}.items():
        (tmp_path / name).write_text(content)
    command = [node, "old_browsers.mjs", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT / "web", capture_output=True, text=True, check=False)  # noqa: S603 - our own
    told = [line.split(": ", 2)[1:] for line in done.stderr.splitlines()]
    assert sorted(told) == sorted([name, word] for name, (_, words) in new.items() for word in words)
    assert done.returncode == (1 if new else 0)
