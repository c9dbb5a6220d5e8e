"""A start in the midst of trouble."""

import asyncio
from pathlib import Path

from sqlalchemy import make_url

from tests.api_process import START_SECONDS, ApiProcess
from tests.chaos.troubled_wire import Cut, TroubledWire


async def test_a_database_that_goes_away_during_the_start_is_one_line(database_url: str, tmp_path: Path) -> None:
    direct = make_url(database_url)
    wire = TroubledWire(Path(str(direct.query["host"])))
    await wire.lay()
    wire.cut_later(Cut(from_client=True, after=0, at=(b"boss_templates",)))
    try:
        url = f"postgresql://postgres@127.0.0.1:{wire.port}/{direct.database}"
        api = await ApiProcess.launched(tmp_path / "log", {"DATABASE_URL": url}, "up")
        code = await asyncio.wait_for(api.process.wait(), START_SECONDS)
    finally:
        await wire.remove()
    assert wire.cuts.total() == 1
    assert code == 2, api.text()
    (line,) = api.text().splitlines()
    assert line == "worldthreat: The database went away while the program was starting: start it again."
