"""The documentation keeps its word: links lead somewhere, queries fit the schema, commands and boss files work."""

import re
import shlex
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import typer.main
from graphql import GraphQLSchema, build_schema, parse, validate
from PIL import Image

from services import content
from services.boss_files import boss_from_toml
from services.rules.checks import RosterSurvey, Severity, check_configuration
from services.rules.configuration import BossConfiguration, CurseLimit, RaidRules, RewardConfiguration
from services.rules.draws import Draw, seed_hash
from services.rules.events import BreakthroughAchieved, CurseApplied, RaidEvent, RaidStarted, StageAdvanced
from services.rules.replay import LoggedStrike, RaidReplay
from services.rules.state import new_raid
from services.rules.values import Affinity, AffinityKind, Character, CharacterSheet, RaidOutcome, StrikeAction
from worldthreat.cli import command_line

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LARGEST_PICTURE_BYTES = 250_000
LANGUAGES_OF_FENCES = {"", "bash", "console", "css", "graphql", "javascript", "json", "mermaid", "python", "toml"}
SEED = bytes(range(32))
NOW = datetime(2030, 5, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema((ROOT / "schema" / "schema.graphql").read_text(encoding="utf-8"))


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


every_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


def fences(page: Path) -> list[tuple[str, str]]:
    """Language and text of every fenced block, those inside of lists too."""
    text = page.read_text(encoding="utf-8")
    return re.findall(r"^[ ]*```(\w*)\n(.*?)^[ ]*```[ ]*$", text, re.DOTALL | re.MULTILINE)


def blocks(page: Path, language: str) -> list[str]:
    return [text for found, text in fences(page) if found == language]


def anchors(page: Path) -> set[str]:
    """What can be linked to in a page, as GitHub makes it of headings."""
    outside = re.sub(r"^[ ]*```.*?^[ ]*```[ ]*$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", outside, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@every_page
def test_every_link_and_picture_is_there(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    assert links
    for link in links:
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} leads nowhere"
        assert target.is_relative_to(ROOT), f"{link} leads out of the project"
        if anchor:
            assert anchor in anchors(target), f"{link}: there is no such heading"


def test_pictures_are_small_and_shown() -> None:
    pictures = list((ROOT / "docs" / "pictures").iterdir())
    shown = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert pictures
    for picture in pictures:
        with Image.open(picture) as opened:
            assert opened.format in {"PNG", "WEBP"}, picture.name
        assert picture.stat().st_size < LARGEST_PICTURE_BYTES, picture.name
        assert f"pictures/{picture.name}" in shown, f"nobody shows {picture.name}"


@every_page
def test_every_block_is_of_a_language_that_is_looked_at(page: Path) -> None:
    assert {language for language, _ in fences(page)} <= LANGUAGES_OF_FENCES


def documents(page: Path) -> list[str]:
    """GraphQL of its own, and what the shell examples ask."""
    asked = [found for text in blocks(page, "bash") for found in re.findall(r"\bask '([^']+)'", text)]
    sources = [text for language in ("javascript", "python", "bash") for text in blocks(page, language)]
    embedded = [found for text in sources for found in re.findall(r'"\s*(subscription\b[^"]+?)\s*"', text)]
    return [*blocks(page, "graphql"), *asked, *embedded]


@pytest.mark.parametrize("page", [page for page in PAGES if documents(page)], ids=name_of)
def test_every_graphql_document_fits_the_schema(page: Path, schema: GraphQLSchema) -> None:
    for document in documents(page):
        errors = validate(schema, parse(document))
        assert not errors, f"{errors[0].message} in\n{document}"


def test_the_api_page_and_the_readme_have_examples() -> None:
    assert len(documents(ROOT / "docs" / "api.md")) >= 10
    assert len(documents(ROOT / "README.md")) == 2


def commands(page: Path) -> list[list[str]]:
    """Every call of `worldthreat`, in shell blocks and between backticks, as its words."""
    shell = "\n".join(blocks(page, "bash")).replace("\\\n", " ")
    inline = re.findall(r"`(worldthreat [a-z][^`\n]*)`", page.read_text(encoding="utf-8"))
    return [shlex.split(call)[1:] for call in [*re.findall(r"^worldthreat .*$", shell, re.MULTILINE), *inline]]


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=name_of)
def test_every_command_exists_with_its_options(page: Path) -> None:
    for words in commands(page):
        command: Any = typer.main.get_command(command_line())
        rest = list(words)
        while rest and hasattr(command, "commands"):
            if rest[0] == "--help":
                break
            assert rest[0] in command.commands, f"worldthreat {' '.join(words)}: there is no {rest[0]}"
            command = command.commands[rest.pop(0)]
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        given = {word for word in rest if word.startswith("--")}
        assert given <= known, f"worldthreat {' '.join(words)}: {given - known} is unknown"


def test_the_guides_show_every_command_of_raids_tokens_rosters_and_the_bot() -> None:
    shown = {tuple(words[:2]) for page in PAGES for words in commands(page)}
    root: Any = typer.main.get_command(command_line())
    groups = {name: group for name, group in root.commands.items() if hasattr(group, "commands")}
    assert groups
    assert {(name, command) for name, group in groups.items() for command in group.commands} <= shown


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "toml")], ids=name_of)
def test_every_boss_of_the_pages_can_be_played(page: Path) -> None:
    for text in blocks(page, "toml"):
        boss = boss_from_toml(
            text, source=page.name, defaults_rules=RaidRules(), defaults_rewards=RewardConfiguration()
        )
        problems = check_configuration(boss, RosterSurvey(characters=0, holders={}))
        assert not [problem for problem in problems if problem.severity is Severity.ERROR]


# ------------------------------------------------------------------ the players' program that repeats the draws


@pytest.fixture(scope="module")
def program() -> dict[str, Any]:
    (text,) = blocks(ROOT / "docs" / "rules.md", "python")
    names: dict[str, Any] = {"__name__": "check_draws"}
    exec(compile(text, "check_draws.py", "exec"), names)  # noqa: S102 - our own page, run as its readers run it
    return names


def demo_boss() -> BossConfiguration:
    """The demo's boss with many curses, and a limit at which the one that a stage brings must replace another."""
    text = content.boss_files()["demo"]
    boss = boss_from_toml(text, source="demo.toml", defaults_rules=RaidRules(), defaults_rewards=RewardConfiguration())
    pool = tuple(curse for curse in boss.curse_pool if curse.kind in {AffinityKind.ELEMENTAL, AffinityKind.GENRE})
    return replace(boss, curse_every=2, curse_pool=pool, curse_limits=(CurseLimit(AffinityKind.ELEMENTAL, 1),))


def played() -> tuple[BossConfiguration, list[RaidEvent]]:
    """A raid from its start to victory: two fights, one analysis, two fights …"""
    boss = demo_boss()
    replay = RaidReplay(boss, SEED, new_raid(boss, starts_at=NOW, ends_at=None))
    events: list[RaidEvent] = list(replay.change(RaidStarted(sequence=1, occurred_at=NOW, message="")))
    sheet = CharacterSheet("Everybody", None, 6, (9_999,) * 8, (Affinity(AffinityKind.ELEMENTAL, "neutral"),))
    for number in range(1, 1_000):
        action = StrikeAction.ANALYZE if number % 3 == 0 else StrikeAction.FIGHT
        strike = LoggedStrike(number, action, (Character(number, sheet, 1),), None, NOW + timedelta(minutes=number))
        _, outcome = replay.strike(strike)
        events += outcome.events
        if outcome.state.outcome is RaidOutcome.VICTORY:
            return boss, events
    pytest.fail("the raid did not end")


def shown(affinity: Affinity | None) -> dict[str, str] | None:
    return None if affinity is None else {"kind": affinity.kind.name, "value": affinity.value}


def as_answered(event: RaidEvent) -> dict[str, Any]:
    """An event as the program's question is answered."""
    common = {"sequence": event.sequence, "kind": event.kind.name, "message": event.message}
    match event:
        case BreakthroughAchieved():
            return common | {"weakness": shown(event.weakness)}
        case CurseApplied():
            return common | {"curse": shown(event.curse), "replaced": shown(event.replaced)}
        case StageAdvanced():
            return common | {
                "addedWeakness": shown(event.added_weakness),
                "addedCurse": shown(event.added_curse),
                "replacedCurse": shown(event.replaced_curse),
            }
        case _:
            return common


def answered(boss: BossConfiguration) -> dict[str, Any]:
    """The raid as the program's question is answered."""
    pools = {
        "initialWeaknesses": [shown(each) for each in boss.weaknesses],
        "cursePool": [shown(each) for each in boss.curse_pool],
        "curseLimits": [{"kind": each.kind.name, "limit": each.limit} for each in boss.curse_limits],
        "weaknessPool": [
            {"kind": each.kind.name, "weight": each.weight, "values": list(each.values)} for each in boss.weakness_pool
        ],
    }
    resistances = [shown(each) for each in boss.resistances]
    return {"seed": SEED.hex(), "seedHash": seed_hash(SEED), "resistances": resistances, "boss": pools}


@pytest.mark.parametrize("bound", [1, 2, 7, 100, 2**63 + 1, 2**64])
def test_the_players_program_draws_the_same_numbers(program: dict[str, Any], bound: int) -> None:
    for number in range(1, 30):
        ours, theirs = Draw(SEED, number), program["Draw"](SEED, number)
        assert [ours.below(bound) for _ in range(6)] == [theirs.below(bound) for _ in range(6)]


def test_the_players_program_agrees_with_a_whole_raid(program: dict[str, Any]) -> None:
    boss, events = played()
    raid = answered(boss)
    told = [as_answered(event) for event in events]
    assert any(event.get("replaced") for event in told)
    assert any(event.get("replacedCurse") for event in told)
    assert sum(event["kind"] == "BREAKTHROUGH" for event in told) >= 5
    assert list(program["check"](raid, told)) == []


def test_the_players_program_finds_a_chosen_curse_and_a_chosen_weakness(program: dict[str, Any]) -> None:
    boss, events = played()
    raid = answered(boss)
    for kind, field in (("CURSE_APPLIED", "curse"), ("BREAKTHROUGH", "weakness")):
        told = [as_answered(event) for event in events]
        chosen = next(event for event in told if event["kind"] == kind)
        chosen[field] = {"kind": "ELEMENTAL", "value": "chosen by hand"}
        found = [event["sequence"] for event, _ in program["check"](raid, told)]
        assert found[:1] == [chosen["sequence"]]


def test_the_players_program_refuses_another_seed(program: dict[str, Any]) -> None:
    raid = answered(demo_boss())
    with pytest.raises(SystemExit, match="not the seed"):
        list(program["check"](raid | {"seed": bytes(32).hex()}, []))


@every_page
def test_nothing_is_left_to_fill_in(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "@@" not in text
    assert "TODO" not in text
