"""Both logs and the deeds of clock and admins through the rules once more, each row against what comes out."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Final

from db.queries import Connection, strike_reads, verification
from db.queries.verification import LogRow, UsageRow
from db.rows import EventRow, StrikeRow
from services import codec
from services.differences import EnoughError, Findings, shown
from services.ledger_check import LedgerCheck
from services.raid_records import event_of, event_rows, newest_state_change
from services.rules import raid_life, refusals
from services.rules.configuration import BossConfiguration
from services.rules.errors import InvalidTransitionError, WorldThreatError
from services.rules.events import (
    BossDefeated,
    BreakthroughAchieved,
    RaidChanged,
    RaidEvent,
    RaidEventKind,
    RaidStarted,
)
from services.rules.manager import StrikeOutcome
from services.rules.replay import LoggedStrike, RaidReplay
from services.rules.reward_calculator import RewardCalculator
from services.rules.state import Participant, RaidState
from services.rules.strike_resolver import StrikeScore
from services.rules.values import Character, CharacterSheet, Equipment, RaidOutcome, RaidStatus, StrikeAction
from services.shelf import Shelf

PAGE: Final = 2_000
# What a stored document can do to whoever reads it, when somebody wrote into it.
UNREADABLE: Final = (AttributeError, KeyError, IndexError, TypeError, ValueError, codec.UnknownVersionError)
CAUSES: Final = frozenset(
    {
        RaidEventKind.RAID_STARTED,
        RaidEventKind.RAID_PAUSED,
        RaidEventKind.RAID_RESUMED,
        RaidEventKind.RAID_UPDATED,
        RaidEventKind.HP_ADJUSTED,
        RaidEventKind.RAID_ENDED,
    },
)
"""The events that the clock or an admin made: replaying starts from them. All others must follow by themselves."""


@dataclass(slots=True)
class Story:
    """A raid as far as it has been replayed, with what the rules' own state does not hold.

    `acts` are what admins did: the event's kind, and the reason it gives.
    """

    raid_id: int
    name: str
    boss: BossConfiguration
    replay: RaidReplay
    revision: int = 1
    state_changed_at: int = 0
    last_action_at: datetime | None = None
    events: int = 0
    characters: int = 0
    acts: list[tuple[str, str]] = field(default_factory=list)

    @property
    def calculator(self) -> RewardCalculator:
        return RewardCalculator(self.boss.rewards, self.boss.tier)


class _Events:
    """The stored events, one after the other, read page by page."""

    def __init__(self, connection: Connection, raid_id: int) -> None:
        self._connection = connection
        self._raid_id = raid_id
        self._rows: deque[EventRow] = deque()
        self._after = 0

    async def head(self) -> EventRow | None:
        """The next one, which stays the next; None behind the last."""
        if not self._rows:
            self._rows.extend(await verification.events(self._connection, self._raid_id, self._after, PAGE))
            if self._rows:
                self._after = self._rows[-1].sequence
        return self._rows[0] if self._rows else None

    def pop(self) -> None:
        self._rows.popleft()


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the strikes of one page refer to."""

    sheets: dict[int, CharacterSheet]
    equipment: dict[int, Equipment]
    usages: dict[int, UsageRow]


class LogCheck:
    def __init__(self, connection: Connection, story: Story, findings: Findings, ledger: LedgerCheck) -> None:
        self._connection = connection
        self._story = story
        self._findings = findings
        self._ledger = ledger
        self._events = _Events(connection, story.raid_id)
        self._shelf = Shelf()

    async def run(self, progress: Callable[[int], None]) -> None:
        """Replays everything; `progress` hears how many strikes are done. Raises EnoughError."""
        after = 0
        while page := await verification.strikes(self._connection, self._story.raid_id, after, PAGE):
            after = page[-1].strike.number
            facts = await self._facts(page)
            for row in page:
                await self._changes_up_to(row.strike.sequence_before)
                await self._strike(row, facts)
            progress(self._story.replay.state.strikes)
        await self._changes_up_to(None)

    async def _facts(self, page: list[LogRow]) -> _Facts:
        """Raises EnoughError when what the strikes refer to is not there or cannot be read."""
        strikes = [row.strike for row in page]
        worn = {strike.equipped_equipment_id for strike in strikes} - {None}
        found = await strike_reads.equipment(self._connection, list(worn))  # type: ignore[arg-type]  # None is out
        try:
            members = [member for strike in strikes for member in strike.team_characters]
            copies = [int(member[0]) for member in members]
            revisions = {int(member[1]) for member in members}
            return _Facts(
                sheets=await self._shelf.sheets(revisions, partial(strike_reads.revisions, self._connection)),
                equipment={
                    row.id: Equipment(row.id, row.name, codec.effects_from_json(row.effects)) for row in found.values()
                },
                usages=await verification.usages(self._connection, self._story.raid_id, copies),
            )
        except UNREADABLE as error:
            place = f"strikes {strikes[0].number} to {strikes[-1].number}"
            self._findings.note(place, "team_characters or equipment", "unreadable", f"readable ({error})")
            raise EnoughError from error

    # ------------------------------------------------------------------ the clock and admins

    async def _changes_up_to(self, sequence: int | None) -> None:
        """Replays what the clock and admins did before a strike that knows of `sequence` events; None: to the end."""
        while (row := await self._events.head()) and (sequence is None or row.sequence <= sequence):
            expected = self._story.replay.state.sequence + 1
            if row.kind not in CAUSES:
                if sequence is not None and row.sequence >= expected:
                    return  # a strike still to come set it off, or the strike claims to know too much
                self._stray(row)
                continue
            if row.sequence < expected:
                self._stray(row)
                continue
            if row.sequence > expected:
                self._missing(expected, "an event")
                self._story.replay.state = replace(self._story.replay.state, sequence=row.sequence - 1)
            await self._change(row)

    def _stray(self, row: EventRow) -> None:
        self._events.pop()
        self._findings.note(f"event {row.sequence}", "", f"a {row.kind}", "nothing that sets it off")

    def _missing(self, sequence: int, what: str) -> None:
        self._findings.note(f"event {sequence}", "", "nothing", what)

    async def _change(self, row: EventRow) -> None:
        story, place = self._story, f"event {row.sequence}"
        try:
            event = event_of(row)
            if not isinstance(event, RaidStarted | RaidChanged):
                raise TypeError(f"{row.kind} is no cause")
            _check_step(story.raid_id, story.replay.state, event)
            events = story.replay.change(event)
        except WorldThreatError as refused:
            self._events.pop()
            self._findings.note(place, "", f"a {row.kind}", f"a refusal: {refused}")
            story.replay.state = replace(story.replay.state, sequence=row.sequence)
            return
        except UNREADABLE as error:
            self._findings.note(place, "payload", shown(row.payload), "something that can be read")
            raise EnoughError from error
        if isinstance(event, RaidChanged) and event.reason is not None:
            story.acts.append((event.kind.value, event.reason))
        if isinstance(event, RaidChanged) and event.kind is RaidEventKind.RAID_UPDATED:
            self._update(event)
        await self._compare_events(events)
        state = story.replay.state
        if state.outcome is RaidOutcome.EXPIRED:
            await self._ledger.owe_expiry(
                state, story.replay.participants.values(), story.calculator, event.occurred_at
            )

    def _update(self, event: RaidChanged) -> None:
        story, changes = self._story, event.changes
        story.revision += 1
        story.name = (changes.name or story.name).strip()
        story.boss = replace(
            story.boss,
            description=story.boss.description if changes.description is None else changes.description,
            rewards=changes.rewards or story.boss.rewards,
        )

    async def _compare_events(self, events: tuple[RaidEvent, ...]) -> None:
        """One act's events, with the boss as it left it, against the next stored ones."""
        if not events:
            return
        story = self._story
        story.events += len(events)
        story.state_changed_at = newest_state_change(events, story.state_changed_at)
        for expected in event_rows(story.raid_id, events, story.replay.state, story.state_changed_at):
            while (stored := await self._events.head()) and stored.sequence < expected.sequence:
                self._stray(stored)
            if stored is None or stored.sequence > expected.sequence:
                self._missing(expected.sequence, f"a {expected.kind}")
                continue
            self._events.pop()
            self._findings.compare_rows(f"event {expected.sequence}", stored, expected)

    # ------------------------------------------------------------------ strikes

    async def _strike(self, row: LogRow, facts: _Facts) -> None:
        story, strike = self._story, row.strike
        replay = story.replay
        place, before = f"strike {strike.number}", replay.state
        logged = self._logged(strike, facts)
        self._check_allowed(place, logged)
        score, outcome = replay.strike(logged)
        if score.points < 1:
            self._findings.note(place, "", "accepted", "refused: it has no effect")
        story.last_action_at = strike.at
        self._findings.compare_rows(place, strike, _expected(strike, score, before, outcome))
        self._compare_own_columns(place, row, before, outcome)
        self._compare_usages(place, strike, facts)
        await self._compare_events(outcome.events)
        await self._ledger.owe(strike.user_id, outcome.grants, outcome.state.strikes, strike.at)
        for event in outcome.events:
            if isinstance(event, BreakthroughAchieved):
                await self._ledger.owe_breakthrough(event, replay.participants.values(), story.calculator)
            elif isinstance(event, BossDefeated):
                await self._ledger.owe_victory(event, replay.participants.values(), story.calculator)

    def _logged(self, strike: StrikeRow, facts: _Facts) -> LoggedStrike:
        """The strike's causes. Raises EnoughError when they cannot be read: nothing behind it can be replayed."""
        place = f"strike {strike.number}"
        try:
            team = tuple(
                Character(copy_id, facts.sheets[revision_id], stars)
                for copy_id, revision_id, stars, _score, _multiplier in strike.team_characters
                if isinstance(copy_id, int) and isinstance(stars, int)
            )
            if len(team) != len(strike.team_characters):
                raise TypeError("an id or stars that are no number")
        except UNREADABLE as error:
            wanted = "members [character, revision, stars, score, multiplier] whose revisions there are"
            self._findings.note(place, "team_characters", shown(strike.team_characters), wanted)
            raise EnoughError from error
        worn = None
        if strike.equipped_equipment_id is not None:
            worn = facts.equipment.get(strike.equipped_equipment_id)
            if worn is None:
                self._findings.note(
                    place, "equipped_equipment_id", str(strike.equipped_equipment_id), "known equipment"
                )
                raise EnoughError
        action = StrikeAction.FIGHT if strike.fight else StrikeAction.ANALYZE
        return LoggedStrike(strike.user_id, action, team, worn, strike.at)

    def _check_allowed(self, place: str, strike: LoggedStrike) -> None:
        """Whether the rules take the strike at all (rules.md 2), as far as the log can tell."""
        story = self._story
        rules, state = story.boss.rules, story.replay.state
        participant = story.replay.participants.get(strike.player) or Participant(strike.player)
        if story.last_action_at is not None and strike.struck_at < story.last_action_at:
            latest = f"not before {story.last_action_at.isoformat()}"
            self._findings.note(place, "at", strike.struck_at.isoformat(), latest)
        try:
            refusals.check_team([str(character.id) for character in strike.team], rules)
            refusals.check_raid(story.raid_id, state)
            refusals.check_cooldown(participant, rules, strike.struck_at)
            refusals.check_something_left_to_find(strike.action, state, story.boss)
        except WorldThreatError as refused:
            self._findings.note(place, "", "accepted", f"refused: {refused}")

    def _compare_own_columns(self, place: str, row: LogRow, before: RaidState, outcome: StrikeOutcome) -> None:
        opened = [event.number for event in outcome.events if isinstance(event, BreakthroughAchieved)]
        self._findings.compare(place, "team_size", row.team_size, len(row.strike.team_characters))
        if row.strike.fight:
            self._findings.compare(place, "boss_hp_before", row.boss_hp_before, before.hp)
        else:
            self._findings.compare(place, "milestone_triggered", row.milestone_triggered, bool(opened))
            self._findings.compare(place, "threshold_reached", row.threshold_reached, max(opened, default=None))

    def _compare_usages(self, place: str, strike: StrikeRow, facts: _Facts) -> None:
        for member in strike.team_characters:
            self._story.characters += 1
            expected = UsageRow(member[0], strike.user_id, strike.number, strike.at)
            stored = facts.usages.get(member[0])
            if stored is None:
                self._findings.note(f"{place}: use of character {member[0]}", "", "nothing", "used")
            else:
                self._findings.compare_rows(f"{place}: use of character {member[0]}", stored, expected)


def _check_step(raid_id: int, state: RaidState, event: RaidStarted | RaidChanged) -> None:
    """Raises WorldThreatError for a step of the clock that was not due, or any in a raid that is over."""
    raid_life.check_not_over(raid_id, state)
    if isinstance(event, RaidStarted):
        if not raid_life.is_due_to_start(state, event.occurred_at):
            raise InvalidTransitionError("raidId", f"a raid that is {state.status.value} was not due to start")
    elif event.changes.outcome is RaidOutcome.EXPIRED and not raid_life.is_due_to_expire(state, event.occurred_at):
        raise InvalidTransitionError("raidId", f"a raid that is {state.status.value} was not due to expire")
    elif event.kind is not RaidEventKind.RAID_ENDED and event.changes.outcome is not None:
        raise InvalidTransitionError("raidId", "only the raid's end has an outcome")
    elif state.status is RaidStatus.SCHEDULED and event.kind is RaidEventKind.HP_ADJUSTED:
        raise InvalidTransitionError("raidId", "the raid had not started")


def _expected(strike: StrikeRow, score: StrikeScore, before: RaidState, outcome: StrikeOutcome) -> StrikeRow:
    """The log's row as the rules make it from its causes."""
    after = outcome.state
    return StrikeRow(
        raid_id=strike.raid_id,
        number=after.strikes,
        user_id=strike.user_id,
        fight=strike.fight,
        equipped_equipment_id=strike.equipped_equipment_id,
        team_characters=[
            [*member[:3], scored.score, scored.multiplier_permille]
            for member, scored in zip(strike.team_characters, score.team, strict=True)
        ],
        base_score=score.base_score,
        affinity_permille=score.affinity_permille,
        stage_permille=score.stage_permille,
        final_score=score.final_score,
        damage_dealt=outcome.damage_dealt,
        overkill=outcome.overkill,
        analysis_points=outcome.analysis_points,
        sequence_before=before.sequence,
        sequence_after=after.sequence,
        boss_hp_after=after.hp,
        analysis_points_after=after.analysis_points,
        damage_after=after.damage,
        fights_after=after.fights,
        participants_after=after.participants,
        strikes_since_last_curse_after=after.curse_clock,
        at=strike.at,
    )
