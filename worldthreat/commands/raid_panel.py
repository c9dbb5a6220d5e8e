"""A raid as people see it in a terminal."""

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from services.rules.values import Affinity, RaidStatus
from services.views import LeaderboardEntry, Raid
from worldthreat.commands.output import add_row, local, plain, table


def raid_panel(raid: Raid, top: Sequence[LeaderboardEntry]) -> RenderableType:
    """Where `raid` stands, and who leads."""
    parts: list[RenderableType] = [_headline(raid), _hp(raid), Text(), _facts(raid)]
    if top:
        parts += [Text(), _leaders(top)]
    return Panel(
        Group(*parts),
        title=Text(plain(f"Raid {raid.id} · {raid.name}"), style="bold", overflow="ellipsis"),
        subtitle=Text(status_of(raid), style=_colour(raid)),
        border_style=_colour(raid),
        padding=(1, 2),
    )


def status_of(raid: Raid) -> str:
    return raid.status.value if raid.outcome is None else raid.outcome.value


def _colour(raid: Raid) -> str:
    if raid.status is RaidStatus.COMPLETED:
        return "green" if raid.hp.current == 0 else "bright_black"
    return {RaidStatus.ACTIVE: "red", RaidStatus.PAUSED: "yellow", RaidStatus.SCHEDULED: "blue"}[raid.status]


def percent(permille: int) -> str:
    return f"{permille // 10}.{permille % 10} %"


def _times(permille: int) -> str:
    return f"\N{MULTIPLICATION SIGN}{permille // 1000}.{permille % 1000:03}"


def _headline(raid: Raid) -> RenderableType:
    stats = ", ".join(stat.value for stat in raid.boss.dominant_stats)
    line = Text(plain(raid.boss.name), style="bold")
    line.append(f"  tier {raid.boss.tier}, strength from {stats}", style="dim")
    return line


def _hp(raid: Raid) -> RenderableType:
    numbers = Text(f"{raid.hp.current:,} of {raid.hp.total:,} HP, {percent(raid.hp.permille)}")
    # The bar in permille: rich counts in floats, and HP may be larger than they are exact.
    bar = ProgressBar(total=1000, completed=raid.hp.permille, complete_style="red", finished_style="red")
    lines = Table.grid(expand=True)
    lines.add_row(bar)
    lines.add_row(numbers)
    return lines


def _facts(raid: Raid) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    stage, analysis, totals, clock = raid.stage, raid.analysis, raid.totals, raid.curse_clock
    following = "all found" if analysis.next_threshold is None else f"the next at {analysis.next_threshold:,}"
    facts = {
        "Stage": f"{stage.number} of {stage.count}: fights {_times(stage.fight_permille)}, "
        f"analyses {_times(stage.analyze_permille)}",
        "Weak to": _named(raid.weaknesses),
        "Resists": _named(raid.resistances),
        "Cursed": _named(curse.affinity for curse in raid.curses),
        "Next curse": f"in {clock.strikes_until_next:,} of {clock.every:,} strikes",
        "Analysis": f"{analysis.points:,} points, {analysis.unlocked} of {len(analysis.thresholds)} breakthroughs, "
        f"{following}",
        "Strikes": f"{totals.strikes:,} by {totals.participants:,} players: {totals.fights:,} fights, "
        f"{totals.analyses:,} analyses, {totals.damage:,} damage",
        "Starts" if raid.status is RaidStatus.SCHEDULED else "Started": local(raid.starts_at),
        "Ends": "" if raid.completed_at is not None else local(raid.ends_at),
        "Ended": local(raid.completed_at),
        "About": raid.description or "",
    }
    for name, fact in facts.items():
        if fact:
            grid.add_row(name, Text(plain(fact)))
    return grid


def _named(affinities: Iterable[Affinity]) -> str:
    return ", ".join(affinity.value for affinity in affinities) or "nothing"


def _leaders(top: Sequence[LeaderboardEntry]) -> RenderableType:
    made = table("#", "Player", "Contribution", "Strikes", numbers=("#", "Contribution", "Strikes"))
    for entry in top:
        add_row(made, entry.rank, entry.player.name, f"{entry.score:,}", f"{entry.strikes:,}")
    return made
