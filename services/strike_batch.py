"""All waiting strikes, judged in their order: each meets the boss that the one before left.

A refused strike spends nothing and leaves no row. Nothing here asks the database: what is known was read before
(`services.strike_facts`), what is to be written is kept for after (`services.strike_books`).

Only the meeting itself has to go strike by strike. What comes before and after it is done for some strikes together,
step by step, which takes a quarter less than all steps for one strike after the other: a step's code and what it looks
at stay in the processor's caches.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from db.queries.batch_writes import BatchParameters
from db.rows import CopyRow, EventRow, IdempotencyRow, RaidRow, StrikeRow, UserRow
from services import views
from services.errors import (
    CharacterNotOwnedError,
    EquipmentNotOwnedError,
    IdempotencyConflictError,
    PlayerNotFoundError,
    WorldThreatError,
)
from services.raid_records import Rulebook, event_rows, newest_state_change, row_of, state_of
from services.raid_views import AcceptedStrike
from services.rules import refusals
from services.rules.configuration import RaidRules
from services.rules.events import BossDefeated, BreakthroughAchieved
from services.rules.manager import StrikeOutcome
from services.rules.reward_calculator import Grant
from services.rules.state import Participant, RaidState
from services.rules.strike_resolver import Pricing, StrikeScore
from services.rules.values import Character, Equipment, StrikeAction
from services.strike_facts import Changes, Facts, Success, content_hash, parse_id

Answer = Success | WorldThreatError

JUDGED_TOGETHER = 16
"""Half a millisecond's work: then others have their turn, among them the batch before, on its way to the database."""


class Owned(NamedTuple):
    """Who strikes, and with what of theirs."""

    user: UserRow
    copies: list[CopyRow]
    team: tuple[Character, ...]
    """Of `copies`."""
    equipment: Equipment | None


class Meeting(NamedTuple):
    """A strike that met the boss."""

    command: views.StrikeCommand
    owned: Owned
    score: StrikeScore
    before: RaidState
    outcome: StrikeOutcome
    state_changed_at: int


@dataclass(slots=True, eq=False)
class Entry:
    """A strike while it is judged. Once it is refused, or found to be answered before, it has its `answer`.

    `owned` may be why it will be refused, which is told in its turn. `score` holds as long as `pricing` does.
    """

    command: views.StrikeCommand
    owned: Owned | WorldThreatError | None = None
    pricing: Pricing | None = None
    score: StrikeScore | None = None
    answer: Answer | None = None


@dataclass(slots=True)
class Accepted:
    """What the batch will write."""

    strikes: list[StrikeRow] = field(default_factory=list)
    keys: list[IdempotencyRow] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)
    grants: list[tuple[int, int, Grant]] = field(default_factory=list)
    """(user id, number of the strike, grant)"""
    breakthroughs: list[BreakthroughAchieved] = field(default_factory=list)
    defeat: BossDefeated | None = None


class LiveRaid:
    """The raid while the batch moves it on. `pricing` is another object after whatever changes what strikes score."""

    def __init__(self, row: RaidRow, rulebook: Rulebook) -> None:
        self.row = row
        self.rulebook = rulebook
        self.state: RaidState = state_of(row)
        self.state_changed_at = row.state_changed_at
        self.pricing = rulebook.resolver.pricing(self.state)

    def price(self, action: StrikeAction, owned: Owned) -> StrikeScore:
        return self.rulebook.resolver.resolve(action, owned.team, owned.equipment, self.pricing)

    def move(self, outcome: StrikeOutcome) -> None:
        self.state = outcome.state
        if outcome.events:
            self.state_changed_at = newest_state_change(outcome.events, self.state_changed_at)
            self.pricing = self.rulebook.resolver.pricing(self.state)


class StrikeBatch:
    """Strikes that meet the raid of `facts` together. `answers` go to their callers once `accepted` is committed.

    `books` are `accepted`, as the database takes them.
    """

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.answers: list[Answer] = []
        self.accepted = Accepted()
        self.changes = Changes()
        self.books: BatchParameters | None = None
        self._live: LiveRaid | None = None

    @cached_property
    def row_after(self) -> RaidRow | None:
        """The raid's row when this batch is written; not to be asked for before it is judged."""
        live = self._live
        if live is None or not self.accepted.strikes:
            return self.facts.raid
        return row_of(live.row, live.state, state_changed_at=live.state_changed_at, last_action_at=self.facts.now)

    async def judge(self, commands: Sequence[views.StrikeCommand], *, gives_way: bool = True) -> None:
        """Once. Waits for nothing, but `gives_way` to other tasks now and then: not while the raid is locked."""
        facts = self.facts
        if facts.raid is None or facts.rulebook is None:
            self.answers = [self._answer_without_raid(command) for command in commands]
            return
        live = self._live = LiveRaid(facts.raid, facts.rulebook)
        for together in _in_groups(commands):
            self.answers += self._judge(together, live)
            if gives_way:
                await asyncio.sleep(0)

    def _judge(self, commands: Sequence[views.StrikeCommand], live: LiveRaid) -> list[Answer]:
        """None of `commands` repeats another one's key. The checks are in the order of rules.md 2."""
        entries = [self._enter(command, live) for command in commands]
        for entry in entries:
            if isinstance(entry.owned, Owned):
                entry.pricing, entry.score = live.pricing, live.price(entry.command.action, entry.owned)
        meetings = [self._meet(entry, live) for entry in entries]
        accepted = iter([self._accept(meeting, live) for meeting in meetings if meeting is not None])
        return [next(accepted) if entry.answer is None else entry.answer for entry in entries]

    def _answer_without_raid(self, command: views.StrikeCommand) -> Answer:
        try:
            refusals.check_team(command.character_ids, RaidRules())
            first = self._first_answer(command)
        except WorldThreatError as refused:
            return refused
        if first is not None:
            return first
        if self.facts.refusal is None:
            raise LookupError("without a live raid the facts say why")
        return self.facts.refusal

    def _enter(self, command: views.StrikeCommand, live: LiveRaid) -> Entry:
        """With what it needs of what no other strike changes."""
        entry = Entry(command)
        try:
            refusals.check_team(command.character_ids, live.rulebook.boss.rules)
        except WorldThreatError as refused:
            entry.answer = refused
            return entry
        try:
            entry.owned = self._owned(command)
        except WorldThreatError as refused:
            entry.owned = refused
        return entry

    def _meet(self, entry: Entry, live: LiveRaid) -> Meeting | None:
        """The strike meets the boss in its turn, and moves it on; None when it has its answer."""
        if entry.answer is not None:
            return None
        facts, boss, command = self.facts, live.rulebook.boss, entry.command
        try:
            entry.answer = self._first_answer(command)
            if entry.answer is not None:
                return None
            refusals.check_raid_is_meant(live.row.id, command.raid_id)
            refusals.check_raid(live.row.id, live.state)
            owned = entry.owned
            if not isinstance(owned, Owned):
                raise owned or LookupError("a team was not looked up")
            used = [copy.id for copy in owned.copies]
            refusals.check_unused(used, facts.used)
            player = owned.user.id
            participant = facts.participants.get(player) or Participant(player)
            refusals.check_cooldown(participant, boss.rules, facts.now)
            refusals.check_something_left_to_find(command.action, live.state, boss)
            refusals.check_expectation(command.expected_sequence, live.state_changed_at)
            score = entry.score
            if score is None or entry.pricing is not live.pricing:
                score = live.price(command.action, owned)
            refusals.check_effect(score)
        except WorldThreatError as refused:
            entry.answer = refused
            return None
        before = live.state
        outcome = live.rulebook.manager.apply(before, participant, command.action, score, facts.now)
        live.move(outcome)
        # What the strikes behind this one meet, and those of the next batch.
        facts.participants[player] = self.changes.strikers[player] = outcome.participant
        facts.used.update(used)
        self.changes.used.update(used)
        return Meeting(command, owned, score, before, outcome, live.state_changed_at)

    def _first_answer(self, command: views.StrikeCommand) -> Success | None:
        """The answer that this key was given before; None for a new key. Raises IdempotencyConflictError."""
        user = self.facts.users.get(command.discord_id)
        if user is None:
            return None
        key = (user.id, command.idempotency_key)
        row = self.facts.answered.get(key)
        if row is None:
            return None
        if row.content_hash != content_hash(command):
            raise IdempotencyConflictError(idempotency_key=command.idempotency_key)
        return replace(self.facts.first_answers[key], replayed=True)

    def _owned(self, command: views.StrikeCommand) -> Owned:
        """The player, their team and their equipment.

        Raises:
            PlayerNotFoundError, CharacterNotOwnedError, EquipmentNotOwnedError
        """
        facts = self.facts
        user = facts.users.get(command.discord_id)
        if user is None:
            raise PlayerNotFoundError(discord_id=command.discord_id)
        copies: list[CopyRow] = []
        not_owned: list[str] = []
        for text in command.character_ids:
            copy = facts.copies.get(text)
            if copy is None or copy.user_id != user.id:
                not_owned.append(text)
            else:
                copies.append(copy)
        if not_owned:
            raise CharacterNotOwnedError(character_ids=tuple(not_owned))
        sheets = facts.sheets
        team = tuple([Character(copy.id, sheets[copy.revision_id], copy.stars) for copy in copies])
        if command.equipment_id is None:
            return Owned(user, copies, team, None)
        owner, equipment = facts.equipment.get(parse_id(command.equipment_id) or 0, (None, None))
        if equipment is None or owner != user.id:
            raise EquipmentNotOwnedError(equipment_id=command.equipment_id)
        return Owned(user, copies, team, equipment)

    def _accept(self, meeting: Meeting, live: LiveRaid) -> AcceptedStrike:
        """Keeps what is to be written, and what this strike answers."""
        facts, accepted, changes = self.facts, self.accepted, self.changes
        command, outcome, (user, _copies, _team, equipment) = meeting.command, meeting.outcome, meeting.owned
        row = self._strike_row(live.row.id, meeting)
        rewards = [reward for grant in outcome.grants for reward in grant.rewards]
        accepted.strikes.append(row)
        accepted.grants += [(user.id, row.number, grant) for grant in outcome.grants]
        if outcome.events:
            accepted.events += event_rows(live.row.id, outcome.events, outcome.state, meeting.state_changed_at)
            for event in outcome.events:
                if isinstance(event, BreakthroughAchieved):
                    accepted.breakthroughs.append(event)
                elif isinstance(event, BossDefeated):
                    accepted.defeat = event
                    calculator = live.rulebook.calculator
                    tier = calculator.tier(outcome.participant.contribution)
                    rewards += calculator.calculate_victory_rewards(tier).rewards
        answer = AcceptedStrike(
            live.row,
            live.rulebook,
            row,
            meeting.before,
            outcome.state,
            outcome.events,
            tuple(rewards),
            facts.sheets,
            None if equipment is None else views.Equipment(equipment.id, equipment.name, equipment.effects),
        )
        key = (user.id, command.idempotency_key)
        answered = IdempotencyRow(*key, content_hash(command), live.row.id, row.number)
        accepted.keys.append(answered)
        # For a strike that repeats the key: it is in a later group.
        facts.answered[key] = changes.answered[key] = answered
        facts.first_answers[key] = changes.first_answers[key] = answer
        return answer

    def _strike_row(self, raid_id: int, meeting: Meeting) -> StrikeRow:
        command, (user, copies, _team, equipment), score, before, outcome, _changed = meeting
        after = outcome.state
        return StrikeRow(
            raid_id=raid_id,
            number=after.strikes,
            user_id=user.id,
            fight=command.action is StrikeAction.FIGHT,
            equipped_equipment_id=None if equipment is None else equipment.id,
            team_characters=[
                [copy.id, copy.revision_id, copy.stars, member.score, member.multiplier_permille]
                for copy, member in zip(copies, score.team, strict=True)
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
            at=self.facts.now,
        )


def _in_groups(commands: Sequence[views.StrikeCommand]) -> Iterator[list[views.StrikeCommand]]:
    """In their order. No group repeats a key: who repeats one meets the answer that the first was given."""
    group: list[views.StrikeCommand] = []
    keys: set[tuple[str, str]] = set()
    for command in commands:
        key = (command.discord_id, command.idempotency_key)
        if len(group) == JUDGED_TOGETHER or key in keys:
            yield group
            group, keys = [], set()
        group.append(command)
        keys.add(key)
    if group:
        yield group
