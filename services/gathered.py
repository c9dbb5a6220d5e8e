"""Reads put together across callers: what is asked while one reading is under way is read at once in the next.

A reading begins after all whom it answers have asked, so each sees whatever was committed before; nothing is kept.
Under load many requests share one statement, and a lone one waits for nobody.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

Question = TypeVar("Question", bound=Hashable)
Answer = TypeVar("Answer")


class Gathered(Generic[Question, Answer]):
    """`read` answers any number of questions at once; one that it leaves out has the answer None."""

    def __init__(self, read: Callable[[Sequence[Question]], Awaitable[Mapping[Question, Answer]]]) -> None:
        self._read = read
        self._waiting: dict[Question, asyncio.Future[Answer | None]] = {}
        self._reading: asyncio.Task[None] | None = None

    async def get(self, question: Question) -> Answer | None:
        """Raises what `read` raises. A caller that goes away takes nothing from the others."""
        answer = self._waiting.get(question)
        if answer is None:
            answer = self._waiting[question] = asyncio.get_running_loop().create_future()
            if self._reading is None:
                self._reading = asyncio.create_task(self._read_all(), name="gathered reads")
        return await asyncio.shield(answer)

    async def _read_all(self) -> None:
        """Until nobody waits."""
        while self._waiting:
            await asyncio.sleep(0)  # other fields of the same request are about to ask
            waiting, self._waiting = self._waiting, {}
            try:
                found = await self._read(tuple(waiting))
            except Exception as error:  # noqa: BLE001 - it is the answer of all who asked
                # Of those, too, who have asked meanwhile: a database that hangs is waited for once, not in turns.
                late, self._waiting = self._waiting, {}
                for answer in (*waiting.values(), *late.values()):
                    answer.set_exception(error)
                    answer.exception()  # nobody may be left to hear it
            except BaseException:
                late, self._waiting, self._reading = self._waiting, {}, None
                for answer in (*waiting.values(), *late.values()):
                    answer.cancel()
                raise
            else:
                for question, answer in waiting.items():
                    answer.set_result(found.get(question))
        self._reading = None
