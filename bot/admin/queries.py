"""What the admins' commands ask the API, and its answers as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

__all__ = [
    "BOSSES",
    "CHANGE",
    "CREATE_RAID",
    "LOG",
    "RAIDS",
    "Action",
    "Boss",
    "Problem",
    "Raid",
    "Refusal",
    "created",
    "raids_of",
    "refusal",
]

_RAID: Final = """
fragment Facts on Raid {
  id name status startsAt endsAt sequence
  boss { name }
  hp { current total permille }
  stage { number count }
  totals { strikes participants }
}
"""

BOSSES: Final = "{ bosses { key name tier totalHp } }"

RAIDS: Final = f"""
query AdminRaids {{
  activeRaid {{ ...Facts }}
  raids(first: 10, status: SCHEDULED) {{ nodes {{ ...Facts }} }}
}}
{_RAID}
"""

LOG: Final = "query AdminLog($first: Int!) { adminActions(first: $first) { nodes { actor action reason actedAt } } }"

CREATE_RAID: Final = f"""
mutation CreateRaid($input: CreateRaidInput!) {{
  createRaid(input: $input) {{
    __typename
    ... on CreateRaidSuccess {{ raid {{ ...Facts }} }}
    ... on RaidAlreadyActive {{ message raidId }}
    ... on InvalidConfiguration {{ message problems {{ path message severity }} }}
  }}
}}
{_RAID}
"""


def _change(field: str) -> str:
    return f"""
mutation ChangeRaid($input: RaidActionInput!) {{
  changed: {field}(input: $input) {{
    __typename
    ... on UpdateRaidSuccess {{ raid {{ ...Facts }} }}
    ... on InvalidConfiguration {{ message problems {{ path message severity }} }}
    ... on UserError {{ message }}
  }}
}}
{_RAID}
"""


CHANGE: Final = {"pause": _change("pauseRaid"), "resume": _change("resumeRaid"), "end": _change("endRaid")}


@dataclass(frozen=True, slots=True)
class Boss:
    """A template; `total_hp` in HP."""

    key: str
    name: str
    tier: int
    total_hp: int

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        return cls(told["key"], told["name"], told["tier"], told["totalHp"])


@dataclass(frozen=True, slots=True)
class Raid:
    """What an admin wants to see of a raid; `hp_permille` in tenths of a percent."""

    raid_id: str
    name: str
    status: str
    boss: str
    starts_at: datetime
    ends_at: datetime | None
    hp: int
    total_hp: int
    hp_permille: int
    stage: int
    stages: int
    strikes: int
    participants: int

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        return cls(
            raid_id=told["id"],
            name=told["name"],
            status=told["status"],
            boss=told["boss"]["name"],
            starts_at=datetime.fromisoformat(told["startsAt"]),
            ends_at=None if told["endsAt"] is None else datetime.fromisoformat(told["endsAt"]),
            hp=told["hp"]["current"],
            total_hp=told["hp"]["total"],
            hp_permille=told["hp"]["permille"],
            stage=told["stage"]["number"],
            stages=told["stage"]["count"],
            strikes=told["totals"]["strikes"],
            participants=told["totals"]["participants"],
        )


@dataclass(frozen=True, slots=True)
class Action:
    """A line of the admin log."""

    actor: str
    action: str
    reason: str
    acted_at: datetime

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        return cls(told["actor"], told["action"], told["reason"], datetime.fromisoformat(told["actedAt"]))


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a configuration; a warning may be accepted."""

    path: str
    message: str
    is_warning: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was not done: the type of the API's error, its sentence, and the problems where it names them."""

    kind: str
    message: str
    problems: tuple[Problem, ...]

    @property
    def acceptable(self) -> bool:
        """Whether only warnings are in the way."""
        return bool(self.problems) and all(problem.is_warning for problem in self.problems)


def raids_of(answer: Mapping[str, Any]) -> tuple[Raid | None, tuple[Raid, ...]]:
    """The live raid, and those that are scheduled, the next one first."""
    live = answer["activeRaid"]
    scheduled = sorted((Raid.of(node) for node in answer["raids"]["nodes"]), key=lambda raid: raid.starts_at)
    return None if live is None else Raid.of(live), tuple(scheduled)


def created(result: Mapping[str, Any]) -> Raid | None:
    """The raid of a success; None of a refusal."""
    return Raid.of(result["raid"]) if result["__typename"].endswith("Success") else None


def refusal(result: Mapping[str, Any]) -> Refusal:
    """The refusal of a result that is no success."""
    return Refusal(
        result["__typename"],
        result.get("message", ""),
        tuple(
            Problem(problem["path"], problem["message"], problem["severity"] == "WARNING")
            for problem in result.get("problems", ())
        ),
    )
