"""The game itself: pure functions over frozen values, in integers.

No clock, no input or output, no global randomness: time comes in as an argument, chance from `draws.Draw`,
which is made from the raid's secret seed and the number of the draw alone. The same log and seed always
replay to the same raid.

    values.py           stats, affinities, characters, equipment
    configuration.py    what a raid is created with: boss, rules, rewards
    state.py            where a raid and one player's part in it stand
    events.py           what happens in a raid, and how it is told
    errors.py           why a strike is refused
    draws.py            fair draws anybody can check
    strike_resolver.py  what a strike scores                          (StrikeResolver)
    refusals.py         who may strike, checked in order
    manager.py          what a strike sets off                        (WorldThreatManager)
    raid_life.py        start, pause, resume, end, adjust, update
    reward_calculator.py  who earns what                              (RewardCalculator)
    checks.py           is this configuration playable?
    teams.py            the best team of a roster
    candidates.py       whom to choose for a team, best first, and why
    replay.py           the log through the rules once more
"""
