"""What never changes, kept in memory: character revisions, events' bosses, rulebooks by revision.

Everything here is found by a key that names one unchanging thing, so nothing can be stale, in any process.
"""

from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from db.queries import Connection, strike_reads
from db.rows import RaidRow, RevisionRow
from services import codec
from services.raid_records import Rulebook, sheet_of
from services.rules.values import CharacterSheet

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

LoadRevisions = Callable[[Sequence[int]], Awaitable[dict[int, RevisionRow]]]

REVISIONS_KEPT = 50_000
RULEBOOKS_KEPT = 64


class Bounded(Generic[Key, Value]):
    """A dictionary that forgets its oldest entry when it is full."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: dict[Key, Value] = {}

    def get(self, key: Key) -> Value | None:
        return self._entries.get(key)

    def put(self, key: Key, value: Value) -> Value:
        if len(self._entries) >= self._size and key not in self._entries:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = value
        return value


class Shelf:
    """One per process."""

    def __init__(self) -> None:
        self._sheets: Bounded[int, CharacterSheet] = Bounded(REVISIONS_KEPT)
        self._rulebooks: Bounded[tuple[int, int], Rulebook] = Bounded(RULEBOOKS_KEPT)

    def sheet(self, row: RevisionRow) -> CharacterSheet:
        """The sheet of a revision that the caller has read already."""
        return self._sheets.get(row.id) or self._sheets.put(row.id, sheet_of(row))

    async def sheets(self, revision_ids: Iterable[int], load: LoadRevisions) -> dict[int, CharacterSheet]:
        """The character sheets of these revisions; `load` is asked, at once, for what is not on the shelf."""
        found: dict[int, CharacterSheet] = {}
        missing: set[int] = set()
        for revision_id in revision_ids:
            sheet = self._sheets.get(revision_id)
            if sheet is None:
                missing.add(revision_id)
            else:
                found[revision_id] = sheet
        if missing:
            for row in (await load(sorted(missing))).values():
                found[row.id] = self.sheet(row)
        return found

    async def rulebook(self, connection: Connection, raid: RaidRow) -> Rulebook:
        """What `raid` is played by at the revision that its row names."""
        key = (raid.id, raid.configuration_revision)
        rulebook = self._rulebooks.get(key)
        if rulebook is None:
            revision, boss, _original = await strike_reads.configuration(connection, raid.id)
            rulebook = Rulebook(raid.id, revision, codec.boss_from_json(boss), raid.secret_seed)
            self._rulebooks.put((raid.id, revision), rulebook)
        return rulebook

    def rulebook_from(self, raid: RaidRow, revision: int, boss: dict[str, Any]) -> Rulebook:
        """The same, from a configuration that the caller has read already."""
        key = (raid.id, revision)
        return self._rulebooks.get(key) or self._rulebooks.put(
            key,
            Rulebook(raid.id, revision, codec.boss_from_json(boss), raid.secret_seed),
        )
