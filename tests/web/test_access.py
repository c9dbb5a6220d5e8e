"""Who is answered, over HTTP: every root field and every role, tokens that are no good, and what is private."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from graphql import GraphQLObjectType
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from schema.access import rule_of
from schema.build import build_schema
from services.tokens import new_secret
from services.views import Role
from tests.schema.documents import arguments
from tests.web.harness import ROOT, Answer, Api, OpenApi
from tests.web.live import Client

SCHEMA = build_schema()._schema
EVERYONE = frozenset(Role)


def root(name: str) -> GraphQLObjectType:
    type_ = SCHEMA.type_map[name]
    assert isinstance(type_, GraphQLObjectType)
    return type_


ROOT_FIELDS = [(type_name, field) for type_name in ("Query", "Mutation") for field in root(type_name).fields]
"""Every question and every mutation, as ``("Query", "activeRaid")``."""
each_root_field = pytest.mark.parametrize(
    ("type_name", "field_name"), ROOT_FIELDS, ids=[".".join(each) for each in ROOT_FIELDS]
)


def allowed(type_name: str, field_name: str) -> frozenset[Role]:
    """Who may, as the schema was built with (schema/access.py)."""
    rule = rule_of(root(type_name).fields[field_name].extensions["strawberry-definition"])
    assert rule is not None
    return EVERYONE if rule.roles is None else rule.roles


def document(type_name: str, field_name: str) -> str:
    """Asks with so little sense that a mutation which is let through changes no raid."""
    field = root(type_name).fields[field_name]
    asked = arguments(field, {"discordId": '"ada"'}).replace('"1"', '"0"')
    return f"{type_name.lower()} {{ {field_name}{asked} {{ __typename }} }}"


@pytest.fixture(scope="module")
async def closed(open_api: OpenApi) -> AsyncIterator[Api]:
    """A server that answers nobody without a token."""
    async with open_api(public_read="off") as api:
        yield api


@each_root_field
async def test_a_root_field_answers_those_who_may_and_nobody_else(api: Api, type_name: str, field_name: str) -> None:
    may = allowed(type_name, field_name)
    query = document(type_name, field_name)
    for role in Role:
        answer = await api.ask(query, token=api.tokens.of(role))
        assert answer.status == 200
        assert "INTERNAL" not in answer.codes
        assert (answer.codes == ["FORBIDDEN"]) == (role not in may), (role, answer.body)
        if role not in may:
            assert answer.data in (None, {field_name: None})
            assert field_name in answer.errors[0]["message"]


@each_root_field
async def test_where_public_reading_is_off_nothing_is_answered_without_a_token(
    closed: Api, type_name: str, field_name: str
) -> None:
    query = document(type_name, field_name)
    nobody = await closed.ask(query)
    assert nobody.codes == ["UNAUTHENTICATED"]
    assert nobody.data in (None, {field_name: None})
    for role in (Role.VIEWER, Role.PLAYER):
        answer = await closed.ask(query, token=closed.tokens.of(role))
        assert (answer.codes == ["FORBIDDEN"]) == (role not in allowed(type_name, field_name)), answer.body


async def test_an_answer_to_nobody_says_how_to_become_somebody(closed: Api) -> None:
    (error,) = (await closed.ask("{ activeRaid { id } }")).errors
    assert "Authorization: Bearer" in error["message"]


# ---------------------------------------------------------------- tokens


async def test_every_token_is_told_what_it_is(api: Api) -> None:
    for role in Role:
        viewer = (await api.told("{ viewer { role discordId } }", api.tokens.of(role)))["viewer"]
        shown = Role.PUBLIC if role is Role.VIEWER else role
        assert viewer == {"role": shown.name, "discordId": "ada" if role is Role.PLAYER else None}


async def expired(api: Api) -> str:
    created = await api.service.desk.create_token(
        ROOT, role=Role.ADMIN, name="short", discord_id=None, expires_at=datetime.now(UTC) + timedelta(hours=1)
    )
    await api.rows("UPDATE api_tokens SET expires_at = now() WHERE id = $1", created.token.id)
    return created.secret


async def revoked(api: Api) -> str:
    created = await api.service.desk.create_token(ROOT, role=Role.ADMIN, name="ended", discord_id=None, expires_at=None)
    assert (await api.ask("{ tokens { id } }", token=created.secret)).errors == []
    await api.service.desk.revoke_token(ROOT, token_id=str(created.token.id))
    return created.secret


def assert_refused(answer: Answer) -> str:
    """The sentence of a 401 that tells nothing else."""
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.data is None
    assert answer.codes == ["UNAUTHENTICATED"]
    message: str = answer.errors[0]["message"]
    return message


async def test_tokens_that_are_no_good_are_refused_with_401_each_with_its_reason(api: Api) -> None:
    query = "{ viewer { role } }"
    swapped = api.tokens.admin[:-1] + ("0" if api.tokens.admin[-1] != "0" else "1")
    told = {
        "mistyped": assert_refused(await api.ask(query, token=swapped)),
        "cut off": assert_refused(await api.ask(query, token=api.tokens.admin[:-2])),
        "not one of ours": assert_refused(await api.ask(query, token="abc")),
        "unknown": assert_refused(await api.ask(query, token=new_secret(Role.ADMIN))),
        "expired": assert_refused(await api.ask(query, token=await expired(api))),
        "revoked": assert_refused(await api.ask(query, token=await revoked(api))),
    }
    assert told["mistyped"] == told["cut off"] == told["not one of ours"]
    assert len(set(told.values())) == 4
    assert not any(swapped in message for message in told.values())


@pytest.mark.parametrize("header", ["", "Bearer", "Basic YTpi", "Token abc", "Bearer \xe9\xff"])
async def test_an_authorization_that_is_no_bearer_token_is_refused(api: Api, header: str) -> None:
    response = await api.client.post(
        "/graphql", json={"query": "{ viewer { role } }"}, headers=[(b"Authorization", header.encode("latin-1"))]
    )
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")


async def test_the_scheme_is_read_in_any_case(api: Api) -> None:
    headers = {"Authorization": f"bEARER   {api.tokens.bot}"}
    response = await api.client.post("/graphql", json={"query": "{ viewer { role } }"}, headers=headers)
    assert response.json()["data"] == {"viewer": {"role": "BOT"}}


# ---------------------------------------------------------------- what is private

PRIVATE = """{ player(discordId: "%s") {
  id name discordId roster { nodes { id } } equipment { id } balances { amount } reminders
} }"""


async def test_what_is_private_is_for_the_player_the_bot_and_admins(api: Api) -> None:
    await api.player("ada")
    await api.player("bo")
    for role in Role:
        for discord_id in ("ada", "bo"):
            may = role in {Role.BOT, Role.ADMIN} or (role is Role.PLAYER and discord_id == "ada")
            answer = await api.ask(PRIVATE % discord_id, token=api.tokens.of(role))
            shown = answer.data["player"]
            assert shown["name"].lower() == discord_id
            assert discord_id not in shown["id"]
            assert answer.codes == ([] if may else ["FORBIDDEN"] * 4)
            assert {error["path"][-1] for error in answer.errors} == (
                set() if may else {"roster", "equipment", "balances", "reminders"}
            )
            assert (shown["discordId"] is not None) == may
            assert (shown["roster"] is not None) == may


async def test_a_player_may_neither_strike_nor_plan_for_another(api: Api) -> None:
    await api.raid()
    await api.player("bo")
    team = (await api.unused("bo"))[:1]
    for query in (
        "query ($team: [ID!]!) { previewStrike(input: {%s}) { __typename } }",
        'mutation ($team: [ID!]!) { executeStrike(input: {idempotencyKey: "mine", %s}) { __typename } }',
    ):
        strike = 'action: FIGHT, characterIds: $team, discordId: "bo"'
        assert (await api.ask(query % strike, {"team": team}, api.tokens.player)).codes == ["FORBIDDEN"]
    assert len(await api.unused("bo")) == 8


async def test_nobody_under_a_discord_id_is_nobody_and_tells_no_player_who_is_there(api: Api) -> None:
    await api.raid()
    await api.player("bo")
    known, unknown = "bo", "nobody"
    query = '{ player(discordId: "nobody") { id } leaderboardAround(discordId: "nobody") { rank } }'
    for role in Role:
        assert await api.told(query, api.tokens.of(role)) == {"player": None, "leaderboardAround": None}
    for field in (
        'participation(discordId: "%s") { strikes }',
        'suggestTeam(discordId: "%s", action: FIGHT) { preview { points } }',
        'teamCandidates(discordId: "%s", action: FIGHT) { totalCount }',
        'lastTeam(discordId: "%s") { complete }',
    ):
        asked = [await api.ask(f"{{ {field % whom} }}", token=api.tokens.player) for whom in (known, unknown)]
        assert [answer.codes for answer in asked] == [["FORBIDDEN"], ["FORBIDDEN"]]
        assert asked[0].body == asked[1].body
    for token in (api.tokens.bot, api.tokens.admin):
        assert (await api.told('{ participation(discordId: "nobody") { strikes } }', token)) == {"participation": None}
        for field in (
            'suggestTeam(discordId: "nobody", action: FIGHT) { preview { points } }',
            'teamCandidates(discordId: "nobody", action: FIGHT) { totalCount }',
            'lastTeam(discordId: "nobody") { complete }',
        ):
            answer = await api.ask(f"{{ {field} }}", token=token)
            assert answer.codes == ["PLAYER_NOT_FOUND"]


# ---------------------------------------------------------------- GET

END = 'mutation { endRaid(input: {raidId: "%s", reason: "by a link"}) { __typename } }'


async def test_a_link_reads_and_changes_nothing(api: Api) -> None:
    raid_id = await api.raid()
    headers = {"Authorization": f"Bearer {api.tokens.admin}", "Accept": "application/json"}
    read = await api.client.get("/graphql", params={"query": "{ activeRaid { id } }"}, headers=headers)
    assert (read.status_code, read.json()["data"]) == (200, {"activeRaid": {"id": raid_id}})
    refused = await api.client.get("/graphql", params={"query": END % raid_id}, headers=headers)
    assert 400 <= refused.status_code < 500
    assert (await api.told("{ activeRaid { status } }"))["activeRaid"] == {"status": "ACTIVE"}


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", None]
)
async def test_a_form_of_another_site_is_refused(api: Api, content_type: str | None) -> None:
    """What a browser sends across origins without asking first."""
    raid_id = await api.raid()
    headers = {"Authorization": f"Bearer {api.tokens.admin}"} | ({"Content-Type": content_type} if content_type else {})
    body = b'{"query": "%s"}' % (END % raid_id).replace('"', '\\"').encode()
    refused = await api.client.post("/graphql", content=body, headers=headers)
    assert 400 <= refused.status_code < 500
    assert (await api.told("{ activeRaid { status } }"))["activeRaid"] == {"status": "ACTIVE"}


async def test_a_cookie_makes_nobody_somebody(api: Api) -> None:
    """A browser sends it by itself, whoever's page has asked."""
    cookie = {"Cookie": "; ".join(f"{name}={api.tokens.admin}" for name in ("authorization", "token", "session"))}
    answer = await api.client.post("/graphql", json={"query": "{ viewer { role } }"}, headers=cookie)
    assert answer.json()["data"]["viewer"]["role"] == "PUBLIC"
    assert "set-cookie" not in answer.headers
    url = f"{api.url.replace('http', 'ws')}/graphql"
    protocols = [Subprotocol("graphql-transport-ws")]
    async with connect(url, subprotocols=protocols, proxy=None, additional_headers=cookie) as connection:
        client = Client(connection)
        await client.greet()
        await client.subscribe("{ viewer { role } }")
        assert (await client.data())["viewer"]["role"] == "PUBLIC"


# ---------------------------------------------------------------- a token that ends


async def test_a_socket_is_closed_when_its_token_ends(api: Api) -> None:
    """In the process that ends it at once; another one sees it within a second or so."""
    port = int(api.url.rpartition(":")[2])
    for end_here in (True, False):
        created = await api.service.desk.create_token(
            ROOT, role=Role.ADMIN, name="short", discord_id=None, expires_at=None
        )
        url = f"ws://127.0.0.1:{port}/graphql"
        async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None) as connection:
            client = Client(connection)
            await client.greet(created.secret)
            await client.subscribe("{ tokens { id } }")
            assert (await client.data())["tokens"]
            if end_here:
                await api.service.desk.revoke_token(ROOT, token_id=str(created.token.id))
            else:
                await api.rows("UPDATE api_tokens SET revoked_at = now() WHERE id = $1", created.token.id)
            assert await client.closed() == (4403, "Forbidden")


async def test_a_stream_of_events_ends_with_its_token(api: Api) -> None:
    await api.raid()
    created = await api.service.desk.create_token(
        ROOT, role=Role.VIEWER, name="short", discord_id=None, expires_at=None
    )
    headers = {"Authorization": f"Bearer {created.secret}", "Accept": "text/event-stream"}
    asked = {"query": "subscription { bossHp { current } }"}
    async with asyncio.timeout(40), api.client.stream("POST", "/graphql", json=asked, headers=headers) as stream:
        lines = []
        async for line in stream.aiter_lines():
            if line == "event: next":
                await api.service.desk.revoke_token(ROOT, token_id=str(created.token.id))
            lines.append(line)
    assert lines.count("event: next") == 1
    assert "event: complete" not in lines  # it is not over: who comes back is told why
    assert (await api.client.post("/graphql", json=asked, headers=headers)).status_code == 401
