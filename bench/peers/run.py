"""Our server beside what other teams would run, in the peers' own bench bed: same load, same machine, one run.

    .venv/bin/python -m bench.peers.run FOLDER strike --targets mercurius,mercurius_pool2,ours --clients 64,256

FOLDER is a checkout of the bed, writable, where its ./setup.sh has run; what follows goes to its bench.py. Its targets
and ours (bench/peers/ours.json) are put together in FOLDER/out/targets_with_ours.json. `ours2` is ours with two
processes. What it finds is written to bench/results/peers.json and peers.md as well.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.kit.plot import Bars
from bench.kit.results import Criterion, Table, at_least, conditions, write
from services.tokens import new_secret
from services.views import Role

HERE = Path(__file__).parent
OURS = frozenset({"ours", "ours2"})
BEST_PEERS = ("mercurius", "mercurius_pool2")


def targets(bed: Path) -> dict[str, Any]:
    """The bed's own, and ours with a token that `prepare` will make known."""
    text = (HERE / "ours.json").read_text(encoding="utf-8")
    for name, value in {
        "our_python": sys.executable,
        "here": str(HERE),
        "documents": str(HERE.parent / "documents"),
        "token": new_secret(Role.BOT),
    }.items():
        text = text.replace(f"{{{name}}}", value)
    ours: dict[str, Any] = json.loads(text)["ours"]
    twice = {**ours, "label": f"{ours['label']}, two processes", "env": {"WORLDTHREAT_WORKERS": "2"}}
    found: dict[str, Any] = json.loads((bed / "targets.json").read_text(encoding="utf-8"))
    # The bed merges a target's variables into the defaults': each of its own gets them, so that ours stay ours.
    variables = found["defaults"]["strike"].pop("variables")
    for target in found["targets"].values():
        if target.get("strike", {}) is not None:
            target.setdefault("strike", {}).setdefault("variables", variables)
    found["targets"] |= {"ours": ours, "ours2": twice}
    return found


def report(found: dict[str, Any], labels: dict[str, str]) -> None:
    rows: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for row in found["strike"]:
        rows.setdefault((row["target"], row["clients"]), []).append(row)

    def median(target: str, clients: int, key: str) -> float:
        values = sorted(float(row[key] or 0) for row in rows[target, clients])
        middle = len(values) // 2
        return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2

    paces = {place: median(*place, "per_s") for place in rows}
    peers = [pace for (target, _), pace in paces.items() if target in BEST_PEERS]
    ours = [pace for (target, _), pace in paces.items() if target == "ours"]
    verdict: dict[str, Criterion] = {}
    if peers and ours:
        verdict["our best row, times mercurius's best"] = at_least(round(max(ours) / max(peers), 2), 2.0)
    wrong = [row for row in found["strike"] if not row["verify"]["ok"] or row["errors"]]
    verdict["rows that add up, without errors"] = at_least(len(found["strike"]) - len(wrong), len(found["strike"]))
    names = {place: f"{labels[place[0]]}, {place[1]}" for place in rows}
    write(
        "peers_quick" if "quick" in found["mode"] else "peers",
        title="Strikes beside other servers",
        given={**conditions("strawberry-graphql"), "bed": found["machine"], "repeats": found["repeats"]},
        figures={"strike": found["strike"], "versions": found["versions"], "failed": found["failed"]},
        verdict=verdict,
        tables=[
            Table(
                "Closed loop, medians",
                ("server, clients", "strikes/s", "p50 ms", "p99 ms", "server µs", "PostgreSQL µs", "server MB"),
                [
                    (
                        name,
                        *(
                            f"{median(*place, key):,.{0 if key == 'per_s' else 1}f}"
                            for key in ("per_s", "p50_ms", "p99_ms", "server_us", "pg_us", "rss_mb")
                        ),
                    )
                    for place, name in names.items()
                ],
            )
        ],
        plots=[
            Bars(
                "pace",
                "Strikes a second",
                "strikes/s",
                [(name, paces[place]) for place, name in names.items()],
                ours=frozenset(name for place, name in names.items() if place[0] in OURS),
            )
        ],
    )


def main() -> None:
    if len(sys.argv) < 3 or not (Path(sys.argv[1]) / "bench.py").is_file():
        raise SystemExit(__doc__)
    bed = Path(sys.argv[1]).resolve()
    python = bed / ".venv" / "bin" / "python"
    if not python.exists():
        raise SystemExit(f"{python} is not there: run ./setup.sh in {bed} first.")
    (bed / "out").mkdir(exist_ok=True)
    known = targets(bed)
    config = bed / "out" / "targets_with_ours.json"
    config.write_text(json.dumps(known, indent=1), encoding="utf-8")
    done = subprocess.run([python, "bench.py", *sys.argv[2:], "--config", config], cwd=bed, check=False)  # noqa: S603
    found = json.loads((bed / "out" / "latest.json").read_text(encoding="utf-8"))
    if found["strike"]:
        report(found, {name: target.get("label", name) for name, target in known["targets"].items()})
    raise SystemExit(done.returncode)


if __name__ == "__main__":
    main()
