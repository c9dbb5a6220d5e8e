"""Boss files: TOML written by raid admins, read with every problem named at once.

The layout is GraphQL's `BossInput` in snake_case: stats and kinds in lower case, lists of tables for what has
parts. Whether the numbers make a playable boss is not asked here: `services.rules.checks` does that.
"""

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from enum import StrEnum
from typing import TypeVar

from services.rules.checks import Problem
from services.rules.configuration import (
    BossConfiguration,
    CurseLimit,
    Milestone,
    RaidRules,
    RewardConfiguration,
    StageEffect,
    Tier,
    WeaknessPool,
    default_analysis_thresholds,
    default_stage_analysis_points,
)
from services.rules.errors import WorldThreatError
from services.rules.values import Affinity, AffinityKind, Reward, Stat

T = TypeVar("T")
Choice = TypeVar("Choice", bound=StrEnum)
_LONGEST_SHOWN = 60


class BossFileError(WorldThreatError):
    """The file cannot be read as a boss. `problems` are all that there are; `source` is where it came from.

    A problem's `path` is the field, as in ``curse_pool[3].kind``, or the place of a syntax error. `str()` has a
    line for each.
    """

    def __init__(self, *, source: str, problems: tuple[Problem, ...]) -> None:
        self.source, self.problems = source, problems
        super().__init__("\n".join(f"{source}: {problem.path}: {problem.message}" for problem in problems))


def boss_from_toml(
    text: str,
    *,
    source: str,
    defaults_rules: RaidRules,
    defaults_rewards: RewardConfiguration,
) -> BossConfiguration:
    """The boss that `text` describes; `source` names it in error messages. Raises BossFileError.

    What is left out is filled in as `boss_from_plain` does.
    """
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: TOMLDecodeError, and numbers of thousands of digits
        raise BossFileError(source=source, problems=(_syntax_problem(error, text),)) from error
    return boss_from_plain(data, source=source, defaults_rules=defaults_rules, defaults_rewards=defaults_rewards)


def boss_from_plain(
    data: Mapping[str, object],
    *,
    source: str,
    defaults_rules: RaidRules,
    defaults_rewards: RewardConfiguration,
) -> BossConfiguration:
    """The boss that `data` describes: dicts, lists, strings and whole numbers, None as if left out.

    Left out: rules and rewards come from the defaults, field by field; analysis thresholds, and the points at
    which stages begin, follow from the total HP. Raises BossFileError with every problem.
    """
    problems: list[Problem] = []
    boss = _boss(problems, data, defaults_rules, defaults_rewards)
    if problems:
        raise BossFileError(source=source, problems=tuple(problems))
    return boss


def _syntax_problem(error: Exception, text: str) -> Problem:
    at_end = " (at end of document)"
    said = str(error)
    if place := re.search(r" \(at (line \d+, column \d+)\)$", said):
        where, what = place[1], said[: place.start()]
    elif said.endswith(at_end):
        where, what = f"line {len(text.splitlines())}", said.removesuffix(at_end)
    elif isinstance(error, RecursionError):
        where, what = "the whole file", "lists or tables are nested too deeply"
    else:
        where, what = "the whole file", "a number in it has thousands of digits"
    return Problem(where, f"this is not TOML: {what}.")


# ------------------------------------------------------------------ one kind of value at a time

_Read = Callable[[list[Problem], str, object], T]
"""Reads the value at a path, None when it is missing; notes what is wrong and goes on with a stand-in.

So one pass finds every problem; nobody may use what was read when there are any.
"""


class _Table:
    """One table of the file: named values, each read by a `_Read`. Unknown names are noted at once."""

    def __init__(self, problems: list[Problem], path: str, value: object, known: tuple[str, ...]) -> None:
        self._path = path
        if not isinstance(value, Mapping):
            _refuse(problems, path, value, f"a table with {', '.join(known)}")
            problems, value = [], {}  # what is no table has no fields to miss
        self._problems: list[Problem] = problems
        self._data: Mapping[str, object] = value
        for key in value:
            if key not in known:
                hint = _did_you_mean(key, known) or f": known here are {', '.join(known)}."
                problems.append(Problem(self._path_of(key), f"is not known here{hint}"))

    def _path_of(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key

    def required(self, key: str, read: _Read[T]) -> T:
        return read(self._problems, self._path_of(key), self._data.get(key))

    def optional(self, key: str, read: _Read[T]) -> T | None:
        return None if self._data.get(key) is None else self.required(key, read)

    def given(self, key: str, read: _Read[T], default: T) -> T:
        found = self.optional(key, read)
        return default if found is None else found


def _refuse(problems: list[Problem], path: str, value: object, wanted: str, hint: str = "") -> None:
    if value is None:
        problems.append(Problem(path, f"is missing: it must be {wanted}."))
    else:
        problems.append(Problem(path, f"must be {wanted}; {_shown(value)} is not{hint or '.'}"))


def _shown(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case Mapping():
            return "a table"
        case list() | tuple():
            return "a list"
        case str():
            shown = f'"{value}"'
        case _:
            shown = str(value)
    return shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}…"


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word[:_LONGEST_SHOWN].strip().lower(), list(known), n=1)
    return f": did you mean {near[0]}?" if near else ""


def _whole(problems: list[Problem], path: str, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    _refuse(problems, path, value, "a whole number")
    return 0


def _text(problems: list[Problem], path: str, value: object) -> str:
    if not isinstance(value, str):
        _refuse(problems, path, value, "a text in quotes")
        return ""
    if "\0" in value:  # PostgreSQL keeps no such text
        problems.append(Problem(path, "must not contain the character U+0000: leave it out."))
    return value


def _one_of(choices: type[Choice]) -> _Read[Choice]:
    known = [choice.value for choice in choices]

    def read(problems: list[Problem], path: str, value: object) -> Choice:
        if isinstance(value, str) and value in known:
            return choices(value)
        hint = _did_you_mean(value, known) if isinstance(value, str) else ""
        _refuse(problems, path, value, f"one of {', '.join(known)}", hint)
        return next(iter(choices))

    return read


def _list_of(read_one: _Read[T]) -> _Read[tuple[T, ...]]:
    def read(problems: list[Problem], path: str, value: object) -> tuple[T, ...]:
        if isinstance(value, list | tuple):
            return tuple(read_one(problems, f"{path}[{index}]", each) for index, each in enumerate(value))
        _refuse(problems, path, value, "a list in [brackets]")
        return ()

    return read


# ------------------------------------------------------------------ the parts of a boss

_ORDINARY = BossConfiguration(name="", total_hp=1, dominant_stats=())  # for what has the same default in every boss
_STAT = _one_of(Stat)
_KIND = _one_of(AffinityKind)


def _affinity(problems: list[Problem], path: str, value: object) -> Affinity:
    table = _Table(problems, path, value, ("kind", "value"))
    return Affinity(table.required("kind", _KIND), table.required("value", _text))


def _curse_limit(problems: list[Problem], path: str, value: object) -> CurseLimit:
    table = _Table(problems, path, value, ("kind", "limit"))
    return CurseLimit(table.required("kind", _KIND), table.required("limit", _whole))


def _weakness_pool(problems: list[Problem], path: str, value: object) -> WeaknessPool:
    table = _Table(problems, path, value, ("kind", "weight", "values"))
    return WeaknessPool(
        kind=table.required("kind", _KIND),
        weight=table.required("weight", _whole),
        values=table.required("values", _list_of(_text)),
    )


def _stage_effect(problems: list[Problem], path: str, value: object) -> StageEffect:
    table = _Table(problems, path, value, ("stage", "message", "add_weakness", "add_curse", "fight_permille"))
    return StageEffect(
        stage=table.required("stage", _whole),
        message=table.required("message", _text),
        add_weakness=table.optional("add_weakness", _affinity),
        add_curse=table.optional("add_curse", _affinity),
        fight_permille=table.optional("fight_permille", _whole),
    )


def _reward(problems: list[Problem], path: str, value: object) -> Reward:
    table = _Table(problems, path, value, ("currency", "amount"))
    return Reward(table.required("currency", _text), table.required("amount", _whole))


def _milestone(problems: list[Problem], path: str, value: object) -> Milestone:
    table = _Table(problems, path, value, ("contribution", "rewards"))
    return Milestone(table.required("contribution", _whole), table.required("rewards", _list_of(_reward)))


def _tier(problems: list[Problem], path: str, value: object) -> Tier:
    table = _Table(problems, path, value, ("name", "contribution", "victory_permille"))
    return Tier(
        name=table.required("name", _text),
        contribution=table.required("contribution", _whole),
        victory_permille=table.required("victory_permille", _whole),
    )


def _rewards(default: RewardConfiguration) -> _Read[RewardConfiguration]:
    known = tuple(field.name for field in fields(RewardConfiguration))

    def read(problems: list[Problem], path: str, value: object) -> RewardConfiguration:
        table = _Table(problems, path, value, known)
        return RewardConfiguration(
            strike_divisor=table.given("strike_divisor", _whole, default.strike_divisor),
            milestones=table.given("milestones", _list_of(_milestone), default.milestones),
            breakthrough=table.given("breakthrough", _list_of(_reward), default.breakthrough),
            victory=table.given("victory", _list_of(_reward), default.victory),
            tiers=table.given("tiers", _list_of(_tier), default.tiers),
        )

    return read


def _rules(default: RaidRules) -> _Read[RaidRules]:
    known = tuple(field.name for field in fields(RaidRules))

    def read(problems: list[Problem], path: str, value: object) -> RaidRules:
        table = _Table(problems, path, value, known)
        return RaidRules(**{name: table.given(name, _whole, getattr(default, name)) for name in known})

    return read


def _boss(
    problems: list[Problem],
    data: Mapping[str, object],
    rules: RaidRules,
    rewards: RewardConfiguration,
) -> BossConfiguration:
    table = _Table(problems, "", data, tuple(field.name for field in fields(BossConfiguration)))
    total_hp = table.required("total_hp", _whole)
    thresholds = table.given("analysis_thresholds", _list_of(_whole), default_analysis_thresholds(total_hp))
    stages = table.given("stage_hp_below_permille", _list_of(_whole), _ORDINARY.stage_hp_below_permille)
    # A boss of fewer stages than usual has no use for the points of the others.
    stage_points = default_stage_analysis_points(thresholds)[: len(stages)]
    return BossConfiguration(
        name=table.required("name", _text),
        description=table.given("description", _text, _ORDINARY.description),
        tier=table.given("tier", _whole, _ORDINARY.tier),
        image_url=table.optional("image_url", _text),
        total_hp=total_hp,
        dominant_stats=table.required("dominant_stats", _list_of(_STAT)),
        weaknesses=table.given("weaknesses", _list_of(_affinity), ()),
        resistances=table.given("resistances", _list_of(_affinity), ()),
        curse_pool=table.given("curse_pool", _list_of(_affinity), ()),
        curse_limits=table.given("curse_limits", _list_of(_curse_limit), ()),
        curse_every=table.given("curse_every", _whole, _ORDINARY.curse_every),
        analysis_thresholds=thresholds,
        weakness_pool=table.given("weakness_pool", _list_of(_weakness_pool), ()),
        stage_hp_below_permille=stages,
        stage_analysis_points=table.given("stage_analysis_points", _list_of(_whole), stage_points),
        stage_effects=table.given("stage_effects", _list_of(_stage_effect), ()),
        rewards=table.given("rewards", _rewards(rewards), rewards),
        rules=table.given("rules", _rules(rules), rules),
    )
