"""Who may ask for what: every root field and every role, private fields, and servers that the public may not read."""

from collections.abc import Iterator
from typing import Any

import pytest
import strawberry
from graphql import GraphQLObjectType
from strawberry.types import get_object_definition
from strawberry.types.field import StrawberryField

from schema.access import MissingAccessRuleError, Rule, check_access_rules, needs, public, rule_of
from schema.build import build_schema
from schema.fields import resolved
from schema.mutation import Mutation
from schema.query import Query
from services.views import PUBLIC, Principal, Role
from tests.schema.documents import arguments, everything
from tests.schema.world import ADMIN, BOT, VIEWER, World

SCHEMA = build_schema()._schema
EVERYONE = frozenset(Role)
MAY: dict[str, frozenset[Role]] = {
    "Query.activeRaid": EVERYONE,
    "Query.raid": EVERYONE,
    "Query.raids": EVERYONE,
    "Query.leaderboard": EVERYONE,
    "Query.leaderboardAround": EVERYONE,
    "Query.player": EVERYONE,
    "Query.catalogue": EVERYONE,
    "Query.viewer": EVERYONE,
    "Query.boss": EVERYONE,
    "Query.bosses": EVERYONE,
    "Query.participation": frozenset({Role.PLAYER, Role.BOT, Role.ADMIN}),
    "Query.previewStrike": frozenset({Role.PLAYER, Role.BOT, Role.ADMIN}),
    "Query.suggestTeam": frozenset({Role.PLAYER, Role.BOT, Role.ADMIN}),
    "Query.teamCandidates": frozenset({Role.PLAYER, Role.BOT, Role.ADMIN}),
    "Query.lastTeam": frozenset({Role.PLAYER, Role.BOT, Role.ADMIN}),
    "Query.dueReminders": frozenset({Role.BOT}),
    "Query.rewardGrants": frozenset({Role.BOT, Role.ADMIN}),
    "Query.announcementChannels": frozenset({Role.BOT, Role.ADMIN}),
    "Query.adminActions": frozenset({Role.ADMIN}),
    "Query.tokens": frozenset({Role.ADMIN}),
    "Mutation.executeStrike": frozenset({Role.PLAYER, Role.BOT}),
    "Mutation.registerPlayer": frozenset({Role.BOT, Role.ADMIN}),
    "Mutation.setAnnouncementChannel": frozenset({Role.BOT, Role.ADMIN}),
    "Mutation.acknowledgeAnnouncements": frozenset({Role.BOT}),
    "Mutation.switchOffAnnouncementChannel": frozenset({Role.BOT}),
    "Mutation.setStatusMessage": frozenset({Role.BOT}),
    "Mutation.setReminder": frozenset({Role.PLAYER, Role.BOT}),
    "Mutation.acknowledgeReminder": frozenset({Role.BOT}),
    "Mutation.createRaid": frozenset({Role.ADMIN}),
    "Mutation.updateRaid": frozenset({Role.ADMIN}),
    "Mutation.pauseRaid": frozenset({Role.ADMIN}),
    "Mutation.resumeRaid": frozenset({Role.ADMIN}),
    "Mutation.endRaid": frozenset({Role.ADMIN}),
    "Mutation.adjustBossHp": frozenset({Role.ADMIN}),
    "Mutation.forgetPlayer": frozenset({Role.ADMIN}),
    "Mutation.grantCharacters": frozenset({Role.ADMIN}),
    "Mutation.grantEquipment": frozenset({Role.ADMIN}),
    "Mutation.createToken": frozenset({Role.ADMIN}),
    "Mutation.revokeToken": frozenset({Role.ADMIN}),
}
PRIVATE = {"Player.roster", "Player.equipment", "Player.balances", "Player.reminders"}


def root(name: str) -> GraphQLObjectType:
    type_ = SCHEMA.type_map[name]
    assert isinstance(type_, GraphQLObjectType)
    return type_


def declared() -> Iterator[tuple[str, StrawberryField]]:
    """Every field as Strawberry knows it."""
    for type_ in SCHEMA.type_map.values():
        definition = (type_.extensions or {}).get("strawberry-definition")
        yield from ((f"{type_.name}.{field.name}", field) for field in getattr(definition, "fields", ()))


def codes(result: Any) -> list[str]:
    return [(error.extensions or {}).get("code", "") for error in result.errors or ()]


def test_the_table_above_names_every_root_field() -> None:
    assert set(MAY) == {f"{name}.{field}" for name in ("Query", "Mutation") for field in root(name).fields}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", MAY)
async def test_a_root_field_answers_those_who_may_and_nobody_else(world: World, name: str, role: Role) -> None:
    """Asked with so little sense that a mutation which is let through changes no raid."""
    asker = {
        Role.PUBLIC: PUBLIC,
        Role.VIEWER: VIEWER,
        Role.PLAYER: await world.principal("ada"),
        Role.BOT: BOT,
        Role.ADMIN: ADMIN,
    }[role]
    type_name, _, field_name = name.partition(".")
    field = root(type_name).fields[field_name]
    given = {"discordId": '"ada"'}
    if field_name not in {"createToken", "registerPlayer"} and "input" in field.args:
        given["input"] = arguments(field, {}).removeprefix("(input: ").removesuffix(")").replace('"1"', '"0"')
    document = f"{type_name.lower()} {{ {field_name}{arguments(field, given)} {{ __typename }} }}"
    result = await world.ask(document, asker)
    forbidden = "FORBIDDEN" in codes(result)
    assert forbidden == (role not in MAY[name]), result.errors
    assert "INTERNAL" not in codes(result)
    assert result.data is None or field_name in result.data


def test_every_resolved_field_has_a_rule() -> None:
    """Below the roots too: what is no plain attribute of its view says for whom it is."""
    silent = [name for name, field in declared() if field.base_resolver is not None and rule_of(field) is None]
    assert not silent


def test_what_is_private_is_declared_private() -> None:
    assert {name for name, field in declared() if rule_of(field) == Rule(private=True)} == PRIVATE


def test_a_root_field_without_a_rule_stops_the_schema() -> None:
    @strawberry.type
    class Careless:
        @strawberry.field
        def secrets(self) -> int:
            return 1

        @resolved(int, public(), "Fine.")
        def fine(self) -> int:
            return 1

    with pytest.raises(MissingAccessRuleError, match=r"Careless\.secrets") as refused:
        check_access_rules(Query, Mutation, Careless)
    assert refused.value.names == ("Careless.secrets",)


def test_rules_are_what_the_api_is_built_with() -> None:
    definition = get_object_definition(Query, strict=True)
    rules = {field.name: rule_of(field) for field in definition.fields}
    assert rules["active_raid"] == public()
    assert rules["admin_actions"] == needs(Role.ADMIN)


OTHERS = """{ leaderboard { player {
  id name discordId roster { nodes { name } } equipment { name } balances { amount } reminders
} } }"""


async def test_the_public_sees_names_and_opaque_ids_of_players(world: World) -> None:
    result = await world.ask(OTHERS)
    assert result.data is not None
    rows = [row["player"] for row in result.data["leaderboard"]]
    assert {row["name"] for row in rows} >= {"ada", "bo"}
    for row in rows:
        assert row["id"] not in {row["name"], None}
        assert {row[name] for name in ("discordId", "roster", "equipment", "balances", "reminders")} == {None}
    assert codes(result) == ["FORBIDDEN"] * 4 * len(rows)
    fields = {error.path[-1] for error in result.errors or () if error.path}
    assert fields == {"roster", "equipment", "balances", "reminders"}


async def test_a_player_sees_their_own_and_nobody_elses(world: World, ada: Principal) -> None:
    own = await world.told(
        '{ player(discordId: "ada") { discordId roster { nodes { name raidUse { available } } } equipment { name } '
        "balances { currency } reminders } }",
        ada,
    )
    assert own["player"]["discordId"] == "ada"
    assert len(own["player"]["roster"]["nodes"]) == 8
    assert own["player"]["equipment"] == [{"name": "Lantern"}]
    assert own["player"]["reminders"] is True
    other = await world.ask('{ player(discordId: "bo") { name discordId roster { nodes { id } } } }', ada)
    assert other.data == {"player": {"name": "bo", "discordId": None, "roster": None}}
    assert codes(other) == ["FORBIDDEN"]
    for field in (
        'participation(discordId: "bo")',
        'suggestTeam(discordId: "bo", action: FIGHT)',
        'teamCandidates(discordId: "bo", action: FIGHT)',
        'lastTeam(discordId: "bo")',
    ):
        assert codes(await world.ask(f"{{ {field} {{ __typename }} }}", ada)) == ["FORBIDDEN"], field


@pytest.mark.parametrize("asker", [BOT, ADMIN])
async def test_the_bot_and_admins_see_every_players(world: World, asker: Principal) -> None:
    result = await world.ask(OTHERS, asker)
    assert result.errors is None
    assert result.data is not None
    assert all(row["player"]["discordId"] for row in result.data["leaderboard"])


async def test_where_public_reading_is_off_any_token_reads_and_nobody_without_one(world: World) -> None:
    document = "{ activeRaid { name } }"
    refused = await world.ask(document, public_read=False)
    assert (refused.data, codes(refused)) == ({"activeRaid": None}, ["UNAUTHENTICATED"])
    assert (await world.ask(document, VIEWER, public_read=False)).errors is None
    assert (await world.ask(document, await world.principal("ada"), public_read=False)).errors is None
    below = everything(SCHEMA, root("Query").fields["activeRaid"].type, {"discordId": '"ada"'})
    answer = await world.ask(f"{{ activeRaid {below} }}", VIEWER, public_read=False)
    assert set(codes(answer)) <= {"FORBIDDEN"}


@pytest.mark.parametrize(("asker", "role"), [(PUBLIC, "PUBLIC"), (VIEWER, "PUBLIC"), (BOT, "BOT"), (ADMIN, "ADMIN")])
async def test_the_viewer_is_told_what_they_are(world: World, asker: Principal, role: str) -> None:
    answer = await world.told("{ viewer { role tokenName discordId } }", asker)
    assert answer["viewer"] == {"role": role, "tokenName": asker.token_name, "discordId": None}


async def test_a_player_is_told_whose_token_it_is(world: World, ada: Principal) -> None:
    answer = await world.told("{ viewer { role discordId } }", ada)
    assert answer["viewer"] == {"role": "PLAYER", "discordId": "ada"}
