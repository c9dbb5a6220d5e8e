"""A start in the midst of trouble."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.api_process import START_SECONDS, ApiProcess
from tests.chaos.troubled_wire import Cut, TroubledWire


@pytest.mark.parametrize(
    ("command", "cut_at", "told"),
    [
        ("up", b"boss_templates", "The database went away while the program was starting: start it again."),
        ("serve", b"alembic_version", "The database could not be migrated: "),
    ],
)
async def test_a_database_that_goes_away_during_the_start_is_one_line(
    database_url: str, tmp_path: Path, command: str, cut_at: bytes, told: str
) -> None:
    direct = make_url(database_url)
    wire = TroubledWire(Path(str(direct.query["host"])))
    await wire.lay()
    wire.cut_later(Cut(from_client=True, after=0, at=(cut_at,)))
    try:
        url = f"postgresql://postgres@127.0.0.1:{wire.port}/{direct.database}"
        api = await ApiProcess.launched(tmp_path / "log", {"DATABASE_URL": url}, command)
        code = await asyncio.wait_for(api.process.wait(), START_SECONDS)
    finally:
        await wire.remove()
    assert wire.cuts.total() == 1
    assert code == 2, api.text()
    (line,) = api.text().splitlines()
    assert line.startswith(f"worldthreat: {told}")
