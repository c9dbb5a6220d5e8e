"""What /raid_rewards tells of the victory to come."""

from dataclasses import replace
from datetime import UTC, datetime

from bot.seeing.facts import Milestone, Raid, Reward, RewardRules, Standing, Status, Tier
from bot.seeing.rewards import rewards_view

RULES = RewardRules(
    milestones=(Milestone(250, (Reward("crystals", 50),)), Milestone(3_000, (Reward("crystals", 300),))),
    victory=(Reward("crystals", 500), Reward("daphine", 1)),
    tiers=(Tier("bronze", 500, 1000), Tier("silver", 1_500, 1500), Tier("gold", 3_000, 2000)),
)
STANDING = Standing(
    strikes=9,
    damage=1_500,
    analysis_points=100,
    contribution=1_620,
    rank=4,
    tier="silver",
    next_tier="gold",
    contribution_to_next_tier=1_380,
    ready_at=None,
    available_characters=3,
    rewards=(Reward("crystals", 1_234),),
)
RAID = Raid(
    id="1",
    name="A raid",
    boss="Gloomtide",
    image_url=None,
    status=Status.ACTIVE,
    outcome=None,
    sequence=1,
    starts_at=datetime(2030, 1, 1, tzinfo=UTC),
    ends_at=None,
    completed_at=None,
    hp=10,
    total_hp=10,
    hp_permille=1000,
    stage=1,
    stages=1,
    stage_hp_below_permille=(),
    stage_message=None,
    analysis_points=0,
    breakthroughs=0,
    thresholds=(),
    next_threshold=None,
    weaknesses=(),
    resistances=(),
    curses=(),
    strikes_until_curse=5,
    strikes=9,
    participants=4,
)


def lines_of(standing: Standing | None, locale: str = "en") -> list[str]:
    view = rewards_view(locale, (), RAID, standing, RULES)
    return "\n".join(str(getattr(item, "content", "")) for item in view.walk_children()).splitlines()


def test_each_tier_has_its_pay_and_the_own_one_stands_out() -> None:
    lines = lines_of(STANDING)
    assert "For taking part: 💎 500 crystals · 1 daphine" in lines
    assert "Bronze (from 500 contribution): 💎 500 crystals · 1 daphine" in lines
    assert "**Silver (from 1,500 contribution): 💎 750 crystals · 1 daphine** ◂" in lines
    assert "Gold (from 3,000 contribution): 💎 1,000 crystals · 2 daphine" in lines


def test_the_next_milestone_and_tier_are_named() -> None:
    lines = lines_of(STANDING)
    assert "Earned so far: 💎 1,234 crystals" in lines
    assert "🎯 1,380 contribution to your next milestone: 💎 300 crystals" in lines
    assert "🎖️ **Silver** tier, 1,380 to Gold" in lines


def test_below_the_first_tier_the_plain_share_is_ones_own() -> None:
    below = replace(STANDING, tier=None, contribution=100, next_tier="bronze", contribution_to_next_tier=400)
    assert "**For taking part: 💎 500 crystals · 1 daphine** ◂" in lines_of(below)


def test_who_has_not_struck_sees_what_awaits_but_nothing_as_their_own() -> None:
    for standing in (None, replace(STANDING, rank=None, tier=None, rewards=())):
        lines = lines_of(standing)
        assert "For taking part: 💎 500 crystals · 1 daphine" in lines
        assert not any("◂" in line for line in lines)


def test_german() -> None:
    assert "**Silver (ab 1.500 Beitrag): 💎 750 Kristalle · 1 daphine** ◂" in lines_of(STANDING, "de")
