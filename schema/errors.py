# ruff: noqa: N818 - GraphQL types, named by the contract; what is raised is in services.errors
"""Expected failures as GraphQL types, and which exception becomes which.

One mechanism: `EXPECTED` is a table of Strawberry exception handlers. A handler acts on the fields whose union has
its type as a member; what is expected but no member there becomes an error with a code (schema/masking.py).
"""

import dataclasses
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

import strawberry
from strawberry import ID, ExceptionHandler
from strawberry.types.field import StrawberryField

from resolvers import raids
from schema.events import RaidEvent
from schema.fields import Info, shown
from schema.problems import ConfigurationProblem, problem_of
from schema.raid import Raid
from schema.scalars import SafeInt
from services import errors
from services.errors import WorldThreatError
from services.rules.checks import Problem

MESSAGE = "What happened and what would help, in a sentence for people."


@strawberry.interface(description="Every expected failure. A client that knows no better shows `message`.")
class UserError:
    message: str = shown(MESSAGE)


@strawberry.type(description="The player struck a moment ago.")
class CooldownActive(UserError):
    ready_at: datetime = shown("When they may strike again.")


@strawberry.type(description="Characters of the team have struck in this raid before. Each strikes once.")
class CharactersAlreadyUsed(UserError):
    character_ids: list[ID] = shown("All of them.")


@strawberry.type(description="The player does not own characters of the team.")
class CharactersNotOwned(UserError):
    character_ids: list[ID] = shown("All of them, as they were given.")


@strawberry.type(description="The player does not own the equipment.")
class EquipmentNotOwned(UserError):
    equipment_id: ID = shown("As it was given.")


@strawberry.type(description="The team is too small, too large, or names a character twice.")
class InvalidTeam(UserError):
    min_size: int = shown("Characters a team needs.")
    max_size: int = shown("Characters a team may have.")
    duplicate_ids: list[ID] = shown("Characters that were named more than once.")


@strawberry.type(description="The strike would do nothing, and its characters would be gone. They were not spent.")
class ZeroEffect(UserError):
    final_score: SafeInt = shown("What it would have scored.")


@strawberry.type(description="There is no raid to strike.")
class NoActiveRaid(UserError):
    next_starts_at: datetime | None = shown("When the next one begins, if one is scheduled.")


@strawberry.type(description="The raid stands still for now. Nothing was spent.")
class RaidPaused(UserError):
    raid_id: ID = shown("The raid.")


@strawberry.type(description="The boss has fallen already. Nothing was spent.")
class BossAlreadyDefeated(UserError):
    raid_id: ID = shown("The raid.")
    defeated_at: datetime = shown("When the boss fell.")


@strawberry.type(description="Every analysis threshold is reached: there is nothing left to find. Fight instead.")
class AnalysisComplete(UserError):
    pass


@strawberry.type(description="The boss has changed since the strike was planned. Nothing was spent; look again.")
class StateChanged(UserError):
    raid: Raid = shown("The raid as it stands now.")
    events: list[RaidEvent] = shown("What came after the expected sequence, oldest first: up to 100.")


@strawberry.type(description="The idempotency key was used before, for another strike. Use a new key.")
class IdempotencyConflict(UserError):
    idempotency_key: str = shown("The key.")


@strawberry.type(description="Nobody is registered under this Discord id.")
class PlayerNotFound(UserError):
    discord_id: ID = shown("As it was given.")


@strawberry.type(description="Too much at once. Try again with the same idempotency key; nothing is spent twice.")
class Overloaded(UserError):
    retry_after_ms: int = shown("Milliseconds to wait.")


@strawberry.type(description="The configuration or change is refused.")
class InvalidConfiguration(UserError):
    problems: list[ConfigurationProblem] = shown("Every problem, errors before warnings.")


@strawberry.type(description="Another raid is live; there is one at a time.")
class RaidAlreadyActive(UserError):
    raid_id: ID = shown("The live raid.")


@strawberry.type(description="No raid has this id.")
class RaidNotFound(UserError):
    raid_id: ID = shown("As it was given.")


@strawberry.type(description="The catalogue has no such characters. Nothing was granted.")
class UnknownCharacters(UserError):
    character_keys: list[ID] = shown("All of the unknown keys.")


Failure = TypeVar("Failure", bound=WorldThreatError)
Facts = Callable[[Failure, Info], UserError | Awaitable[UserError | None] | None]


class Expected(ExceptionHandler[Failure, Any]):
    """One line of the table: a failure of `exception_type` is shown as `error_type`.

    Without `facts`, every field of `error_type` is the exception's attribute of the same name, and `message` is its
    sentence.
    """

    def __init__(
        self, exception_type: type[Failure], error_type: type[UserError], facts: Facts[Failure] | None = None
    ) -> None:
        self.exception_type, self.error_type = exception_type, error_type
        self._facts = facts or self._same_names

    def handle(
        self,
        exception: Failure,
        *,
        field: StrawberryField,  # noqa: ARG002 - Strawberry's signature
        info: Info,
    ) -> UserError | Awaitable[UserError | None] | None:
        """None when it cannot be shown after all; Strawberry then raises `exception` again."""
        return self._facts(exception, info)

    def _same_names(self, exception: Failure, _info: Info) -> UserError:
        names = [field.name for field in dataclasses.fields(self.error_type) if field.name != "message"]
        return self.error_type(message=str(exception), **{name: getattr(exception, name) for name in names})


async def _look_again(exception: errors.StateChangedError, info: Info) -> StateChanged | None:
    found = await raids.after_change(info.context, since_sequence=exception.expected_sequence)
    if found is None:
        return None
    raid: Any = found[0]  # the view that the field's type shows
    events: Any = found[1]
    return StateChanged(message=str(exception), raid=raid, events=events)


def _all_problems(exception: errors.InvalidConfigurationError, info: Info) -> InvalidConfiguration:
    problems = [problem_of(problem, info.field_name) for problem in exception.problems]
    told = "; ".join(f"{problem.path}: {problem.message}" for problem in problems[:3])
    more = "" if len(problems) <= 3 else f" And {len(problems) - 3} more."
    return InvalidConfiguration(message=f"{told}{more}", problems=problems)


def _one_problem(exception: errors.InvalidTransitionError, info: Info) -> InvalidConfiguration:
    told = str(exception).removeprefix(f"{exception.path}: ")
    problem = problem_of(Problem(exception.path, told), info.field_name)
    return InvalidConfiguration(message=str(exception), problems=[problem])


EXPECTED: tuple[Expected[Any], ...] = (
    Expected(errors.CooldownError, CooldownActive),
    Expected(errors.CharacterAlreadyUsedError, CharactersAlreadyUsed),
    Expected(errors.CharacterNotOwnedError, CharactersNotOwned),
    Expected(errors.EquipmentNotOwnedError, EquipmentNotOwned),
    Expected(errors.InvalidTeamSizeError, InvalidTeam),
    Expected(errors.ZeroEffectError, ZeroEffect),
    Expected(errors.NoActiveEventError, NoActiveRaid),
    Expected(errors.RaidPausedError, RaidPaused),
    Expected(errors.BossAlreadyDefeatedError, BossAlreadyDefeated),
    Expected(errors.AnalysisCompleteError, AnalysisComplete),
    Expected(errors.StateChangedError, StateChanged, _look_again),
    Expected(errors.IdempotencyConflictError, IdempotencyConflict),
    Expected(errors.PlayerNotFoundError, PlayerNotFound),
    Expected(errors.OverloadedError, Overloaded),
    Expected(errors.InvalidConfigurationError, InvalidConfiguration, _all_problems),
    Expected(errors.InvalidTransitionError, InvalidConfiguration, _one_problem),
    Expected(errors.RaidAlreadyActiveError, RaidAlreadyActive),
    Expected(errors.RaidNotFoundError, RaidNotFound),
    Expected(errors.UnknownCharactersError, UnknownCharacters),
)
"""Every failure that a union can show. The rest of `services.errors` is in `schema.masking`."""
