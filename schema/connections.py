"""Keyset pages: cursors belong to places, not to counts, so that nothing is skipped or shown twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import strawberry

from schema.fields import argument, shown
from services.views import Page

Node = TypeVar("Node")

After = Annotated[
    str | None, argument("The `endCursor` of the page before. Left out: the first page.")
]


@dataclass(frozen=True, slots=True)
class PageEdge:
    cursor: str
    node: Any


@strawberry.type(description="Whether there is more, and how to ask for it.")
class PageInfo:
    has_next_page: bool = shown("Whether a next page exists.", path="has_next")

    @strawberry.field(description="Pass it as `after` for the next page. Null on an empty page.")
    @staticmethod
    def end_cursor(parent: strawberry.Parent[Page[Any]]) -> str | None:
        return parent.cursors[-1] if parent.cursors else None


@strawberry.type(description="One item of a page, with its cursor.")
class Edge(Generic[Node]):
    cursor: str = shown("The item's place in the list; opaque.")
    node: Node = shown("The item itself.")


def edges_of(root: Page[Any]) -> Sequence[PageEdge]:
    return [PageEdge(cursor, node) for cursor, node in zip(root.cursors, root.items, strict=True)]


@strawberry.type(description="One page of a list.")
class Connection(Generic[Node]):
    edges: list[Edge[Node]] = strawberry.field(
        resolver=edges_of, description="The page's items with their cursors, for who wants to go on from any of them."
    )
    nodes: list[Node] = shown("The page's items, in order.", path="items")
    page_info: PageInfo = shown("Whether there is more, and how to ask for it.", path="")
