"""How much may be asked for at once. Too much is refused, not cut off: nobody takes a part for the whole."""

from services.errors import InvalidInputError

PAGE = (1, 100)
EVENTS = (1, 500)
LEADERBOARD = (1, 100)
RADIUS = (0, 20)
HP_SAMPLES = (2, 1_000)
TEAM = (1, 6)


def within(argument: str, value: int, limits: tuple[int, int]) -> int:
    """`value`, when it is within both `limits`. Raises InvalidInputError, naming `argument` and the range."""
    low, high = limits
    if not low <= value <= high:
        raise InvalidInputError(argument, f"must be from {low} to {high}; {value} is not.")
    return value
