"""The built-in content is what a newcomer sees first, and what the demo and the sample raids stand on."""

import csv
import io
import json
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from statistics import mean
from typing import Any

import pytest

from services import content

STATS = ("hp", "atk", "mag", "vit", "spr", "int", "spd", "lck")
KINDS = {"elemental", "archetype", "genre", "series"}
CHARACTER_COLUMNS = [
    "waifu_id",
    "name",
    "series",
    "series_id",
    "genre",
    "rarity",
    "stats",
    "elemental_type",
    "archetype",
]
SERIES_COLUMNS = ["series_id", "name", "english_name", "genres", "media_type"]
THRESHOLD_PERMILLE = (10, 25, 45, 70, 100, 135, 175, 220, 270, 330)
# Share of the characters that have the element: least and most. About what the base game's roster has;
# ice is rarer there (0.2 %), but here three characters at least must have each.
ELEMENT_PERCENT = {
    "neutral": (40, 55),
    "light": (12, 20),
    "dark": (9, 16),
    "fire": (5, 11),
    "water": (4, 9),
    "void": (3, 7),
    "wind": (2, 6),
    "earth": (2, 6),
    "nature": (2, 6),
    "ice": (2, 4),
}
ARCHETYPES_WITH_THREE = [
    "Ally",
    "Healer",
    "Sage",
    "Trickster",
    "Bard",
    "Champion",
    "Dancer",
    "Witch",
    "Engineer",
    "Samurai",
    "Berserker",
    "Oracle",
    "Warlord",
    "Mage",
    "Gunslinger",
]
# Two stats that each of these archetypes is known for, before two that it is not.
STRONG_AND_WEAK = {
    "Healer": (("spr", "int"), ("atk", "mag")),
    "Sage": (("spr", "int"), ("atk", "hp")),
    "Witch": (("mag", "int"), ("atk", "hp")),
    "Berserker": (("hp", "atk"), ("mag", "int")),
    "Samurai": (("atk", "spd"), ("mag", "spr")),
    "Dancer": (("spd", "lck"), ("hp", "vit")),
    "Knight": (("hp", "vit"), ("mag", "spd")),
    "Assassin": (("atk", "spd"), ("mag", "spr")),
}

Affinity = tuple[str, str]
Boss = dict[str, Any]  # TOML as it was read: the test checks its shape


@dataclass(frozen=True)
class Sample:
    name: str
    rarity: int
    archetype: str
    elements: tuple[str, ...]
    stats: dict[str, int]
    affinities: frozenset[Affinity]


def rows(file: Traversable) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8")), strict=True))


def affinity(entry: dict[str, str]) -> Affinity:
    return entry["kind"], entry["value"].strip().casefold()


@pytest.fixture(scope="module")
def series() -> list[dict[str, str]]:
    return rows(content.sample_series())


@pytest.fixture(scope="module")
def roster(series: list[dict[str, str]]) -> list[Sample]:
    genres = {row["series_id"]: row["genres"].split("|") for row in series}
    roster = []
    for row in rows(content.sample_characters()):
        elements = tuple(json.loads(row["elemental_type"]))
        affinities = {("archetype", row["archetype"]), ("series", row["series"])}
        affinities |= {("elemental", element) for element in elements}
        affinities |= {("genre", genre) for genre in genres[row["series_id"]]}
        roster.append(
            Sample(
                name=row["name"],
                rarity=int(row["rarity"]),
                archetype=row["archetype"],
                elements=elements,
                stats=json.loads(row["stats"]),
                affinities=frozenset((kind, value.casefold()) for kind, value in affinities),
            )
        )
    return roster


def test_the_files_have_the_base_games_columns(series: list[dict[str, str]]) -> None:
    characters = rows(content.sample_characters())
    assert list(characters[0]) == CHARACTER_COLUMNS
    assert list(series[0]) == SERIES_COLUMNS
    assert all(value for row in [*characters, *series] for value in row.values())


def test_about_120_characters_of_14_series_each_with_its_own_name(
    roster: list[Sample], series: list[dict[str, str]]
) -> None:
    characters = rows(content.sample_characters())
    assert 115 <= len(roster) <= 130
    assert len(series) == 14
    assert len({character.name.casefold() for character in roster}) == len(roster)
    assert len({row["waifu_id"] for row in characters}) == len(characters)
    assert len({row["name"].casefold() for row in series}) == len(series)
    names = {row["series_id"]: row["name"] for row in series}
    assert all(row["series"] == names[row["series_id"]] for row in characters)
    assert {row["series_id"] for row in characters} == set(names)


def test_names_try_what_a_screen_must_show(roster: list[Sample]) -> None:
    names = [character.name for character in roster]
    assert max(map(len, names)) >= 40
    assert sum(not name.isascii() for name in names) >= 15
    assert sum(not any("a" <= letter <= "z" for letter in name.casefold()) for name in names) >= 4
    assert all(name == name.strip() and name.isprintable() for name in names)


def test_elements_are_about_as_frequent_as_in_the_base_game(roster: list[Sample]) -> None:
    counts = Counter(element for character in roster for element in character.elements)
    assert set(counts) == set(ELEMENT_PERCENT)
    for element, (least, most) in ELEMENT_PERCENT.items():
        assert counts[element] >= 3, element
        assert least * len(roster) <= counts[element] * 100 <= most * len(roster), element
    assert any(len(character.elements) == 2 for character in roster)
    assert any(len(character.elements) > 2 for character in roster)


def test_every_archetype_is_there_and_the_usual_ones_three_times(roster: list[Sample]) -> None:
    counts = Counter(character.archetype for character in roster)
    assert len(counts) == 58
    assert [archetype for archetype in ARCHETYPES_WITH_THREE if counts[archetype] < 3] == []
    assert counts.most_common(1)[0][0] == "Ally"


def test_every_genre_fit_for_a_stream_is_there(series: list[dict[str, str]]) -> None:
    genres = Counter(genre for row in series for genre in row["genres"].split("|"))
    assert len(genres) == 66
    assert all(len(row["genres"].split("|")) == len(set(row["genres"].split("|"))) for row in series)
    assert {row["media_type"] for row in series} == {"anime", "game", "manga", "visual_novel"}


def test_rarities_are_about_as_frequent_as_in_the_base_game(roster: list[Sample]) -> None:
    counts = Counter(character.rarity for character in roster)
    assert set(counts) == {1, 2, 3}
    for rarity, percent in {1: 53, 2: 25, 3: 22}.items():
        assert abs(counts[rarity] * 100 / len(roster) - percent) <= 5, rarity


def test_stats_have_the_measured_size(roster: list[Sample]) -> None:
    assert all(tuple(character.stats) == STATS for character in roster)
    assert all(40 <= value <= 165 for character in roster for value in character.stats.values())
    for stat in STATS:
        assert 80 <= mean(character.stats[stat] for character in roster) <= 102, stat
    assert 88 <= mean(mean(character.stats.values()) for character in roster) <= 94
    assert 272 <= mean(sum(character.stats[stat] for stat in ("atk", "spd", "lck")) for character in roster) <= 288


@pytest.mark.parametrize("archetype", STRONG_AND_WEAK)
def test_a_character_is_good_at_what_its_archetype_promises(archetype: str, roster: list[Sample]) -> None:
    strong, weak = STRONG_AND_WEAK[archetype]
    members = [character for character in roster if character.archetype == archetype]
    assert members
    for member in members:
        assert min(member.stats[stat] for stat in strong) > max(member.stats[stat] for stat in weak), member.name


def test_300_players_have_names_that_fit_a_discord_profile() -> None:
    names = content.player_names()
    assert len(names) == 300
    assert len({name.casefold() for name in names}) == 300
    assert all(2 <= len(name) <= 32 and name == name.strip() and name.isprintable() for name in names)
    assert sum(not name.isascii() for name in names) >= 30


BOSSES = [pytest.param(tomllib.loads(text), id=key) for key, text in content.boss_files().items()]


def affinities_of(boss: Boss) -> Iterator[Affinity]:
    for field in ("weaknesses", "resistances", "curse_pool"):
        yield from map(affinity, boss[field])
    for pool in boss["weakness_pool"]:
        for value in pool["values"]:
            yield affinity({"kind": pool["kind"], "value": value})
    for effect in boss["stage_effects"]:
        yield from (affinity(effect[field]) for field in ("add_weakness", "add_curse") if field in effect)


def test_three_bosses_come_with_the_project() -> None:
    assert list(content.boss_files()) == ["demo", "ember-tyrant", "hollow-leviathan"]


@pytest.mark.parametrize(
    ("key", "total_hp", "curse_every", "cooldown_seconds"),
    [
        ("demo", 185_000, 40, 60),
        ("ember-tyrant", 80_000, 20, 3600),
        ("hollow-leviathan", 4_800_000, 1_000, 3600),
    ],
)
def test_a_boss_has_the_size_that_its_community_needs(
    key: str, total_hp: int, curse_every: int, cooldown_seconds: int
) -> None:
    boss = tomllib.loads(content.boss_files()[key])
    assert (boss["total_hp"], boss["curse_every"]) == (total_hp, curse_every)
    assert boss["rules"]["cooldown_seconds"] == cooldown_seconds


@pytest.mark.parametrize("boss", BOSSES)
def test_every_affinity_of_a_boss_is_held_by_some_but_not_by_too_many(boss: Boss, roster: list[Sample]) -> None:
    holders = Counter(held for character in roster for held in character.affinities)
    used = set(affinities_of(boss))
    assert {kind for kind, _ in used} == KINDS
    # Fewer than three holders would make a weakness that next to nobody can use.
    assert [held for held in used if not 3 <= holders[held] <= len(roster) * 40 // 100] == []


@pytest.mark.parametrize("boss", BOSSES)
def test_no_boss_is_weak_to_what_it_resists(boss: Boss) -> None:
    resistances = set(map(affinity, boss["resistances"]))
    weaknesses = set(map(affinity, boss["weaknesses"]))
    assert weaknesses
    assert resistances
    others = set(affinities_of(boss | {"resistances": []}))
    assert resistances.isdisjoint(others)
    for field in ("weaknesses", "resistances", "curse_pool"):
        assert len(set(map(affinity, boss[field]))) == len(boss[field]), field


@pytest.mark.parametrize("boss", BOSSES)
def test_thresholds_and_stages_follow_the_total_hp(boss: Boss) -> None:
    thresholds = [boss["total_hp"] * permille // 1000 for permille in THRESHOLD_PERMILLE]
    assert boss["analysis_thresholds"] == thresholds
    assert boss["stage_hp_below_permille"] == [750, 500, 250, 100]
    assert boss["stage_analysis_points"] == [thresholds[place - 1] for place in (3, 5, 7, 9)]
    assert [effect["stage"] for effect in boss["stage_effects"]] == [2, 3, 4, 5]
    assert all(effect["message"] for effect in boss["stage_effects"])
    assert boss["stage_effects"][-1]["fight_permille"] == 2000


@pytest.mark.parametrize("boss", BOSSES)
def test_no_breakthrough_finds_an_empty_pool(boss: Boss) -> None:
    pool = {
        affinity({"kind": entry["kind"], "value": value})
        for entry in boss["weakness_pool"]
        for value in entry["values"]
    }
    known = set(map(affinity, boss["weaknesses"] + boss["resistances"]))
    known |= {affinity(effect["add_weakness"]) for effect in boss["stage_effects"] if "add_weakness" in effect}
    assert len(pool - known) >= len(boss["analysis_thresholds"])
    assert all(entry["weight"] > 0 for entry in boss["weakness_pool"])


@pytest.mark.parametrize("boss", BOSSES)
def test_a_full_set_of_curses_leaves_something_to_draw(boss: Boss) -> None:
    limits = {entry["kind"]: entry["limit"] for entry in boss["curse_limits"]}
    drawable = Counter(entry["kind"] for entry in boss["curse_pool"])
    assert set(limits) == set(drawable) == KINDS
    assert all(drawable[kind] > limit >= 1 for kind, limit in limits.items())


@pytest.mark.parametrize("boss", BOSSES)
def test_rewards_rise_with_the_contribution(boss: Boss) -> None:
    rewards = boss["rewards"]
    milestones = [milestone["contribution"] for milestone in rewards["milestones"]]
    amounts = [milestone["rewards"][0]["amount"] for milestone in rewards["milestones"]]
    tiers = [(tier["contribution"], tier["victory_permille"]) for tier in rewards["tiers"]]
    assert milestones == sorted(set(milestones))
    assert amounts == sorted(set(amounts))
    assert tiers == sorted(tiers)
    assert [tier["name"] for tier in rewards["tiers"]] == ["bronze", "silver", "gold", "platinum"]
    assert {entry["currency"] for entry in rewards["victory"]} == {"crystals", "daphine"}
    assert rewards["breakthrough"] == [{"currency": "crystals", "amount": 50}]
