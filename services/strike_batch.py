"""All waiting strikes, judged one by one in their order: each meets the boss that the one before left.

A refused strike spends nothing and leaves no row. Nothing here asks the database: what is known was read before
(`services.strike_facts`), what is to be written is kept for after (`services.strike_books`).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from db.rows import EventRow, IdempotencyRow, RaidRow, StrikeRow, UserRow
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
from services.rules.strike_resolver import StrikeScore
from services.rules.values import Character, Equipment, StrikeAction
from services.strike_facts import Changes, Facts, Success, content_hash, parse_id

Answer = Success | WorldThreatError

JUDGED_AT_ONCE = 8
"""Half a millisecond's work: then others have their turn, among them the batch before, on its way to the database."""


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


class StrikeBatch:
    """Strikes that meet the raid of `facts` together. `answers` go to their callers once `accepted` is committed."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.answers: list[Answer] = []
        self.accepted = Accepted()
        self.changes = Changes()
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
        for place, command in enumerate(commands, 1):
            self.answers.append(self._answer(command, live))
            if gives_way and place % JUDGED_AT_ONCE == 0:
                await asyncio.sleep(0)

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

    def _answer(self, command: views.StrikeCommand, live: LiveRaid) -> Answer:
        """In the order of rules.md 2: the first check that fails is the answer."""
        facts, boss = self.facts, live.rulebook.boss
        try:
            refusals.check_team(command.character_ids, boss.rules)
            first = self._first_answer(command)
            if first is not None:
                return first
            refusals.check_raid_is_meant(live.row.id, command.raid_id)
            refusals.check_raid(live.row.id, live.state)
            user, team, equipment = self._owned(command)
            refusals.check_unused([character.id for character in team], facts.used)
            participant = facts.participants.get(user.id) or Participant(user.id)
            refusals.check_cooldown(participant, boss.rules, facts.now)
            refusals.check_something_left_to_find(command.action, live.state, boss)
            refusals.check_expectation(command.expected_sequence, live.state_changed_at)
            score = live.price(command.action, team, equipment)
            refusals.check_effect(score)
        except WorldThreatError as refused:
            return refused
        return self._accept(command, live, user, participant, team, equipment, score)

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

    def _owned(self, command: views.StrikeCommand) -> tuple[UserRow, tuple[Character, ...], Equipment | None]:
        """The player, their team and their equipment.

        Raises:
            PlayerNotFoundError, CharacterNotOwnedError, EquipmentNotOwnedError
        """
        facts = self.facts
        user = facts.users.get(command.discord_id)
        if user is None:
            raise PlayerNotFoundError(discord_id=command.discord_id)
        team: list[Character] = []
        not_owned: list[str] = []
        for text in command.character_ids:
            copy = facts.copies.get(facts.ids[text] or 0)
            if copy is None or copy.user_id != user.id:
                not_owned.append(text)
            else:
                team.append(Character(copy.id, facts.sheets[copy.revision_id], copy.stars))
        if not_owned:
            raise CharacterNotOwnedError(character_ids=tuple(not_owned))
        if command.equipment_id is None:
            return user, tuple(team), None
        owner, equipment = facts.equipment.get(parse_id(command.equipment_id) or 0, (None, None))
        if equipment is None or owner != user.id:
            raise EquipmentNotOwnedError(equipment_id=command.equipment_id)
        return user, tuple(team), equipment

    def _accept(
        self,
        command: views.StrikeCommand,
        live: LiveRaid,
        user: UserRow,
        participant: Participant,
        team: tuple[Character, ...],
        equipment: Equipment | None,
        score: StrikeScore,
    ) -> AcceptedStrike:
        facts, accepted, changes, before = self.facts, self.accepted, self.changes, live.state
        outcome = live.rulebook.manager.apply(before, participant, command.action, score, facts.now)
        row = self._strike_row(live.row.id, user.id, command.action, team, equipment, score, before, outcome)
        live.move(outcome)
        rewards = [reward for grant in outcome.grants for reward in grant.rewards]
        accepted.strikes.append(row)
        accepted.grants += [(user.id, row.number, grant) for grant in outcome.grants]
        if outcome.events:
            accepted.events += event_rows(live.row.id, outcome.events, outcome.state, live.state_changed_at)
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
            None if equipment is None else views.Equipment(equipment.id, equipment.name, equipment.effects),
        )
        key = (user.id, command.idempotency_key)
        answered = IdempotencyRow(*key, content_hash(command), live.row.id, row.number)
        accepted.keys.append(answered)
        used = [character.id for character in team]
        # What the strikes behind this one meet, and those of the next batch.
        facts.participants[user.id] = changes.strikers[user.id] = outcome.participant
        facts.used.update(used)
        changes.used.update(used)
        facts.answered[key] = changes.answered[key] = answered
        facts.first_answers[key] = changes.first_answers[key] = answer
        return answer

    def _strike_row(
        self,
        raid_id: int,
        user_id: int,
        action: StrikeAction,
        team: tuple[Character, ...],
        equipment: Equipment | None,
        score: StrikeScore,
        before: RaidState,
        outcome: StrikeOutcome,
    ) -> StrikeRow:
        after, copies = outcome.state, self.facts.copies
        return StrikeRow(
            raid_id=raid_id,
            number=after.strikes,
            user_id=user_id,
            fight=action is StrikeAction.FIGHT,
            equipped_equipment_id=None if equipment is None else equipment.id,
            team_characters=[
                [
                    character.id,
                    copies[character.id].revision_id,
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
            at=self.facts.now,
        )
