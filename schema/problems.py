"""Problems of a configuration, told by the input fields that the caller wrote."""

import dataclasses

import strawberry
from strawberry.utils.str_converters import to_camel_case

from schema.fields import shown
from services.rules.checks import Problem, Severity
from services.rules.configuration import BossConfiguration

CREATE_RAID = "createRaid"
BOSS_FIELDS = frozenset(field.name for field in dataclasses.fields(BossConfiguration))


@strawberry.type(description="One thing that is wrong with a configuration or a change.")
class ConfigurationProblem:
    path: str = shown("The input field, such as `boss.stageEffects[0].addWeakness`.")
    message: str = shown("What is wrong with it.")
    severity: Severity = shown("Whether it can be accepted.")


def problem_of(problem: Problem, field_name: str) -> ConfigurationProblem:
    """`problem` as the caller of the mutation `field_name` spells it: in createRaid a boss's fields are in `boss`.

    ``raid.name`` is the raid's own name there, for ``name`` is the boss's.
    """
    path = problem.path
    if field_name == CREATE_RAID:
        is_boss = path.partition(".")[0].partition("[")[0] in BOSS_FIELDS
        path = f"boss.{path}" if is_boss else path.removeprefix("raid.")
    return ConfigurationProblem(path=to_camel_case(path), message=problem.message, severity=problem.severity)
