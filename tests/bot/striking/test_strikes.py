"""From /raid_strike to the report, and what may come between."""

import asyncio
from typing import Any

import pytest

from bot.api import RaidApi
from bot.options import BotOptions
from bot.striking import flow
from bot.striking.codec import PanelState
from tests.bot.fake_discord import Callback
from tests.bot.fake_discord.interactions import Kind
from tests.bot.striking.table import COOLDOWN, ICE, WEAK_TO_FIRE, Table, custom_ids, state_in

CURSE_NOW = {"curseEvery": 1, "cursePool": ICE}


async def test_two_taps_lead_to_the_report(table: Table) -> None:
    await table.api.raid(weaknesses=WEAK_TO_FIRE, rules=COOLDOWN)
    ada = await table.player(characters=60)
    opened = await table.slash(ada, "raid_strike")
    panel = await opened.answered()
    assert opened.callback is Callback.DEFERRED_MESSAGE
    assert "Gloomtide" in panel.text
    assert "Your 6 best unused characters" in panel.text
    assert "✦ fire" in panel.text
    assert panel.buttons[:2] == ["Fight · 447", "Analyze · 447"]
    await table.tap(opened.message, "Fight", "Send all 6?")
    report = await table.tap(opened.message, "Yes, fight", "447 damage!")
    assert "99,553" in report.text
    assert "1.5 affinities" in report.text
    assert "crystals" in report.text
    assert "You can strike again <t:" in report.text
    assert len(await table.strikes(ada)) == 1
    assert opened.seconds_to_answer < 1


async def test_a_smaller_team_is_not_asked_twice(table: Table) -> None:
    await table.api.raid()
    ada = await table.player()
    message = await table.open(ada)
    await (await message.select("wts:z:", ["3"])).shows("Your 3 best")
    await table.tap(message, "wtp:a:", "analysis points!")
    assert len(await table.strikes(ada)) == 1


async def test_back_spends_nothing_and_keeps_the_team(table: Table) -> None:
    await table.api.raid()
    ada = await table.player()
    message = await table.open(ada)
    await table.tap(message, "wtp:f:", "Send all 6?")
    await table.tap(message, "Back", "Your team of 6")
    assert await table.strikes(ada) == []


async def test_while_it_flies_there_is_nothing_else_to_tap(table: Table) -> None:
    await table.api.raid()
    message = await table.open(await table.player(characters=3))
    await table.tap(message, "wtp:f:", "damage!")
    flying = message.states[-2]
    assert flying.buttons[0] == "Striking …"
    assert [each for each in flying.buttons if not flying.component(each).get("disabled")] == ["Striking …"]


@pytest.mark.parametrize("came_through", [True, False])
async def test_a_strike_that_a_bot_left_in_the_air_is_told_by_the_next_one(
    table: Table, monkeypatch: pytest.MonkeyPatch, came_through: bool
) -> None:
    await table.api.raid()
    user = await table.player(characters=3)
    panel = await table.open(user)
    strike, flying, stopped = flow.strike, asyncio.Event(), asyncio.Event()

    async def left_in_the_air(*given: Any) -> Any:
        if came_through:
            await strike(*given)
        flying.set()
        await stopped.wait()
        raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        patched.setattr(flow, "strike", left_in_the_air)
        await (await panel.click("wtp:f:")).shows("Striking …")
        await flying.wait()
        assert len(await table.strikes(user)) == came_through
        await table.raid_bot.stop()
        stopped.set()
    await table.raid_bot.start()
    await table.tap(panel, "Striking …", "damage!")
    assert len(await table.strikes(user)) == 1


async def test_two_taps_at_once_are_one_strike_with_one_report(table: Table) -> None:
    await table.api.raid()
    ada = await table.player(characters=3)
    message = await table.open(ada)
    taps = [await message.click("wtp:f:") for _ in range(2)]
    for tap in taps:
        await tap.acknowledged()
    await table.discord.until(lambda: any("counted once" in each.text for each in message.states), "a replay")
    reports = [each.text for each in message.states if "damage!" in each.text]
    assert len({text.splitlines()[0] for text in reports}) == 1
    assert len(await table.strikes(ada)) == 1


async def test_fight_and_analyze_at_once_are_one_strike(table: Table) -> None:
    await table.api.raid()
    ada = await table.player(characters=12)
    message = await table.open(ada)
    await (await message.select("wts:z:", ["2"])).shows("Your 2 best")
    await message.click("wtp:f:")
    await message.click("wtp:a:")
    await table.discord.until(
        lambda: any("strikes only once" in each.text for each in message.states), "the second is told of the first"
    )
    assert len(await table.strikes(ada)) == 1


async def test_a_panel_outlives_a_restart_with_its_key(table: Table) -> None:
    await table.api.raid()
    ada = await table.player(characters=3)
    message = await table.open(ada)
    key = PanelState.unpack(state_in(message, "wtp:f:")).idempotency_key
    await table.raid_bot.restart()
    await table.tap(message, "wtp:f:", "damage!")
    assert await table.keys(ada) == [key]


async def test_a_tap_after_a_restart_repeats_no_strike(table: Table) -> None:
    await table.api.raid()
    ada = await table.player(characters=3)
    message = await table.open(ada)
    before = message.states[-1]
    await table.tap(message, "wtp:f:", "damage!")
    await table.raid_bot.restart()
    message.states.append(before)  # as another device may still show it
    await table.tap(message, "wtp:f:", "counted once")
    assert len(await table.strikes(ada)) == 1


async def test_a_curse_between_choosing_and_striking_asks_again(table: Table) -> None:
    await table.api.raid(weaknesses=WEAK_TO_FIRE, **CURSE_NOW)
    ada, eve = await table.player(characters=5), await table.player()
    message = await table.open(ada)
    before = state_in(message, "wtp:f:")
    await table.api.strike(str(eve.id), *(await table.api.unused(str(eve.id)))[:1])
    asked = await table.tap(message, "wtp:f:", "Nothing was spent.")
    assert "A curse: **ice** is disfavoured now." in asked.text
    assert "Fight · " in asked.buttons[0]
    assert state_in(message, "wtp:f:") != before
    assert await table.strikes(ada) == []
    assert PanelState.unpack(state_in(message, "wtp:f:")).team == PanelState.unpack(before).team
    await table.tap(message, "wtp:f:", "damage!")
    assert len(await table.strikes(ada)) == 1


async def test_the_report_tells_what_the_strike_set_off(table: Table) -> None:
    await table.api.raid(
        analysisThresholds=[10, 100_000],
        weaknessPool=[{"kind": "ELEMENTAL", "weight": 1, "values": ["dark"]}],
        **CURSE_NOW,
    )
    message = await table.open(await table.player(characters=5))
    report = await table.tap(message, "wtp:a:", "analysis points!")
    assert "✨ Breakthrough 1! The boss is weak to **dark**." in report.text
    assert "☠️ A curse: **ice**" in report.text
    assert "of 100,000 analysis points" in report.text


async def test_the_final_blow_tells_of_victory_and_overkill(table: Table) -> None:
    await table.api.raid(totalHp=10)
    message = await table.open(await table.player(characters=5))
    report = await table.tap(message, "wtp:f:", "The final blow!")
    assert "⚔️ 10 damage!" in report.text
    assert "points of overkill" in report.text
    over = await table.tap(message, "Next strike", "was defeated by all of you")
    assert "No raid right now" in over.text


async def test_an_api_that_is_away_loses_no_strike_and_doubles_none(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    await table.api.raid()
    ada = await table.player(characters=3)
    message = await table.open(ada)
    key = PanelState.unpack(state_in(message, "wtp:f:")).idempotency_key
    there = table.raid_bot.bot.api
    options = table.raid_bot.options
    nowhere = BotOptions(
        discord_token=options.discord_token,
        api_url="http://127.0.0.1:1",
        api_token=options.api_token,
        state_dir=options.state_dir,
    )
    with monkeypatch.context() as impatient:
        impatient.setattr(flow, "STRIKE_SECONDS", 0.3)
        async with RaidApi(nowhere) as away:
            table.raid_bot.bot.api = away
            await table.tap(message, "wtp:f:", "Did it strike?")
    table.raid_bot.bot.api = there
    await table.tap(message, "Try again", "damage!")
    assert await table.keys(ada) == [key]


async def test_a_panel_of_the_last_raid_does_not_strike_in_the_next(table: Table) -> None:
    await table.api.raid()
    ada = await table.player(characters=5)
    message = await table.open(ada)
    await table.api.raid(name="Sunmaw")
    await table.tap(message, "wtp:f:", "A new raid has begun")
    assert "Sunmaw" in message.text
    assert await table.strikes(ada) == []


async def test_nobody_else_can_use_a_panel(table: Table) -> None:
    await table.api.raid()
    ada, eve = await table.player(characters=5), await table.player()
    message = await table.open(ada)
    # Discord shows an ephemeral message to its owner alone; whoever forges a tap all the same is refused.
    for custom_id in custom_ids(message):
        kind = 3 if custom_id.startswith("wts:") else 2
        data = {"custom_id": custom_id, "component_type": kind, "id": 1, **({"values": ["1"]} if kind == 3 else {})}
        forged = table.discord._players._interact(Kind.COMPONENT, eve, message.channel, data, message)
        await forged.shows("belongs to somebody else")
    assert await table.strikes(ada) == await table.strikes(eve) == []


async def test_german_readers_read_german(table: Table) -> None:
    await table.api.raid(weaknesses=WEAK_TO_FIRE, rules=COOLDOWN)
    ada = await table.player(characters=5, locale="de")
    message = await table.open(ada)
    assert "Deine 5 besten freien Charaktere" in message.text
    assert "100.000" in message.text
    report = await table.tap(message, "Kämpfen", "Schaden!")
    assert "1,109 Affinitäten" in report.text
    await table.tap(message, "Nächster Schlag", "haben in diesem Raid alles gegeben")


async def test_lost_answers_of_discord_double_nothing(table: Table) -> None:
    await table.api.raid()
    ada = await table.player(characters=3)
    message = await table.open(ada)
    table.discord.faults.lose_answers(times=2)
    try:
        await table.tap(message, "wtp:f:", "damage!")
    finally:
        table.discord.faults.clear()
    assert len(await table.strikes(ada)) == 1
