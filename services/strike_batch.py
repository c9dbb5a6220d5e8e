"""All waiting strikes in one transaction: read together, judged one by one in order, written together.

Each strike meets the boss that the one before left. A refused strike spends nothing and leaves no row.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from db.queries import Connection, strike_reads, strike_writes
from db.rows import CopyRow, EquipmentRow, EventRow, IdempotencyRow, RaidRow, StrikeRow, UserRow
from services import codec, views
from services.errors import (
    BossAlreadyDefeatedError,
    CharacterNotOwnedError,
    EquipmentNotOwnedError,
    IdempotencyConflictError,
    NoActiveEventError,
    PlayerNotFoundError,
    WorldThreatError,
)
from services.raid_records import (
    Rulebook,
    event_rows,
    newest_state_change,
    participant_of,
    participant_row,
    row_of,
    state_of,
)
from services.raid_views import AcceptedStrike
from services.replayed_answers import replay_answer
from services.rules import refusals
from services.rules.configuration import RaidRules
from services.rules.events import BossDefeated, BreakthroughAchieved
from services.rules.manager import StrikeOutcome
from services.rules.reward_calculator import Grant
from services.rules.state import Participant, RaidState
from services.rules.strike_resolver import StrikeScore
from services.rules.values import Character, CharacterSheet, Equipment, RaidOutcome, StrikeAction
from services.shelf import Shelf

_ID = re.compile("[1-9][0-9]{0,17}")

Success = AcceptedStrike | views.StrikeSuccess
Answer = Success | WorldThreatError


class RaidDueError(Exception):
    """A raid must start or expire before any strike can be judged."""


def content_hash(command: views.StrikeCommand) -> bytes:
    """SHA-256 of what makes two strikes the same. The order of the team does not matter, nor the expectation."""
    content = [command.action.value, *sorted(command.character_ids), "with", command.equipment_id or ""]
    return hashlib.sha256("\n".join(content).encode()).digest()


def parse_id(text: str) -> int | None:
    """The number behind an id; None for what cannot be one of ours, spelled as we spell it."""
    return int(text) if _ID.fullmatch(text) else None


@dataclass(slots=True)
class _Facts:
    """Everything the database knows about the waiting strikes."""

    now: datetime
    users: dict[str, UserRow]
    answered: dict[tuple[int, str], IdempotencyRow]
    participants: dict[int, Participant] = field(default_factory=dict)
    copies: dict[int, CopyRow] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)
    sheets: dict[int, CharacterSheet] = field(default_factory=dict)
    equipment: dict[int, EquipmentRow] = field(default_factory=dict)


@dataclass(slots=True)
class _Accepted:
    """What the batch will write."""

    strikes: list[StrikeRow] = field(default_factory=list)
    keys: list[IdempotencyRow] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)
    grants: list[tuple[int, int, Grant]] = field(default_factory=list)
    breakthroughs: list[BreakthroughAchieved] = field(default_factory=list)
    strikers: dict[int, Participant] = field(default_factory=dict)
    defeat: BossDefeated | None = None


class StrikeBatch:
    """One transaction's strikes. `connection` is in a transaction, `raid` is the live raid's locked row or None."""

    def __init__(self, connection: Connection, shelf: Shelf, raid: RaidRow | None) -> None:
        self._connection = connection
        self._shelf = shelf
        self._raid = raid
        self._answers: dict[tuple[int, str], Success] = {}
        self._accepted = _Accepted()

    async def strike_all(self, commands: Sequence[views.StrikeCommand]) -> list[Answer]:
        """Judges and writes all `commands`; the answers are true once the caller has committed."""
        facts = await self._read(commands)
        if self._raid is None:
            refusal = await self._why_no_raid()
            return [await self._answer_without_raid(command, facts, refusal) for command in commands]
        live = _LiveRaid(self._raid, await self._shelf.rulebook(self._connection, self._raid))
        answers = [await self._answer(command, facts, live) for command in commands]
        if self._accepted.strikes:
            await self._write(live, facts.now)
        return answers

    async def _read(self, commands: Sequence[views.StrikeCommand]) -> _Facts:
        connection = self._connection
        users = await strike_reads.users_by_discord_id(connection, list({each.discord_id for each in commands}))
        asked = {(users[each.discord_id].id, each.idempotency_key) for each in commands if each.discord_id in users}
        answered = await strike_reads.idempotency_rows(
            connection,
            [user_id for user_id, _ in asked],
            [key for _, key in asked],
        )
        now = await strike_reads.database_time(connection)
        facts = _Facts(now, users, answered)
        raid = self._raid
        if raid is None:
            return facts
        if raid.last_action_at is not None:
            facts.now = max(now, raid.last_action_at)  # the clock of a log never runs backwards
        user_ids = [user.id for user in users.values()]
        rows = await strike_reads.participants(connection, raid.id, user_ids)
        facts.participants = {user_id: participant_of(row) for user_id, row in rows.items()}
        copy_ids = {parse_id(text) for each in commands for text in each.character_ids} - {None}
        facts.copies = await strike_reads.copies(connection, raid.id, list(copy_ids))  # type: ignore[arg-type]
        facts.used = {copy.id for copy in facts.copies.values() if copy.used}
        facts.sheets = await self._shelf.sheets(
            {copy.revision_id for copy in facts.copies.values()},
            partial(strike_reads.revisions, connection),
        )
        equipment_ids = {parse_id(each.equipment_id) for each in commands if each.equipment_id} - {None}
        if equipment_ids:
            facts.equipment = await strike_reads.equipment(connection, list(equipment_ids))  # type: ignore[arg-type]
        return facts

    async def _why_no_raid(self) -> WorldThreatError:
        ended = await strike_reads.newest_ended_raid(self._connection)
        if ended is not None and ended.outcome == RaidOutcome.VICTORY and ended.completed_at is not None:
            return BossAlreadyDefeatedError(raid_id=ended.id, defeated_at=ended.completed_at)
        return NoActiveEventError(next_starts_at=await strike_reads.next_start(self._connection))

    async def _answer_without_raid(
        self,
        command: views.StrikeCommand,
        facts: _Facts,
        refusal: WorldThreatError,
    ) -> Answer:
        try:
            refusals.check_team(command.character_ids, RaidRules())
            return await self._first_answer(command, facts) or refusal
        except WorldThreatError as refused:
            return refused

    async def _answer(self, command: views.StrikeCommand, facts: _Facts, live: "_LiveRaid") -> Answer:
        """In the order of rules.md 2: the first check that fails is the answer."""
        try:
            refusals.check_team(command.character_ids, live.rulebook.boss.rules)
            first = await self._first_answer(command, facts)
            if first is not None:
                return first
            refusals.check_raid(live.row.id, live.state)
            user, team, equipment = _owned(command, facts)
            refusals.check_unused(
                (character.id for character in team),
                facts.used,
            )
            participant = facts.participants.get(user.id) or Participant(user.id)
            refusals.check_cooldown(participant, live.rulebook.boss.rules, facts.now)
            refusals.check_something_left_to_find(command.action, live.state, live.rulebook.boss)
            refusals.check_expectation(command.expected_sequence, live.state_changed_at)
            score = live.price(command.action, team, equipment)
            refusals.check_effect(score)
        except WorldThreatError as refused:
            return refused
        return self._accept(command, facts, live, user, participant, team, equipment, score)

    async def _first_answer(self, command: views.StrikeCommand, facts: _Facts) -> Success | None:
        """The answer that this key was given before; None for a new key. Raises IdempotencyConflictError."""
        user = facts.users.get(command.discord_id)
        if user is None:
            return None
        key = (user.id, command.idempotency_key)
        row = facts.answered.get(key)
        if row is None:
            return None
        if row.content_hash != content_hash(command):
            raise IdempotencyConflictError(idempotency_key=command.idempotency_key)
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answers[key] = await replay_answer(self._connection, self._shelf, row)
        return replace(answer, replayed=True)

    def _accept(
        self,
        command: views.StrikeCommand,
        facts: _Facts,
        live: "_LiveRaid",
        user: UserRow,
        participant: Participant,
        team: tuple[Character, ...],
        equipment: Equipment | None,
        score: StrikeScore,
    ) -> AcceptedStrike:
        before = live.state
        outcome = live.rulebook.manager.apply(before, participant, command.action, score, facts.now)
        row = _strike_row(live.row.id, user.id, command.action, team, equipment, score, before, outcome, facts)
        live.move(outcome)
        facts.participants[user.id] = outcome.participant
        facts.used.update(character.id for character in team)
        accepted = self._accepted
        accepted.strikes.append(row)
        accepted.strikers[user.id] = outcome.participant
        accepted.events += event_rows(live.row.id, outcome.events, outcome.state, live.state_changed_at)
        accepted.grants += [(user.id, row.number, grant) for grant in outcome.grants]
        rewards = [reward for grant in outcome.grants for reward in grant.rewards]
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
            before,
            outcome.state,
            outcome.events,
            tuple(rewards),
            facts.sheets,
            _equipment_view(equipment),
        )
        key = IdempotencyRow(user.id, command.idempotency_key, content_hash(command), live.row.id, row.number)
        accepted.keys.append(key)
        facts.answered[user.id, command.idempotency_key] = key
        self._answers[user.id, command.idempotency_key] = answer
        return answer

    async def _write(self, live: "_LiveRaid", now: datetime) -> None:
        connection, accepted, raid_id = self._connection, self._accepted, live.row.id
        opened: dict[int, int] = {}
        for event in accepted.breakthroughs:
            opened[event.strike_number] = event.number
        await strike_writes.add_strikes(connection, accepted.strikes, opened)
        await strike_writes.add_usage(connection, accepted.strikes)
        await strike_writes.add_idempotency_keys(connection, accepted.keys)
        await strike_writes.save_participants(
            connection,
            [participant_row(raid_id, participant) for participant in accepted.strikers.values()],
        )
        if accepted.events:
            await strike_writes.add_events(connection, accepted.events)
        await strike_writes.save_raid(
            connection,
            row_of(live.row, live.state, state_changed_at=live.state_changed_at, last_action_at=now),
        )
        if accepted.grants:
            await strike_writes.add_grants(
                connection,
                raid_id,
                [
                    (user_id, grant.kind.value, grant.key, codec.rewards_to_pairs(grant.rewards), number, now)
                    for user_id, number, grant in accepted.grants
                ],
            )
        await self._grant_to_all(live, now)

    async def _grant_to_all(self, live: "_LiveRaid", now: datetime) -> None:
        """What breakthroughs owe to all analysts and a defeat to all participants: one statement each."""
        connection, raid_id, calculator = self._connection, live.row.id, live.rulebook.calculator
        for event in self._accepted.breakthroughs:
            rewards = codec.rewards_to_pairs(calculator.calculate_breakthrough_rewards(event.number).rewards)
            await strike_writes.grant_breakthrough(connection, raid_id, event.number, rewards, event.strike_number, now)
        defeat = self._accepted.defeat
        if defeat is None:
            return
        tiers = [
            (
                0 if tier is None else tier.contribution,
                codec.rewards_to_pairs(calculator.calculate_victory_rewards(tier).rewards),
            )
            for tier in calculator.tiers()
        ]
        await strike_writes.grant_victory(connection, raid_id, tiers, defeat.strike_number, now)
        await strike_writes.grant_titles(connection, raid_id, defeat.final_blow_by, defeat.strike_number, now)


class _LiveRaid:
    """The raid while the batch moves it on."""

    def __init__(self, row: RaidRow, rulebook: Rulebook) -> None:
        self.row = row
        self.rulebook = rulebook
        self.state: RaidState = state_of(row)
        self.state_changed_at = row.state_changed_at
        self._pricing = rulebook.resolver.pricing(self.state)

    def price(self, action: StrikeAction, team: tuple[Character, ...], equipment: Equipment | None) -> StrikeScore:
        return self.rulebook.resolver.resolve(action, team, equipment, self._pricing)

    def move(self, outcome: StrikeOutcome) -> None:
        self.state = outcome.state
        if outcome.events:
            self.state_changed_at = newest_state_change(outcome.events, self.state_changed_at)
            self._pricing = self.rulebook.resolver.pricing(self.state)


def _owned(
    command: views.StrikeCommand,
    facts: _Facts,
) -> tuple[UserRow, tuple[Character, ...], Equipment | None]:
    """The player, their team and their equipment.

    Raises:
        PlayerNotFoundError, CharacterNotOwnedError, EquipmentNotOwnedError
    """
    user = facts.users.get(command.discord_id)
    if user is None:
        raise PlayerNotFoundError(discord_id=command.discord_id)
    team: list[Character] = []
    not_owned: list[str] = []
    for text in command.character_ids:
        copy_id = parse_id(text)
        copy = None if copy_id is None else facts.copies.get(copy_id)
        if copy is None or copy.user_id != user.id:
            not_owned.append(text)
        else:
            team.append(Character(copy.id, facts.sheets[copy.revision_id], copy.stars))
    if not_owned:
        raise CharacterNotOwnedError(character_ids=tuple(not_owned))
    equipment: Equipment | None = None
    if command.equipment_id is not None:
        equipment_id = parse_id(command.equipment_id)
        row = None if equipment_id is None else facts.equipment.get(equipment_id)
        if row is None or row.user_id != user.id:
            raise EquipmentNotOwnedError(equipment_id=command.equipment_id)
        equipment = Equipment(row.id, row.name, codec.effects_from_json(row.effects))
    return user, tuple(team), equipment


def _equipment_view(equipment: Equipment | None) -> views.Equipment | None:
    return None if equipment is None else views.Equipment(equipment.id, equipment.name, equipment.effects)


def _strike_row(  # noqa: PLR0913, PLR0917 - one row of the log
    raid_id: int,
    user_id: int,
    action: StrikeAction,
    team: tuple[Character, ...],
    equipment: Equipment | None,
    score: StrikeScore,
    before: RaidState,
    outcome: StrikeOutcome,
    facts: _Facts,
) -> StrikeRow:
    after = outcome.state
    return StrikeRow(
        raid_id=raid_id,
        number=after.strikes,
        user_id=user_id,
        fight=action is StrikeAction.FIGHT,
        equipped_equipment_id=None if equipment is None else equipment.id,
        team_characters=[
            [
                character.id,
                facts.copies[character.id].revision_id,
                character.stars,
                member.score,
                member.multiplier_permille,
            ]
            for character, member in zip(team, score.team, strict=True)
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
        at=facts.now,
    )
