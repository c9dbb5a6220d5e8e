"""What people do, and how the bot may answer."""

import asyncio
import io

import discord
import pytest
from discord import app_commands, ui

from tests.bot.fake_discord import Callback, Channel, FakeDiscord, User
from tests.bot.fake_discord.sample import SampleBot

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20
Interaction = discord.Interaction


@pytest.mark.usefixtures("bot")
async def test_options_of_every_kind_arrive_with_what_stands_behind_them(
    there: FakeDiscord, ada: User, general: Channel
) -> None:
    ada.locale = "de"
    role = there.role("Raiders")
    interaction = await there.slash(
        ada, general, "choose", text="abc", kind="fight", number=6, share=0.25, sure=True, who=ada, role=role,
        where=general,
    )  # fmt: skip
    said = (await interaction.answered()).content
    assert said == f"['abc', 'fight', 6, 0.25, True, 'Ada', 'Raiders'] {general.id} de"
    ada.locale = "en-US"


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        ({"text": "abc"}, "needs 'kind'"),
        ({"text": "abcdef", "kind": "fight"}, "text is 1 to 5"),
        ({"text": "a", "kind": "flee"}, "kind is one of"),
        ({"text": "a", "kind": "fight", "number": 7}, "number is 1 to 6"),
        ({"text": "a", "kind": "fight", "boss": 7}, "no option 'boss'"),
        ({"text": 7, "kind": "fight"}, "text does not take 7"),
    ],
)
async def test_the_input_field_refuses_what_the_command_does_not_take(
    there: FakeDiscord, ada: User, general: Channel, options: dict[str, object], refusal: str
) -> None:
    with pytest.raises((LookupError, ValueError, TypeError), match=refusal):
        await there.slash(ada, general, "choose", **options)


@pytest.mark.usefixtures("bot")
async def test_a_command_is_hidden_from_those_who_may_not(there: FakeDiscord, ada: User, general: Channel) -> None:
    manager = there.user("Manager")
    there.let_manage(manager)
    with pytest.raises(PermissionError):
        await there.slash(ada, general, "manage create", name="x")
    interaction = await there.slash(manager, general, "manage create", name="Gloomtide")
    assert (await interaction.answered()).content == "created Gloomtide"


async def test_completions(bot: SampleBot, there: FakeDiscord, ada: User) -> None:
    bot.completions = [app_commands.Choice(name=f"Name {n}", value=str(n)) for n in range(25)]
    choices = await there.autocomplete(ada, "look", "name", "na")
    assert [choice["name"] for choice in choices][:2] == ["Name 0", "Name 1"]
    assert len(choices) == 25


async def test_a_deferred_answer_thinks_until_the_first_followup_takes_its_place(
    bot: SampleBot, there: FakeDiscord, ada: User, general: Channel
) -> None:
    go = asyncio.Event()

    async def act(interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await go.wait()
        await interaction.followup.send("first")
        await interaction.followup.send("second", ephemeral=True)
        original = await interaction.original_response()
        await original.edit(content="first, edited")

    bot.act = act
    before = len(general.messages)
    interaction = await there.slash(ada, general, "do")
    assert await interaction.acknowledged() is Callback.DEFERRED_MESSAGE
    assert interaction.message.shown.thinking
    go.set()
    await interaction.shows("first, edited")
    assert [shown.content for shown in interaction.message.states] == ["", "first", "first, edited"]
    assert [followup.content for followup in interaction.followups] == ["second"]
    assert all(message.ephemeral for message in (interaction.message, *interaction.followups))
    assert len(general.messages) == before, "an ephemeral message is for its user alone"


async def test_an_answer_can_be_taken_away(bot: SampleBot, there: FakeDiscord, ada: User, general: Channel) -> None:
    async def act(interaction: Interaction) -> None:
        await interaction.response.send_message("for everybody")
        await interaction.delete_original_response()

    bot.act = act
    interaction = await there.slash(ada, general, "do")
    await there.until(lambda: interaction.original and interaction.original.deleted)
    assert general.messages[-1:] != [interaction.original]


class Panel(ui.View):
    """Every kind of component that the old layout has."""

    @ui.button(label="Fight", emoji="⚔️")
    async def fight(self, interaction: Interaction, _button: ui.Button["Panel"]) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content="struck", view=None)

    @ui.button(label="Rest", disabled=True)
    async def rest(self, interaction: Interaction, _button: ui.Button["Panel"]) -> None:
        await interaction.response.defer()

    @ui.select(
        placeholder="Choose your team",
        min_values=1,
        max_values=3,
        options=[discord.SelectOption(label=f"Character {n}", value=str(n), emoji="🔥") for n in range(25)],
    )
    async def team(self, interaction: Interaction, select: ui.Select["Panel"]) -> None:
        await interaction.response.edit_message(content=f"team {select.values}", view=self)

    @ui.select(cls=ui.UserSelect, placeholder="A friend")
    async def friend(self, interaction: Interaction, select: ui.UserSelect["Panel"]) -> None:
        await interaction.response.edit_message(content=f"friend {select.values[0].display_name}")

    @ui.select(cls=ui.RoleSelect, placeholder="A role")
    async def role(self, interaction: Interaction, select: ui.RoleSelect["Panel"]) -> None:
        await interaction.response.edit_message(content=f"role {select.values[0].name}")

    @ui.select(cls=ui.ChannelSelect, placeholder="A channel")
    async def where(self, interaction: Interaction, select: ui.ChannelSelect["Panel"]) -> None:
        await interaction.response.edit_message(content=f"channel {select.values[0].name}")


async def test_buttons_and_selects(bot: SampleBot, there: FakeDiscord, ada: User, general: Channel) -> None:
    async def act(interaction: Interaction) -> None:
        await interaction.response.send_message("panel", view=Panel(), ephemeral=True)

    bot.act = act
    interaction = await there.slash(ada, general, "do")
    await interaction.answered()
    panel = interaction.message
    assert panel.buttons == ["Fight", "Rest"]
    await (await panel.select("Choose your team", ["Character 3", "7"])).shows("team ['3', '7']")
    await (await panel.select("A friend", [there.user("Bo")])).shows("friend Bo")
    await (await panel.select("A role", [there.role("Raiders")])).shows("role Raiders")
    await (await panel.select("A channel", [general])).shows("channel general")
    with pytest.raises(AssertionError, match="4 chosen, 1 to 3"):
        await panel.select("Choose your team", ["1", "2", "3", "4"])
    with pytest.raises(LookupError, match="no option 'Nobody'"):
        await panel.select("Choose your team", ["Nobody"])
    with pytest.raises(AssertionError, match="disabled"):
        await panel.click("Rest")
    with pytest.raises(AssertionError, match="Bo does not see"):
        await panel.click("Fight", by=there.user("Bo"))
    with pytest.raises(LookupError, match="Flee"):
        await panel.click("Flee")
    click = await panel.click("Fight")
    assert (await click.answered()).content == "struck"
    assert click.callback is Callback.DEFERRED_UPDATE
    assert click.message is panel
    assert panel.buttons == []


class Form(ui.Modal, title="Find a character"):
    name: ui.Label["Form"] = ui.Label(
        text="Name", description="A part will do", component=ui.TextInput(max_length=20, custom_id="name")
    )
    kind: ui.Label["Form"] = ui.Label(
        text="Affinity",
        component=ui.Select(
            custom_id="affinity", required=False, options=[discord.SelectOption(label="Fire", value="fire")]
        ),
    )

    async def on_submit(self, interaction: Interaction) -> None:
        assert isinstance(self.name.component, ui.TextInput)
        assert isinstance(self.kind.component, ui.Select)
        said = f"{self.name.component.value} {self.kind.component.values}"
        if interaction.message is None:
            await interaction.response.send_message(said)
        else:
            await interaction.response.edit_message(content=said)


class Opener(ui.View):
    @ui.button(label="Search")
    async def search(self, interaction: Interaction, _button: ui.Button["Opener"]) -> None:
        await interaction.response.send_modal(Form())


async def test_forms_from_a_command_and_from_a_button(
    bot: SampleBot, there: FakeDiscord, ada: User, general: Channel
) -> None:
    async def form(interaction: Interaction) -> None:
        await interaction.response.send_modal(Form())

    async def opener(interaction: Interaction) -> None:
        await interaction.response.send_message("?", view=Opener())

    bot.act = form
    opened = await there.slash(ada, general, "do")
    assert "Find a character" in (await opened.answered()).text
    assert (await (await opened.submit(name="Ada", affinity="fire")).answered()).content == "Ada ['fire']"
    with pytest.raises(AssertionError, match="0 to 20 characters"):
        await opened.submit(name="x" * 21)
    with pytest.raises(AssertionError, match="required"):
        await opened.submit()
    bot.act = opener
    panel = await there.slash(ada, general, "do")
    await panel.answered()
    sent = await (await panel.message.click("Search")).submit({"Name": "Bo"})
    assert (await sent.answered()).content == "Bo []"
    assert sent.message is panel.message


async def test_components_v2_with_pictures(bot: SampleBot, there: FakeDiscord, ada: User, general: Channel) -> None:
    async def act(interaction: Interaction) -> None:
        view = ui.LayoutView()
        gallery = ui.MediaGallery[ui.LayoutView]()
        gallery.add_item(media="attachment://boss.png", description="The boss, half down")
        section: ui.Section[ui.LayoutView] = ui.Section(
            "Strike now", accessory=ui.Button(label="Strike", custom_id="strike")
        )
        view.add_item(ui.Container(ui.TextDisplay("## Gloomtide"), ui.Separator(), section, gallery, accent_colour=3))
        file = discord.File(io.BytesIO(PNG), "boss.png", description="The boss, half down")
        await interaction.response.send_message(view=view, file=file)

    bot.act = act
    interaction = await there.slash(ada, general, "do")
    shown = await interaction.answered()
    assert "## Gloomtide" in shown.text
    assert "The boss, half down" in shown.text
    assert [(file.name, file.content, file.description) for file in shown.files] == [
        ("boss.png", PNG, "The boss, half down")
    ]
    assert shown.component("Strike")["custom_id"] == "strike"


async def test_an_answer_after_the_deadline_is_refused_and_recorded(
    bot: SampleBot, there: FakeDiscord, ada: User, general: Channel
) -> None:
    refused: list[int] = []

    async def act(interaction: Interaction) -> None:
        there.clock.advance(3.1)
        try:
            await interaction.response.defer()
        except discord.NotFound as error:
            refused.append(error.code)

    bot.act = act
    interaction = await there.slash(ada, general, "do")
    await there.until(lambda: refused)
    assert refused == [10062]
    assert there.missed == [interaction]
    assert interaction.refused_late


async def test_only_one_first_answer_and_its_token_for_fifteen_minutes(
    bot: SampleBot, there: FakeDiscord, ada: User, general: Channel
) -> None:
    refused: list[int] = []

    async def act(interaction: Interaction) -> None:
        await bot.http.request(callback_of(interaction), json={"type": 4, "data": {"content": "once"}})
        for call in (
            bot.http.request(callback_of(interaction), json={"type": 5}),
            interaction.edit_original_response(content="late"),
        ):
            if refused:
                there.clock.advance(15 * 60)
            try:
                await call
            except discord.HTTPException as error:
                refused.append(error.code)

    bot.act = act
    interaction = await there.slash(ada, general, "do")
    await there.until(lambda: interaction.callback is not None)
    await there.until(lambda: len(refused) == 2)
    assert refused == [40060, 50027]
    assert interaction.message.content == "once"


def callback_of(interaction: Interaction) -> discord.http.Route:
    return discord.http.Route(
        "POST",
        "/interactions/{interaction_id}/{interaction_token}/callback",
        interaction_id=interaction.id,
        interaction_token=interaction.token,
    )
