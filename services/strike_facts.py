"""Everything the database knows about waiting strikes, read in a few set-based statements."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

from db.queries import Connection, strike_reads
from db.rows import CopyRow, IdempotencyRow, RaidRow, UserRow
from services import codec, views
from services.errors import BossAlreadyDefeatedError, NoActiveEventError, WorldThreatError
from services.raid_records import Rulebook, participant_of
from services.raid_views import AcceptedStrike
from services.replayed_answers import replay_answer
from services.rules.state import Participant
from services.rules.values import CharacterSheet, Equipment, RaidOutcome
from services.shelf import Shelf

IS_ID: Final = re.compile("[1-9][0-9]{0,17}").fullmatch
"""Whether a text is the number of a row, as we spell it: every number of so many digits fits into 64 bits."""

Success = AcceptedStrike | views.StrikeSuccess
Key = tuple[int, str]
"""(user id, idempotency key)"""


def content_hash(command: views.StrikeCommand) -> bytes:
    """SHA-256 of what makes two strikes the same. The order of the team does not matter, nor the expectation."""
    content = [command.action.value, *sorted(command.character_ids), "with", command.equipment_id or ""]
    return hashlib.sha256("\n".join(content).encode()).digest()


def parse_id(text: str) -> int | None:
    """The number behind an id; None for what cannot be one of ours, spelled as we spell it."""
    return int(text) if IS_ID(text) else None


@dataclass(slots=True)
class Facts:
    """What the strikes are judged by. Judging moves it on: who has struck, with whom, under which key.

    `raid` is the row that the strikes will meet, None without a live raid: then `refusal` says why there is none.
    `copies` are by the ids that the strikes name. `first_answers` are what known keys were answered.
    """

    now: datetime
    raid: RaidRow | None
    rulebook: Rulebook | None = None
    refusal: WorldThreatError | None = None
    users: dict[str, UserRow] = field(default_factory=dict)
    answered: dict[Key, IdempotencyRow] = field(default_factory=dict)
    first_answers: dict[Key, Success] = field(default_factory=dict)
    participants: dict[int, Participant] = field(default_factory=dict)
    copies: dict[str, CopyRow] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)
    sheets: dict[int, CharacterSheet] = field(default_factory=dict)
    equipment: dict[int, tuple[int, Equipment]] = field(default_factory=dict)
    """With the id of its owner."""


class Changes:
    """What a batch has changed of the facts: the next one is judged by it before it is committed."""

    __slots__ = ("answered", "first_answers", "strikers", "used")

    def __init__(self) -> None:
        self.strikers: dict[int, Participant] = {}
        self.used: set[int] = set()
        self.answered: dict[Key, IdempotencyRow] = {}
        self.first_answers: dict[Key, Success] = {}


async def read_facts(
    connection: Connection,
    shelf: Shelf,
    commands: Sequence[views.StrikeCommand],
    raid: RaidRow | None,
    changes: Changes | None = None,
) -> Facts:
    """The facts about `commands` once `changes`, which may not be committed yet, have happened.

    Characters and who owns them are as they are when this is read: a trade that commits later comes after the strikes.
    """
    now, strikers = await strike_reads.strikers(
        connection,
        [each.discord_id for each in commands],
        [each.idempotency_key for each in commands],
        None if raid is None else raid.id,
    )
    facts = Facts(now, raid, users={user.discord_id: user for user, _, _ in strikers if user.discord_id is not None})
    facts.participants = {user.id: participant_of(row) for user, row, _ in strikers if row is not None}
    facts.answered = {(row.user_id, row.key): row for _, _, row in strikers if row is not None}
    await _read_answers(connection, shelf, facts, changes or Changes())
    if raid is None:
        facts.refusal = await _why_no_raid(connection)
        return facts
    if raid.last_action_at is not None:
        facts.now = max(facts.now, raid.last_action_at)  # the clock of a log never runs backwards
    facts.rulebook = await shelf.rulebook(connection, raid)
    named = {text for each in commands for text in each.character_ids}
    facts.copies = await strike_reads.copies(connection, raid.id, list(filter(IS_ID, named)))
    facts.used = {copy.id for copy in facts.copies.values() if copy.used}
    facts.sheets = await shelf.sheets(
        {copy.revision_id for copy in facts.copies.values()},
        partial(strike_reads.revisions, connection),
    )
    equipment_ids = {parse_id(each.equipment_id) for each in commands if each.equipment_id} - {None}
    if equipment_ids:
        found = await strike_reads.equipment(connection, list(equipment_ids))  # type: ignore[arg-type]
        facts.equipment = {
            row.id: (row.user_id, Equipment(row.id, row.name, codec.effects_from_json(row.effects)))
            for row in found.values()
        }
    if changes is not None:
        facts.participants |= changes.strikers
        facts.used |= changes.used
    return facts


async def _read_answers(connection: Connection, shelf: Shelf, facts: Facts, changes: Changes) -> None:
    """What the known keys were answered: those of `changes` from memory, the others from the log."""
    facts.first_answers = {
        key: await replay_answer(connection, shelf, row)
        for key, row in facts.answered.items()
        if key not in changes.answered
    }
    facts.answered |= changes.answered
    facts.first_answers |= changes.first_answers


async def _why_no_raid(connection: Connection) -> WorldThreatError:
    ended = await strike_reads.newest_ended_raid(connection)
    if ended is not None and ended.outcome == RaidOutcome.VICTORY and ended.completed_at is not None:
        return BossAlreadyDefeatedError(raid_id=ended.id, defeated_at=ended.completed_at)
    return NoActiveEventError(next_starts_at=await strike_reads.next_start(connection))
