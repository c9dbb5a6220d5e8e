"""The best team of a roster: the one with the highest final score, exactly.

A team's score is almost the sum of its members' ``score * multiplier``, but the team's multiplier is floored,
so that the best six by themselves can lose to another six by a point. Teams are therefore tried in falling
order of that sum, which no team's score can exceed, until no later one can win. Of characters with the same score
and multiplier no more are looked at than a team has places: the others could only take their place.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from itertools import islice

from services.rules.strike_resolver import CharacterScore, Pricing, StrikeResolver, StrikeScore
from services.rules.values import Character, StrikeAction

TEAMS_TRIED_AT_MOST = 50_000


def best_team(
    resolver: StrikeResolver,
    action: StrikeAction,
    roster: Sequence[Character],
    pricing: Pricing,
    size: int,
) -> tuple[tuple[Character, ...], StrikeScore] | None:
    """The team of `size` (or of all, when there are fewer) with the highest final score; None from nobody.

    Equal scores go to the team that is found first: higher sums first, then lower character ids. At most
    TEAMS_TRIED_AT_MOST teams are tried, which only a roster of very many almost equal characters reaches;
    what is then given up is less than flooring costs the first of them: ``base * stage_permille // 10^6 + 1``.
    """
    if not roster or size < 1:
        return None
    by_id = {character.id: character for character in roster}
    scores = [resolver.character_score(character, pricing) for character in roster]
    scores.sort(key=lambda score: (-_weight(score), score.character_id))
    size = min(size, len(scores))
    scores = _without_spare(scores, size)
    best = resolver.team_score(action, tuple(scores[:size]), None, pricing)
    stage_permille = pricing.stage_permille(action)
    for weight, members in islice(_by_falling_weight(scores, size), TEAMS_TRIED_AT_MOST):
        if best.final_score >= weight * stage_permille // 1_000_000:
            break
        team = resolver.team_score(action, tuple(scores[index] for index in members), None, pricing)
        if team.final_score > best.final_score:
            best = team
    return tuple(by_id[score.character_id] for score in best.team), best


def _weight(score: CharacterScore) -> int:
    return score.score * score.multiplier_permille


def _without_spare(scores: Sequence[CharacterScore], size: int) -> list[CharacterScore]:
    """At most `size` of each pair of score and multiplier, the first ones."""
    alike = Counter[tuple[int, int]]()
    kept = []
    for score in scores:
        card = score.score, score.multiplier_permille
        alike[card] += 1
        if alike[card] <= size:
            kept.append(score)
    return kept


def _by_falling_weight(scores: Sequence[CharacterScore], size: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Every team of `size`, as (sum of weights, indices into `scores`), heaviest first.

    `scores` fall in weight, so moving one member to the next character can only make a team lighter.
    """
    first = tuple(range(size))
    start = sum(_weight(scores[index]) for index in first)
    heap = [(-start, first)]
    seen = {first}
    while heap:
        negative_weight, members = heappop(heap)
        yield -negative_weight, members
        for position in range(size):
            following = members[position] + 1
            limit = members[position + 1] if position + 1 < size else len(scores)
            if following >= limit:
                continue
            moved = (*members[:position], following, *members[position + 1 :])
            if moved not in seen:
                seen.add(moved)
                lighter = -negative_weight - _weight(scores[members[position]]) + _weight(scores[following])
                heappush(heap, (-lighter, moved))
