"""Who earns what (rules.md 5). A grant is known by raid, player, kind and key: earning one twice is impossible."""

from dataclasses import dataclass
from enum import StrEnum

from services.rules.configuration import RewardConfiguration, Tier
from services.rules.state import Participant
from services.rules.values import Reward, quickly_made


class GrantKind(StrEnum):
    STRIKE = "strike"
    MILESTONE = "milestone"
    BREAKTHROUGH = "breakthrough"
    VICTORY = "victory"
    TITLE = "title"


class Title(StrEnum):
    MOST_DAMAGE = "most_damage"
    MOST_ANALYSIS = "most_analysis"
    FINAL_BLOW = "final_blow"
    BEST_STRIKE = "best_strike"


@quickly_made
@dataclass(frozen=True, slots=True)
class Grant:
    """What one player earned, once.

    `key` tells grants of a kind apart: the strike's number, the milestone's contribution, the breakthrough's number.
    """

    kind: GrantKind
    key: str
    rewards: tuple[Reward, ...]


class RewardCalculator:
    """Prices what players do by one raid's reward configuration."""

    def __init__(self, rewards: RewardConfiguration, boss_tier: int) -> None:
        self._rewards = rewards
        self._boss_tier = boss_tier

    def calculate_strike_rewards(self, number: int, final_score: int) -> Grant | None:
        """``final_score // 100`` crystals, times the boss's tier; None when that is nothing."""
        amount = final_score // self._rewards.strike_divisor * self._boss_tier
        return Grant(GrantKind.STRIKE, str(number), (Reward("crystals", amount),)) if amount else None

    def calculate_milestone_rewards(self, before: Participant, after: Participant) -> tuple[Grant, ...]:
        """The personal milestones that lie between the two contributions."""
        had, has = before.contribution, after.contribution
        if had == has:
            return ()
        return tuple(
            Grant(GrantKind.MILESTONE, str(milestone.contribution), milestone.rewards)
            for milestone in self._rewards.milestones
            if had < milestone.contribution <= has
        )

    def calculate_breakthrough_rewards(self, number: int) -> Grant:
        """Breakthrough `number` pays its rewards times `number`."""
        rewards = tuple(Reward(reward.currency, reward.amount * number) for reward in self._rewards.breakthrough)
        return Grant(GrantKind.BREAKTHROUGH, str(number), rewards)

    def tier(self, contribution: int) -> Tier | None:
        """The highest tier that `contribution` reaches; None below the lowest."""
        reached = [tier for tier in self._rewards.tiers if contribution >= tier.contribution]
        return max(reached, key=lambda tier: tier.contribution, default=None)

    def next_tier(self, contribution: int) -> Tier | None:
        """The lowest tier that `contribution` does not reach yet; None above the highest."""
        ahead = [tier for tier in self._rewards.tiers if contribution < tier.contribution]
        return min(ahead, key=lambda tier: tier.contribution, default=None)

    def calculate_victory_rewards(self, tier: Tier | None) -> Grant:
        """Every participant's share of a victory: times the tier's permille, as it is for those below every tier."""
        return self._victory(tier, numerator=1, denominator=1)

    def calculate_expiry_rewards(self, tier: Tier | None, hp_removed_permille: int) -> Grant:
        """What a raid that ran out of time pays: half the victory's, by the share of HP that was removed."""
        return self._victory(tier, numerator=hp_removed_permille, denominator=2000)

    def _victory(self, tier: Tier | None, *, numerator: int, denominator: int) -> Grant:
        permille = 1000 if tier is None else tier.victory_permille
        amounts = (
            Reward(reward.currency, reward.amount * permille * numerator // (1000 * denominator))
            for reward in self._rewards.victory
        )
        return Grant(GrantKind.VICTORY, "victory", tuple(reward for reward in amounts if reward.amount))

    def tiers(self) -> tuple[Tier | None, ...]:
        """Every tier a participant can be in, None (below all) first, then rising."""
        return (None, *sorted(self._rewards.tiers, key=lambda tier: tier.contribution))
