"""A short version of `make chaos`: everything that can be killed is, in the midst of a raid, and nothing is wrong."""

import pytest

from tests.chaos.run import Record, run
from tests.chaos.trouble import KILLS

SEED = 5
SECONDS = 40.0


def all_of_it(record: Record) -> bool:
    return (
        set(+record.kills) >= set(KILLS) - {"launcher"}
        and record.kills.total() >= 6
        and record.others["cut in a COMMIT's answer"] >= 1
        and record.answers["accepted"] >= 50
        and record.answers["found again after a lost answer"] >= 1
        and record.answers["asked once more, replayed"] >= 1
    )


@pytest.mark.timeout(400)
async def test_whatever_is_killed_or_cut_nothing_is_lost_doubled_or_told_wrong() -> None:
    record = await run(SEED, SECONDS, is_enough=all_of_it)  # it audits every answer by itself
    assert all_of_it(record), record
    assert record.oddities == []
    assert record.exit_codes == [0, 0]
    assert "Traceback" not in record.log, record.log[-20_000:]
