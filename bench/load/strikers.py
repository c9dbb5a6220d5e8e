"""A closed loop of strikes, in a process of its own: so many connections, each strikes again when it is answered.

    python -m bench.load.strikers JOB

JOB is a file of JSON with the fields of `Job`; one line of JSON comes back, the fields of `Told`.
"""

import asyncio
import dataclasses
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import orjson
import uvloop

from bench.kit.crowd import Crowd
from bench.kit.processes import ServerProcess, allow_open_files
from bench.load.strike_requests import StrikeRequests, read_answer
from bench.load.wire import Wire

SUCCESS = "ExecuteStrikeSuccess"
LAST_ANSWER_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Job:
    """Strikes `first` and following of the crowd, measured for `seconds` after `warm_up_seconds`."""

    port: int
    clients: int
    seconds: float
    warm_up_seconds: float
    crowd: dict[str, int]
    team_size: int
    key_prefix: str
    tokens: list[str]
    server_pid: int
    postgres_pid: int


@dataclass(frozen=True, slots=True)
class Told:
    """`acknowledged` and `damage` are of the whole run, all else of the measured time; µs are CPU per strike."""

    strikes: int
    strikes_per_second: float
    p50_ms: float
    p99_ms: float
    server_us: float
    postgres_us: float
    client_us: float
    resident_mb: float
    errors: dict[str, int]
    acknowledged: int
    damage: int
    ran_out: bool


async def strikes_of(job: Job, folder: Path) -> Told:
    """Does the job in a process of its own. Raises SystemExit when that fails."""
    file = folder / "job.json"
    file.write_bytes(orjson.dumps(dataclasses.asdict(job)))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.load.strikers", file, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    if process.returncode != 0:
        raise SystemExit(f"The load generator ended with {process.returncode}.")
    return Told(**orjson.loads(output))


class Strikers:
    def __init__(self, job: Job) -> None:
        self._job = job
        self._requests = StrikeRequests(Crowd(**job.crowd), job.team_size, job.key_prefix, job.tokens)
        self._next = 0
        self._since = self._until = 0.0
        self._sent: dict[Wire, float] = {}
        self._open = 0
        self._done = asyncio.Event()
        self._waits: list[float] = []
        self._errors: Counter[str] = Counter()
        self._acknowledged = self._damage = 0

    async def run(self) -> Told:
        job, loop = self._job, asyncio.get_running_loop()
        wires = [
            (await loop.create_connection(lambda: Wire(self._answered, self._lost), "127.0.0.1", job.port))[1]
            for _ in range(job.clients)
        ]
        self._open = len(wires)
        self._since = time.perf_counter() + job.warm_up_seconds
        self._until = self._since + job.seconds
        for wire in wires:
            self._strike(wire)
        await asyncio.sleep(job.warm_up_seconds)
        server, postgres = ServerProcess(job.server_pid, job.port), ServerProcess(job.postgres_pid, 0)
        before, acknowledged = (server.cpu_seconds, postgres.cpu_seconds, time.process_time()), self._acknowledged
        began = time.perf_counter()
        await asyncio.sleep(self._until - began)
        took = time.perf_counter() - began
        after = (server.cpu_seconds, postgres.cpu_seconds, time.process_time())
        struck = max(1, self._acknowledged - acknowledged)
        async with asyncio.timeout(LAST_ANSWER_SECONDS):
            await self._done.wait()
        waits = sorted(self._waits)
        server_us, postgres_us, client_us = (
            round((late - early) / struck * 1e6, 1) for early, late in zip(before, after, strict=True)
        )
        return Told(
            strikes=struck,
            strikes_per_second=round(struck / took, 1),
            p50_ms=_at(waits, 0.5),
            p99_ms=_at(waits, 0.99),
            server_us=server_us,
            postgres_us=postgres_us,
            client_us=client_us,
            resident_mb=round(server.resident_bytes / 2**20, 1),
            errors=dict(self._errors),
            acknowledged=self._acknowledged,
            damage=self._damage,
            ran_out=self._next >= len(self._requests),
        )

    def _strike(self, wire: Wire) -> None:
        now = time.perf_counter()
        if now >= self._until or self._next >= len(self._requests):
            wire.close()
            return
        request = self._requests.request(self._next)
        self._next += 1
        self._sent[wire] = time.perf_counter()
        wire.send(request)

    def _answered(self, wire: Wire, status: int, body: bytes) -> None:
        now, sent = time.perf_counter(), self._sent.pop(wire)
        answer = read_answer(status, body)
        if answer.kind == SUCCESS:
            self._acknowledged += 1
            self._damage += answer.damage
            if now >= self._since:  # the last ones too, which are answered after the time
                self._waits.append(now - sent)
        else:
            self._errors[answer.kind] += 1
        self._strike(wire)

    def _lost(self, wire: Wire) -> None:
        if self._sent.pop(wire, None) is not None:
            self._errors["connection lost"] += 1
        self._open -= 1
        if self._open == 0:
            self._done.set()


def _at(waits: list[float], share: float) -> float:
    """Milliseconds; 0 when nothing was answered."""
    return round(waits[min(len(waits) - 1, int(len(waits) * share))] * 1000, 2) if waits else 0.0


def main() -> None:
    job = Job(**orjson.loads(Path(sys.argv[1]).read_bytes()))
    allow_open_files(job.clients + 50)
    told = uvloop.run(Strikers(job).run())
    sys.stdout.write(orjson.dumps(dataclasses.asdict(told)).decode() + "\n")


if __name__ == "__main__":
    main()
