"""What an import is given: anything that opens as bytes of UTF-8."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import BinaryIO, cast


@dataclass(frozen=True, slots=True)
class RosterFile:
    """`name` is how problems call it; `open` may raise OSError, and is called once per import."""

    name: str
    open: Callable[[], BinaryIO]

    @classmethod
    def at(cls, path: Path | Traversable) -> "RosterFile":
        """A file on disk, named as it was given, or a resource that comes with the program."""
        name = str(path) if isinstance(path, Path) else path.name
        return cls(name, lambda: cast("BinaryIO", path.open("rb")))

    @classmethod
    def of_text(cls, name: str, text: str) -> "RosterFile":
        return cls(name, lambda: io.BytesIO(text.encode()))


@dataclass(frozen=True, slots=True)
class RosterFiles:
    """What to import. What a file refers to stands in another given file or in the database already.

    `series` alone gives new genres to the characters of these series; `characters` alone finds the genres of a
    series at the characters that the database has of it, by the series' name.
    """

    series: RosterFile | None = None
    characters: RosterFile | None = None
    players: RosterFile | None = None
    ownership: RosterFile | None = None
