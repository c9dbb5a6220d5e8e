"""What a strike did, told to the one who struck."""

from typing import Any

import discord
from discord import ui
from discord.utils import format_dt

from bot.seeing.cards import FIGHT, GOLD, HP_GONE, HP_LEFT, bar
from bot.striking.answers import Report
from bot.striking.buttons import Act, Screen, button
from bot.striking.codec import PanelState
from bot.striking.words import Say, name

__all__ = ["report_screen"]

ANALYSIS = discord.Colour(0x4AA8FF)
MOST_TRIGGERS = 8
LONGEST_MESSAGE = 300

Part = ui.Item[Any]


def report_screen(say: Say, report: Report, state: PanelState) -> Screen:
    """The report, with a way to the next panel."""
    fight = report.action == "FIGHT"
    colour = GOLD if report.victory else FIGHT if fight else ANALYSIS
    return Screen(
        ui.TextDisplay(_headline(say, report, fight=fight)),
        ui.TextDisplay(_reckoning(say, report)),
        ui.Separator(),
        ui.TextDisplay(_boss(say, report)),
        _triggers(say, report),
        ui.Separator(),
        ui.TextDisplay(_after(say, report)),
        ui.ActionRow(button(Act.OPEN, say("strike-button-next"), state, emoji="🔄")),
        colour=colour,
    )


def _headline(say: Say, report: Report, *, fight: bool) -> str:
    title = (
        say("strike-report-fight", damage=report.damage) if fight else say("strike-report-found", points=report.found)
    )
    lines = [f"## {title}", "-# " + say("strike-report-number", number=report.number, raid=name(report.raid, 60))]
    if report.victory:
        lines.insert(1, f"**{say('strike-report-victory', boss=name(report.boss, 60))}**")
    if report.overkill:
        lines.append(say("strike-report-overkill", points=report.overkill))
    if report.replayed:
        lines.append("-# " + say("strike-report-replayed"))
    return "\n".join(lines)


def _reckoning(say: Say, report: Report) -> str:
    """The score as it came about: base, affinities, stage, and who made it."""
    team = ", ".join(
        f"{name(called, 24)} {say.factor(multiplier)}" if multiplier != 1000 else name(called, 24)
        for called, _, multiplier in report.team
    )
    lines = [
        say(
            "strike-report-score",
            base=report.base_score,
            affinity=say.factor(report.affinity_permille),
            stage=say.factor(report.stage_permille),
            score=report.final_score,
        ),
        f"-# {team}",
    ]
    if report.equipment is not None:
        lines.append("-# " + say("strike-report-equipment", name=name(report.equipment, 40)))
    return "\n".join(lines)


def _boss(say: Say, report: Report) -> str:
    lines = [
        f"**{name(report.boss, 60)}** · {say('strike-stage', number=report.stage, count=report.stages)}",
        bar(report.hp, report.total_hp, HP_LEFT, HP_GONE),
        say("strike-hp", current=report.hp, total=report.total_hp, percent=report.hp_permille / 10),
    ]
    if report.action == "ANALYZE":
        lines.append(
            say("strike-analysis-complete")
            if report.next_threshold is None
            else say("strike-report-analysis", points=report.analysis_points, threshold=report.next_threshold)
        )
    return "\n".join(lines)


def _triggers(say: Say, report: Report) -> Part | None:
    if not report.triggers:
        return None
    lines = [say.trigger(trigger) for trigger in report.triggers[:MOST_TRIGGERS]]
    if any(trigger.kind == "stage" for trigger in report.triggers) and report.stage_message:
        lines.append(f"> {name(report.stage_message, LONGEST_MESSAGE)}")
    return ui.TextDisplay(f"**{say('strike-report-triggered')}**\n" + "\n".join(lines))


def _after(say: Say, report: Report) -> str:
    lines = []
    if report.rewards:
        earned = " · ".join(
            say("strike-report-reward", amount=amount, currency=name(currency, 24))
            for currency, amount in report.rewards[:6]
        )
        lines.append(say("strike-report-rewards", rewards=earned))
    if not report.victory:
        lines.append(say("strike-report-ready", when=format_dt(report.ready_at, "R")))
        lines.append("-# " + say("strike-report-remind"))
    return "\n".join(lines) or say("strike-report-no-rewards")
