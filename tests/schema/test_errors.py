"""Every expected failure has its place: in a union, or as an error with a code. Nothing else tells what happened."""

import dataclasses
import inspect
from datetime import UTC, datetime
from typing import Any

import pytest
from graphql import GraphQLError, GraphQLUnionType
from strawberry.types import Info

from schema.build import build_schema
from schema.errors import EXPECTED, Expected, InvalidConfiguration
from schema.masking import CODES, presentable
from schema.problems import problem_of
from services import errors
from services.errors import WorldThreatError
from services.rules.checks import Problem, Severity

NOW = datetime(2030, 1, 1, tzinfo=UTC)
EXAMPLES: dict[type[WorldThreatError], WorldThreatError] = {
    type(example): example
    for example in (
        errors.CooldownError(ready_at=NOW),
        errors.CharacterAlreadyUsedError(character_ids=(1, 2)),
        errors.CharacterNotOwnedError(character_ids=("1", "x")),
        errors.EquipmentNotOwnedError(equipment_id="7"),
        errors.InvalidTeamSizeError(size=7, min_size=1, max_size=6),
        errors.ZeroEffectError(final_score=3),
        errors.NoActiveEventError(next_starts_at=NOW),
        errors.RaidPausedError(raid_id=4),
        errors.BossAlreadyDefeatedError(raid_id=4, defeated_at=NOW),
        errors.AnalysisCompleteError(),
        errors.StateChangedError(expected_sequence=3, sequence=5),
        errors.IdempotencyConflictError(idempotency_key="key"),
        errors.PlayerNotFoundError(discord_id="100"),
        errors.OverloadedError(retry_after_ms=250),
        errors.InvalidConfigurationError((Problem("total_hp", "must be more."),)),
        errors.InvalidTransitionError("endsAt", "endsAt: must be in the future."),
        errors.RaidAlreadyActiveError(raid_id=4),
        errors.RaidNotFoundError(raid_id="x"),
        errors.RateLimitedError(retry_after_ms=250),
        errors.UnknownCharactersError(character_keys=("10",)),
        errors.InvalidInputError("first", "must be from 1 to 100; 0 is not."),
        errors.UnauthenticatedError("The token has expired."),
        errors.ForbiddenError("This is for admins."),
    )
}
FAILURES = [
    failure
    for _, failure in inspect.getmembers(errors, inspect.isclass)
    if issubclass(failure, WorldThreatError) and failure is not WorldThreatError
]


class Asked:
    """The part of `Info` that failures look at."""

    def __init__(self, field_name: str) -> None:
        self.field_name = field_name


def shown(example: WorldThreatError, field_name: str) -> Any:
    line: Expected[Any] = next(line for line in EXPECTED if line.exception_type is type(example))
    info: Any = Asked(field_name)
    asked: Info[Any, Any] = info
    field: Any = None
    return line.handle(example, field=field, info=asked)


@pytest.mark.parametrize("failure", FAILURES)
def test_every_failure_has_a_code(failure: type[WorldThreatError]) -> None:
    assert failure in CODES


def test_every_failure_that_is_shown_is_a_member_of_a_union() -> None:
    schema = build_schema()._schema
    members = {
        member.name
        for type_ in schema.type_map.values()
        if isinstance(type_, GraphQLUnionType)
        for member in type_.types
    }
    assert {line.error_type.__name__.removesuffix("Error") for line in EXPECTED} <= members
    assert {failure for failure in FAILURES if failure not in {line.exception_type for line in EXPECTED}} == {
        errors.InvalidInputError,
        errors.UnauthenticatedError,
        errors.ForbiddenError,
        errors.RateLimitedError,  # the edge's, before anything is executed
    }


@pytest.mark.parametrize(
    "line",
    [line for line in EXPECTED if line.exception_type is not errors.StateChangedError],  # it asks the service
    ids=lambda line: line.exception_type.__name__,
)
def test_a_shown_failure_carries_the_facts_of_its_exception(line: Expected[Any]) -> None:
    example = EXAMPLES[line.exception_type]
    told = shown(example, "executeStrike")
    assert isinstance(told, line.error_type)
    assert told.message.strip()
    if not isinstance(told, InvalidConfiguration):
        assert told.message == str(example)
        for field in dataclasses.fields(told):
            if field.name != "message":
                assert getattr(told, field.name) == getattr(example, field.name)


@pytest.mark.parametrize("failure", FAILURES)
def test_outside_of_a_union_it_is_an_error_with_its_sentence_and_code(failure: type[WorldThreatError]) -> None:
    told = presentable(GraphQLError("", path=["raids"], original_error=EXAMPLES[failure]))
    assert told.message == str(EXAMPLES[failure])
    assert told.path == ["raids"]
    assert told.original_error is None
    assert (told.extensions or {})["code"] == CODES[failure]


def test_the_codes_that_clients_rely_on() -> None:
    assert CODES[errors.ForbiddenError] == "FORBIDDEN"
    assert CODES[errors.UnauthenticatedError] == "UNAUTHENTICATED"
    assert CODES[errors.InvalidInputError] == "BAD_INPUT"
    assert CODES[errors.PlayerNotFoundError] == "PLAYER_NOT_FOUND"
    bad_input = presentable(GraphQLError("", path=["raids"], original_error=EXAMPLES[errors.InvalidInputError]))
    assert bad_input.extensions == {"code": "BAD_INPUT", "field": "first"}
    overloaded = presentable(GraphQLError("", path=["raids"], original_error=EXAMPLES[errors.OverloadedError]))
    assert overloaded.extensions == {"code": "OVERLOADED", "retryAfterMs": 250}


def test_a_failure_that_nobody_listed_is_a_bug_and_masked() -> None:
    class NewError(WorldThreatError):
        pass

    told = presentable(GraphQLError("", path=["raids"], original_error=NewError("SELECT secrets")))
    assert (told.extensions or {})["code"] == "INTERNAL"
    assert "secrets" not in told.message


@pytest.mark.parametrize(
    ("path", "field_name", "spelled"),
    [
        ("stage_effects[0].add_weakness", "createRaid", "boss.stageEffects[0].addWeakness"),
        ("weakness_pool[2].values[1].value", "createRaid", "boss.weaknessPool[2].values[1].value"),
        ("rewards.milestones[1].rewards[0].amount", "createRaid", "boss.rewards.milestones[1].rewards[0].amount"),
        ("rules.min_team_size", "createRaid", "boss.rules.minTeamSize"),
        ("total_hp", "createRaid", "boss.totalHp"),
        ("name", "createRaid", "boss.name"),
        ("raid.name", "createRaid", "name"),
        ("boss_key", "createRaid", "bossKey"),
        ("starts_at", "createRaid", "startsAt"),
        ("rewards.strike_divisor", "updateRaid", "rewards.strikeDivisor"),
        ("curse_every", "updateRaid", "curseEvery"),
        ("raidId", "pauseRaid", "raidId"),
    ],
)
def test_problems_are_told_by_the_input_field(path: str, field_name: str, spelled: str) -> None:
    problem = problem_of(Problem(path, "is wrong.", Severity.WARNING), field_name)
    assert (problem.path, problem.message, problem.severity) == (spelled, "is wrong.", Severity.WARNING)


def test_the_sentence_of_a_refused_configuration_spells_fields_as_the_caller_does() -> None:
    problems = tuple(Problem(f"stage_effects[{index}].add_curse", "is wrong.") for index in range(4))
    told = shown(errors.InvalidConfigurationError(problems), "createRaid")
    assert told.message.startswith("boss.stageEffects[0].addCurse: is wrong.; boss.stageEffects[1]")
    assert told.message.endswith(" And 1 more.")
    assert len(told.problems) == 4
