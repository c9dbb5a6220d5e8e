"""Each error of the strike's union, met for real: nothing is spent, and a sentence says what to do."""

from pathlib import Path

import pytest
from graphql import GraphQLUnionType, build_schema

from bot.striking import flow
from bot.striking.answers import Affinity, Refusal, Trigger
from bot.striking.codec import PanelState
from bot.striking.errors import REFUSALS, sentence
from bot.striking.words import Say
from bot.texts import has_text
from services import strike_line
from services.rules.values import EquipmentEffect
from services.rules.values import EquipmentEffectKind as Kind
from tests.bot.fake_discord import User
from tests.bot.striking.table import COOLDOWN, Table, state_in
from tests.web.harness import ROOT

SCHEMA = Path(__file__).parents[3] / "schema" / "schema.graphql"
TEXTS = Path(__file__).parents[3] / "bot" / "texts"


async def struck(table: Table, user: User, characters: slice = slice(1)) -> None:
    """Some of the user's unused characters, strongest first, strike past the panel, as from another device."""
    discord_id = str(user.id)
    told = await table.api.strike(discord_id, *(await table.api.unused(discord_id))[characters])
    assert told["__typename"] == "ExecuteStrikeSuccess", told


async def test_every_error_of_the_schema_has_its_sentence() -> None:
    union = build_schema(SCHEMA.read_text(encoding="utf-8")).type_map["ExecuteStrikeResult"]
    assert isinstance(union, GraphQLUnionType)
    assert {member.name for member in union.types} - {"ExecuteStrikeSuccess"} == REFUSALS


@pytest.mark.parametrize("kind", sorted(REFUSALS))
async def test_each_sentence_is_there_in_both_languages(kind: str) -> None:
    said = {language: sentence(Say(language), Refusal(kind)) for language in ("en", "de")}
    assert said["en"] != said["de"]
    assert all(len(each) > 40 for each in said.values())


async def test_both_languages_say_the_same_things() -> None:
    files = {language: (TEXTS / language / "strike.ftl").read_text(encoding="utf-8") for language in ("en", "de")}
    keys = {
        language: [line.partition(" =")[0] for line in text.splitlines() if line[:1].isalpha()]
        for language, text in files.items()
    }
    assert keys["en"] == keys["de"]
    assert all(has_text("de", key) for key in keys["de"])


async def test_an_error_of_a_newer_api_says_what_the_api_says() -> None:
    assert "too windy" in sentence(Say("en"), Refusal("TooWindy", message="It is too windy."))


async def test_many_changes_are_counted_and_the_newest_told() -> None:
    curses = tuple(Trigger("curse", curse=Affinity("ELEMENTAL", f"element {number}")) for number in range(40))
    said = sentence(Say("en"), Refusal("StateChanged", triggers=curses))
    assert "35 changes before" in said
    assert "element 39" in said
    assert "element 34" not in said


async def test_cooldown(table: Table) -> None:
    await table.api.raid(rules=COOLDOWN)
    ada = await table.player(characters=8)
    message = await table.open(ada)
    await (await message.select("wts:z:", ["3"])).shows("Your 3 best")
    await struck(table, ada, slice(5, 6))
    told = await table.tap(message, "wtp:f:", "You struck a moment ago")
    assert "You can strike again <t:" in told.text
    assert told.buttons == ["Refresh"]
    assert len(await table.strikes(ada)) == 1


async def test_characters_already_used(table: Table) -> None:
    await table.api.raid()
    ada = await table.player(characters=5)
    message = await table.open(ada)
    await struck(table, ada, slice(2))
    told = await table.tap(message, "wtp:f:", "2 of these characters have struck")
    assert "Your 3 best unused" in told.text
    await table.tap(message, "wtp:f:", "damage!")


async def test_characters_not_owned(table: Table) -> None:
    await table.api.raid()
    ada, eve = await table.player(characters=4), await table.player(characters=8)
    message = await table.open(ada)
    traded = (await table.api.unused(str(ada.id)))[0]
    await table.api.rows(
        "DELETE FROM user_characters WHERE user_id = (SELECT id FROM users WHERE discord_id = $1)", str(eve.id)
    )
    await table.api.rows(
        "UPDATE user_characters SET user_id = (SELECT id FROM users WHERE discord_id = $1) WHERE id = $2",
        str(eve.id),
        int(traded),
    )
    told = await table.tap(message, "wtp:f:", "One of these characters is not yours any more")
    assert "Your 3 best unused" in told.text


async def test_equipment_not_owned(table: Table) -> None:
    await table.api.raid()
    ada = await table.player(characters=4)
    await table.api.service.desk.grant_equipment(
        ROOT, discord_id=str(ada.id), name="Lucky charm", effects=(EquipmentEffect(Kind.FINAL_SCORE_BONUS, amount=50),)
    )
    message = await table.open(ada)
    chosen = await (await message.select("wts:e:", ["Lucky charm"])).shows("With **Lucky charm**")
    assert "+50 final score" in chosen.text
    await table.api.rows("DELETE FROM equipment WHERE name = 'Lucky charm'")
    told = await table.tap(message, "wtp:f:", "You do not have this equipment any more")
    assert "Fight · " in told.buttons[0]
    assert await table.strikes(ada) == []
    await table.tap(message, "wtp:f:", "damage!")


async def test_invalid_team(table: Table) -> None:
    await table.api.raid(rules={"cooldownSeconds": 0, "minTeamSize": 3})
    ada = await table.player(characters=5)
    message = await table.open(ada)
    await table.tap(message, "wtp:t:", "Choose your team · 5 of 6")
    everyone = [each["value"] for each in message.shown.component("wts:c:")["options"]]
    told = await (await message.select("wts:c:", everyone[:2])).shows("teams of 3 to 6")
    assert "2 of 6" in told.text
    panel = await table.tap(message, "Use this team", "teams of 3 to 6")
    assert panel.component("wtp:f:")["disabled"]


async def test_too_few_are_left_for_the_raid(table: Table) -> None:
    await table.api.raid(rules={"cooldownSeconds": 0, "minTeamSize": 3})
    message = await table.open(await table.player(characters=2))
    assert "Not enough characters are left" in message.text


async def test_zero_effect(table: Table) -> None:
    await table.api.raid(rules={"cooldownSeconds": 0, "damageDivisor": 1_000_000})
    ada = await table.player(characters=5)
    message = await table.open(ada)
    await table.tap(message, "wtp:f:", "nobody was spent")
    assert await table.strikes(ada) == []


async def test_analysis_complete(table: Table) -> None:
    await table.api.raid(analysisThresholds=[10])
    ada, eve = await table.player(characters=5), await table.player()
    message = await table.open(ada)
    await table.api.strike(str(eve.id), *(await table.api.unused(str(eve.id)))[:2], action="ANALYZE")
    told = await table.tap(message, "wtp:a:", "There is nothing left to analyze")
    assert told.component("wtp:a:")["disabled"]
    assert "Fully analyzed" in told.buttons
    await table.tap(message, "wtp:f:", "damage!")


async def test_no_active_raid(table: Table) -> None:
    await table.api.raid()
    ada = await table.player(characters=5)
    message = await table.open(ada)
    await table.end_raid()
    told = await table.tap(message, "wtp:f:", "There is no raid to strike any more")
    assert "was ended early" in told.text


async def test_raid_paused(table: Table) -> None:
    raid_id = await table.api.raid()
    ada = await table.player(characters=5)
    message = await table.open(ada)
    await table.api.service.desk.pause_raid(ROOT, raid_id=raid_id, reason="a test")
    told = await table.tap(message, "wtp:f:", "The raid is paused, so nothing was spent")
    assert told.buttons == ["Refresh"]
    await table.api.service.desk.resume_raid(ROOT, raid_id=raid_id, reason="a test")
    await table.tap(message, "Refresh", "Your 5 best")


async def test_boss_already_defeated(table: Table) -> None:
    await table.api.raid(totalHp=1)
    ada, eve = await table.player(characters=5), await table.player()
    message = await table.open(ada)
    await struck(table, eve)
    told = await table.tap(message, "wtp:f:", "The boss fell before your strike came")
    assert "was defeated by all of you" in told.text
    assert await table.strikes(ada) == []


async def test_player_not_found_registers_anew(table: Table) -> None:
    await table.api.raid()
    ada = await table.player(characters=5)
    message = await table.open(ada)
    await table.api.rows("UPDATE users SET discord_id = 'another' WHERE discord_id = $1", str(ada.id))
    told = await table.tap(message, "wtp:f:", "now you are")
    assert "You have no characters yet" in told.text
    await table.api.rows("UPDATE users SET discord_id = 'a third' WHERE discord_id = 'another'")


async def test_overloaded(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    await table.api.raid()
    ada = await table.player(characters=5)
    message = await table.open(ada)
    key = PanelState.unpack(state_in(message, "wtp:f:")).idempotency_key
    monkeypatch.setattr(strike_line, "LONGEST_QUEUE", 0)
    monkeypatch.setattr(flow, "TRIES_WHEN_OVERLOADED", 1)
    await table.tap(message, "wtp:f:", "Very many strike right now")
    monkeypatch.undo()
    await table.tap(message, "Try again", "damage!")
    assert await table.keys(ada) == [key]
