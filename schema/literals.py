"""Numbers in documents: GraphQL lets them be of any length, Python reads none of thousands of digits."""

from typing import Any

from graphql import ASTValidationRule, GraphQLError, IntValueNode

LONGEST_NUMBER = 100


class NumbersOfReadableLength(ASTValidationRule):
    """To be asked before every other rule."""

    def enter_int_value(self, node: IntValueNode, *_where: Any) -> None:
        """Raises GraphQLError, for the rules after this one would fail at the number."""
        if len(node.value) > LONGEST_NUMBER:
            raise GraphQLError(f"A number of {len(node.value)} digits is too long to be read.", node)
