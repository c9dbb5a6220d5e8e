"""Long, odd and hostile names, wherever they come from, break no panel and no limit of Discord."""

import csv
import json
import re
from pathlib import Path

import pytest

from services.roster import RosterFile, RosterFiles, import_roster
from services.rules.values import Affinity, AffinityKind, EquipmentEffect, EquipmentEffectKind
from tests.bot.fake_discord import User
from tests.bot.striking.table import Table
from tests.web.harness import ROOT

JOINED = "\N{WOMAN}" + "\N{ZERO WIDTH JOINER}\N{GIRL}" * 90
HOSTILE = (
    "W" * 200,
    JOINED,
    "**bold** `code` ||spoiler|| # title",
    "@everyone <@&1> <@1> <#1>",
    "\N{RIGHT-TO-LEFT OVERRIDE}drawkcab" + "\N{COMBINING ACUTE ACCENT}" * 150,
    "[link](https://example.org) <t:1:R> </raid_admin end:1>",
    "\\" * 200,
    "```" * 60,
    "~~" * 90 + "x",
    "\N{BLACK FOUR POINTED STAR}☠️" * 60,
    "_" * 200,
    ")" * 200,
)
STATS = ("hp", "atk", "mag", "vit", "spr", "int", "spd", "lck")
AFFINITIES = [f"{'Zz' * 45}{number}" for number in range(6)]


@pytest.fixture
async def hostile_player(table: Table, tmp_path: Path) -> User:
    """Owns twelve characters with hostile names and long affinities, and hostile equipment."""
    characters, series = tmp_path / "characters.csv", tmp_path / "series.csv"
    with series.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["series_id", "name", "english_name", "genres", "media_type"])
        rows.writerow(["9001", "S" * 100, "S" * 100, "|".join(AFFINITIES), "anime"])
    with characters.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(
            ["waifu_id", "name", "series", "series_id", "genre", "rarity", "stats", "elemental_type", "archetype"]
        )
        stats = json.dumps(dict.fromkeys(STATS, 9_999))
        for number, name in enumerate(HOSTILE):
            rows.writerow([f"h{number}", name, "S" * 100, "9001", "Anime", 6, stats, '["fire"]', "*_~`@everyone"])
    async with table.api.database.driver_connection() as connection:
        files = RosterFiles(series=RosterFile.at(series), characters=RosterFile.at(characters))
        await import_roster(connection, files, lambda _progress: None)
    user = table.discord.user("@everyone **" + JOINED)
    desk, discord_id = table.api.service.desk, str(user.id)
    await desk.register_player(ROOT, discord_id=discord_id, name="hostile")
    await desk.grant_characters(
        ROOT, discord_id=discord_id, grants=tuple((f"h{number}", 6) for number in range(len(HOSTILE)))
    )
    for name in HOSTILE[:4]:
        added = EquipmentEffect(EquipmentEffectKind.AFFINITY_ADD, affinity=Affinity(AffinityKind.GENRE, AFFINITIES[0]))
        await desk.grant_equipment(ROOT, discord_id=discord_id, name=name[:100], effects=(added,) * 2)
    return user


async def test_every_panel_holds_the_worst_names(table: Table, hostile_player: User) -> None:
    genres = [{"kind": "GENRE", "value": value} for value in AFFINITIES]
    await table.api.raid(
        name="**" + "@everyone " * 9,
        weaknesses=[*genres[:3], {"kind": "ARCHETYPE", "value": "*_~`@everyone"}],
        resistances=genres[3:],
        cursePool=[{"kind": "ELEMENTAL", "value": "||" + "Q" * 90}],
        curseEvery=1,
        totalHp=2**53 - 1,
        imageUrl="https://example.org/" + "a" * 1_000,
        analysisThresholds=[1, 2**53 - 1],
        weaknessPool=[{"kind": "ELEMENTAL", "weight": 1, "values": ["~~" + "R" * 90]}],
    )
    message = await table.open(hostile_player)
    await (await message.select("wts:e:", [message.shown.component("wts:e:")["options"][1]["value"]])).shows("With **")
    await table.tap(message, "wtp:t:", "Choose your team")
    asked = await message.click("wtp:s:")
    await (await asked.submit(search=JOINED[:50])).shows("One unused character")
    await table.tap(message, "Use this team", "Your team of 6")
    await table.tap(message, "wtp:a:", "Send all 6?")
    report = await table.tap(message, "wtp:y:", "Your strike set this off")
    for each in (*message.states, (await table.open(hostile_player, "raid_team")).shown):
        assert re.search(r"<@[&!]?\d", each.text) is None
        assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in each.text
        assert "@everyone" not in each.text
        assert length(each.components) <= 4_000
    assert "```" not in report.text


def length(components: object) -> int:
    """Characters of all text displays together."""
    if isinstance(components, dict):
        own = len(components["content"]) if "content" in components else 0
        return own + length(components.get("components", ()))
    return sum(length(each) for each in components) if isinstance(components, list | tuple) else 0
