"""The small words of the game, as shown and as given."""

import strawberry

from schema.fields import given, shown
from schema.scalars import SafeInt
from services.rules.values import Affinity as AffinityView
from services.rules.values import AffinityKind, EquipmentEffectKind, Stat
from services.rules.values import EquipmentEffect as EquipmentEffectView
from services.rules.values import Reward as RewardView


@strawberry.type(
    description="What a character has and a boss favours or resists. Compared without case and surrounding blanks."
)
class Affinity:
    kind: AffinityKind = shown("What the affinity is about.")
    value: str = shown("Which one, such as `fire`, as first written.")


@strawberry.input(description="An affinity, by kind and value. Case and surrounding blanks do not matter.")
class AffinityInput:
    kind: AffinityKind = strawberry.field(description="What the affinity is about.")
    value: str = strawberry.field(description="Which one, such as `fire`.")

    def affinity(self) -> AffinityView:
        return AffinityView(self.kind, self.value)


def affinities(given_ones: list[AffinityInput] | None) -> tuple[AffinityView, ...] | None:
    return None if given_ones is None else tuple(one.affinity() for one in given_ones)


@strawberry.type(description="An amount of a currency of the host game.")
class Reward:
    currency: str = shown("The currency's name, such as `crystals`.")
    amount: SafeInt = shown("How much of it.")


@strawberry.input(description="An amount of a currency of the host game.")
class RewardInput:
    currency: str = strawberry.field(description="The currency's name, such as `crystals`.")
    amount: SafeInt = strawberry.field(description="How much of it: 0 to 1,000,000,000.")

    def reward(self) -> RewardView:
        return RewardView(self.currency, self.amount)


@strawberry.type(description="What raids have earned a player in one currency, all grants of the ledger together.")
class Balance:
    currency: str = shown("The currency's name, such as `crystals`.")
    amount: SafeInt = shown("How much of it was granted.")


@strawberry.type(description="One of a character's eight stats.")
class StatValue:
    stat: Stat = shown("Which stat.")
    value: int = shown("How high it is.")


@strawberry.type(description="What a piece of equipment does in a strike.")
class EquipmentEffect:
    kind: EquipmentEffectKind = shown("What kind of effect; says which of the other fields are set.")
    stat: Stat | None = shown("STAT_BONUS: the stat it raises.")
    affinity: Affinity | None = shown("AFFINITY_ADD: the affinity that counts as a weakness.")
    amount: int | None = shown("STAT_BONUS and FINAL_SCORE_BONUS: how much it adds.")


@strawberry.input(description="An effect for a piece of equipment. Give what its kind needs and leave out the rest.")
class EquipmentEffectInput:
    kind: EquipmentEffectKind = strawberry.field(description="What kind of effect.")
    stat: Stat | None = given("STAT_BONUS: the stat it raises.")
    affinity: AffinityInput | None = given("AFFINITY_ADD: the affinity that counts as a weakness.")
    amount: int | None = given("STAT_BONUS and FINAL_SCORE_BONUS: how much it adds.")

    def effect(self) -> EquipmentEffectView:
        affinity = None if self.affinity is None else self.affinity.affinity()
        return EquipmentEffectView(self.kind, stat=self.stat, affinity=affinity, amount=self.amount)
