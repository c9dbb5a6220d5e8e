"""Times as admins type them."""

import re
from datetime import datetime, timedelta
from typing import Final

__all__ = ["UnreadableTimeError", "moment"]

UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
LONGEST_AHEAD: Final = timedelta(days=3_650)


class UnreadableTimeError(Exception):
    """`typed` is no time in the future, or does not say in which time zone."""

    def __init__(self, typed: str) -> None:
        super().__init__(typed)
        self.typed = typed


def moment(typed: str, now: datetime) -> datetime:
    """``90m``, ``12h``, ``3d``, ``2w`` from `now` on, or ISO 8601 with an offset, such as ``2030-01-31 18:00+01:00``.

    Raises UnreadableTimeError.
    """
    wanted = typed.strip()
    if ahead := re.fullmatch(r"\+?(\d{1,6})\s?([mhdw])", wanted.lower()):
        length = timedelta(**{UNITS[ahead[2]]: int(ahead[1])})
        when = now + min(length, LONGEST_AHEAD + timedelta(days=1))
    else:
        try:
            when = datetime.fromisoformat(wanted)
        except ValueError:
            raise UnreadableTimeError(typed) from None
    if when.tzinfo is None or not now < when <= now + LONGEST_AHEAD:
        raise UnreadableTimeError(typed)
    return when
