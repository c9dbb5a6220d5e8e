"""Everybody opens the strike panel at once: from `/raid_strike` to the report, over one bot.

    make bench NAME=bot [QUICK=1]

200 players, each in one moment with all others: the command, the tap on Fight, the tap on yes. The real bot and the
real API are processes of their own over a database with fsync; Discord is the loopback one of the tests, which shares
this process with the players. Discord gives a bot three seconds for its first answer; what it shows then is measured
too.
"""

import argparse
import asyncio
import itertools
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvloop

from bench.kit.plot import Bars
from bench.kit.processes import free_port, running
from bench.kit.results import Table, at_least, at_most, conditions, write
from bench.kit.world import ADMIN, World, postgres, world
from bot.options import BotOptions
from tests.bot.fake_discord import FakeDiscord, Interaction, User
from tests.bot.harness import BotProcess, bot_process

PLAYERS = 200
CHARACTERS = 24
SHOWN_WITHIN_SECONDS = 60.0
NO_CURSE = 10_000
"""Strikes from one to the next: a curse in the middle would ask everybody again."""


async def crowd(made: World, discord: FakeDiscord, players: int) -> list[User]:
    """Registered people of the loopback Discord, each with characters."""
    page = await made.service.catalogue(ADMIN, first=CHARACTERS, after=None, search=None)
    grants = tuple((each.key, 5) for each in page.items)
    users = [discord.user(f"Player {number}") for number in range(players)]
    for user in users:
        await made.service.desk.register_player(ADMIN, discord_id=str(user.id), name=user.name)
        await made.service.desk.grant_characters(ADMIN, discord_id=str(user.id), grants=grants)
    return users


async def at_once(opened: Sequence[Any], shows: str) -> tuple[list[Interaction], list[float], list[float]]:
    """Sends all, and waits until each shows what it should: seconds to the first answer, and until it was shown."""
    started = time.monotonic()
    interactions: list[Interaction] = await asyncio.gather(*opened)
    shown: list[float] = []

    async def wait(interaction: Interaction) -> None:
        await interaction.shows(shows, SHOWN_WITHIN_SECONDS)
        shown.append(time.monotonic() - started)

    await asyncio.gather(*(wait(interaction) for interaction in interactions))
    return interactions, [interaction.seconds_to_answer for interaction in interactions], shown


def quantiles(seconds: list[float]) -> dict[str, float]:
    """p50, p99 and the largest, in milliseconds."""
    ordered = sorted(seconds)
    places = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    return {name: round(ordered[min(len(ordered) - 1, int(len(ordered) * at))] * 1000) for name, at in places.items()}


async def rush(discord: FakeDiscord, users: list[User]) -> dict[str, dict[str, dict[str, float]]]:
    """The three steps: milliseconds to the first answer, and until what the player waits for was there."""
    channel = discord.channel("raid")
    found: dict[str, dict[str, dict[str, float]]] = {}

    def note(step: str, first: list[float], shown: list[float]) -> None:
        found[step] = {"first_answer_ms": quantiles(first), "shown_ms": quantiles(shown)}

    opened, first, shown = await at_once([discord.slash(user, channel, "raid_strike") for user in users], "Fight")
    note("/raid_strike", first, shown)
    taps = [
        one.message.click(next(label for label in one.message.buttons if label.startswith("Fight"))) for one in opened
    ]
    asked, first, shown = await at_once(taps, "Yes, fight")
    note("Fight", first, shown)
    _, first, shown = await at_once([one.message.click("Yes, fight") for one in asked], "damage!")
    note("Yes: the report", first, shown)
    return found


async def one_run(made: World, database_url: str, folder: Path, players: int) -> dict[str, Any]:
    raid_id = await made.new_raid(curse_every=NO_CURSE)
    port = free_port()
    environment = {
        "WORLDTHREAT_DATABASE_URL": database_url,
        "WORLDTHREAT_PORT": str(port),
        "WORLDTHREAT_LOG_LEVEL": "warning",
    }
    serve = [sys.executable, "-m", "worldthreat", "serve"]
    with running(serve, port=port, environment=environment, log=folder / "server.log") as server:
        async with FakeDiscord() as discord:
            users = await crowd(made, discord, players)
            options = BotOptions(
                discord_token=discord.token,
                api_url=f"http://127.0.0.1:{port}",
                api_token=made.bot_token,
                state_dir=folder,
                home_guild_id=discord.guild.id,
            )
            async with bot_process(discord, options) as bot:
                await warm_up(discord, users.pop(), bot)
                discord.measure()
                cpu, began = server.cpu_seconds, time.monotonic()
                steps = await rush(discord, users)
                took, cpu = time.monotonic() - began, server.cpu_seconds - cpu
            missed, violations = len(discord.missed), len(discord.violations)
    struck = len(await made.strike_commits(raid_id)) - 1
    return {
        "players": len(users),
        "steps": steps,
        "seconds": round(took, 1),
        "api_cpu_seconds": round(cpu, 1),
        "strikes": struck,
        "missed": missed,
        "violations": violations,
    }


async def warm_up(discord: FakeDiscord, user: User, _bot: BotProcess) -> None:
    """One strike before, so that nothing is prepared for the first time while it is measured."""
    await rush(discord, [user])


def median_of(runs: list[dict[str, Any]]) -> dict[str, Any]:
    steps = {
        step: {
            kind: {name: statistics.median(run["steps"][step][kind][name] for run in runs) for name in given}
            for kind, given in kinds.items()
        }
        for step, kinds in runs[0]["steps"].items()
    }
    summed = {name: sum(run[name] for run in runs) for name in ("missed", "violations")}
    least = min(run["strikes"] for run in runs)
    return {**runs[-1], "steps": steps, **summed, "strikes": least, "runs": len(runs)}


async def benchmark(*, quick: bool) -> None:
    given = conditions("discord.py", "gql", "strawberry-graphql", "uvicorn")
    players, rounds = (50, 1) if quick else (PLAYERS, 3)
    with postgres() as (server, folder):
        async with world(server, players=10) as made:
            runs = [await one_run(made, server.url, folder, players + 1) for _ in range(rounds)]
    found = median_of(runs)
    steps = found["steps"]
    slowest = max(each["first_answer_ms"]["max"] for each in steps.values())
    verdict = {
        f"slowest first answer of {players} at once, ms": at_most(slowest, 1000.0),
        "strikes in the log": at_least(found["strikes"], players),
        "interactions that Discord gave up": at_most(found["missed"], 0),
        "violations of Discord's API description": at_most(found["violations"], 0),
    }
    rows = [
        [step, *(f"{each[kind][name]:,.0f}" for kind, name in itertools.product(each, ("p50", "p99", "max")))]
        for step, each in steps.items()
    ]
    columns = ("step", "first p50", "first p99", "first max", "shown p50", "shown p99", "shown max")
    bars = [
        (f"{step}: {kind}", steps[step][f"{kind}_ms"]["p99"]) for step in steps for kind in ("first_answer", "shown")
    ]
    labels = frozenset(label for label, _ in bars)
    write(
        "bot_quick" if quick else "bot",
        title="Everybody strikes at once, over Discord",
        given={**given, "players": players, "rounds": rounds, "fsync": True, "quick": quick},
        figures=found,
        verdict=verdict,
        tables=[Table("Milliseconds from the tap", columns, rows)],
        plots=[Bars("p99", "From the tap, 99 of 100 within", "ms", bars, labels, target=1000.0)],
        notes=[
            "`first`: until the bot's first answer, a deferral included. `shown`: until what was asked for is there."
        ],
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="50 players, one round, under a minute")
    uvloop.run(benchmark(quick=arguments.parse_args().quick))


if __name__ == "__main__":
    main()
