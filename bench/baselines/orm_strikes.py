"""A strike the ordinary way: Strawberry's own view, SQLAlchemy's ORM, one SELECT … FOR UPDATE transaction per strike.

    python -m bench.baselines.orm_strikes PORT DATABASE_URL TOKEN

Well written, as the libraries' guides suggest: one round trip per question and per table written, no lazy loading, a
bounded pool, the configuration kept, parsed and validated documents kept, uvloop and httptools. It plays by the
service's own rules and writes the rows that the service writes, so `raid verify` judges both. Fights without equipment
in a raid where no stage, curse or defeat is due: it refuses where more would have to be written.
"""

import sys
from datetime import datetime
from typing import Annotated, Any, NewType

import strawberry
import uvicorn
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig

from db import models
from db.rows import ParticipantRow, RaidRow
from services import codec, views
from services.raid_records import Rulebook, participant_of, participant_row, row_of, state_of
from services.rules.state import Participant
from services.rules.values import Character, CharacterSheet, StrikeAction
from services.strike_facts import content_hash

SafeInt = NewType("SafeInt", int)


@strawberry.type
class Affinity:
    kind: str
    value: str


@strawberry.type
class Reward:
    currency: str
    amount: SafeInt


@strawberry.type
class Strike:
    number: SafeInt
    final_score: SafeInt
    affinity_permille: int
    stage: int
    hp_before: SafeInt
    hp_after: SafeInt
    weaknesses: list[Affinity]
    curses: list[Affinity]


@strawberry.type
class ExecuteStrikeSuccess:
    strike: Strike
    damage_dealt: SafeInt
    rewards: list[Reward]
    victory: bool
    replayed: bool


@strawberry.interface
class UserError:
    message: str


@strawberry.type
class Overloaded(UserError):  # noqa: N818 - the name that the API gives it
    retry_after_ms: int


@strawberry.type
class Refused(UserError):  # noqa: N818 - a type of the API
    pass


ExecuteStrikeResult = Annotated[ExecuteStrikeSuccess | Overloaded | Refused, strawberry.union("ExecuteStrikeResult")]


@strawberry.input
class ExecuteStrikeInput:
    action: strawberry.enum(StrikeAction)  # type: ignore[valid-type]
    character_ids: list[strawberry.ID]
    discord_id: strawberry.ID
    idempotency_key: str


class RefusedError(Exception):
    pass


class Strikes:
    """One transaction per strike; the raid's row is locked first."""

    def __init__(self, database_url: str) -> None:
        engine = create_async_engine(database_url, pool_size=10, max_overflow=0, pool_timeout=120)
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)
        self._rulebooks: dict[tuple[int, int], Rulebook] = {}

    async def strike(self, given: ExecuteStrikeInput) -> ExecuteStrikeSuccess:
        async with self._sessions() as session, session.begin():
            return await self._strike(session, given)

    async def _strike(self, session: AsyncSession, given: ExecuteStrikeInput) -> ExecuteStrikeSuccess:
        if given.action is not StrikeAction.FIGHT or not 1 <= len(set(given.character_ids)) <= 6:
            raise RefusedError("one to six characters fight")
        raid = await session.scalar(
            select(models.Raid).where(models.Raid.status.in_(["active", "paused"])).with_for_update()
        )
        if raid is None or raid.status != "active":
            raise RefusedError("there is no raid to strike in")
        row = RaidRow._make(getattr(raid, name) for name in RaidRow._fields)
        rulebook = await self._rulebook(session, row)
        user = await session.scalar(select(models.User).where(models.User.discord_id == given.discord_id))
        if user is None:
            raise RefusedError("nobody is registered under this Discord id")
        if await session.get(models.IdempotencyKey, (user.id, given.idempotency_key)) is not None:
            raise RefusedError("this key was seen before")
        team, revisions = await self._team(session, row.id, user.id, [int(each) for each in given.character_ids])
        kept = await session.get(models.Participant, (row.id, user.id))
        had = Participant(user.id) if kept is None else participant_of(_participant_row(kept))
        moment: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
        now = moment if row.last_action_at is None else max(moment, row.last_action_at)
        state = state_of(row)
        score = rulebook.resolver.resolve(StrikeAction.FIGHT, team, None, rulebook.resolver.pricing(state))
        outcome = rulebook.manager.apply(state, had, StrikeAction.FIGHT, score, now)
        if outcome.events or score.points == 0:
            raise RefusedError("a strike with consequences, or without effect")
        after = outcome.state
        session.add(
            models.Strike(
                raid_id=row.id,
                number=after.strikes,
                user_id=user.id,
                team_characters=[
                    [each.id, revisions[each.id], each.stars, member.score, member.multiplier_permille]
                    for each, member in zip(team, score.team, strict=True)
                ],
                team_size=len(team),
                base_score=score.base_score,
                affinity_permille=score.affinity_permille,
                stage_permille=score.stage_permille,
                final_score=score.final_score,
                sequence_before=state.sequence,
                sequence_after=after.sequence,
                boss_hp_after=after.hp,
                analysis_points_after=after.analysis_points,
                damage_after=after.damage,
                fights_after=after.fights,
                participants_after=after.participants,
                strikes_since_last_curse_after=after.curse_clock,
                damage_dealt=outcome.damage_dealt,
                overkill=outcome.overkill,
                boss_hp_before=state.hp,
                struck_at=now,
            )
        )
        use = {"raid_id": row.id, "user_id": user.id, "number": after.strikes, "used_at": now}
        await session.execute(insert(models.CharacterUsage), [{**use, "character_id": each.id} for each in team])
        session.add(
            models.IdempotencyKey(
                user_id=user.id,
                key=given.idempotency_key,
                content_hash=content_hash(_command(given)),
                raid_id=row.id,
                number=after.strikes,
            )
        )
        totals = participant_row(row.id, outcome.participant)
        _set(models.Participant() if kept is None else kept, totals, session)
        session.add_all(
            models.RewardGrant(
                raid_id=row.id,
                user_id=user.id,
                kind=grant.kind.value,
                key=grant.key,
                rewards=codec.rewards_to_pairs(grant.rewards),
                strike_number=after.strikes,
                granted_at=now,
            )
            for grant in outcome.grants
        )
        _set(raid, row_of(row, after, state_changed_at=row.state_changed_at, last_action_at=now), session)
        weaknesses, curses = rulebook.shown_affinities(state)
        return ExecuteStrikeSuccess(
            strike=Strike(
                number=SafeInt(after.strikes),
                final_score=SafeInt(score.final_score),
                affinity_permille=score.affinity_permille,
                stage=state.stage,
                hp_before=SafeInt(state.hp),
                hp_after=SafeInt(after.hp),
                weaknesses=[Affinity(kind=one.kind.name, value=one.value) for one in weaknesses],
                curses=[Affinity(kind=one.affinity.kind.name, value=one.affinity.value) for one in curses],
            ),
            damage_dealt=SafeInt(outcome.damage_dealt),
            rewards=[
                Reward(currency=one.currency, amount=SafeInt(one.amount))
                for grant in outcome.grants
                for one in grant.rewards
            ],
            victory=False,
            replayed=False,
        )

    async def _rulebook(self, session: AsyncSession, row: RaidRow) -> Rulebook:
        key = row.id, row.configuration_revision
        if key not in self._rulebooks:
            found = await session.get_one(models.RaidConfiguration, row.id)
            self._rulebooks[key] = Rulebook(row.id, found.revision, codec.boss_from_json(found.boss), row.secret_seed)
        return self._rulebooks[key]

    async def _team(
        self, session: AsyncSession, raid_id: int, user_id: int, ids: list[int]
    ) -> tuple[tuple[Character, ...], dict[int, int]]:
        """The characters in the order they were named, and their revisions."""
        owned = await session.execute(
            select(models.UserCharacter, models.CharacterRevision)
            .join(models.CharacterRecord, models.CharacterRecord.id == models.UserCharacter.character_id)
            .join(models.CharacterRevision, models.CharacterRevision.id == models.CharacterRecord.revision_id)
            .where(models.UserCharacter.user_id == user_id, models.UserCharacter.id.in_(ids))
        )
        found = {copy.id: (copy, revision) for copy, revision in owned.tuples()}
        if len(found) != len(ids):
            raise RefusedError("these characters are not the player's")
        used = await session.scalar(
            select(models.CharacterUsage.character_id)
            .where(models.CharacterUsage.raid_id == raid_id, models.CharacterUsage.character_id.in_(ids))
            .limit(1)
        )
        if used is not None:
            raise RefusedError("a character was used in this raid before")
        team = []
        for each in ids:
            copy, revision = found[each]
            sheet = CharacterSheet(
                name=revision.name,
                series=revision.series,
                rarity=revision.rarity,
                stats=tuple(revision.stats),
                affinities=codec.affinities_from_json(revision.affinities),
                image_url=revision.image_url,
            )
            team.append(Character(id=copy.id, sheet=sheet, stars=copy.stars))
        return tuple(team), {each: revision.id for each, (_copy, revision) in found.items()}


def _participant_row(kept: models.Participant) -> ParticipantRow:
    return ParticipantRow._make(getattr(kept, name) for name in ParticipantRow._fields)


def _set(record: models.Raid | models.Participant, row: RaidRow | ParticipantRow, session: AsyncSession) -> None:
    """Only what differs is written."""
    for name, value in zip(row._fields, row, strict=True):
        if getattr(record, name, None) != value:
            setattr(record, name, value)
    session.add(record)


def _command(given: ExecuteStrikeInput) -> views.StrikeCommand:
    return views.StrikeCommand(
        discord_id=given.discord_id,
        action=StrikeAction.FIGHT,
        character_ids=tuple(given.character_ids),
        equipment_id=None,
        idempotency_key=given.idempotency_key,
        expected_sequence=None,
    )


def application(database_url: str, token: str) -> Starlette:
    strikes = Strikes(database_url)

    @strawberry.type
    class Query:
        version: str = "1"

    @strawberry.type
    class Mutation:
        @strawberry.mutation
        async def execute_strike(
            self,
            info: strawberry.Info[dict[str, Any], None],
            input: ExecuteStrikeInput,  # noqa: A002 - the name that the API gives it
        ) -> ExecuteStrikeResult:
            if info.context["request"].headers.get("authorization") != f"Bearer {token}":
                return Refused(message="This needs the bot's token.")
            try:
                return await strikes.strike(input)
            except RefusedError as refusal:
                return Refused(message=str(refusal))

    schema = strawberry.Schema(
        Query,
        Mutation,
        extensions=[lambda: ParserCache(maxsize=256), lambda: ValidationCache(maxsize=256)],
        config=StrawberryConfig(
            scalar_map={SafeInt: strawberry.scalar(name="SafeInt", serialize=int, parse_value=int)}
        ),
    )
    view: GraphQL[None, None] = GraphQL(schema, graphql_ide=None)

    async def healthz(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("ok\n")

    return Starlette(routes=[Route("/healthz", healthz), Route("/graphql", view)])


def main() -> None:
    port, database_url, token = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    uvicorn.run(
        application(database_url, token),
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
        backlog=4096,
        timeout_graceful_shutdown=3,
    )


if __name__ == "__main__":
    main()
