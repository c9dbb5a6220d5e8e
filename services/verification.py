"""Is a raid what its rules, its seed and its log make of it, bit for bit? (rules.md 7)

The raid is played again from the configuration it was created with. Every strike, event, use, participant and
grant, the raid's row and its configuration now are compared with what comes out; then the accounts are added up
in SQL, which shares no line with the rules.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from db.engine import Database
from db.queries import Connection, strike_reads, verification
from db.queries.verification import ActionRow
from db.rows import RaidRow
from services import codec
from services.differences import Difference, EnoughError, Findings, shown
from services.errors import RaidNotFoundError
from services.ledger_check import LedgerCheck
from services.log_check import UNREADABLE, LogCheck, Story
from services.raid_records import participant_row, row_of
from services.rules.events import RaidEventKind
from services.rules.replay import RaidReplay
from services.rules.state import new_raid
from services.strike_facts import parse_id

__all__ = ["Difference", "Progress", "VerificationReport", "verify_raid"]

PAGE: Final = 2_000
LARGEST_LIST: Final = 20

Progress = Callable[[int, int], None]
"""Hears how many strikes are replayed, and how many there are."""


@dataclass(frozen=True, slots=True)
class VerificationReport:
    """What was compared, and every difference in the order of the raid; `complete` is False when there were more
    than could be listed, or one behind which nothing can be replayed.
    """

    raid_id: int
    raid_name: str
    strikes: int
    events: int
    characters_used: int
    participants: int
    grants: int
    differences: tuple[Difference, ...]
    complete: bool

    @property
    def agrees(self) -> bool:
        return not self.differences


async def verify_raid(
    database: Database, raid_id: str, progress: Progress = lambda _done, _total: None
) -> VerificationReport:
    """Verifies the raid as it stood at one moment; strikes may go on meanwhile.

    Memory: a page of the log, everybody who took part, and eight bytes for each grant. At the end whole logs are
    added up by single statements: for a raid of a million strikes give `database` a minute for each.

    Raises:
        RaidNotFoundError
    """
    number = parse_id(raid_id)
    async with (
        database.driver_connection() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        raid = None if number is None else await strike_reads.raid_row(connection, number)
        if raid is None:
            raise RaidNotFoundError(raid_id=raid_id)
        return await _Verification(connection, raid).run(progress)


class _Verification:
    def __init__(self, connection: Connection, raid: RaidRow) -> None:
        self._connection = connection
        self._raid = raid
        self._findings = Findings()
        self._participants = 0

    async def run(self, progress: Progress) -> VerificationReport:
        story: Story | None = None
        complete = True
        try:
            revision, boss, original = await strike_reads.configuration(self._connection, self._raid.id)
            actions = await verification.actions(self._connection, self._raid.id)
            story = self._story(original, actions)
            ledger = LedgerCheck(self._connection, self._raid.id, self._findings)
            log = LogCheck(self._connection, story, self._findings, ledger)
            total = self._raid.fights + self._raid.analyses
            await log.run(lambda done: progress(done, total))
            self._compare_raid(story, revision, boss)
            await self._compare_participants(story)
            await ledger.finish()
            self._compare_acts(story.acts, actions)
            await self._find_strays(story)
            await self._add_up()
        except EnoughError:
            complete = False
        sums = await verification.other_sums(self._connection, self._raid.id)
        return VerificationReport(
            raid_id=self._raid.id,
            raid_name=self._raid.raid_name,
            strikes=0 if story is None else story.replay.state.strikes,
            events=0 if story is None else story.events,
            characters_used=0 if story is None else story.characters,
            participants=self._participants,
            grants=sums.grants,
            differences=self._findings.differences,
            complete=complete,
        )

    def _story(self, original: dict[str, Any], actions: list[ActionRow]) -> Story:
        """The raid before its first event. Raises EnoughError when what it was created with cannot be read."""
        try:
            boss = codec.boss_from_json(original)
        except UNREADABLE as error:
            self._findings.note("configuration", "original", shown(original), "a boss that can be read")
            raise EnoughError from error
        created = next((each.after for each in actions if each.action == "create_raid"), {})
        try:
            name, ends_at = created["name"], created["ends_at"]
            starts_at = datetime.fromisoformat(created["starts_at"])
            state = new_raid(
                boss,
                starts_at=starts_at,
                ends_at=None if ends_at is None else datetime.fromisoformat(ends_at),
            )
        except UNREADABLE as error:
            self._findings.note("admin log", "create_raid", shown(created), "name, starts_at and ends_at of the raid")
            raise EnoughError from error
        self._findings.compare("configuration", "original", original, created.get("boss"))
        return Story(self._raid.id, name, boss, RaidReplay(boss, self._raid.secret_seed, state))

    def _compare_raid(self, story: Story, revision: int, boss: dict[str, Any]) -> None:
        state = story.replay.state
        before = self._raid._replace(
            raid_name=story.name,
            total_hp=state.total_hp,
            configuration_revision=story.revision,
        )
        expected = row_of(
            before,
            state,
            state_changed_at=story.state_changed_at,
            last_action_at=story.last_action_at,
        )
        self._findings.compare_rows("raid", self._raid, expected)
        self._findings.compare("configuration", "revision", revision, story.revision)
        self._findings.compare("configuration", "boss", boss, codec.boss_to_json(story.boss))

    async def _compare_participants(self, story: Story) -> None:
        replayed, after = dict(story.replay.participants), 0
        while page := await verification.participants(self._connection, self._raid.id, after, PAGE):
            after = page[-1].user_id
            self._participants += len(page)
            for row in page:
                place, expected = f"participant {row.user_id}", replayed.pop(row.user_id, None)
                if expected is None:
                    self._findings.note(place, "", "somebody who struck", "nobody")
                else:
                    self._findings.compare_rows(place, row, participant_row(self._raid.id, expected))
        for user_id in sorted(replayed):
            self._findings.note(f"participant {user_id}", "", "nobody", "somebody who struck")

    def _compare_acts(self, told: list[tuple[str, str]], actions: list[ActionRow]) -> None:
        """The admin log and the events tell the same acts for the same reasons."""
        logged = [(_KIND_OF_ACTION[each.action], each.reason) for each in actions if each.action in _KIND_OF_ACTION]
        for index in range(max(len(logged), len(told))):
            place = f"admin act {index + 1}"
            kind, reason = told[index] if index < len(told) else ("nothing", "nothing")
            logged_kind, logged_reason = logged[index] if index < len(logged) else ("nothing", "nothing")
            self._findings.compare(place, "kind of the event", kind, logged_kind, by="in the admin log")
            self._findings.compare(place, "reason of the event", reason, logged_reason, by="in the admin log")

    async def _find_strays(self, story: Story) -> None:
        """Rows that no strike knows of: what replaying cannot come by."""
        used = (await verification.other_sums(self._connection, self._raid.id)).usages
        for usage in (
            ()
            if used == story.characters
            else await verification.stray_usages(self._connection, self._raid.id, LARGEST_LIST)
        ):
            place = f"use of character {usage.character_id}"
            self._findings.note(place, "", f"used in strike {usage.number}", "not in its team")
        for user_id, key, number in await verification.stray_idempotency_keys(
            self._connection, self._raid.id, LARGEST_LIST
        ):
            place = f"idempotency key {shown(key)} of player {user_id}"
            self._findings.note(place, "number", str(number), "a strike of this player, and of this key only")

    async def _add_up(self) -> None:
        """The sums of rules.md 7, counted in the database."""
        raid, connection = self._raid, self._connection
        log = await verification.log_sums(connection, raid.id)
        other = await verification.other_sums(connection, raid.id)
        won = raid.outcome == "victory"
        accounts: list[tuple[str, int | None, int | None]] = [
            ("total_hp - current_hp", raid.total_hp - raid.current_hp, log.damage + raid.hp_adjusted),
            ("damage", raid.damage, log.damage),
            ("current_analysis_points", raid.current_analysis_points, log.analysis_points),
            ("fights", raid.fights, log.fights),
            ("fights + analyses", raid.fights + raid.analyses, log.strikes),
            ("the newest strike's number", log.newest_number, log.strikes),
            ("participants", raid.participants, log.participants),
            ("analysts", raid.analysts, log.analysts),
            ("rows of participants", other.participants, log.participants),
            ("team sizes in all", log.team_sizes, log.team_members),
            ("characters used", other.usages, log.team_sizes),
            ("sequence", raid.sequence, other.events),
            ("the newest event's sequence", other.newest_sequence, other.events),
            ("defeats", other.defeats, int(won)),
            ("the strike of the defeat", other.defeated_by_number, log.newest_number if won else None),
        ]
        for name, stored, counted in accounts:
            self._findings.compare("accounts", name, stored, counted, by="counted")
        for user_id, name, kept, logged in await verification.unbalanced_participants(
            connection, raid.id, LARGEST_LIST
        ):
            self._findings.compare(f"accounts of participant {user_id}", name, kept, logged, by="counted")
        for metric, step, kept, counted in await verification.unbalanced_steps(connection, raid.id, LARGEST_LIST):
            self._findings.compare(f"accounts of {metric}, step {step}", "players", kept, counted, by="counted")
        for number, met, left in await verification.broken_hp_chain(connection, raid.id, LARGEST_LIST):
            self._findings.compare(
                f"accounts of strike {number}", "HP before it", met, left, by="left by what came before"
            )


_KIND_OF_ACTION: Final = {
    "pause_raid": RaidEventKind.RAID_PAUSED.value,
    "resume_raid": RaidEventKind.RAID_RESUMED.value,
    "adjust_boss_hp": RaidEventKind.HP_ADJUSTED.value,
    "update_raid": RaidEventKind.RAID_UPDATED.value,
    "end_raid": RaidEventKind.RAID_ENDED.value,
}
