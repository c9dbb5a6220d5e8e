"""Keyset pages: cursors belong to places, not to counts, so that nothing is skipped or shown twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import strawberry

from schema.fields import argument, derived, shown
from services.views import Page

Node = TypeVar("Node")

After = Annotated[str | None, argument("The `endCursor` of the page before. Left out: the first page.")]


@dataclass(frozen=True, slots=True)
class PageEdge:
    cursor: str
    node: Any


def edges_of(page: Page[Any]) -> Sequence[PageEdge]:
    return [PageEdge(cursor, node) for cursor, node in zip(page.cursors, page.items, strict=True)]


def end_cursor_of(page: Page[Any]) -> str | None:
    return page.cursors[-1] if page.cursors else None


def page_info_of(page: Page[Any]) -> Page[Any]:
    """A page says about itself whether there is more."""
    return page


@strawberry.type(description="Whether there is more, and how to ask for it.")
class PageInfo:
    has_next_page: bool = shown("Whether a next page exists.", path="has_next")
    end_cursor: str | None = derived(end_cursor_of, "Pass it as `after` for the next page. Null on an empty page.")


@strawberry.type(description="One item of a page, with its cursor.")
class Edge(Generic[Node]):
    cursor: str = shown("The item's place in the list; opaque.")
    node: Node = shown("The item itself.")


@strawberry.type(description="One page of a list.")
class Connection(Generic[Node]):
    edges: list[Edge[Node]] = derived(
        edges_of, "The page's items with their cursors, for who wants to go on from any of them."
    )
    nodes: list[Node] = shown("The page's items, in order.", path="items")
    page_info: PageInfo = derived(page_info_of, "Whether there is more, and how to ask for it.")
