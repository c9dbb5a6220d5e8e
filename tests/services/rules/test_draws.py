import hashlib
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.draws import Draw, seed_hash
from tests.services.rules.builders import PROPERTY, SEED

# The published vector: seed 00 01 02 ... 1f. The blocks are what any SHA-256 tool says of seed || n || block, e.g.
# `printf '000102…1f' '0000000000000001' '0000000000000000' | xxd -r -p | sha256sum`.
FIRST_BLOCK_OF_DRAW_1 = "5c7112b7f8b220f952e7290187357d8b8c33094584cee875baa0aada0a1707c4"
SECOND_BLOCK_OF_DRAW_1 = "678534aeb862358bd181e47baff248b9cde93d1f7635be1f8fb3b192e4e09cec"
FIRST_BLOCK_OF_DRAW_2 = "25c94bb4b3bcec4044dabe5d5f6161135f584138465df5e47b4f40e594bad984"

CRITICAL_AT_ONE_IN_A_THOUSAND = {2: 13.816, 4: 18.467, 5: 20.515, 6: 22.458, 9: 27.877}
"""Chi-square by degrees of freedom. The seeds are fixed, so what passes once passes always."""


def chi_square(counts: Counter[int], expected: dict[int, float]) -> float:
    return sum((counts[item] - mean) ** 2 / mean for item, mean in expected.items())


def count(tries: int, draw_from: Callable[[Draw], int]) -> Counter[int]:
    return Counter(draw_from(Draw(SEED, number)) for number in range(1, tries + 1))


def test_the_commitment_is_the_sha_256_of_the_seed() -> None:
    assert seed_hash(SEED) == "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd"


def test_the_published_vector_holds() -> None:
    draw = Draw(SEED, 1)
    words = "".join(f"{draw.below(2**64):016x}" for _ in range(8))
    assert words == FIRST_BLOCK_OF_DRAW_1 + SECOND_BLOCK_OF_DRAW_1
    assert f"{Draw(SEED, 2).below(2**64):016x}" == FIRST_BLOCK_OF_DRAW_2[:16]


def test_the_published_vector_in_small_numbers() -> None:
    draw = Draw(SEED, 1)
    assert [draw.below(10) for _ in range(8)] == [3, 7, 1, 0, 1, 3, 7, 4]
    assert Draw(SEED, 1).choose("abcdefg") == "e"


def test_a_word_above_the_largest_multiple_is_thrown_away() -> None:
    # Of a bound just above 2^63 only one multiple fits: the words from it on, about half of all, are refused.
    bound = 2**63 + 1
    blocks = bytes.fromhex(FIRST_BLOCK_OF_DRAW_1 + SECOND_BLOCK_OF_DRAW_1)
    words = [int.from_bytes(blocks[start : start + 8], "big") for start in range(0, 64, 8)]
    kept = [word for word in words if word < bound]
    assert 0 < len(kept) < len(words)
    draw = Draw(SEED, 1)
    assert [draw.below(bound) for _ in kept] == kept


def test_a_draw_hangs_on_the_seed_and_its_number_alone() -> None:
    later = Draw(SEED, 5)
    Draw(SEED, 4).below(1000)
    again = Draw(SEED, 5)
    assert [later.below(1000) for _ in range(20)] == [again.below(1000) for _ in range(20)]
    assert Draw(SEED, 5).below(2**64) != Draw(SEED, 6).below(2**64)
    assert Draw(SEED, 5).below(2**64) != Draw(hashlib.sha256(SEED).digest(), 5).below(2**64)


@PROPERTY
@given(seed=st.binary(min_size=32, max_size=32), number=st.integers(1, 2**40), bound=st.integers(1, 2**64))
def test_a_number_is_below_its_bound(seed: bytes, number: int, bound: int) -> None:
    assert 0 <= Draw(seed, number).below(bound) < bound


def test_there_is_one_choice_among_one() -> None:
    assert Draw(SEED, 1).choose(["only"]) == "only"
    assert Draw(SEED, 1).below(1) == 0


@pytest.mark.parametrize("bound", [3, 5, 6, 7, 10])
def test_all_numbers_are_equally_likely(bound: int) -> None:
    counts = count(6_000, lambda draw: draw.below(bound))
    expected = dict.fromkeys(range(bound), 6000 / bound)
    assert set(counts) == set(expected)
    assert chi_square(counts, expected) < CRITICAL_AT_ONE_IN_A_THOUSAND[bound - 1]


def test_a_bound_that_does_not_divide_the_words_favors_nothing() -> None:
    # Without throwing words away the lowest third would come twice as often as each of the others.
    counts = count(3_000, lambda draw: draw.below(3 * 2**62) // 2**62)
    assert chi_square(counts, dict.fromkeys(range(3), 1_000.0)) < CRITICAL_AT_ONE_IN_A_THOUSAND[2]


def test_choices_follow_their_weights() -> None:
    weights = [50, 30, 0, 15, 5]
    counts = count(6_000, lambda draw: draw.choose_weighted(range(5), weights))
    assert 2 not in counts
    expected = {item: 60.0 * weight for item, weight in enumerate(weights) if weight}
    assert chi_square(counts, expected) < CRITICAL_AT_ONE_IN_A_THOUSAND[4]


@pytest.mark.parametrize(("weights", "only"), [([0, 0, 1], 2), ([1, 0, 0], 0), ([0, 9, 0], 1)])
def test_a_weight_of_nothing_is_never_chosen(weights: list[int], only: int) -> None:
    assert set(count(50, lambda draw: draw.choose_weighted(range(3), weights))) == {only}
