"""Choosing a team by hand."""

from bot.striking.codec import PanelState
from tests.bot.fake_discord import Message, Shown
from tests.bot.fake_discord.interactions import Kind
from tests.bot.striking.table import WEAK_TO_FIRE, Table, state_in

PAGE = 25


def options(shown: Shown) -> list[str]:
    return [each["value"] for each in shown.component("wts:c:")["options"]]


def team(message: Message) -> set[str]:
    return {str(each) for each in PanelState.unpack(state_in(message, "wtp:k:")).team}


async def choosing(table: Table, characters: int = 60) -> Message:
    await table.api.raid(weaknesses=WEAK_TO_FIRE)
    message = await table.open(await table.player(characters=characters))
    await table.tap(message, "Change team", "Choose your team · 6 of 6")
    await table.tap(message, "Clear", "Choose your team · 0 of 6")
    return message


async def test_pages_of_25_hold_everybody_once_best_first(table: Table) -> None:
    message = await choosing(table)
    seen = options(message.shown)
    assert len(seen) == PAGE
    for page in (2, 3):
        shown = await table.tap(message, "Next", f"Page {page} of 3")
        seen += options(shown)
    assert len(seen) == len(set(seen)) == 60
    worths = [
        int(each["description"].split(" ")[0].replace(",", ""))
        for each in message.states[-3].component("wts:c:")["options"]
    ]
    assert worths == sorted(worths, reverse=True)
    assert message.shown.component("wtp:t:3")["disabled"]


async def test_the_choice_survives_paging_filtering_searching_and_a_restart(table: Table) -> None:
    message = await choosing(table)
    first = options(message.shown)[:2]
    await (await message.select("wts:c:", first)).shows("2 of 6")
    await table.tap(message, "Next", "Page 2 of 3")
    assert team(message) == set(first)
    more = options(message.shown)[3]
    await (await message.select("wts:c:", [more])).shows("3 of 6")
    assert team(message) == {*first, more}
    await table.raid_bot.restart()
    await table.tap(message, "Previous", "Page 1 of 3")
    assert [each["value"] for each in message.shown.component("wts:c:")["options"] if each.get("default")] == first
    await (await message.select("wts:w:", ["ELEMENTAL:fire"])).shows("3 of 6")
    search = await message.click("wtp:s:")
    await search.acknowledged()
    await table.raid_bot.restart()  # while the form is open
    await search.submit(search="ar")
    await table.discord.until(lambda: "ar" in message.buttons, "the search is shown")
    assert team(message) == {*first, more}
    assert all("✦ fire" in each["description"] for each in message.shown.component("wts:c:")["options"])
    await table.tap(message, "Use this team", "Your team of 3")
    await table.tap(message, "wtp:f:", "damage!")


async def test_taking_somebody_out_on_their_own_page_and_anywhere(table: Table) -> None:
    message = await choosing(table)
    first = options(message.shown)[:3]
    await (await message.select("wts:c:", first)).shows("3 of 6")
    await (await message.select("wts:c:", first[1:])).shows("2 of 6")
    await table.tap(message, "Next", "Page 2 of 3")
    await (await message.select("wts:d:", first[2:])).shows("1 of 6")
    assert team(message) == {first[2]}


async def test_at_most_six_whatever_a_client_sends(table: Table) -> None:
    message = await choosing(table)
    select = message.shown.component("wts:c:")
    assert select["max_values"] == 6
    data = {
        "custom_id": select["custom_id"],
        "component_type": 3,
        "id": select["id"],
        "values": options(message.shown)[:9],
    }
    owner = message.visible_to
    assert owner is not None
    forged = table.discord._players._interact(Kind.COMPONENT, owner, message.channel, data, message)
    await forged.shows("Six is the most: 3 were left out.")
    assert len(team(message)) == 6


async def test_a_full_team_lets_nobody_in_from_another_page(table: Table) -> None:
    message = await choosing(table)
    await (await message.select("wts:c:", options(message.shown)[:6])).shows("6 of 6")
    shown = await table.tap(message, "Next", "Page 2 of 3")
    assert shown.component("wts:c:")["disabled"]
    assert "The team is full" in shown.component("wts:c:")["placeholder"]


async def test_used_ones_are_left_out(table: Table) -> None:
    await table.api.raid()
    ada = await table.player(characters=8)
    used = (await table.api.unused(str(ada.id)))[:3]
    await table.api.strike(str(ada.id), *used)
    message = await table.open(ada)
    shown = await table.tap(message, "Change team", "5 unused characters")
    assert not set(used) & set(options(shown))


async def test_the_filter_shows_only_those_and_says_which(table: Table) -> None:
    message = await choosing(table)
    shown = await (await message.select("wts:w:", ["ELEMENTAL:fire"])).shows("Page 1 of 1")
    assert all("✦ fire" in each["description"] for each in shown.component("wts:c:")["options"])
    chosen = [each["label"] for each in shown.component("wts:w:")["options"] if each.get("default")]
    assert chosen == ["✦ fire"]
    await (await message.select("wts:w:", ["All affinities"])).shows("Page 1 of 3")


async def test_searching_and_taking_the_search_away(table: Table) -> None:
    message = await choosing(table)
    asked = await message.click("Search")
    await (await asked.submit(search="captain")).shows("unused characters, best first")
    names = [each["label"] for each in message.shown.component("wts:c:")["options"]]
    assert names
    assert all("captain" in name.casefold() for name in names)
    again = await message.click("wtp:s:")
    await again.answered()
    assert again.modal is not None
    assert "captain" in str(again.modal)
    await (await again.submit(search="nobody is called so")).shows("No unused character fits")
    await table.raid_bot.restart()
    await table.tap(message, "nobody is called so", "Page 1 of 3")


async def test_hostile_searches_are_only_searches(table: Table) -> None:
    message = await choosing(table, characters=8)
    for hostile in ("%", "wtp:f::AAAA", "'; DROP TABLE users; --", "\N{RIGHT-TO-LEFT OVERRIDE}" * 50, "*_~`@everyone"):
        asked = await message.click("wtp:s:")
        await (await asked.submit(search=hostile)).shows("No unused character fits")


async def test_the_last_team_comes_back_in_the_next_raid(table: Table) -> None:
    await table.api.raid()
    ada = await table.player(characters=8)
    message = await table.open(ada)
    told = await table.tap(message, "Last team", "There is no earlier team")
    assert "Your team of 6" in told.text
    sent = (await table.api.unused(str(ada.id)))[5:8]
    await table.api.strike(str(ada.id), *sent)
    await table.api.raid()
    message = await table.open(ada)
    await table.tap(message, "Last team", "Your last team, all there again")
    assert {str(each) for each in PanelState.unpack(state_in(message, "wtp:f:")).team} == set(sent)
    await table.tap(message, "wtp:f:", "damage!")


async def test_best_team_takes_the_choice_back(table: Table) -> None:
    message = await choosing(table)
    await (await message.select("wts:c:", options(message.shown)[-2:])).shows("2 of 6")
    await table.tap(message, "Use this team", "Your team of 2")
    await table.tap(message, "Best team", "Your 6 best")
