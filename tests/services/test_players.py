"""Players, their rosters in every order and page, and what they did in a raid."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from services.errors import ForbiddenError, InvalidInputError
from services.rules.configuration import RaidRules
from services.rules.values import Affinity, AffinityKind, Reward
from services.views import PUBLIC, Character, Participation, Principal, Role, RosterFilter, RosterOrder, Strike
from tests.services.world import ADMIN, ANALYZE, BOSS, BOT, FIGHT, OpenWorld, Owner, Sheet, World, elemental

HOUR = timedelta(hours=1)
FIRE, ICE = elemental("Fire"), elemental("ice")
ROSTER = (
    Sheet(100, (FIRE,), name="Zora", series="Harbour Lights", rarity=3),  # 150 with the weakness
    Sheet(140, (ICE,), name="anemone", series="Iron Orchard", rarity=1),  # 105: ice resists
    Sheet(120, (), name="Mio", series=None, rarity=6),
    Sheet(120, (FIRE, ICE), name="Ren 100%", series="harbour tales", rarity=3),  # 135
    Sheet(500, (), name="Used Up", series="Harbour Lights", rarity=2),
)


@dataclass(frozen=True, slots=True)
class Roster:
    world: World
    owner: Owner
    stranger: Owner

    async def names(self, **wanted: object) -> list[str]:
        return [character.name for character in await self.read(**wanted)]

    async def read(self, **wanted: object) -> tuple[Character, ...]:
        roster_filter = RosterFilter(**wanted)  # type: ignore[arg-type]
        page = await self.world.service.roster(BOT, self.owner.user_id, first=50, after=None, filter=roster_filter)
        assert not page.has_next
        return page.items


@pytest.fixture(scope="module")
async def roster(open_world: OpenWorld) -> AsyncIterator[Roster]:
    async with open_world() as world:
        owner, stranger = await world.players(2, await world.characters(*ROSTER))
        await world.raid(replace(BOSS, weaknesses=(elemental("FIRE"),), resistances=(elemental(" Ice "),)))
        await world.strike(owner, owner.copies[4])
        yield Roster(world, owner, stranger)


async def test_a_roster_is_ordered_by_what_each_scores_now_by_name_or_by_rarity(roster: Roster) -> None:
    assert await roster.names() == ["Used Up", "Zora", "Ren 100%", "Mio", "anemone"]
    assert await roster.names(order_by=RosterOrder.NAME) == ["anemone", "Mio", "Ren 100%", "Used Up", "Zora"]
    assert await roster.names(order_by=RosterOrder.RARITY) == ["Mio", "Zora", "Ren 100%", "Used Up", "anemone"]


async def test_a_roster_shows_score_multiplier_and_use(roster: Roster) -> None:
    uses = {character.name: character.raid_use for character in await roster.read()}
    zora, used = uses["Zora"], uses["Used Up"]
    assert zora is not None
    assert used is not None
    assert (zora.score, zora.multiplier_permille, zora.available, zora.used_at) == (100, 1_500, True, None)
    assert not used.available
    assert used.used_at is not None
    assert [use.multiplier_permille for use in uses.values() if use is not None] == [1_000, 1_500, 1_125, 1_000, 750]


async def test_a_roster_is_filtered_by_use_affinity_and_words_in_name_or_series(roster: Roster) -> None:
    assert await roster.names(available=False) == ["Used Up"]
    assert await roster.names(available=True) == ["Zora", "Ren 100%", "Mio", "anemone"]
    assert await roster.names(affinity=elemental("fire ")) == ["Zora", "Ren 100%"]
    assert await roster.names(affinity=Affinity(AffinityKind.GENRE, "fire")) == []
    assert await roster.names(search=" HARBOUR ") == ["Used Up", "Zora", "Ren 100%"]
    assert await roster.names(search="0%") == ["Ren 100%"]
    assert await roster.names(search="_") == []
    assert await roster.names(search="harbour", available=True, affinity=ICE) == ["Ren 100%"]


async def test_a_roster_of_chosen_characters_is_of_those_that_are_the_player_s(roster: Roster) -> None:
    of = {character.name: str(character.id) for character in await roster.read()}
    strange = str(roster.stranger.copies[0])
    assert await roster.names(ids=(of["Mio"], strange, of["Used Up"], "0", "no id", "")) == ["Used Up", "Mio"]
    assert await roster.names(ids=(of["Mio"], of["Used Up"]), available=True) == ["Mio"]
    assert await roster.names(ids=()) == []


@pytest.mark.parametrize("order", list(RosterOrder))
async def test_pages_of_any_size_are_the_whole_roster(roster: Roster, order: RosterOrder) -> None:
    whole = await roster.read(order_by=order)
    for size in (1, 2, 3, 5):
        seen: list[Character] = []
        after: str | None = None
        for _ in range(6):
            page = await roster.world.service.roster(
                BOT, roster.owner.user_id, first=size, after=after, filter=RosterFilter(order_by=order)
            )
            assert len(page.items) <= size
            seen += page.items
            if not page.has_next:
                break
            after = page.cursors[-1]
        assert tuple(seen) == whole


async def test_a_cursor_from_elsewhere_is_refused(roster: Roster) -> None:
    theirs = await roster.world.service.roster(BOT, roster.stranger.user_id, first=1, after=None, filter=RosterFilter())
    for after in (theirs.cursors[0], "nonsense", "", "W10", "WzEsMl0"):
        with pytest.raises(InvalidInputError, match="after"):
            await roster.world.service.roster(BOT, roster.owner.user_id, first=1, after=after, filter=RosterFilter())


async def test_a_roster_is_the_player_s_the_bot_s_and_admins_business(roster: Roster) -> None:
    owner, service = roster.owner, roster.world.service
    for principal in (owner.principal, BOT, ADMIN):
        page = await service.roster(principal, owner.user_id, first=1, after=None, filter=RosterFilter())
        assert len(page.items) == 1
        assert service.may_see_private(principal, owner.user_id)
    for principal in (PUBLIC, Principal(Role.VIEWER), roster.stranger.principal):
        assert not service.may_see_private(principal, owner.user_id)
        with pytest.raises(ForbiddenError):
            await service.roster(principal, owner.user_id, first=1, after=None, filter=RosterFilter())
        with pytest.raises(ForbiddenError):
            await service.participation(principal, discord_id=owner.discord_id, raid_id=None)
        mine, theirs = await service.balances(roster.stranger.principal, [roster.stranger.user_id, owner.user_id])
        assert mine == ()
        assert isinstance(theirs, ForbiddenError)
        (equipment,) = await service.equipment(principal, [owner.user_id])
        assert isinstance(equipment, ForbiddenError)


async def test_without_a_raid_a_roster_is_ordered_by_all_stats_and_everybody_is_available(world: World) -> None:
    owner = await world.player(*ROSTER)
    page = await world.service.roster(BOT, owner.user_id, first=9, after=None, filter=RosterFilter(available=True))
    assert [character.name for character in page.items] == ["Used Up", "anemone", "Mio", "Ren 100%", "Zora"]
    assert [character.raid_use for character in page.items] == [None] * 5


async def test_a_traded_character_shows_as_used_in_its_new_roster(world: World) -> None:
    giver, taker = await world.player(Sheet(name="Traveller"), Sheet()), await world.player()
    await world.raid()
    await world.strike(giver, giver.copies[0])
    await world.rows("UPDATE user_characters SET user_id = $1 WHERE id = $2", taker.user_id, giver.copies[0])
    page = await world.service.roster(BOT, taker.user_id, first=9, after=None, filter=RosterFilter(available=False))
    assert [character.name for character in page.items] == ["Traveller"]
    counts = [await took_part(world, owner) for owner in (giver, taker)]
    assert [(each.available_characters, each.used_characters) for each in counts] == [(1, 0), (0, 1)]


async def took_part(world: World, owner: Owner, raid_id: str | None = None) -> Participation:
    found = await world.service.participation(BOT, discord_id=owner.discord_id, raid_id=raid_id)
    assert found is not None
    return found


async def test_participation_tells_what_was_done_earned_and_is_left(world: World) -> None:
    owner, idle = await world.players(2, await world.characters(Sheet(4_000), Sheet(2_000), Sheet(10)))
    boss = replace(BOSS, analysis_thresholds=(10_000,), rules=RaidRules(cooldown_seconds=3600))
    raid = await world.raid(boss)
    await world.strike(owner, owner.copies[0])
    await world.pass_time(HOUR)
    last = await world.strike(owner, owner.copies[1], action=ANALYZE)
    done = await took_part(world, owner, str(raid.id))
    assert (done.strikes, done.fights, done.analyses) == (2, 1, 1)
    assert (done.damage, done.analysis_points, done.contribution) == (400, 200, 640)
    assert (done.tier, done.next_tier and (done.next_tier.name, done.next_tier.contribution_needed)) == (
        "bronze",
        ("silver", 860),
    )
    assert (done.available_characters, done.used_characters) == (1, 2)
    assert done.rewards == (Reward("crystals", 40 + 20 + 50),)
    assert done.ready_at == last.ready_at
    await world.pass_time(HOUR)
    assert (await took_part(world, owner)).ready_at is None
    none = await took_part(world, idle)
    assert (none.strikes, none.tier, none.available_characters, none.rewards, none.ready_at) == (0, None, 3, (), None)


async def test_participation_needs_a_raid_and_a_player(world: World) -> None:
    owner = await world.player()
    assert await world.service.participation(BOT, discord_id=owner.discord_id, raid_id=None) is None
    await world.raid()
    for raid_id in ("999999", "x"):
        assert await world.service.participation(BOT, discord_id=owner.discord_id, raid_id=raid_id) is None
    assert await world.service.participation(BOT, discord_id="nobody", raid_id=None) is None
    assert (await took_part(world, owner)).strikes == 0


async def test_balances_sum_the_ledger_over_raids(world: World) -> None:
    owner, other = await world.players(2, await world.characters(Sheet(1_000)))
    for _ in range(2):
        raid = await world.raid()
        await world.strike(owner, owner.copies[0])
        await world.service.desk.end_raid(ADMIN, raid_id=str(raid.id), reason="enough")
    assert await world.service.balances(BOT, [other.user_id, owner.user_id]) == [(), (Reward("crystals", 20),)]


async def test_players_are_found_by_discord_id_and_by_number_in_the_order_asked(world: World) -> None:
    one, two = await world.players(2)
    found = await world.service.player(PUBLIC, one.discord_id)
    assert found is not None
    assert (found.user_id, found.name) == (one.user_id, f"Player {one.discord_id}")
    assert await world.service.player(PUBLIC, "nobody") is None
    players = await world.service.players_by_user_id([two.user_id, one.user_id, two.user_id])
    assert [player.user_id for player in players] == [two.user_id, one.user_id, two.user_id]
    assert len({player.id for player in players}) == 2


async def test_the_catalogue_is_paged_by_name_and_searched_without_wildcards(world: World) -> None:
    await world.characters(*ROSTER, Sheet(name="Mio", series="Second of the name"))
    names: list[str] = []
    after: str | None = None
    for _ in range(10):
        page = await world.service.catalogue(PUBLIC, first=2, after=after, search=None)
        names += [character.name for character in page.items]
        if not page.has_next:
            break
        after = page.cursors[-1]
    assert len(names) == 6
    assert sorted(names) == sorted([*(str(sheet.name) for sheet in ROSTER), "Mio"])
    for search, found in (("harbour", 3), ("HARBOUR L", 2), ("100%", 1), ("%", 1), ("_", 0), ("\\", 0), ("  ", 6)):
        page = await world.service.catalogue(PUBLIC, first=50, after=None, search=search)
        assert len(page.items) == found, search


# ------------------------------------------------------------------ reading raids


async def test_strikes_are_listed_newest_first_of_all_or_of_one_with_the_boss_they_met(world: World) -> None:
    one, two = await world.players(2, await world.characters(*[Sheet(100, name="Ada")] * 3))
    boss = replace(BOSS, curse_every=2, curse_pool=(FIRE, ICE), analysis_thresholds=(1_000,))
    raid = await world.raid(boss)
    made = []
    for turn in range(3):
        for owner in (one, two):
            answer = await world.strike(owner, owner.copies[turn], action=FIGHT if turn else ANALYZE)
            made.append(answer.strike)
    listed: list[Strike] = []
    after: str | None = None
    for _ in range(5):
        (page,) = await world.service.strikes(PUBLIC, [raid.id], first=4, after=after, discord_id=None)
        listed += page.items
        after = page.cursors[-1]
        if not page.has_next:
            break
    assert listed == made[::-1]
    (page,) = await world.service.strikes(PUBLIC, [raid.id], first=10, after=None, discord_id=one.discord_id)
    assert list(page.items) == [strike for strike in made[::-1] if strike.user_id == one.user_id]
    (page,) = await world.service.strikes(PUBLIC, [raid.id], first=10, after=None, discord_id="nobody")
    assert page.items == ()


async def test_events_are_read_from_where_the_reader_stopped_and_by_kind(world: World) -> None:
    owner = await world.player(*[Sheet()] * 6)
    raid = await world.raid(replace(BOSS, curse_every=2, curse_pool=(FIRE, ICE)))
    for copy in owner.copies:
        await world.strike(owner, copy)
    whole = await world.events(raid)
    assert [event.sequence for event in whole] == [1, 2, 3, 4]
    (some,) = await world.service.events(PUBLIC, [raid.id], after=1, kinds=None, first=2)
    assert tuple(event.event for event in some) == whole[1:3]
    curses = (whole[1].kind,)
    (some,) = await world.service.events(PUBLIC, [raid.id], after=0, kinds=curses, first=10)
    assert tuple(event.event for event in some) == whole[1:3]
    assert {event.raid_id for event in some} == {raid.id}


async def test_the_hp_history_goes_from_full_to_now_in_no_more_than_so_many_steps(world: World) -> None:
    owners = await world.players(10, await world.characters(*[Sheet(100)] * 4))
    raid = await world.raid(replace(BOSS, stage_hp_below_permille=()))
    service = world.service
    (first_sample,) = (await service.hp_histories(PUBLIC, [raid.id], points=20))[0]
    assert (first_sample.hp, first_sample.analysis_points) == (100_000, 0)
    for turn in range(4):
        for owner in owners:
            await world.strike(owner, owner.copies[turn])
        if turn == 1:
            await service.desk.adjust_boss_hp(ADMIN, raid_id=str(raid.id), reason="hm", current_hp=50_000)
    for points in (2, 5, 20, 100):
        (samples,) = await service.hp_histories(PUBLIC, [raid.id], points=points)
        assert len(samples) <= points
        assert (samples[0].hp, samples[-1].hp) == (100_000, 49_800)
        assert [sample.at for sample in samples] == sorted(sample.at for sample in samples)
        assert [sample.hp for sample in samples] == sorted((sample.hp for sample in samples), reverse=True)
    assert 50_000 in {sample.hp for sample in samples}
    assert await service.hp_histories(PUBLIC, [999_999], points=5) == [()]


async def test_raids_are_listed_newest_first_and_by_status(world: World) -> None:
    assert (await world.service.raids(PUBLIC, first=5, after=None, status=None)).items == ()
    ended = await world.raid()
    await world.service.desk.end_raid(ADMIN, raid_id=str(ended.id), reason="enough")
    live, later = await world.raid(), await world.raid(starts_in=HOUR)
    first = await world.service.raids(PUBLIC, first=2, after=None, status=None)
    assert [raid.id for raid in first.items] == [later.id, live.id]
    rest = await world.service.raids(PUBLIC, first=2, after=first.cursors[-1], status=None)
    assert ([raid.id for raid in rest.items], first.has_next, rest.has_next) == ([ended.id], True, False)
    for raid in (ended, live, later):
        now = await world.now(raid)
        page = await world.service.raids(PUBLIC, first=5, after=None, status=now.status)
        assert page.items == (now,)
    assert await world.service.raid(PUBLIC, "x") is None
