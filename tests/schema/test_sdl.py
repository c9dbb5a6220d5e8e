"""The committed SDL is what the schema is, describes everything, and keeps to the contract of its clients."""

import difflib
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    is_introspection_type,
    is_specified_scalar_type,
    print_ast,
)

from schema.build import build_schema as build_our_schema

ROOT = Path(__file__).parent.parent.parent
COMMITTED = ROOT / "schema" / "schema.graphql"
CONTRACT = ROOT.parent / "shared" / "design" / "schema.graphql"
COMES_LATER = {"ForecastRaidInput", "RaidForecast"}
FIELDS_THAT_COME_LATER = {("Query", "forecastRaid")}
SAID_IN_WORDS = """
type CatalogueConnection { nodes: [CatalogueCharacter!]! }
type CatalogueCharacter { key: ID!  name: String!  series: String  rarity: Int!  stats: [StatValue!]!  affinities: [Affinity!]!  imageUrl: String }
type PageInfo { hasNextPage: Boolean!  endCursor: String }
type BossTemplate { key: ID!  name: String!  totalHp: SafeInt!  stageEffects: [StageEffect!]!  rewards: RewardConfiguration!  rules: Rules! }
type StageEffect { stage: Int! }  type RewardConfiguration { victory: [Reward!]! }  type Rules { damageDivisor: Int! }
input GrantEquipmentInput { discordId: ID!  name: String!  effects: [EquipmentEffectInput!]! }
input EquipmentEffectInput { kind: EquipmentEffectKind!  stat: Stat  affinity: AffinityInput  amount: Int }
union GrantEquipmentResult = GrantEquipmentSuccess | PlayerNotFound
type GrantEquipmentSuccess { equipment: Equipment! }
union RevokeTokenResult = RevokeTokenSuccess
type RevokeTokenSuccess { token: Token! }
type Token { id: ID! }
union AnnouncementChannelResult = AnnouncementChannelSuccess
type AnnouncementChannelSuccess { channel: AnnouncementChannel! }
type AnnouncementChannel { channelId: ID!  guildId: ID!  kinds: [RaidEventKind!]!  mentionRoleId: ID  acknowledged: SafeInt! }
union AcknowledgeAnnouncementsResult = AcknowledgeAnnouncementsSuccess | RaidNotFound
type AcknowledgeAnnouncementsSuccess { channel: AnnouncementChannel! }
type RewardGrant { id: ID!  raidId: ID!  player: Player!  kind: RewardGrantKind!  key: String!  rewards: [Reward!]!  strikeNumber: SafeInt  grantedAt: DateTime! }
enum RewardGrantKind { STRIKE MILESTONE BREAKTHROUGH VICTORY }
type AdminAction { id: ID!  raidId: ID  actor: String!  action: String!  reason: String!  actedAt: DateTime! }
"""  # noqa: E501 - one type a line is easier to compare
for item in ("Raid", "Strike", "Character", "RewardGrant", "AdminAction"):
    SAID_IN_WORDS += f"type {item}Connection {{ edges: [{item}Edge!]!  nodes: [{item}!]!  pageInfo: PageInfo! }}\n"
    SAID_IN_WORDS += f"type {item}Edge {{ cursor: String!  node: {item}! }}\n"


@pytest.fixture(scope="module")
def sdl() -> str:
    return build_our_schema().as_str() + "\n"


@pytest.fixture(scope="module")
def ours(sdl: str) -> GraphQLSchema:
    return build_schema(sdl)


def test_the_committed_sdl_is_what_the_schema_is(sdl: str) -> None:
    difference = list(
        difflib.unified_diff(
            COMMITTED.read_text(encoding="utf-8").splitlines(),
            sdl.splitlines(),
            "schema/schema.graphql as committed",
            "the schema as it is",
            lineterm="",
        )
    )
    assert not difference, "\n".join(["The public API changed. If you meant it: make sdl", *difference[:100]])


def own_types(schema: GraphQLSchema) -> Iterator[GraphQLNamedType]:
    for type_ in schema.type_map.values():
        if not is_introspection_type(type_) and not is_specified_scalar_type(type_):
            yield type_


def described_things(schema: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    for type_ in own_types(schema):
        yield type_.name, type_.description
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in type_.fields.items():
                yield f"{type_.name}.{name}", field.description
                yield from ((f"{type_.name}.{name}({arg}:)", one.description) for arg, one in field.args.items())
        if isinstance(type_, GraphQLInputObjectType):
            yield from ((f"{type_.name}.{name}", field.description) for name, field in type_.fields.items())
        if isinstance(type_, GraphQLEnumType):
            yield from ((f"{type_.name}.{name}", value.description) for name, value in type_.values.items())


def test_everything_is_described(ours: GraphQLSchema) -> None:
    things = dict(described_things(ours))
    silent = [name for name, description in things.items() if not (description or "").strip()]
    assert len(things) > 400
    assert not silent


def test_descriptions_are_sentences(ours: GraphQLSchema) -> None:
    unfinished = [name for name, description in described_things(ours) if (description or "").strip()[-1:] not in ".`:"]
    assert not unfinished


def test_no_default_says_null(sdl: str) -> None:
    assert "= null" not in sdl


# ---------------------------------------------------------------- the contract


def missing(contract: GraphQLSchema, ours: GraphQLSchema) -> Iterator[str]:
    """Everything of `contract` that `ours` has not, or has otherwise."""
    for theirs in own_types(contract):
        mine = ours.type_map.get(theirs.name)
        if theirs.name in COMES_LATER:
            continue
        if type(mine) is not type(theirs) or mine is None:
            yield f"{theirs.name} is missing, or is something else"
        elif isinstance(theirs, GraphQLEnumType) and isinstance(mine, GraphQLEnumType):
            yield from (f"{theirs.name}.{value} is missing" for value in theirs.values if value not in mine.values)
        elif isinstance(theirs, GraphQLUnionType) and isinstance(mine, GraphQLUnionType):
            have = {member.name for member in mine.types}
            yield from (f"{theirs.name} lacks {one.name}" for one in theirs.types if one.name not in have)
        elif isinstance(theirs, GraphQLInputObjectType) and isinstance(mine, GraphQLInputObjectType):
            for name, input_field in theirs.fields.items():
                yield from differences(f"{theirs.name}.{name}", input_field, mine.fields.get(name))
            extra = [name for name, one in mine.fields.items() if one.type.__class__.__name__ == "GraphQLNonNull"]
            yield from (f"{theirs.name}.{name} is asked for" for name in extra if name not in theirs.fields)
        elif isinstance(theirs, GraphQLObjectType | GraphQLInterfaceType):
            yield from missing_fields(theirs, mine)


def missing_fields(theirs: GraphQLObjectType | GraphQLInterfaceType, mine: GraphQLNamedType) -> Iterator[str]:
    assert isinstance(mine, GraphQLObjectType | GraphQLInterfaceType)
    have = {one.name for one in mine.interfaces}
    yield from (f"{theirs.name} does not implement {one.name}" for one in theirs.interfaces if one.name not in have)
    for name, field in theirs.fields.items():
        if (theirs.name, name) in FIELDS_THAT_COME_LATER:
            continue
        yield from differences(f"{theirs.name}.{name}", field, mine.fields.get(name))
        for argument, one in field.args.items():
            own = mine.fields[name].args.get(argument) if name in mine.fields else None
            yield from differences(f"{theirs.name}.{name}({argument}:)", one, own)


def differences(
    name: str,
    theirs: GraphQLField | GraphQLArgument | GraphQLInputField,
    mine: GraphQLField | GraphQLArgument | GraphQLInputField | None,
) -> Iterator[str]:
    if mine is None:
        yield f"{name} is missing"
        return
    expected, got = str(theirs.type), str(mine.type)
    if expected != got:
        yield f"{name} is {got}, the contract says {expected}"
    default, own = default_of(theirs), default_of(mine)
    if default != own:
        yield f"{name} is {own} when it is left out, the contract says {default}"


def default_of(thing: object) -> str | None:
    """As the SDL writes it; None for fields, which have none."""
    default = getattr(thing, "default", None)
    return None if default is None else print_ast(default.literal)


def test_the_schema_keeps_the_contract(ours: GraphQLSchema) -> None:
    if not CONTRACT.is_file():
        pytest.skip("the contract is not beside the checkout")
    contract = build_schema(CONTRACT.read_text(encoding="utf-8") + SAID_IN_WORDS)
    assert not list(missing(contract, ours))


def test_the_contract_test_finds_what_is_missing(ours: GraphQLSchema) -> None:
    wanted = build_schema(
        "type Query { activeRaid: Raid!  raids(first: Int! = 21): RaidConnection!  moon: Int } "
        "type Raid { id: String!  phase: Int } type RaidConnection { nodes: [Raid!]! } enum Stat { HP LUCK } "
        "union RevokeTokenResult = Raid"
    )
    assert set(missing(wanted, ours)) == {
        "Query.activeRaid is Raid, the contract says Raid!",
        "Query.raids(first:) is 20 when it is left out, the contract says 21",
        "Query.moon is missing",
        "Raid.id is ID!, the contract says String!",
        "Raid.phase is missing",
        "Stat.LUCK is missing",
        "RevokeTokenResult lacks Raid",
    }


def test_every_failure_in_a_union_implements_user_error(ours: GraphQLSchema) -> None:
    odd = [
        f"{union.name}: {member.name}"
        for union in own_types(ours)
        if isinstance(union, GraphQLUnionType)
        for member in union.types[1:]
        if "UserError" not in {interface.name for interface in member.interfaces}
    ]
    assert not odd


def test_every_mutation_takes_one_input_and_answers_with_a_union(ours: GraphQLSchema) -> None:
    assert ours.mutation_type is not None
    for name, field in ours.mutation_type.fields.items():
        assert list(field.args) == ["input"], name
        assert str(field.type).endswith("Result!"), name
