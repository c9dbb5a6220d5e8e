import asyncio
from collections.abc import Sequence

from services.errors import OverloadedError
from services.gathered import Gathered


class Source:
    """Something that is read slowly, and remembers what it was asked together."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.held = asyncio.Event()
        self.held.set()
        self.failure: BaseException | None = None

    async def read(self, questions: Sequence[str]) -> dict[str, str]:
        self.asked.append(tuple(questions))
        number = len(self.asked)
        await self.held.wait()
        if self.failure is not None:
            raise self.failure
        return {question: f"{question} {number}" for question in questions if question != "unknown"}


async def turns(number: int) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def test_what_is_asked_in_the_same_turn_is_read_together_and_each_question_once() -> None:
    source = Source()
    gathered = Gathered(source.read)
    answers = await asyncio.gather(*(gathered.get(name) for name in ("ada", "bo", "ada", "unknown")))
    assert answers == ["ada 1", "bo 1", "ada 1", None]
    assert source.asked == [("ada", "bo", "unknown")]


async def test_no_answer_is_of_a_reading_that_began_before_its_question() -> None:
    source = Source()
    gathered = Gathered(source.read)
    source.held.clear()
    first = asyncio.create_task(gathered.get("ada"))
    await turns(5)
    later = [asyncio.create_task(gathered.get(name)) for name in ("ada", "bo")]
    await turns(5)
    assert source.asked == [("ada",)]
    source.held.set()
    assert await asyncio.gather(first, *later) == ["ada 1", "ada 2", "bo 2"]
    assert await gathered.get("ada") == "ada 3"


async def test_a_failure_is_told_to_those_who_asked_together_and_to_nobody_else() -> None:
    source = Source()
    gathered = Gathered(source.read)
    source.failure = OverloadedError(retry_after_ms=100)
    told = await asyncio.gather(gathered.get("ada"), gathered.get("bo"), return_exceptions=True)
    assert [type(each) for each in told] == [OverloadedError, OverloadedError]
    source.failure = None
    assert await gathered.get("ada") == "ada 2"


async def test_nobody_waits_for_a_source_that_fails_slowly_and_then_for_its_next_failure() -> None:
    source = Source()
    gathered = Gathered(source.read)
    source.held.clear()
    source.failure = OverloadedError(retry_after_ms=100)
    asked = [asyncio.create_task(gathered.get("ada"))]
    await turns(5)
    asked += [asyncio.create_task(gathered.get(name)) for name in ("ada", "bo")]
    await turns(5)
    source.held.set()
    told = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(each) for each in told] == [OverloadedError] * 3
    assert len(source.asked) == 1


async def test_who_goes_away_takes_nothing_from_the_others() -> None:
    source = Source()
    gathered = Gathered(source.read)
    source.held.clear()
    gone, stays = (asyncio.create_task(gathered.get("ada")) for _ in range(2))
    await turns(5)
    gone.cancel()
    source.held.set()
    assert await stays == "ada 1"
    assert gone.cancelled()


async def test_a_reading_that_is_cancelled_leaves_nobody_waiting() -> None:
    source = Source()
    gathered = Gathered(source.read)
    source.failure = asyncio.CancelledError()
    source.held.clear()
    asked = [asyncio.create_task(gathered.get("ada"))]
    await turns(5)
    asked.append(asyncio.create_task(gathered.get("bo")))  # while it is read
    await turns(5)
    source.held.set()
    _, waiting = await asyncio.wait(asked, timeout=20)
    assert not waiting
    assert all(each.cancelled() for each in asked)
    source.failure = None
    assert await gathered.get("ada") == "ada 2"
