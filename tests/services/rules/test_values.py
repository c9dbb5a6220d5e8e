from dataclasses import replace

from services.rules.values import STAT_INDEX, STATS, Affinity, AffinityKind, Character, CharacterSheet, Reward
from tests.services.rules.builders import elemental, genre


def test_affinities_are_compared_without_case_and_surrounding_blanks() -> None:
    assert elemental("  Fire ") == elemental("fire")
    assert hash(elemental("FIRE")) == hash(elemental("fire"))
    assert elemental("Straße") == elemental("STRASSE")


def test_an_affinity_is_shown_as_first_written() -> None:
    shown = Affinity(AffinityKind.SERIES, " Slow Moon ")
    assert (shown.value, shown.key) == ("Slow Moon", "series:slow moon")


def test_the_same_value_of_another_kind_is_another_affinity() -> None:
    assert elemental("water") != genre("water")


def test_blanks_inside_a_value_count() -> None:
    assert genre("slice of life") != genre("sliceoflife")


def test_a_sheet_knows_its_affinities_by_key_and_each_once() -> None:
    sheet = CharacterSheet("Ann", None, 3, (0,) * 8, (elemental("Fire"), elemental("fire "), genre("Sports")))
    assert sheet.affinity_keys == {"elemental:fire", "genre:sports"}


def test_the_eight_stats_are_kept_in_the_order_of_the_rules() -> None:
    assert [stat.value for stat in STATS] == ["hp", "atk", "mag", "vit", "spr", "int", "spd", "lck"]
    assert [STAT_INDEX[stat] for stat in STATS] == list(range(8))


def test_what_is_quickly_made_is_the_value_it_was() -> None:
    reward = Reward("crystals", 5)
    assert reward == Reward(amount=5, currency="crystals")
    assert hash(reward) == hash(Reward("crystals", 5))
    assert replace(reward, amount=6) == Reward("crystals", 6)
    assert repr(reward) == "Reward(currency='crystals', amount=5)"
    assert not hasattr(Character(1, CharacterSheet("Ann", None, 3, (0,) * 8, ()), 2), "__dict__")
