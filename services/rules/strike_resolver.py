"""What a strike scores (rules.md 3). Priced by the state before it; every formula floors once, at its end."""

from dataclasses import dataclass, field

from services.rules.configuration import BossConfiguration
from services.rules.state import RaidState
from services.rules.values import STAT_INDEX, Character, Equipment, EquipmentEffectKind, StrikeAction, quickly_made

AFFINITIES_COUNTED_AT_MOST = 3


@quickly_made
@dataclass(frozen=True, slots=True)
class CharacterScore:
    """One member of a team: its own score, and the multiplier that its affinities earn it."""

    character_id: int
    score: int
    multiplier_permille: int


@quickly_made
@dataclass(frozen=True, slots=True)
class StrikeScore:
    """A strike, priced. `points` are damage for a fight and analysis points for an analysis."""

    base_score: int
    affinity_permille: int
    stage_permille: int
    final_score: int
    points: int
    team: tuple[CharacterScore, ...]


@dataclass(frozen=True, slots=True)
class Pricing:
    """What a state makes of affinities: made once, used for every strike until a curse, weakness or stage comes."""

    weak: frozenset[str]
    disfavored: frozenset[str]
    fight_permille: int
    analyze_permille: int
    multipliers: dict[frozenset[str], int] = field(default_factory=dict, compare=False, repr=False)
    """By a character's affinities, as they were worked out for the first who had them."""

    def stage_permille(self, action: StrikeAction) -> int:
        return self.fight_permille if action is StrikeAction.FIGHT else self.analyze_permille


class StrikeResolver:
    """Prices strikes by one boss's configuration."""

    def __init__(self, configuration: BossConfiguration) -> None:
        self._configuration = configuration
        self._rules = configuration.rules
        self._dominant = tuple(STAT_INDEX[stat] for stat in configuration.dominant_stats)
        self._multipliers = [
            [self._multiplier(weak, disfavored) for disfavored in range(AFFINITIES_COUNTED_AT_MOST + 1)]
            for weak in range(AFFINITIES_COUNTED_AT_MOST + 1)
        ]

    def _multiplier(self, weak: int, disfavored: int) -> int:
        """``1000 * 1500^w * 750^c // 1000^(w+c)``."""
        favor = self._rules.weakness_permille**weak * self._rules.curse_permille**disfavored
        return int(1000 * favor // 1000 ** (weak + disfavored))

    def pricing(self, state: RaidState) -> Pricing:
        """Cursed counts before weak, so what is both is left out of `weak`."""
        disfavored = frozenset(
            [resistance.key for resistance in self._configuration.resistances]
            + [curse.affinity.key for curse in state.curses],
        )
        return Pricing(
            weak=frozenset(weakness.key for weakness in state.weaknesses) - disfavored,
            disfavored=disfavored,
            fight_permille=self.stage_permille(StrikeAction.FIGHT, state.stage),
            analyze_permille=self.stage_permille(StrikeAction.ANALYZE, state.stage),
        )

    def stage_permille(self, action: StrikeAction, stage: int) -> int:
        """``1000 + 100 * (stage - 1)``; the stage's effect may replace it for fights."""
        effect = self._configuration.stage_effect(stage)
        if action is StrikeAction.FIGHT and effect is not None and effect.fight_permille is not None:
            return effect.fight_permille
        return 1000 + 100 * (stage - 1)

    def character_score(self, character: Character, pricing: Pricing) -> CharacterScore:
        """``(sum of its dominant stats) * (9 + stars) // 10`` and its multiplier."""
        return self._character_scores((character,), pricing)[0]

    def _character_scores(self, team: tuple[Character, ...], pricing: Pricing) -> tuple[CharacterScore, ...]:
        """One loop, for it runs six times a strike."""
        dominant, multipliers = self._dominant, pricing.multipliers
        scores = []
        for character in team:
            sheet = character.sheet
            stats = sheet.stats
            dominant_sum = 0
            for index in dominant:
                dominant_sum += stats[index]
            multiplier = multipliers.get(sheet.affinity_keys)
            if multiplier is None:
                multiplier = multipliers[sheet.affinity_keys] = self._multiplier_of(sheet.affinity_keys, pricing)
            scores.append(CharacterScore(character.id, dominant_sum * (9 + character.stars) // 10, multiplier))
        return tuple(scores)

    def _multiplier_of(self, affinities: frozenset[str], pricing: Pricing) -> int:
        weak = min(len(affinities & pricing.weak), AFFINITIES_COUNTED_AT_MOST)
        disfavored = min(len(affinities & pricing.disfavored), AFFINITIES_COUNTED_AT_MOST)
        return self._multipliers[weak][disfavored]

    def resolve(
        self,
        action: StrikeAction,
        team: tuple[Character, ...],
        equipment: Equipment | None,
        pricing: Pricing,
    ) -> StrikeScore:
        """The score of `team` for `action`, with at most one piece of `equipment`."""
        if equipment is not None:
            pricing = self._with_equipment(pricing, equipment)
        return self.team_score(action, self._character_scores(team, pricing), equipment, pricing)

    def team_score(
        self,
        action: StrikeAction,
        scores: tuple[CharacterScore, ...],
        equipment: Equipment | None,
        pricing: Pricing,
    ) -> StrikeScore:
        """The team's multiplier is the score-weighted mean of its members'; 1000 when they score nothing."""
        base_score = weighted = 0
        for score in scores:
            base_score += score.score
            weighted += score.score * score.multiplier_permille
        affinity_permille = weighted // base_score if base_score else 1000
        final_bonus = 0
        if equipment is not None:
            base_score += self._bonus(equipment, EquipmentEffectKind.STAT_BONUS)
            final_bonus = self._bonus(equipment, EquipmentEffectKind.FINAL_SCORE_BONUS)
        stage_permille = pricing.stage_permille(action)
        final_score = base_score * affinity_permille * stage_permille // 1_000_000 + final_bonus
        return StrikeScore(
            base_score=base_score,
            affinity_permille=affinity_permille,
            stage_permille=stage_permille,
            final_score=final_score,
            points=final_score // self.divisor(action),
            team=scores,
        )

    def divisor(self, action: StrikeAction) -> int:
        """Final score per point of damage or analysis."""
        rules = self._rules
        return rules.damage_divisor if action is StrikeAction.FIGHT else rules.analysis_divisor

    def _with_equipment(self, pricing: Pricing, equipment: Equipment) -> Pricing:
        added = {
            effect.affinity.key
            for effect in equipment.effects
            if effect.kind is EquipmentEffectKind.AFFINITY_ADD and effect.affinity is not None
        }
        return Pricing(
            weak=pricing.weak | (added - pricing.disfavored),
            disfavored=pricing.disfavored,
            fight_permille=pricing.fight_permille,
            analyze_permille=pricing.analyze_permille,
        )

    def _bonus(self, equipment: Equipment, kind: EquipmentEffectKind) -> int:
        """The sum of the effects of `kind`; a STAT_BONUS counts only on a dominant stat, once per team."""
        dominant = self._configuration.dominant_stats
        return sum(
            effect.amount or 0
            for effect in equipment.effects
            if effect.kind is kind and (kind is not EquipmentEffectKind.STAT_BONUS or effect.stat in dominant)
        )
