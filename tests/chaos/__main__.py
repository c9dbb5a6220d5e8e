"""`make chaos`: kills and cuts for minutes. Exit code 1 when something was lost, doubled or wrong."""

import argparse
import asyncio
import re
import sys
import time

from tests.chaos.run import run


def main() -> None:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="about how long")
    parser.add_argument("--seed", type=int, default=None, help="of the trouble; without it another one each time")
    arguments = parser.parse_args()
    seed = time.time_ns() % 1_000_000 if arguments.seed is None else arguments.seed
    sys.stdout.write(f"seed {seed}\n")
    record = asyncio.run(run(seed, arguments.minutes * 60, lambda line: print(line, flush=True)))  # noqa: T201
    sys.stdout.write(f"{record}\n")
    odd = record.exit_codes != [0, 0] or record.oddities or "Traceback" in record.log
    if odd:
        sys.stdout.write(f"exit codes {record.exit_codes}, {len(record.oddities)} odd answers: {record.oddities[:3]}\n")
        for place in [found.start() for found in re.finditer("Traceback", record.log)][:5]:
            sys.stdout.write(f"----\n{record.log[max(0, place - 300) : place + 6_000]}\n")
    sys.exit(1 if odd else 0)


if __name__ == "__main__":
    main()
