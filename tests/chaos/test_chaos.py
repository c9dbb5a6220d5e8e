"""A short version of `make chaos`: everything that can be killed is, in the midst of a raid, and nothing is wrong."""

import pytest

from tests.chaos.run import run
from tests.chaos.trouble import KILLS

SEED = 5
SECONDS = 40.0


@pytest.mark.timeout(300)
async def test_whatever_is_killed_or_cut_nothing_is_lost_doubled_or_told_wrong() -> None:
    record = await run(SEED, SECONDS)  # it audits every answer by itself
    assert set(+record.kills) >= set(KILLS) - {"launcher"}, record
    assert record.kills.total() >= 6, record
    assert record.others["cut in a COMMIT's answer"] >= 1, record
    assert record.answers["accepted"] >= 50, record
    assert record.answers["found again after a lost answer"] >= 1, record
    assert record.answers["asked once more, replayed"] >= 1, record
    assert record.oddities == []
    assert record.exit_codes == [0, 0]
    assert "Traceback" not in record.log, record.log[-20_000:]
