"""The schema, built and checked. `make sdl` refreshes the committed SDL."""

import sys
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import strawberry
from graphql import DocumentNode, GraphQLError
from strawberry.extensions import DisableIntrospection, SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from schema.access import check_access_rules
from schema.errors import EXPECTED
from schema.events import EVENT_TYPES
from schema.masking import Masking
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import SCALARS
from schema.subscription import Subscription

PREPARED: Final = "prepared"
"""Under this name of the operation's extensions lies a document that is read and checked already."""


class Prepared(SchemaExtension):
    """Neither parses nor validates what `schema.execution` has parsed and validated."""

    def _document(self) -> DocumentNode | None:
        document: DocumentNode | None = (self.execution_context.operation_extensions or {}).get(PREPARED)
        return document

    def on_parse(self) -> Iterator[None]:
        document = self._document()
        if document is not None:
            self.execution_context.graphql_document = document
        yield

    def on_validate(self) -> Iterator[None]:
        if self._document() is not None:
            self.execution_context.pre_execution_errors = []
        yield


class WorldThreatSchema(strawberry.Schema):
    """`introspection`: whether clients may ask for the schema."""

    def __init__(self, *, introspection: bool, **given: Any) -> None:
        super().__init__(**given)
        self.introspection = introspection

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Logs nothing: what deserves a line in the log gets it, with its id, from `Masking`."""


@cache
def build_schema(*, introspection: bool = True) -> WorldThreatSchema:
    """The schema, the same for all in this process; without `introspection` a client must know it already.

    Raises MissingAccessRuleError when a root field does not say who may ask for it.
    """
    check_access_rules(Query, Mutation, Subscription)
    return WorldThreatSchema(
        introspection=introspection,
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=EVENT_TYPES,
        config=StrawberryConfig(scalar_map=SCALARS),
        exception_handlers=EXPECTED,
        extensions=[
            Masking,
            Prepared,
            *(() if introspection else (DisableIntrospection,)),
        ],
    )


if __name__ == "__main__":
    sys.stdout.write(build_schema().as_str() + "\n")
