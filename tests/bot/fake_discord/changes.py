"""Waiting for something to become true, with a bound."""

import asyncio
import contextlib
from collections.abc import Callable

LOOK_SECONDS = 0.1


class Changes:
    """Told of every change; wakes those who wait for one, and those who wait for any change of the whole."""

    def __init__(self, whole: "Changes | None" = None) -> None:
        self._next, self._whole = asyncio.Event(), whole

    def tell(self) -> None:
        self._next.set()
        self._next = asyncio.Event()
        if self._whole is not None:
            self._whole.tell()

    async def wait_until(self, holds: Callable[[], object], seconds: float, what: str) -> None:
        """Returns when `holds()` is true; AssertionError with `what` after `seconds`.

        It looks after every change, and now and then without one: not all that a test waits for happens here.
        """
        try:
            async with asyncio.timeout(seconds):
                while not holds():
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(LOOK_SECONDS):
                            await self._next.wait()
        except TimeoutError:
            raise AssertionError(f"not within {seconds:g} s: {what}") from None
