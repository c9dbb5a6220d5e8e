"""What a strike would do, and who should make it. Spends nothing, promises nothing: the boss may change."""

from functools import partial

from db.engine import Database
from db.queries import administration, leaderboards, players, raids
from services import codec, views
from services.errors import CharacterNotOwnedError, EquipmentNotOwnedError, NoActiveEventError, PlayerNotFoundError
from services.player_book import character_view
from services.raid_reader import RaidReader
from services.raid_records import participant_of, state_of
from services.rules import refusals
from services.rules.configuration import RaidRules
from services.rules.strike_resolver import StrikeScore
from services.rules.teams import best_team
from services.rules.values import Character, Equipment, RaidOutcome, StrikeAction
from services.strike_batch import parse_id


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
        async with self._database.reading() as connection:
            found = await raids.live_raid(connection)
            refusals.check_team(character_ids, RaidRules() if found is None else self._rules(found))
            if found is None:
                ended = await raids.newest_ended_raid(connection)
                if ended is not None and ended.outcome == RaidOutcome.VICTORY:
                    refusals.check_raid(ended.id, state_of(ended))
                raise NoActiveEventError(next_starts_at=await raids.next_start(connection))
            raid, rulebook = self._reader.with_rulebook(found)
            state = state_of(raid)
            refusals.check_raid(raid.id, state)
            user = await players.user_by_discord_id(connection, discord_id)
            if user is None:
                raise PlayerNotFoundError(discord_id=discord_id)
            numbers = [parse_id(text) for text in character_ids]
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
            row = await leaderboards.participant(connection, raid.id, user.id)
            now = await administration.database_time(connection)
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
            (copy.id for copy, _ in copies if copy.used_at is not None),
        )
        if row is not None:
            refusals.check_cooldown(participant_of(row), rulebook.boss.rules, now)
        refusals.check_something_left_to_find(action, state, rulebook.boss)
        team = tuple(Character(copy.id, sheet, copy.stars) for copy, sheet in copies)
        score = rulebook.resolver.resolve(action, team, equipment, rulebook.resolver.pricing(state))
        refusals.check_effect(score)
        return preview_view(score, team, state.sequence)

    def _rules(self, found: raids.RaidAndBoss) -> RaidRules:
        return self._reader.with_rulebook(found)[1].boss.rules

    async def suggest(self, discord_id: str, action: StrikeAction, size: int) -> views.SuggestedTeam | None:
        """The best unused team of `size`, or of all that are left; None without a raid or an unused character.

        Raises PlayerNotFoundError.
        """
        async with self._database.reading() as connection:
            user = await players.user_by_discord_id(connection, discord_id)
            if user is None:
                raise PlayerNotFoundError(discord_id=discord_id)
            found = await raids.live_raid(connection)
            if found is None:
                return None
            raid, rulebook = self._reader.with_rulebook(found)
            rows = (await players.rosters(connection, [user.id], raid.id))[user.id]
        state = state_of(raid)
        pricing = rulebook.resolver.pricing(state)
        unused = {copy.id: (copy, self._reader.sheet(revision)) for copy, revision in rows if copy.used_at is None}
        roster = [Character(copy.id, sheet, copy.stars) for copy, sheet in unused.values()]
        size = min(max(size, rulebook.boss.rules.min_team_size), rulebook.boss.rules.max_team_size)
        best = best_team(rulebook.resolver, action, roster, pricing, size)
        if best is None or len(best[0]) < rulebook.boss.rules.min_team_size:
            return None
        team, score = best
        show = partial(character_view, pricing=(rulebook, pricing))
        return views.SuggestedTeam(
            characters=tuple(show(*unused[character.id]) for character in team),
            preview=preview_view(score, team, state.sequence),
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
