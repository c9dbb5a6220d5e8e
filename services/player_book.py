"""Players: who they are, what they own, what they have done, what they may do."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from db.engine import Database
from db.queries import administration, players, raids, reminders
from db.rows import OwnedRow, RevisionRow
from services import codec, views
from services.errors import InvalidInputError, PlayerNotFoundError, UnknownCharactersError
from services.paging import decode_cursor, encode_cursor, page
from services.permissions import require_private
from services.raid_administration import Actor
from services.raid_reader import RaidReader, player_view
from services.raid_records import Rulebook, participant_of, sheet_of, state_of
from services.rules.refusals import ready_at
from services.rules.state import Participant
from services.rules.strike_resolver import Pricing
from services.rules.values import (
    STATS,
    Affinity,
    Character,
    CharacterSheet,
    EquipmentEffect,
    EquipmentEffectKind,
    Reward,
)
from services.views import Page, Principal, RosterFilter, RosterOrder

LONGEST_NAME = 100
LONGEST_REASON = 1_000
FORGOTTEN: Final = "Forgotten player"
GRANTS_AT_ONCE = 500


def character_view(
    owned: OwnedRow,
    sheet: CharacterSheet,
    pricing: tuple[Rulebook, Pricing] | None,
) -> views.Character:
    """A player's copy; `pricing` is the live raid's, None without one."""
    use = None
    if pricing is not None:
        rulebook, prices = pricing
        scored = rulebook.resolver.character_score(Character(owned.id, sheet, owned.stars), prices)
        use = views.CharacterRaidUse(
            available=owned.used_at is None,
            used_at=owned.used_at,
            score=scored.score,
            multiplier_permille=scored.multiplier_permille,
        )
    return views.Character(
        id=owned.id,
        key=owned.key,
        name=sheet.name,
        series=sheet.series,
        rarity=sheet.rarity,
        stars=owned.stars,
        stats=_stats(sheet.stats),
        affinities=sheet.affinities,
        image_url=sheet.image_url,
        raid_use=use,
    )


def _stats(stats: Sequence[int]) -> tuple[views.StatValue, ...]:
    return tuple(views.StatValue(stat, value) for stat, value in zip(STATS, stats, strict=True))


class PlayerBook:
    def __init__(self, database: Database, reader: RaidReader) -> None:
        self._database = database
        self._reader = reader

    async def player(self, discord_id: str) -> views.Player | None:
        user = await self._reader.user(discord_id)
        return None if user is None else player_view(user)

    async def players(self, user_ids: Sequence[int]) -> list[views.Player]:
        """In the order of `user_ids`, in one statement. Every id must be a player's."""
        async with self._database.reading() as connection:
            found = await players.users(connection, user_ids)
        return [player_view(found[user_id]) for user_id in user_ids]

    async def _live_pricing(self) -> tuple[int, Rulebook, Pricing] | None:
        """(raid id, rulebook, prices) of the live raid."""
        found = await self._reader.live_raid()
        if found is None:
            return None
        row, rulebook = self._reader.with_rulebook(found)
        return row.id, rulebook, rulebook.resolver.pricing(state_of(row))

    async def rosters(
        self,
        user_ids: Sequence[int],
        *,
        first: int,
        after: str | None,
        roster_filter: RosterFilter,
    ) -> list[Page[views.Character] | InvalidInputError]:
        """Each player's characters in the filter's order, in two statements for all of them.

        A cursor stays good while the roster changes; whose list it is not in has the error in the page's place.
        Raises InvalidInputError for what is no cursor at all.
        """
        last = decode_cursor(after, int)
        live = await self._live_pricing()
        async with self._database.reading() as connection:
            found = await players.rosters(connection, user_ids, None if live is None else live[0])
        pricing = None if live is None else live[1:]
        pages: list[Page[views.Character] | InvalidInputError] = []
        for user_id in user_ids:
            characters = [
                character_view(owned, self._reader.sheet(revision), pricing) for owned, revision in found[user_id]
            ]
            pages.append(_roster_page(characters, first, last, roster_filter))
            # A hundred rosters take a while to score: strikes go on meanwhile.
            await asyncio.sleep(0)
        return pages

    async def equipment(self, user_ids: Sequence[int]) -> list[tuple[views.Equipment, ...]]:
        """Each player's, in one statement."""
        async with self._database.reading() as connection:
            found = await players.equipment(connection, user_ids)
        return [
            tuple(views.Equipment(row.id, row.name, codec.effects_from_json(row.effects)) for row in found[user_id])
            for user_id in user_ids
        ]

    async def balances(self, user_ids: Sequence[int]) -> list[tuple[Reward, ...]]:
        """What the ledger granted each player in all, in one statement: the host game knows what was spent."""
        async with self._database.reading() as connection:
            found = await players.balances(connection, user_ids)
        return [tuple(Reward(currency, amount) for currency, amount in found[user_id]) for user_id in user_ids]

    async def participation(
        self,
        principal: Principal,
        *,
        discord_id: str,
        raid_id: str | None,
    ) -> views.Participation | None:
        """None when there is no such raid or player. Raises ForbiddenError for whom it does not concern."""
        found = await self._reader.live_raid() if raid_id is None else None
        user = await self._reader.user(discord_id)
        require_private(principal, -1 if user is None else user.id)
        async with self._database.reading() as connection:
            if found is None:
                number = await self._reader.raid_id_or_current(connection, raid_id)
                found = None if number is None else await raids.raid(connection, number)
            if user is None or found is None:
                return None
            raid, rulebook = self._reader.with_rulebook(found)
            standing = await players.standing(connection, user.id, raid.id)
            rewards = (await players.balances(connection, [user.id], raid.id))[user.id]
        row = standing.participant
        participant = Participant(user.id) if row is None else participant_of(row)
        calculator, boss = rulebook.calculator, rulebook.boss
        tier = calculator.tier(participant.contribution)
        next_tier = calculator.next_tier(participant.contribution)
        last = participant.last_action_at
        ready = None if last is None else ready_at(last, boss.rules)
        return views.Participation(
            raid_id=raid.id,
            player=player_view(user),
            strikes=participant.strikes,
            fights=participant.fights,
            analyses=participant.analyses,
            damage=participant.damage,
            analysis_points=participant.analysis_points,
            contribution=participant.contribution,
            tier=None if tier is None else tier.name,
            next_tier=None
            if next_tier is None
            else views.NextTier(next_tier.name, next_tier.contribution - participant.contribution),
            ready_at=ready if ready is not None and ready > standing.now else None,
            available_characters=standing.available,
            used_characters=standing.used,
            rewards=tuple(Reward(currency, amount) for currency, amount in rewards),
        )

    async def catalogue(self, *, first: int, after: str | None, search: str | None) -> Page[views.CatalogueCharacter]:
        """All characters by name; `search` looks into names and series."""
        last = decode_cursor(after, str, int)
        async with self._database.reading() as connection:
            rows = await players.catalogue(
                connection,
                after=None if last is None else (str(last[0]), int(last[1])),
                search=search.strip() if search else None,
                limit=first + 1,
            )
        return page(
            rows, first, lambda row: _catalogue_view(row[1], row[2]), lambda row: encode_cursor(row[2].name, row[0])
        )

    async def register(self, discord_id: str, name: str) -> tuple[views.Player, bool]:
        """The player, and whether they are new; a known player takes the new name."""
        if not 1 <= len(discord_id) <= 64 or not discord_id.strip() == discord_id:
            raise InvalidInputError("discordId", "must have 1 to 64 characters and no blanks around them.")
        if not 1 <= len(name.strip()) <= LONGEST_NAME:
            raise InvalidInputError("name", f"must have 1 to {LONGEST_NAME} characters.")
        async with self._database.transaction() as connection:
            row, new = await players.register(connection, discord_id, name.strip())
        return player_view(row), new

    async def grant_characters(
        self,
        actor: Actor,
        discord_id: str,
        grants: tuple[tuple[str, int | None], ...],
    ) -> tuple[views.Character, ...]:
        """Gives characters of the catalogue; without stars they come with their rarity.

        Raises:
            PlayerNotFoundError, UnknownCharactersError, InvalidInputError
        """
        if not 1 <= len(grants) <= GRANTS_AT_ONCE:
            raise InvalidInputError("grants", f"must have 1 to {GRANTS_AT_ONCE} entries; this has {len(grants)}.")
        if len({key for key, _ in grants}) < len(grants):
            raise InvalidInputError("grants", "names a character twice.")
        for index, (_, stars) in enumerate(grants):
            if stars is not None and not 1 <= stars <= 6:
                raise InvalidInputError(f"grants[{index}].stars", f"must be from 1 to 6; {stars} is not.")
        live = await self._live_pricing()
        async with self._database.transaction() as connection:
            user = await players.user_by_discord_id(connection, discord_id)
            if user is None:
                raise PlayerNotFoundError(discord_id=discord_id)
            known = await players.catalogue_ids(connection, [key for key, _ in grants])
            unknown = tuple(key for key, _ in grants if key not in known)
            if unknown:
                raise UnknownCharactersError(character_keys=unknown)
            copies = await players.grant_copies(
                connection,
                user.id,
                [(known[key][0], known[key][1] if stars is None else stars) for key, stars in grants],
            )
            await reminders.rearm(connection, user.id)
            given = {"characters": [list(each) for each in grants]}
            await _note(connection, actor, "grant_characters", f"for player {user.public_id}", given)
            rows = await players.copies(connection, copies, user.id, None if live is None else live[0])
        by_id = {
            owned.id: character_view(owned, self._reader.sheet(revision), live[1:] if live else None)
            for owned, revision in rows
        }
        return tuple(by_id[copy_id] for copy_id in copies)

    async def grant_equipment(
        self,
        actor: Actor,
        discord_id: str,
        name: str,
        effects: tuple[EquipmentEffect, ...],
    ) -> views.Equipment:
        """Gives one piece of equipment. Raises PlayerNotFoundError, InvalidInputError."""
        if not 1 <= len(name.strip()) <= LONGEST_NAME:
            raise InvalidInputError("name", f"must have 1 to {LONGEST_NAME} characters.")
        if not 1 <= len(effects) <= 10:
            raise InvalidInputError("effects", f"must have 1 to 10 entries; this has {len(effects)}.")
        for index, effect in enumerate(effects):
            _check_effect(f"effects[{index}]", effect)
        documents = codec.effects_to_json(effects)
        async with self._database.transaction() as connection:
            user = await players.user_by_discord_id(connection, discord_id)
            if user is None:
                raise PlayerNotFoundError(discord_id=discord_id)
            row = await players.add_equipment(connection, user.id, name.strip(), documents)
            given = {"name": name, "effects": documents}
            await _note(connection, actor, "grant_equipment", f"for player {user.public_id}", given)
        return views.Equipment(row.id, row.name, effects)

    async def forget(self, actor: Actor, discord_id: str, reason: str) -> tuple[views.Player, list[int]]:
        """The player without name and Discord id, and the tokens of theirs that have ended. What they did stays.

        Raises:
            PlayerNotFoundError, InvalidInputError
        """
        if not 1 <= len(reason.strip()) <= LONGEST_REASON:
            raise InvalidInputError("reason", f"say why, in 1 to {LONGEST_REASON} characters.")
        async with self._database.transaction() as connection:
            user = await players.user_by_discord_id(connection, discord_id)
            if user is None:
                raise PlayerNotFoundError(discord_id=discord_id)
            ended = await players.forget(connection, user.id, FORGOTTEN)
            # Neither the name nor the id: the log can never be changed.
            after = {"player": user.public_id, "forgotten": True, "tokens": ended}
            await _note(connection, actor, "forget_player", reason.strip(), after, before={"player": user.public_id})
        return player_view(user._replace(discord_id=None, name=FORGOTTEN)), ended


async def _note(
    connection: AsyncConnection,
    actor: Actor,
    action: str,
    reason: str,
    after: codec.Json,
    before: codec.Json | None = None,
) -> None:
    await administration.add_admin_action(
        connection,
        raid_id=None,
        actor=actor.name,
        token_id=actor.token_id,
        action=action,
        reason=reason,
        before=before or {},
        after=after,
    )


def _check_effect(path: str, effect: EquipmentEffect) -> None:
    """AFFINITY_ADD carries an affinity, STAT_BONUS a stat and an amount, FINAL_SCORE_BONUS an amount; nothing else."""
    needs = {
        EquipmentEffectKind.AFFINITY_ADD: (True, False, False),
        EquipmentEffectKind.STAT_BONUS: (False, True, True),
        EquipmentEffectKind.FINAL_SCORE_BONUS: (False, False, True),
    }[effect.kind]
    given = (effect.affinity is not None, effect.stat is not None, effect.amount is not None)
    if given != needs:
        wanted = [name for name, need in zip(("affinity", "stat", "amount"), needs, strict=True) if need]
        raise InvalidInputError(path, f"{effect.kind.value} takes {' and '.join(wanted)}, and nothing else.")
    if effect.amount is not None and not 1 <= effect.amount <= 1_000_000:
        raise InvalidInputError(f"{path}.amount", f"must be from 1 to 1000000; {effect.amount} is not.")


def _catalogue_view(key: str, revision: RevisionRow) -> views.CatalogueCharacter:
    sheet = sheet_of(revision)
    return views.CatalogueCharacter(
        key=key,
        name=sheet.name,
        series=sheet.series,
        rarity=sheet.rarity,
        stats=_stats(sheet.stats),
        affinities=sheet.affinities,
        image_url=sheet.image_url,
    )


def _roster_page(
    characters: Sequence[views.Character],
    first: int,
    last: tuple[int | str, ...] | None,
    roster_filter: RosterFilter,
) -> Page[views.Character] | InvalidInputError:
    """`last`: the character that the page before ended with, by its id."""
    listed = sorted(filter(_matches(roster_filter), characters), key=_ORDERS[roster_filter.order_by])
    if last is not None:
        positions = [position for position, character in enumerate(listed) if character.id == last[0]]
        if not positions:
            return InvalidInputError("after", "the character of this cursor is not in the list any more; start over.")
        listed = listed[positions[0] + 1 :]
    return page(listed, first, lambda each: each, lambda each: encode_cursor(each.id))


def is_sought(character: views.Character | CharacterSheet, search: str | None, affinity: Affinity | None) -> bool:
    """Whether `search` is part of its name or series, in any case, and it has the affinity; None asks for nothing."""
    part = (search or "").strip().casefold()
    found = part in character.name.casefold() or part in (character.series or "").casefold()
    return found and (affinity is None or affinity in character.affinities)


def _matches(wanted: RosterFilter) -> Callable[[views.Character], bool]:
    """Whether a character is asked for. Without a live raid every character is available."""
    ids = None if wanted.ids is None else frozenset(wanted.ids)

    def matches(character: views.Character) -> bool:
        if ids is not None and str(character.id) not in ids:
            return False
        available = character.raid_use is None or character.raid_use.available
        return (wanted.available is None or wanted.available == available) and is_sought(
            character, wanted.search, wanted.affinity
        )

    return matches


def _by_effective_score(character: views.Character) -> tuple[int, int]:
    use = character.raid_use
    weight = sum(value.value for value in character.stats) if use is None else use.score * use.multiplier_permille
    return -weight, character.id


_ORDERS: dict[RosterOrder, Callable[[views.Character], tuple[int | str, int]]] = {
    RosterOrder.EFFECTIVE_SCORE: _by_effective_score,
    RosterOrder.NAME: lambda character: (character.name.casefold(), character.id),
    RosterOrder.RARITY: lambda character: (-character.rarity, character.id),
}
