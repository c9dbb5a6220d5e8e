import os
import re
import subprocess
import sys
import zipfile
from importlib.metadata import distributions
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("worldthreat", "web", "schema", "resolvers", "services", "db", "bot")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - constants
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    return wheel


def test_the_wheel_claims_no_top_level_name_but_worldthreat(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {PurePosixPath(name).parts[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"worldthreat"}
    assert "worldthreat/app/alembic/env.py" in names
    assert "worldthreat/app/services/rules/__init__.py" in names
    assert not [name for name in names if "__pycache__" in name or ".worldthreat/" in name]


def test_the_wheel_carries_the_built_pages_and_not_what_they_are_built_from(wheel: Path) -> None:
    if not (ROOT / "web" / "dist" / "built").is_file():
        missing = "the pages are not built: run `make web`"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        for page in ("page/index.html", "overlay/index.html", "overlay/edit.html", "graphiql/index.html"):
            file = PurePosixPath("worldthreat/app/web/dist", page)
            asked = re.findall(r'(?:src|href)="\./([^"]+\.(?:js|css|svg))"', archive.read(str(file)).decode())
            assert len(asked) >= 2, page
            assert {str(file.parent / name) for name in asked} <= names
    sources = [name for name in names if "node_modules" in name or name.endswith((".ts", ".tsx", "package.json"))]
    assert sources == []


def test_no_other_installed_distribution_owns_one_of_our_folder_names() -> None:
    owners = {
        (distribution.name, file.parts[0])
        for distribution in distributions()
        if distribution.name != "worldthreat"
        for file in distribution.files or ()
        if file.parts[0].removesuffix(".py") in FOLDERS
    }
    assert owners == set()


def test_the_installed_wheel_imports_and_finds_its_migrations_from_anywhere(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:  # what installing a pure wheel without dependencies comes to
        archive.extractall(target)
    question = "import worldthreat, services.rules, db.migrate as m; print(m.__file__); print(m.SCRIPTS / 'env.py')"
    asked = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", question],
        cwd=tmp_path,
        env={"PYTHONPATH": str(target), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert asked.returncode == 0, asked.stderr
    module, scripts = (Path(line) for line in asked.stdout.splitlines())
    assert module == target / "worldthreat" / "app" / "db" / "migrate.py"
    assert scripts == target / "worldthreat" / "app" / "alembic" / "env.py"
    assert scripts.is_file()
