"""What a strike would do, and who should make it. Spends nothing, promises nothing: the boss may change."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from db.engine import Database
from db.queries import players, raids
from db.rows import OwnedRow
from services import codec, views
from services.errors import CharacterNotOwnedError, EquipmentNotOwnedError, NoActiveEventError, PlayerNotFoundError
from services.paging import decode_cursor, encode_cursor
from services.player_book import character_view, is_sought
from services.raid_reader import RaidReader
from services.raid_records import Rulebook, participant_of, state_of
from services.rules import refusals
from services.rules.candidates import Candidate, candidates
from services.rules.configuration import RaidRules
from services.rules.strike_resolver import Pricing, StrikeScore
from services.rules.teams import best_team
from services.rules.values import Affinity, Character, CharacterSheet, Equipment, RaidOutcome, StrikeAction
from services.strike_facts import parse_id

STRIKES_LOOKED_BACK = 25


class StrikePlanner:
    def __init__(self, database: Database, reader: RaidReader) -> None:
        self._database = database
        self._reader = reader

    async def preview(
        self,
        discord_id: str,
        action: StrikeAction,
        character_ids: tuple[str, ...],
        equipment_id: str | None,
    ) -> views.StrikePreview:
        """What this strike would score now. Raises what the strike would be refused with, in the same order."""
        found = await self._reader.live_raid()
        refusals.check_team(character_ids, RaidRules() if found is None else self._rules(found))
        if found is None:
            await self._refuse_without_raid()
        raid, rulebook = self._reader.with_rulebook(found)
        state = state_of(raid)
        refusals.check_raid(raid.id, state)
        user = await self._reader.user(discord_id)
        if user is None:
            raise PlayerNotFoundError(discord_id=discord_id)
        numbers = [parse_id(text) for text in character_ids]
        async with self._database.reading() as connection:
            owned = {
                copy.id: (copy, self._reader.sheet(revision))
                for copy, revision in await players.copies(
                    connection,
                    [number for number in numbers if number is not None],
                    user.id,
                    raid.id,
                )
            }
            pieces = [] if equipment_id is None else (await players.equipment(connection, [user.id]))[user.id]
            standing = await players.standing(connection, user.id, raid.id)
        missing = tuple(text for text, number in zip(character_ids, numbers, strict=True) if number not in owned)
        if missing:
            raise CharacterNotOwnedError(character_ids=missing)
        equipment = next(
            (
                Equipment(piece.id, piece.name, codec.effects_from_json(piece.effects))
                for piece in pieces
                if piece.id == parse_id(equipment_id or "")
            ),
            None,
        )
        if equipment_id is not None and equipment is None:
            raise EquipmentNotOwnedError(equipment_id=equipment_id)
        copies = [owned[number] for number in numbers if number is not None]
        refusals.check_unused(
            (copy.id for copy, _ in copies),
            {copy.id for copy, _ in copies if copy.used_at is not None},
        )
        if standing.participant is not None:
            refusals.check_cooldown(participant_of(standing.participant), rulebook.boss.rules, standing.now)
        refusals.check_something_left_to_find(action, state, rulebook.boss)
        team = tuple(Character(copy.id, sheet, copy.stars) for copy, sheet in copies)
        score = rulebook.resolver.resolve(action, team, equipment, rulebook.resolver.pricing(state))
        refusals.check_effect(score)
        return preview_view(score, team, state.sequence)

    async def _refuse_without_raid(self) -> NoReturn:
        """Raises BossAlreadyDefeatedError, NoActiveEventError."""
        async with self._database.reading() as connection:
            ended = await raids.newest_ended_raid(connection)
            next_starts_at = await raids.next_start(connection)
        if ended is not None and ended.outcome == RaidOutcome.VICTORY:
            refusals.check_raid(ended.id, state_of(ended))
        raise NoActiveEventError(next_starts_at=next_starts_at)

    def _rules(self, found: raids.RaidAndBoss) -> RaidRules:
        return self._reader.with_rulebook(found)[1].boss.rules

    async def suggest(
        self, discord_id: str, wanted: Sequence[tuple[StrikeAction, int]]
    ) -> list[views.SuggestedTeam | None]:
        """For each action and size the best unused team of that size, or of all that are left; None without a raid or
        an unused character. The player's characters are read once.

        Raises PlayerNotFoundError.
        """
        found = await self._unused(discord_id)
        return [None if found is None else found.suggestion(action, size) for action, size in wanted]

    async def candidates(
        self,
        discord_id: str,
        action: StrikeAction,
        *,
        search: str | None,
        affinity: Affinity | None,
        first: int,
        after: str | None,
    ) -> views.CountedPage[views.TeamCandidate] | None:
        """The player's unused characters, best first for this action on this boss now; None without a live raid.

        A cursor is a place in that order: it stays good when characters are used or the boss changes meanwhile.

        Raises PlayerNotFoundError, InvalidInputError for what is no cursor.
        """
        last = decode_cursor(after, int, int)
        found = await self._unused(discord_id)
        if found is None:
            return None
        sought = [character for character in found.roster() if is_sought(character.sheet, search, affinity)]
        listed = candidates(found.rulebook.resolver, action, sought, found.pricing)
        if last is not None:
            weight, number = int(last[0]), int(last[1])
            listed = [each for each in listed if (-each.weight, each.character.id) > (-weight, number)]
        shown = listed[:first]
        return views.CountedPage(
            items=tuple(_candidate_view(each, found.view(each.character.id)) for each in shown),
            cursors=tuple(encode_cursor(each.weight, each.character.id) for each in shown),
            has_next=len(listed) > first,
            total=len(sought),
        )

    async def last_team(self, discord_id: str) -> views.LastTeam | None:
        """Of the player's newest strikes the first that sent somebody who can strike in the live raid, with those.

        A character strikes once in a raid, so this is a team of an earlier one. At most STRIKES_LOOKED_BACK strikes
        are looked at; None when there is no such strike, or no live raid. Raises PlayerNotFoundError.
        """
        found = await self._unused(discord_id)
        if found is None:
            return None
        async with self._database.reading() as connection:
            strikes = await raids.past_strikes(
                connection, found.user_id, not_in=found.raid_id, limit=STRIKES_LOOKED_BACK
            )
            pieces = (await players.equipment(connection, [found.user_id]))[found.user_id]
        largest = found.rulebook.boss.rules.max_team_size
        for strike in strikes:
            copies = [member[0] for member in strike.team_characters]
            left = [number for number in copies if number in found.copies][:largest]
            if left:
                equipment = next((piece for piece in pieces if piece.id == strike.equipped_equipment_id), None)
                return views.LastTeam(
                    strike_id=f"{strike.raid_id}.{strike.number}",
                    action=StrikeAction.FIGHT if strike.fight else StrikeAction.ANALYZE,
                    struck_at=strike.at,
                    characters=tuple(found.view(number) for number in left),
                    complete=len(left) == len(copies),
                    equipment=None
                    if equipment is None
                    else views.Equipment(equipment.id, equipment.name, codec.effects_from_json(equipment.effects)),
                )
        return None

    async def _unused(self, discord_id: str) -> "_Unused | None":
        """The player's characters that have not struck in the live raid; None without one.

        Raises PlayerNotFoundError.
        """
        user = await self._reader.user(discord_id)
        if user is None:
            raise PlayerNotFoundError(discord_id=discord_id)
        found = await self._reader.live_raid()
        if found is None:
            return None
        raid, rulebook = self._reader.with_rulebook(found)
        async with self._database.reading() as connection:
            rows = (await players.rosters(connection, [user.id], raid.id))[user.id]
        state = state_of(raid)
        return _Unused(
            user_id=user.id,
            raid_id=raid.id,
            sequence=state.sequence,
            rulebook=rulebook,
            pricing=rulebook.resolver.pricing(state),
            copies={copy.id: (copy, self._reader.sheet(revision)) for copy, revision in rows if copy.used_at is None},
        )


@dataclass(frozen=True, slots=True)
class _Unused:
    """Whom a player can still send into the live raid, and what prices them there."""

    user_id: int
    raid_id: int
    sequence: int
    rulebook: Rulebook
    pricing: Pricing
    copies: dict[int, tuple[OwnedRow, CharacterSheet]]

    def suggestion(self, action: StrikeAction, size: int) -> views.SuggestedTeam | None:
        rules = self.rulebook.boss.rules
        size = min(max(size, rules.min_team_size), rules.max_team_size)
        best = best_team(self.rulebook.resolver, action, self.roster(), self.pricing, size)
        if best is None or len(best[0]) < rules.min_team_size:
            return None
        team, score = best
        return views.SuggestedTeam(
            characters=tuple(self.view(character.id) for character in team),
            preview=preview_view(score, team, self.sequence),
        )

    def roster(self) -> list[Character]:
        return [Character(copy.id, sheet, copy.stars) for copy, sheet in self.copies.values()]

    def view(self, copy_id: int) -> views.Character:
        return character_view(*self.copies[copy_id], (self.rulebook, self.pricing))


def _candidate_view(candidate: Candidate, character: views.Character) -> views.TeamCandidate:
    return views.TeamCandidate(
        character=character,
        score=candidate.score,
        multiplier_permille=candidate.multiplier_permille,
        power=candidate.power,
        points=candidate.points,
        weaknesses=candidate.weaknesses,
        curses=candidate.curses,
    )


def preview_view(score: StrikeScore, team: tuple[Character, ...], sequence: int) -> views.StrikePreview:
    return views.StrikePreview(
        base_score=score.base_score,
        affinity_permille=score.affinity_permille,
        stage_permille=score.stage_permille,
        final_score=score.final_score,
        points=score.points,
        team=tuple(
            views.StrikeCharacter(member.character_id, character.sheet.name, member.score, member.multiplier_permille)
            for character, member in zip(team, score.team, strict=True)
        ),
        sequence=sequence,
    )
