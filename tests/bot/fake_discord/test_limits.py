"""What Discord refuses as an invalid form, and how it says where."""

from typing import Any

import discord
import pytest
from discord.http import Route

from tests.bot.fake_discord import Callback, Channel, FakeDiscord, User
from tests.bot.fake_discord.description import PATH, description
from tests.bot.fake_discord.errors import Json
from tests.bot.fake_discord.sample import Interaction, SampleBot

V2 = 1 << 15


def button(custom_id: str = "b", **more: Any) -> Json:
    return {"type": 2, "style": 1, "label": "B", "custom_id": custom_id, **more}


def row(*components: Json) -> Json:
    return {"type": 1, "components": list(components)}


def select(options: int = 2, **more: Any) -> Json:
    given = [{"label": f"{n}", "value": f"{n}"} for n in range(options)]
    return {"type": 3, "custom_id": "s", "options": given, **more}


def text(content: str = "x") -> Json:
    return {"type": 10, "content": content}


def held(*components: Json) -> Json:
    return {"type": 17, "components": list(components)}


def file(name: str) -> Json:
    return {"type": 13, "file": {"url": f"attachment://{name}"}}


def embed(**fields: Any) -> Json:
    return {"embeds": [{"title": "t", **fields}]}


TOO_MUCH: list[tuple[str, Json, str]] = [
    ("content", {"content": "x" * 2001}, "content"),
    ("nonce", {"content": "x", "nonce": "n" * 26}, "nonce"),
    ("embeds", {"embeds": [{"title": "t"}] * 11}, "embeds"),
    ("embed title", embed(title="t" * 257), "embeds.0.title"),
    ("embed description", embed(description="t" * 4097), "embeds.0.description"),
    ("embed fields", embed(fields=[{"name": "n", "value": "v"}] * 26), "embeds.0.fields"),
    ("field name", embed(fields=[{"name": "n" * 257, "value": "v"}]), "embeds.0.fields.0.name"),
    ("field value", embed(fields=[{"name": "n", "value": ""}]), "embeds.0.fields.0.value"),
    ("footer", embed(footer={"text": "t" * 2049}), "embeds.0.footer.text"),
    ("embeds together", {"embeds": [{"description": "d" * 3001}] * 2}, "embeds"),
    ("rows", {"components": [row(button(str(n))) for n in range(6)]}, "components"),
    ("buttons in a row", {"components": [row(*(button(str(n)) for n in range(6)))]}, "components.0.components"),
    ("select beside a button", {"components": [row(select(), button())]}, "components.0.components"),
    ("label", {"components": [row(button(label="x" * 81))]}, "components.0.components.0.label"),
    ("custom id", {"components": [row(button("x" * 101))]}, "components.0.components.0.custom_id"),
    ("no custom id", {"components": [row(button(""))]}, "components.0.components.0.custom_id"),
    ("no label", {"components": [row(button(label=""))]}, "components.0.components.0"),
    ("same custom id", {"components": [row(button("a"), button("a"))]}, "components.0.components.1.custom_id"),
    ("options", {"components": [row(select(26))]}, "components.0.components.0.options"),
    ("no options", {"components": [row(select(0))]}, "components.0.components.0.options"),
    ("placeholder", {"components": [row(select(placeholder="x" * 151))]}, "components.0.components.0.placeholder"),
    ("too many values", {"components": [row(select(2, max_values=3))]}, "components.0.components.0.max_values"),
    ("display without the flag", {"components": [text()]}, "components.0.type"),
    ("content beside V2", {"flags": V2, "content": "x", "components": [text()]}, "content"),
    ("V2 text", {"flags": V2, "components": [text("x" * 2001), text("y" * 2000)]}, "components"),
    ("V2 components", {"flags": V2, "components": [text()] * 41}, "components"),
    ("button without row", {"flags": V2, "components": [button()]}, "components.0.type"),
    ("button in a container", {"flags": V2, "components": [held(button())]}, "components.0.components.0.type"),
    ("container in a container", {"flags": V2, "components": [held(held(text()))]}, "components.0.components.0.type"),
    ("no such file", {"flags": V2, "components": [file("a.png")]}, "components.0.media"),
    ("alt text", {"attachments": [{"id": "0", "description": "x" * 1025}]}, "attachments.0.description"),
    ("mentions twice", {"content": "x", "allowed_mentions": {"parse": ["roles"], "roles": ["1"]}}, "allowed_mentions"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "path"), [(body, path) for _, body, path in TOO_MUCH], ids=[n for n, _, _ in TOO_MUCH]
)
async def test_a_message_that_is_too_much(
    bot: SampleBot, there: FakeDiscord, general: Channel, body: Json, path: str
) -> None:
    before = len(general.messages)
    route = Route("POST", "/channels/{channel_id}/messages", channel_id=general.id)
    with pytest.raises(discord.HTTPException) as refused:
        await bot.http.request(route, json=body)
    assert (refused.value.status, refused.value.code) == (400, 50035)
    assert f"In {path}: " in refused.value.text, refused.value.text
    assert len(general.messages) == before
    assert any("refused as invalid" in violation.what for violation in there.take_violations())


async def test_exactly_at_the_limits(bot: SampleBot, general: Channel) -> None:
    route = Route("POST", "/channels/{channel_id}/messages", channel_id=general.id)
    full = [row(*(button(f"{n} {m}", label="x" * 80) for m in range(5))) for n in range(4)]
    options = row(select(25, max_values=25, placeholder="x" * 150))
    await bot.http.request(route, json={"content": "x" * 2000, "components": [*full, options], "nonce": "n" * 25})
    await bot.http.request(route, json={"flags": V2, "components": [*[text("x" * 100)] * 39, text("x" * 100)]})
    await bot.http.request(route, json={"embeds": [{"description": "d" * 3000}] * 2})


async def test_v2_stays_v2(bot: SampleBot, there: FakeDiscord, general: Channel) -> None:
    route = Route("POST", "/channels/{channel_id}/messages", channel_id=general.id)
    sent = await bot.http.request(route, json={"flags": V2, "components": [text()]})
    edit = Route("PATCH", "/channels/{channel_id}/messages/{message_id}", channel_id=general.id, message_id=sent["id"])
    with pytest.raises(discord.HTTPException) as refused:
        await bot.http.request(edit, json={"content": "plain again"})
    assert refused.value.code == 50035
    await bot.http.request(edit, json={"components": [text("changed")]})
    assert general.messages[-1].text == "changed"
    there.take_violations()


@pytest.mark.parametrize(
    ("answer", "path"),
    [
        ({"type": 7, "data": {"content": "x"}}, "type"),
        ({"type": 8, "data": {"choices": []}}, "type"),
        ({"type": 9, "data": {"title": "t" * 46, "custom_id": "c", "components": [row()]}}, "data.title"),
        ({"type": 9, "data": {"title": "t", "custom_id": "c", "components": []}}, "data.components"),
    ],
)
async def test_answers_that_do_not_fit_the_interaction(
    bot: SampleBot, there: FakeDiscord, ada: User, general: Channel, answer: Json, path: str
) -> None:
    refused: list[str] = []

    async def act(interaction: Interaction) -> None:
        route = Route(
            "POST",
            "/interactions/{interaction_id}/{interaction_token}/callback",
            interaction_id=interaction.id,
            interaction_token=interaction.token,
        )
        try:
            await bot.http.request(route, json=answer)
        except discord.HTTPException as error:
            refused.append(error.text)
        await interaction.response.defer()

    bot.act = act
    interaction = await there.slash(ada, general, "do")
    assert await interaction.acknowledged() is Callback.DEFERRED_MESSAGE, "a refused answer is none"
    assert f"In {path}: " in refused[0]
    there.take_violations()


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ({"name": "Raid", "description": "d"}, "0.name"),
        ({"name": "raid", "description": "d" * 101}, "0.description"),
        ({"name": "raid", "description": ""}, "0.description"),
        ({"name": "raid", "description": "d", "name_localizations": {"de": "Raub zug"}}, "0.name_localizations.de"),
        (
            {
                "name": "raid",
                "description": "d",
                "options": [
                    {"type": 3, "name": "a", "description": "d"},
                    {"type": 3, "name": "b", "description": "d", "required": True},
                ],
            },
            "0.options.1",
        ),
        (
            {
                "name": "raid",
                "description": "d",
                "options": [
                    {
                        "type": 3,
                        "name": "a",
                        "description": "d",
                        "choices": [{"name": f"{n}", "value": f"{n}"} for n in range(26)],
                    }
                ],
            },
            "0.options.0.choices",
        ),
    ],
)
async def test_commands_that_discord_refuses(bot: SampleBot, there: FakeDiscord, command: Json, path: str) -> None:
    before = there.commands
    route = Route("PUT", "/applications/{application_id}/commands", application_id=there.state.application_id)
    with pytest.raises(discord.HTTPException) as refused:
        await bot.http.request(route, json=[command])
    assert f"In {path}: " in refused.value.text
    assert there.commands == before
    there.take_violations()


@pytest.mark.skipif(description() is None, reason=f"Discord's API description is not at {PATH}")
async def test_every_call_is_held_against_discords_description(
    bot: SampleBot, there: FakeDiscord, general: Channel
) -> None:
    checked = there.checks_made
    route = Route("POST", "/channels/{channel_id}/messages", channel_id=general.id)
    await bot.http.request(route, json={"content": "as described", "tts": False})
    assert there.checks_made == checked + 2, "the request and its answer"
    await bot.http.request(route, json={"content": "not as described", "tts": "no", "poll": []})
    found = [violation.what for violation in there.take_violations()]
    assert any(what.startswith("request tts: 'no' is not of type 'boolean'") for what in found), found
    assert any(what.startswith("request poll") for what in found), found
    with pytest.raises(discord.NotFound):
        await bot.http.request(Route("GET", "/not/there"))
    assert [violation.what for violation in there.take_violations()] == ["the fake has no such route"]
