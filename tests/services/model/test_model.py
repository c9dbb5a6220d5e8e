"""The service against the rules alone (`machine.py`): the same random raids on both sides, compared after each step."""

from random import Random

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from db.embedded import EmbeddedServer
from services import world_threat
from services.errors import (
    AnalysisCompleteError,
    BossAlreadyDefeatedError,
    CharacterAlreadyUsedError,
    CharacterNotOwnedError,
    CooldownError,
    EquipmentNotOwnedError,
    IdempotencyConflictError,
    InvalidTeamSizeError,
    NoActiveEventError,
    PlayerNotFoundError,
    RaidPausedError,
    StateChangedError,
    ZeroEffectError,
)
from services.rules.events import BossDefeated, BreakthroughAchieved, CurseApplied, CurseFizzled, StageAdvanced
from services.rules.values import RaidOutcome
from tests.services.model.machine import RaidMachine
from tests.services.model.model import Told
from tests.services.model.stage import stage
from tests.services.rules.builders import PROPERTY

EXAMPLES, STEPS, ROUNDS = 50, 30, 5
EVERYTHING = {
    AnalysisCompleteError,
    BossAlreadyDefeatedError,
    CharacterAlreadyUsedError,
    CharacterNotOwnedError,
    CooldownError,
    EquipmentNotOwnedError,
    IdempotencyConflictError,
    InvalidTeamSizeError,
    NoActiveEventError,
    PlayerNotFoundError,
    RaidPausedError,
    StateChangedError,
    ZeroEffectError,
    Told,
    ("replayed", False),
    ("replayed", True),
    BossDefeated,
    BreakthroughAchieved,
    CurseApplied,
    CurseFizzled,
    StageAdvanced,
    *RaidOutcome,
    *((act, taken) for act in ("pause", "resume", "adjust", "curse_every", "ends_at") for taken in (True, False)),
    ("rewards", True),
}
"""Were one of these never met, the comparison would say nothing about it."""


@pytest.mark.timeout(300)
def test_the_service_does_what_the_rules_say(
    server: EmbeddedServer, template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More of it: ``pytest tests/services/model --hypothesis-profile thorough``."""
    monkeypatch.setattr(world_threat, "CLOCK_SECONDS", 1e6)  # the machine says when the raid clock looks
    monkeypatch.setattr("secrets.token_bytes", Random(7).randbytes)  # the same curses in every run
    thorough = settings.get_current_profile_name() == "thorough"
    # Shrinking a failure takes minutes, and the steps that led to it are told as they are.
    quick = settings(PROPERTY, max_examples=EXAMPLES, phases=[Phase.generate])
    wanted = settings() if thorough else quick
    with stage(server.admin_url, template, "model") as on_stage:
        met: set[object] = set()
        machine = type("Machine", (RaidMachine,), {"stage": on_stage, "met": met})
        # Hypothesis also draws from the constants of all modules that are loaded, so that which other tests ran before
        # has a say in what the same examples meet: what they did not, others will.
        for number in range(ROUNDS):
            run_state_machine_as_test(
                machine, settings=settings(wanted, stateful_step_count=STEPS, derandomize=number == 0)
            )
            if met >= EVERYTHING:
                break
    assert EVERYTHING - met == set()
