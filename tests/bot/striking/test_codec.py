"""A panel's state survives in a custom id."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.striking.buttons import BUTTON_TEMPLATE, Act, button
from bot.striking.codec import PanelState, StaleStateError, StateTooLargeError

SNOWFLAKES = st.integers(0, 2**64 - 1)
IDS = st.integers(1, 2**42 - 1)
STATES = st.builds(
    PanelState.new,
    owner=SNOWFLAKES,
    raid=st.integers(0, 2**21 - 1),
    sequence=st.integers(0, 2**21 - 1),
    size=st.integers(1, 6),
    team=st.lists(IDS, max_size=6),
    equipment=st.none() | st.integers(1, 2**34),
)


@given(STATES, st.integers(0, 99))
def test_a_state_survives_in_a_custom_id_of_at_most_100_characters(state: PanelState, page: int) -> None:
    custom_id = button(Act.CHOOSE, "Change", state, page=page).custom_id
    assert custom_id is not None
    assert len(custom_id) <= 100
    match = re.fullmatch(BUTTON_TEMPLATE, custom_id)
    assert match is not None
    assert PanelState.unpack(match["state"]) == state


@given(STATES, STATES)
def test_each_state_has_a_key_of_its_own_and_keeps_it(one: PanelState, other: PanelState) -> None:
    assert PanelState.unpack(one.pack()).idempotency_key == one.idempotency_key
    assert one.idempotency_key != other.idempotency_key


@given(st.text(max_size=100))
def test_what_was_not_packed_is_stale(text: str) -> None:
    try:
        state = PanelState.unpack(text)
    except StaleStateError:
        return
    assert PanelState.unpack(state.pack()) == state


def test_at_most_six_are_in_a_team_and_each_once() -> None:
    state = PanelState.new(owner=1, raid=1, sequence=1, size=6, team=[9, 8, 8, 7, 6, 5, 4, 3])
    assert len(state.team) == 6
    assert len(set(state.team)) == 6


def test_ids_that_do_not_fit_are_refused_and_not_cut() -> None:
    state = PanelState.new(owner=1, raid=1, sequence=1, size=6, team=[each << 56 for each in range(1, 7)])
    with pytest.raises(StateTooLargeError):
        state.pack()
