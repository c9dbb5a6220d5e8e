"""Channels hear of the raid in order; how far each was told never moves backwards."""

import asyncio
from dataclasses import replace

import pytest

from services.errors import ForbiddenError, InvalidInputError, RaidNotFoundError
from services.rules.events import RaidEventKind
from services.views import PUBLIC, AnnouncementChannel, Raid
from tests.services.world import ADMIN, BOSS, BOT, Sheet, World, elemental

DEFEAT, CURSE = RaidEventKind.BOSS_DEFEATED, RaidEventKind.CURSE_APPLIED


async def channel(
    world: World, channel_id: str = "5", *kinds: RaidEventKind, role: str | None = None
) -> AnnouncementChannel:
    return await world.service.desk.set_announcement_channel(
        BOT, guild_id="1", channel_id=channel_id, kinds=kinds, mention_role_id=role
    )


async def told(world: World, raid: Raid, sequence: int, channel_id: str = "5") -> int:
    found = await world.service.desk.acknowledge_announcements(
        BOT, channel_id=channel_id, raid_id=str(raid.id), sequence=sequence
    )
    return found.acknowledged


async def eventful_raid(world: World) -> Raid:
    """Six events."""
    owner = await world.player(*[Sheet()] * 5)
    raid = await world.raid(replace(BOSS, curse_every=1, curse_pool=(elemental("void"),)))
    for copy in owner.copies:
        await world.strike(owner, copy)
    return await world.now(raid)


async def test_a_channel_is_made_changed_and_listed(world: World) -> None:
    made = await channel(world, "5", DEFEAT, CURSE, DEFEAT, role="9")
    assert made == AnnouncementChannel("5", "1", (DEFEAT, CURSE), "9", 0)
    changed = await channel(world, "5", CURSE)
    other = await channel(world, "4")
    assert (changed.kinds, changed.mention_role_id, other.kinds) == ((CURSE,), None, ())
    assert await world.service.desk.announcement_channels(ADMIN) == (other, changed)


async def test_what_was_told_never_moves_backwards(world: World) -> None:
    await channel(world)
    raid = await eventful_raid(world)
    assert raid.sequence == 6
    assert [await told(world, raid, sequence) for sequence in (0, 3, 1, 3, 6, 2, 0)] == [0, 3, 3, 3, 6, 6, 6]
    await channel(world, "5", CURSE)  # a change of the channel forgets nothing
    (found,) = await world.service.desk.announcement_channels(BOT)
    assert found.acknowledged == 6


async def test_of_many_that_tell_at_once_the_farthest_counts(world: World) -> None:
    await channel(world)
    raid = await eventful_raid(world)
    answers = await asyncio.gather(*(told(world, raid, sequence) for sequence in (1, 6, 2, 5, 3, 4) * 4))
    assert max(answers) == 6
    (found,) = await world.service.desk.announcement_channels(BOT)
    assert found.acknowledged == 6


async def test_each_raid_and_each_channel_is_told_by_itself(world: World) -> None:
    await channel(world)
    await channel(world, "6")
    first = await eventful_raid(world)
    assert await told(world, first, 4) == 4
    await world.service.desk.end_raid(ADMIN, raid_id=str(first.id), reason="enough")
    assert [each.acknowledged for each in await world.service.desk.announcement_channels(BOT)] == [4, 0]
    second = await world.raid()
    assert [each.acknowledged for each in await world.service.desk.announcement_channels(BOT)] == [0, 0]
    assert await told(world, first, 7) == 7
    assert await told(world, second, 1, "6") == 1
    assert [each.acknowledged for each in await world.service.desk.announcement_channels(BOT)] == [0, 1]


async def test_what_cannot_be_is_refused_and_changes_nothing(world: World) -> None:
    await channel(world)
    raid = await eventful_raid(world)
    before = await world.contents()
    for sequence in (-1, 7):
        with pytest.raises(InvalidInputError, match="sequence"):
            await told(world, raid, sequence)
    with pytest.raises(InvalidInputError, match="channelId"):
        await told(world, raid, 1, "unknown")
    for raid_id in ("999999", "x"):
        with pytest.raises(RaidNotFoundError):
            await world.service.desk.acknowledge_announcements(BOT, channel_id="5", raid_id=raid_id, sequence=1)
    for field, guild_id, channel_id, role in (
        ("guildId", "", "5", None),
        ("channelId", "1", "x" * 65, None),
        ("mentionRoleId", "1", "5", "x" * 65),
    ):
        with pytest.raises(InvalidInputError, match=field):
            await world.service.desk.set_announcement_channel(
                BOT, guild_id=guild_id, channel_id=channel_id, kinds=(), mention_role_id=role
            )
    assert await world.contents() == before


async def test_channels_are_the_bot_s_and_admins_business_telling_only_the_bot_s(world: World) -> None:
    await channel(world)
    raid = await eventful_raid(world)
    owner = await world.player()
    for principal in (PUBLIC, owner.principal):
        with pytest.raises(ForbiddenError):
            await world.service.desk.announcement_channels(principal)
        with pytest.raises(ForbiddenError):
            await world.service.desk.set_announcement_channel(
                principal, guild_id="1", channel_id="5", kinds=(), mention_role_id=None
            )
    for principal in (PUBLIC, owner.principal, ADMIN):
        with pytest.raises(ForbiddenError):
            await world.service.desk.acknowledge_announcements(
                principal, channel_id="5", raid_id=str(raid.id), sequence=1
            )
