"""The schema, built and checked. `make sdl` refreshes the committed SDL."""

import sys

import strawberry
from graphql import GraphQLError
from strawberry.extensions import DisableIntrospection, ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from schema.access import check_access_rules
from schema.errors import EXPECTED
from schema.events import EVENT_TYPES
from schema.literals import ReadableNumbers
from schema.masking import Masking
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import SCALARS
from schema.subscription import Subscription

CACHED_DOCUMENTS = 256


class WorldThreatSchema(strawberry.Schema):
    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Logs nothing: what deserves a line in the log gets it, with its id, from `Masking`."""


def build_schema(*, introspection: bool = True) -> WorldThreatSchema:
    """The schema; without `introspection` a client must know it already.

    Raises MissingAccessRuleError when a root field does not say who may ask for it.
    """
    check_access_rules(Query, Mutation, Subscription)
    return WorldThreatSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=EVENT_TYPES,
        config=StrawberryConfig(scalar_map=SCALARS),
        exception_handlers=EXPECTED,
        extensions=[
            Masking,
            ReadableNumbers,
            *(() if introspection else (DisableIntrospection,)),
            lambda: ParserCache(maxsize=CACHED_DOCUMENTS),
            lambda: ValidationCache(maxsize=CACHED_DOCUMENTS),
        ],
    )


if __name__ == "__main__":
    sys.stdout.write(build_schema().as_str() + "\n")
