"""The API's answers as frozen values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, Self

__all__ = [
    "Affinity",
    "Against",
    "Card",
    "Piece",
    "RaidNow",
    "Refusal",
    "Report",
    "Standing",
    "Trigger",
    "Worth",
    "affinities",
    "instant",
]


def instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


@dataclass(frozen=True, slots=True)
class Affinity:
    kind: str
    value: str

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        return cls(data["kind"], data["value"])

    @property
    def same(self) -> tuple[str, str]:
        """What two spellings of one affinity have in common."""
        return self.kind, self.value.strip().casefold()


def affinities(data: Iterable[Mapping[str, Any]]) -> tuple[Affinity, ...]:
    return tuple(Affinity.of(each) for each in data)


class Against(Protocol):
    """What counts for and against characters now."""

    @property
    def weaknesses(self) -> tuple[Affinity, ...]: ...

    @property
    def curses(self) -> tuple[Affinity, ...]: ...

    @property
    def resistances(self) -> tuple[Affinity, ...]: ...


def maybe_affinity(data: Mapping[str, Any] | None) -> Affinity | None:
    return None if data is None else Affinity.of(data)


@dataclass(frozen=True, slots=True)
class RaidNow:
    """The live raid."""

    id: int
    name: str
    status: str
    sequence: int
    boss: str
    image_url: str | None
    hp: int
    total_hp: int
    hp_permille: int
    stage: int
    stages: int
    analysis_points: int
    next_threshold: int | None
    weaknesses: tuple[Affinity, ...]
    resistances: tuple[Affinity, ...]
    curses: tuple[Affinity, ...]
    strikes_until_curse: int
    ends_at: datetime | None

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            id=int(data["id"]),
            name=data["name"],
            status=data["status"],
            sequence=data["sequence"],
            boss=data["boss"]["name"],
            image_url=data["boss"]["imageUrl"],
            hp=data["hp"]["current"],
            total_hp=data["hp"]["total"],
            hp_permille=data["hp"]["permille"],
            stage=data["stage"]["number"],
            stages=data["stage"]["count"],
            analysis_points=data["analysis"]["points"],
            next_threshold=data["analysis"]["nextThreshold"],
            weaknesses=affinities(data["weaknesses"]),
            resistances=affinities(data["resistances"]),
            curses=affinities(curse["affinity"] for curse in data["curses"]),
            strikes_until_curse=data["curseClock"]["strikesUntilNext"],
            ends_at=instant(data["endsAt"]),
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a player stands in the raid; `ready_at` None means that they may strike now."""

    ready_at: datetime | None
    available: int
    used: int

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            ready_at=instant(data["readyAt"]),
            available=data["availableCharacters"],
            used=data["usedCharacters"],
        )


@dataclass(frozen=True, slots=True)
class Card:
    """A character and why it is worth what it is: the affinities that count for it and against it."""

    id: int
    name: str
    stars: int | None
    score: int
    multiplier_permille: int
    weak: tuple[Affinity, ...] = ()
    cursed: tuple[Affinity, ...] = ()
    used_at: datetime | None = None
    affinities: tuple[Affinity, ...] = ()

    @property
    def worth(self) -> int:
        """Its score with its affinities."""
        return self.score * self.multiplier_permille // 1000

    @classmethod
    def of(cls, data: Mapping[str, Any], raid: Against) -> Self:
        """`raid` says which of the affinities count."""
        own = affinities(data["affinities"])
        use = data["raidUse"] or {"usedAt": None, "score": 0, "multiplierPermille": 1000}
        against = {each.same for each in (*raid.curses, *raid.resistances)}
        favoured = {each.same for each in raid.weaknesses}
        return cls(
            id=int(data["id"]),
            name=data["name"],
            stars=data["stars"],
            score=use["score"],
            multiplier_permille=use["multiplierPermille"],
            weak=tuple(each for each in own if each.same in favoured and each.same not in against),
            cursed=tuple(each for each in own if each.same in against),
            used_at=instant(use["usedAt"]),
            affinities=own,
        )


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of equipment: `effects` are (kind, what it is about, how much), `favours` counts as weak with it."""

    id: int
    name: str
    effects: tuple[tuple[str, str, int], ...]
    favours: tuple[Affinity, ...] = ()

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            int(data["id"]),
            data["name"],
            tuple(
                (each["kind"], (each["affinity"] or {}).get("value") or each["stat"] or "", each["amount"] or 0)
                for each in data["effects"]
            ),
            tuple(Affinity.of(each["affinity"]) for each in data["effects"] if each["affinity"] is not None),
        )


@dataclass(frozen=True, slots=True)
class Worth:
    """What a strike would do: damage or analysis points."""

    points: int
    affinity_permille: int
    stage_permille: int
    sequence: int

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        return cls(data["points"], data["affinityPermille"], data["stagePermille"], data["sequence"])


@dataclass(frozen=True, slots=True)
class Trigger:
    """Something that a strike or the time set off: a curse, a breakthrough, a stage or another change."""

    kind: str
    number: int = 0
    weakness: Affinity | None = None
    curse: Affinity | None = None
    replaced: Affinity | None = None

    @classmethod
    def curse_of(cls, data: Mapping[str, Any]) -> Self:
        return cls("curse", curse=Affinity.of(data["curse"]), replaced=maybe_affinity(data["replaced"]))

    @classmethod
    def breakthrough_of(cls, data: Mapping[str, Any]) -> Self:
        return cls("breakthrough", data["number"], weakness=maybe_affinity(data["weakness"]))

    @classmethod
    def stage_of(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            "stage",
            data["toStage"],
            weakness=maybe_affinity(data["addedWeakness"]),
            curse=maybe_affinity(data["addedCurse"]),
        )

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self | None:
        """None for an event that changes no strike's worth."""
        match event["__typename"]:
            case "CurseApplied":
                return cls.curse_of(event)
            case "BreakthroughAchieved":
                return cls.breakthrough_of(event)
            case "StageAdvanced":
                return cls.stage_of(event)
        return None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A typed error: its name in the schema and the facts that its sentence needs."""

    kind: str
    message: str = ""
    ready_at: datetime | None = None
    next_starts_at: datetime | None = None
    characters: tuple[int, ...] = ()
    min_size: int = 1
    max_size: int = 6
    retry_after_ms: int = 0
    triggers: tuple[Trigger, ...] = ()

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        happened = (Trigger.of(event) for event in data.get("events", ()))
        return cls(
            kind=data["__typename"],
            message=data.get("message", ""),
            ready_at=instant(data.get("readyAt")),
            next_starts_at=instant(data.get("nextStartsAt")),
            characters=tuple(int(each) for each in data.get("characterIds", ())),
            min_size=data.get("minSize", 1),
            max_size=data.get("maxSize", 6),
            retry_after_ms=data.get("retryAfterMs", 0),
            triggers=tuple(each for each in happened if each is not None),
        )


@dataclass(frozen=True, slots=True)
class Report:
    """What a strike did. Multipliers are permille, `team` is (name, score, multiplier), best first."""

    action: str
    number: int
    affinity_permille: int
    stage_permille: int
    base_score: int
    final_score: int
    team: tuple[tuple[str, int, int], ...]
    equipment: str | None
    boss: str
    raid: str
    hp: int
    total_hp: int
    hp_permille: int
    stage: int
    stages: int
    stage_message: str | None
    analysis_points: int
    next_threshold: int | None
    damage: int
    overkill: int
    found: int
    rewards: tuple[tuple[str, int], ...]
    triggers: tuple[Trigger, ...]
    victory: bool
    ready_at: datetime
    replayed: bool

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        strike, raid, curse = data["strike"], data["raid"], data["curseTriggered"]
        return cls(
            action=strike["action"],
            number=strike["number"],
            affinity_permille=strike["affinityPermille"],
            stage_permille=strike["stagePermille"],
            base_score=strike["baseScore"],
            final_score=strike["finalScore"],
            team=tuple(
                (each["name"], each["score"], each["multiplierPermille"])
                for each in sorted(strike["team"], key=lambda each: -each["score"] * each["multiplierPermille"])
            ),
            equipment=None if strike["equipment"] is None else strike["equipment"]["name"],
            boss=raid["boss"]["name"],
            raid=raid["name"],
            hp=raid["hp"]["current"],
            total_hp=raid["hp"]["total"],
            hp_permille=raid["hp"]["permille"],
            stage=raid["stage"]["number"],
            stages=raid["stage"]["count"],
            stage_message=raid["stage"]["message"],
            analysis_points=raid["analysis"]["points"],
            next_threshold=raid["analysis"]["nextThreshold"],
            damage=data["damageDealt"],
            overkill=data["overkill"],
            found=data["analysisContributed"],
            rewards=tuple((each["currency"], each["amount"]) for each in data["rewards"]),
            triggers=(
                *(Trigger.breakthrough_of(each) for each in data["breakthroughs"]),
                *(Trigger.stage_of(each) for each in data["stagesAdvanced"]),
                *(() if curse is None else (Trigger.curse_of(curse),)),
            ),
            victory=data["victory"],
            ready_at=datetime.fromisoformat(data["readyAt"]),
            replayed=data["replayed"],
        )
