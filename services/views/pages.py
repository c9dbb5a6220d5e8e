"""One page of a growing list."""

from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One keyset page. `cursors` belong to `items` one by one; pass the last as `after` for the next page."""

    items: tuple[Item, ...]
    cursors: tuple[str, ...]
    has_next: bool


@dataclass(frozen=True, slots=True)
class CountedPage(Page[Item]):
    """A page of a list whose whole length is known."""

    total: int
