"""Who may be chosen for a team, best first, and why: what each character would score alone, and what touches it."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.rules.strike_resolver import Pricing, StrikeResolver
from services.rules.values import Affinity, Character, StrikeAction


@dataclass(frozen=True, slots=True)
class Candidate:
    """`power` is the final score of a strike by this character alone, `points` what that is worth.

    `weaknesses` are its affinities that raise its multiplier now, `curses` those that lower it: what is weak and
    cursed at once is cursed only. Of each, three count at most (rules.md 3).
    """

    character: Character
    score: int
    multiplier_permille: int
    power: int
    points: int
    weaknesses: tuple[Affinity, ...]
    curses: tuple[Affinity, ...]

    @property
    def weight(self) -> int:
        """What it adds to a team, before the stage and rounding: by this candidates are put in order."""
        return self.score * self.multiplier_permille


def candidates(
    resolver: StrikeResolver, action: StrikeAction, roster: Sequence[Character], pricing: Pricing
) -> list[Candidate]:
    """Everyone of `roster`, heaviest first, then by id: a team's best members are among the first of them."""
    priced = [_candidate(resolver, action, character, pricing) for character in roster]
    priced.sort(key=lambda candidate: (-candidate.weight, candidate.character.id))
    return priced


def _candidate(resolver: StrikeResolver, action: StrikeAction, character: Character, pricing: Pricing) -> Candidate:
    own = resolver.character_score(character, pricing)
    alone = resolver.team_score(action, (own,), None, pricing)
    affinities = tuple(dict.fromkeys(character.sheet.affinities))  # named twice, an affinity counts once
    return Candidate(
        character=character,
        score=own.score,
        multiplier_permille=own.multiplier_permille,
        power=alone.final_score,
        points=alone.points,
        weaknesses=tuple(affinity for affinity in affinities if affinity.key in pricing.weak),
        curses=tuple(affinity for affinity in affinities if affinity.key in pricing.disfavored),
    )
