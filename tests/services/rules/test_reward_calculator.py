from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.configuration import Milestone, RewardConfiguration, Tier
from services.rules.manager import StrikeOutcome
from services.rules.reward_calculator import Grant, GrantKind, RewardCalculator, Title
from services.rules.state import Participant
from services.rules.values import Reward
from tests.services.rules.builders import PROPERTY, boss, strike
from tests.services.rules.builders import active as active_raid

DEFAULT = RewardCalculator(RewardConfiguration(), 1)


def crystals(amount: int) -> tuple[Reward, ...]:
    return (Reward("crystals", amount),)


@pytest.mark.parametrize(("final_score", "tier", "amount"), [(2327, 1, 23), (2399, 3, 69), (100, 1, 1)])
def test_a_strike_pays_a_hundredth_of_its_score_times_the_bosss_tier(final_score: int, tier: int, amount: int) -> None:
    grant = RewardCalculator(RewardConfiguration(), tier).calculate_strike_rewards(12, final_score)
    assert grant == Grant(GrantKind.STRIKE, "12", crystals(amount))


def test_a_strike_below_one_crystal_pays_nothing() -> None:
    assert DEFAULT.calculate_strike_rewards(12, 99) is None


def test_a_milestone_is_paid_when_the_contribution_reaches_it() -> None:
    def keys(before: int, after: int) -> list[str]:
        grants = DEFAULT.calculate_milestone_rewards(Participant(7, damage=before), Participant(7, damage=after))
        assert {grant.kind for grant in grants} <= {GrantKind.MILESTONE}
        return [grant.key for grant in grants]

    assert keys(0, 249) == []
    assert keys(249, 250) == ["250"]
    assert keys(250, 749) == []
    assert keys(0, 3_000) == ["250", "750", "1500", "3000"]


def test_a_milestone_pays_what_it_says() -> None:
    (grant,) = DEFAULT.calculate_milestone_rewards(Participant(7, damage=11_999), Participant(7, damage=12_000))
    assert grant == Grant(GrantKind.MILESTONE, "12000", crystals(1_500))


def test_analysis_counts_for_milestones() -> None:
    before, after = Participant(7, analysis_points=208), Participant(7, analysis_points=209)
    assert [grant.key for grant in DEFAULT.calculate_milestone_rewards(before, after)] == ["250"]


@pytest.mark.parametrize(("number", "amount"), [(1, 50), (4, 200), (10, 500)])
def test_breakthrough_k_pays_fifty_times_k(number: int, amount: int) -> None:
    assert DEFAULT.calculate_breakthrough_rewards(number) == Grant(
        GrantKind.BREAKTHROUGH, str(number), crystals(amount)
    )


@pytest.mark.parametrize(
    ("contribution", "tier", "following"),
    [
        (0, None, "bronze"),
        (499, None, "bronze"),
        (500, "bronze", "silver"),
        (1_499, "bronze", "silver"),
        (1_500, "silver", "gold"),
        (3_000, "gold", "platinum"),
        (5_499, "gold", "platinum"),
        (5_500, "platinum", None),
        (10**9, "platinum", None),
    ],
)
def test_tiers_are_absolute_thresholds(contribution: int, tier: str | None, following: str | None) -> None:
    reached, ahead = DEFAULT.tier(contribution), DEFAULT.next_tier(contribution)
    assert (reached and reached.name, ahead and ahead.name) == (tier, following)


@pytest.mark.parametrize(
    ("contribution", "crystals_paid", "daphine"),
    [(0, 500, 1), (500, 500, 1), (1_500, 750, 1), (3_000, 1_000, 2), (5_500, 1_500, 3)],
)
def test_a_victory_pays_every_participant_by_tier(contribution: int, crystals_paid: int, daphine: int) -> None:
    grant = DEFAULT.calculate_victory_rewards(DEFAULT.tier(contribution))
    assert grant == Grant(GrantKind.VICTORY, "victory", (*crystals(crystals_paid), Reward("daphine", daphine)))


@pytest.mark.parametrize(
    ("contribution", "removed", "paid"),
    [
        (0, 1000, {"crystals": 250}),
        (0, 733, {"crystals": 183}),
        (3_000, 1000, {"crystals": 500, "daphine": 1}),
        (5_500, 500, {"crystals": 375}),
        (0, 0, {}),
    ],
)
def test_an_expired_raid_pays_half_by_the_hp_that_is_gone(
    contribution: int, removed: int, paid: dict[str, int]
) -> None:
    grant = DEFAULT.calculate_expiry_rewards(DEFAULT.tier(contribution), removed)
    assert (grant.kind, grant.key) == (GrantKind.VICTORY, "victory")
    assert {reward.currency: reward.amount for reward in grant.rewards} == paid


@PROPERTY
@given(amount=st.integers(0, 10**6), permille=st.integers(0, 5_000), removed=st.integers(0, 1000))
def test_the_expiry_payout_floors_once(amount: int, permille: int, removed: int) -> None:
    tier = Tier("any", 1, permille)
    calculator = RewardCalculator(RewardConfiguration(victory=crystals(amount), tiers=(tier,)), 1)
    expected = amount * permille * removed // 1000 // 1000 // 2
    assert calculator.calculate_expiry_rewards(tier, removed).rewards == (crystals(expected) if expected else ())


def test_all_tiers_come_lowest_first_with_none_below_them() -> None:
    gold, bronze = Tier("gold", 30, 2000), Tier("bronze", 10, 1000)
    calculator = RewardCalculator(RewardConfiguration(tiers=(gold, bronze)), 1)
    assert calculator.tiers() == (None, bronze, gold)
    assert (calculator.tier(30), calculator.next_tier(5)) == (gold, bronze)


def test_a_raid_without_tiers_pays_everyone_the_same() -> None:
    calculator = RewardCalculator(RewardConfiguration(tiers=(), milestones=(Milestone(1, crystals(1)),)), 1)
    assert (calculator.tier(10**6), calculator.next_tier(0), calculator.tiers()) == (None, None, (None,))


def test_titles_are_known_here_and_awarded_elsewhere() -> None:
    # Who did most is a question to the whole raid: no strike can answer it, so none of them grants a title.
    assert [title.value for title in Title] == ["most_damage", "most_analysis", "final_blow", "best_strike"]
    outcome = strike(boss(), active_raid(boss(), hp=5), 10_000)
    assert outcome.state.final_blow_by == 7
    assert GrantKind.TITLE not in {grant.kind for grant in outcome.grants}
    assert "titles" not in {field.name for field in fields(StrikeOutcome)}
