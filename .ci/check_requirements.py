# ruff: noqa: INP001 - a script on its own, imported by nobody
"""Whether the pinned requirements still fit pyproject.toml; reads files only.

Every dependency is pinned to a version that pyproject.toml allows, every pin has a hash, no index address is named.
"""

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent


def pins(text: str) -> list[tuple[Requirement, bool]]:
    """Each pinned requirement, and whether it has a hash."""
    joined = re.sub(r"\\\n", " ", text)
    lines = (line.split("#")[0].strip() for line in joined.splitlines())
    return [(Requirement(line.split("--hash")[0].strip()), "--hash=sha256:" in line) for line in lines if line]


def complaints(name: str, wanted: list[str]) -> list[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    if "://" in text or "--index" in text or "--find-links" in text:
        return [f"{name} names where packages come from"]
    found = pins(text)
    unhashed = [f"{name}: {pin.name} has no hash" for pin, hashed in found if not hashed]
    versions: dict[str, set[str]] = {}
    for pin, _ in found:
        versions.setdefault(canonicalize_name(pin.name), set()).update(spec.version for spec in pin.specifier)
    unfit = [
        f"{name}: {requirement} is pinned to {', '.join(pinned) or 'nothing'}"
        for requirement in map(Requirement, wanted)
        for pinned in [sorted(versions.get(canonicalize_name(requirement.name), ()))]
        if not any(requirement.specifier.contains(version, prereleases=True) for version in pinned)
    ]
    return unhashed + unfit


def main() -> int:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    runtime = project["project"]["dependencies"]
    development = project["dependency-groups"]["dev"]
    found = complaints("requirements.txt", runtime) + complaints("requirements-dev.txt", runtime + development)
    for complaint in found:
        sys.stderr.write(f"{complaint}: run `make lock`.\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
