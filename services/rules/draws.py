"""Fair draws anybody can check (rules.md 4, "Randomness").

A raid has a secret seed of 32 bytes; ``sha256(seed)`` is public from the start, the seed after the end.
Draw number n reads the blocks ``sha256(seed || n || block)``, n and block as 8 bytes, most significant
first. Each block gives four 64-bit words. A number below `bound` is ``word % bound``; a word at or above the
largest multiple of `bound` is thrown away and the next one taken, so that every number is equally likely.
Nothing but SHA-256 is needed to repeat a draw, in any language.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TypeVar

_WORD = 1 << 64
Item = TypeVar("Item")


def seed_hash(seed: bytes) -> str:
    """The commitment that is public from the raid's start: SHA-256 of the seed, in hexadecimal."""
    return hashlib.sha256(seed).hexdigest()


class Draw:
    """Draw number `number` of the raid with this `seed`: as many equally likely numbers as are asked for."""

    def __init__(self, seed: bytes, number: int) -> None:
        self._words = _words(seed, number)

    def below(self, bound: int) -> int:
        """A number from 0 to ``bound - 1``; `bound` is from 1 to 2^64."""
        largest = _WORD - _WORD % bound
        return next(word for word in self._words if word < largest) % bound

    def choose(self, items: Sequence[Item]) -> Item:
        """One of `items`, which must not be empty, all equally likely."""
        return items[self.below(len(items))]

    def choose_weighted(self, items: Sequence[Item], weights: Sequence[int]) -> Item:
        """One of `items`, with the chance of its integer weight in the sum of all `weights` (above 0)."""
        ends = list(accumulate(weights))
        return items[bisect_right(ends, self.below(ends[-1]))]


def _words(seed: bytes, number: int) -> Iterator[int]:
    block = 0
    while True:
        digest = hashlib.sha256(seed + number.to_bytes(8, "big") + block.to_bytes(8, "big")).digest()
        for start in range(0, 32, 8):
            yield int.from_bytes(digest[start : start + 8], "big")
        block += 1
