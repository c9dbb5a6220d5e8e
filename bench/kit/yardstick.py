"""How fast this machine is: what four ways to answer a strike without a database cost here, and elsewhere.

The targets in microseconds and in strikes a second were set beside these four figures, on one machine. On another one,
or on the same one beside busier neighbours, they say nothing until the four are measured with them: in the same run,
with the same load. The middle of the four ratios says how much dearer everything is here.
"""

import contextlib
import pickle
import statistics
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from bench.kit.processes import ServerProcess, free_port, running
from bench.kit.results import Criterion, Table, at_least, at_most
from bench.kit.world import BOT, World
from bench.load.strikers import Job, strikes_of
from services.rules.values import StrikeAction

CLIENTS: Final = 8
TEAM_SIZE: Final = 6
WARM_UP_SECONDS: Final = 1.0
SECONDS: Final = 1.5
MANY: Final = {"players": 10_000_000, "characters_each": TEAM_SIZE, "first_copy": 1, "first_user": 1}
"""Nobody looks at who strikes with what: enough different requests."""

NAMES: Final = {
    "bare": "bare ASGI",
    "graphql-core": "graphql-core's execute",
    "strawberry": "Strawberry's execute",
    "view": "Strawberry's view",
}
STATED_US: Final = {"bare": 30.0, "graphql-core": 300.0, "strawberry": 450.0, "view": 590.0}
"""CPU a request where the targets were set; the view's is the middle of 540 and 640."""
THERE: Final = "(at that machine's pace)"


async def record(made: World, folder: Path) -> Path:
    """A strike of a full team in a raid with weaknesses, as the service answered it."""
    await made.new_raid()
    team = made.crowd.team(0, TEAM_SIZE)
    answer = await made.service.execute_strike(
        BOT,
        action=StrikeAction.FIGHT,
        character_ids=team.character_ids,
        equipment_id=None,
        discord_id=team.discord_id,
        idempotency_key="recorded",
        expected_sequence=None,
    )
    path = folder / "strike.pickle"
    path.write_bytes(pickle.dumps(answer))
    return path


@contextlib.contextmanager
def baseline(way: str, recorded: Path) -> Iterator[ServerProcess]:
    """One of the four (bench/baselines/recorded_answers.py), answering with the recorded strike."""
    port = free_port()
    command = [sys.executable, "-m", "bench.baselines.recorded_answers", way, str(port), str(recorded)]
    with running(command, port=port, environment={}, log=recorded.parent / "recorded.log") as server:
        yield server


async def measure(server: ServerProcess, folder: Path, token: str, seconds: float) -> dict[str, Any]:
    """What a strike costs the server in CPU, from eight clients in a closed loop."""
    job = Job(
        port=server.port,
        clients=CLIENTS,
        seconds=seconds,
        warm_up_seconds=WARM_UP_SECONDS,
        crowd=MANY,
        team_size=TEAM_SIZE,
        key_prefix="recorded",
        tokens=[token],
        server_pid=server.pid,
        postgres_pid=0,
    )
    told = await strikes_of(job, folder)
    if told.errors:
        raise SystemExit(f"Not every answer was a strike: {told.errors}")
    return {"us": told.server_us, "per_second": told.strikes_per_second, "p99_ms": told.p99_ms}


class Yardstick:
    """Measured a few times during a benchmark, between its own runs; unknown when it never was."""

    def __init__(self, measured: Mapping[str, list[float]] | None = None) -> None:
        self._measured: dict[str, list[float]] = {way: [] for way in STATED_US} | dict(measured or {})

    async def measure(self, made: World, folder: Path) -> None:
        """Some seconds for each way. Ends the live raid."""
        recorded = await record(made, folder)
        for way, measured in self._measured.items():
            with baseline(way, recorded) as server:
                found = await measure(server, folder, made.bot_token, SECONDS)
            measured.append(found["us"])
        print(f"yardstick: everything is {self.dearer:.2f} times as dear here", flush=True)

    @property
    def is_known(self) -> bool:
        return all(self._measured.values())

    @property
    def medians(self) -> dict[str, float]:
        return {way: statistics.median(each) for way, each in self._measured.items() if each}

    @property
    def dearer(self) -> float:
        """How many times as much as stated things cost here."""
        return statistics.median(found / STATED_US[way] for way, found in self.medians.items())

    def cpu(self, name: str, microseconds: float, target: float) -> dict[str, Criterion]:
        """As it is, and as it would be where the targets were set."""
        verdict = {name: at_most(microseconds, target)}
        if self.is_known:
            verdict[f"{name} {THERE}"] = at_most(round(microseconds / self.dearer, 1), target)
        return verdict

    def pace(self, name: str, per_second: float, target: float) -> dict[str, Criterion]:
        """As it is, and as it would be where the targets were set."""
        verdict = {name: at_least(per_second, target)}
        if self.is_known:
            verdict[f"{name} {THERE}"] = at_least(round(per_second * self.dearer), target)
        return verdict

    def figures(self) -> dict[str, Any]:
        return {"us": self.medians, "stated_us": STATED_US, "dearer": self.dearer} if self.is_known else {}

    def tables(self) -> list[Table]:
        if not self.is_known:
            return []
        rows = [
            (NAMES[way], f"{found:,.0f}", f"{STATED_US[way]:,.0f}", f"{found / STATED_US[way]:.2f}")
            for way, found in self.medians.items()
        ]
        title = "How fast this machine is: CPU of a strike without a database"
        return [Table(title, ("", "µs here", "µs where the targets were set", "times"), rows)]

    def notes(self) -> list[str]:
        if not self.is_known:
            return []
        said = (
            f"Four ways to answer without a database cost {self.dearer:.2f} times as much here as where the targets "
            f"were set (the middle of four ratios). Criteria {THERE} are those above them, by that."
        )
        return [said]
