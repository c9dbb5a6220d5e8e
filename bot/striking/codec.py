"""A strike panel's state, packed into the custom ids of its own components.

Discord keeps the panel, the bot keeps nothing: so a panel outlives every restart, and a tap on it says the same
idempotency key as ever. A custom id has at most 100 characters. A component's prefix takes up to 9 of them, which
leaves 68 bytes in base64:

    1 version and wanted team size | 8 owner | 6 key | raid, sequence, equipment + 1 (0 for none), then the team

The last ones are variable-length integers of 7 bits a byte. The team is a set: it is kept in ascending order, each id
as its distance from the one before. That carries six ids of up to 42 bits each beside a raid and a sequence of 21 bits
and an equipment of 35, and ids come from a database's identity columns: counted up from 1, they stay far below.
What does not belong to the strike (page, filter, search) is kept by the components that show it, see bot.striking.team.
"""

import base64
import binascii
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Self

__all__ = ["MOST_BYTES", "MOST_IN_A_TEAM", "PanelState", "StaleStateError", "StateTooLargeError"]

VERSION: Final = 1
MOST_BYTES: Final = 68
MOST_IN_A_TEAM: Final = 6
OWNER_BYTES: Final = 8
KEY_BYTES: Final = 6
SHIFT: Final = 7
MORE: Final = 1 << SHIFT


class StaleStateError(Exception):
    """Not a state of this version: the component was made by another version of the bot."""


class StateTooLargeError(Exception):
    """The ids are too large for a custom id."""


@dataclass(frozen=True, slots=True)
class PanelState:
    """What a panel would strike with.

    `owner` is a Discord id, `key` 48 random bits that are new with each new state, `sequence` the newest event that
    the projection on the panel knows of, `size` how many characters a suggested team should have, `team` the
    characters' ids in ascending order.
    """

    owner: int
    key: int
    raid: int
    sequence: int
    size: int
    team: tuple[int, ...] = ()
    equipment: int | None = None

    @classmethod
    def new(
        cls,
        *,
        owner: int,
        raid: int,
        sequence: int,
        size: int,
        team: Iterable[int] = (),
        equipment: int | None = None,
    ) -> Self:
        """A state with a key of its own, and no more than six of `team`."""
        chosen = tuple(sorted(dict.fromkeys(team)))[:MOST_IN_A_TEAM]
        return cls(owner, secrets.randbits(8 * KEY_BYTES), raid, sequence, size, chosen, equipment)

    @property
    def idempotency_key(self) -> str:
        return f"panel-{self.key:0{2 * KEY_BYTES}x}"

    def renewed(self) -> Self:
        return replace(self, key=secrets.randbits(8 * KEY_BYTES))

    def pack(self) -> str:
        """At most 91 letters, digits, ``-`` and ``_``. Raises StateTooLargeError."""
        packed = bytearray([VERSION << 4 | self.size])
        packed += self.owner.to_bytes(OWNER_BYTES, "big") + self.key.to_bytes(KEY_BYTES, "big")
        for number in (self.raid, self.sequence, 0 if self.equipment is None else self.equipment + 1):
            packed += _packed(number)
        before = 0
        for character in self.team:
            packed += _packed(character - before)
            before = character
        if len(packed) > MOST_BYTES:
            raise StateTooLargeError(f"{len(packed)} bytes are more than {MOST_BYTES}")
        return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()

    @classmethod
    def unpack(cls, text: str) -> Self:
        """What `pack` made `text` of. Raises StaleStateError for anything else."""
        try:
            data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            if data[0] >> 4 != VERSION:
                raise StaleStateError(text)
            owner = int.from_bytes(data[1 : 1 + OWNER_BYTES], "big")
            start = 1 + OWNER_BYTES + KEY_BYTES
            raid, sequence, equipment, *distances = _unpacked(data[start:])
        except (binascii.Error, ValueError, IndexError) as error:
            raise StaleStateError(text) from error
        team, character = [], 0
        for distance in distances:
            character += distance
            team.append(character)
        return cls(
            owner=owner,
            key=int.from_bytes(data[1 + OWNER_BYTES : start], "big"),
            raid=raid,
            sequence=sequence,
            size=data[0] & 0x0F,
            team=tuple(team[:MOST_IN_A_TEAM]),
            equipment=equipment - 1 if equipment else None,
        )


def _packed(number: int) -> bytes:
    packed = bytearray()
    while number >= MORE:
        packed.append(number % MORE + MORE)
        number >>= SHIFT
    packed.append(number)
    return bytes(packed)


def _unpacked(data: bytes) -> list[int]:
    numbers, number, shift = [], 0, 0
    for byte in data:
        number += byte % MORE << shift
        shift += SHIFT
        if byte < MORE:
            numbers.append(number)
            number, shift = 0, 0
    if shift:
        raise ValueError("the last number is cut off")
    return numbers
