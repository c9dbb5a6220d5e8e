from tests.services.world import *
from dataclasses import replace
async def test_x(world):
    cs = await world.characters(Sheet(100), Sheet(200, (elemental("fire"),)), Sheet(0))
    ps = await world.players(3, cs)
    boss = replace(BOSS, curse_every=2, curse_pool=(elemental("fire"),elemental("ice")), analysis_thresholds=(5,25,500))
    r = await world.raid(boss)
    for p in ps:
        a=await world.strike(p, p.copies[0])
        a=await world.strike(p, p.copies[1],p.copies[2],action=ANALYZE)
    await books_balance(world.database, r.id)
    print(len(await world.contents()), await world.events(r))
    await world.pass_time(timedelta(hours=1))
