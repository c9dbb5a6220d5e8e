"""Strikes made, strikes considered."""

from datetime import datetime

import strawberry
from strawberry import ID

from resolvers import players
from schema.access import public
from schema.connections import Connection
from schema.fields import Info, given, of, resolved, shown
from schema.players import Character, Equipment, Player
from schema.scalars import SafeInt
from schema.values import Affinity
from services import views
from services.rules.values import StrikeAction


@strawberry.type(description="One character's part in a strike.")
class StrikeCharacter:
    character_id: ID = shown("The player's copy that struck.")
    name: str = shown("The character's name.")
    score: int = shown("Its score before affinities, stars counted.")
    multiplier_permille: int = shown("Its affinity multiplier in thousandths: 1500 is 1.5 times.")


@strawberry.type(description="A strike that was made. It is priced by the boss as it stood before it.")
class Strike:
    id: ID = shown("Names the strike among all raids.")
    number: SafeInt = shown("The raid's n-th strike, fights and analyses counted together, without gaps.")
    action: StrikeAction = shown("Fight or analysis.")

    @resolved(Player, public(), "Who struck.")
    @staticmethod
    async def player(parent: strawberry.Parent[views.Strike], info: Info) -> views.Player:
        return await players.player_by_number(info.context, parent.user_id)

    team: list[StrikeCharacter] = shown("The characters that struck, in the order they were named.")
    equipment: Equipment | None = shown("What they took along.")
    base_score: SafeInt = shown("The sum of the characters' scores, with a stat bonus of the equipment.")
    affinity_permille: int = shown("The team's affinity multiplier in thousandths: 1293 is 1.293 times.")
    stage_permille: int = shown("The stage's multiplier for this action in thousandths.")
    final_score: SafeInt = shown("Base score times both multipliers, with a final bonus of the equipment.")
    damage_dealt: SafeInt = shown("HP it took from the boss; 0 for an analysis.")
    analysis_points: SafeInt = shown("Analysis points it found; 0 for a fight.")
    stage: int = shown("The stage the boss was in.")
    hp_before: SafeInt = shown("The boss's HP just before.")
    hp_after: SafeInt = shown("The boss's HP just after.")
    weaknesses: list[Affinity] = shown("The weaknesses it was priced by.")
    curses: list[Affinity] = shown("The curses it was priced by.")
    struck_at: datetime = shown("When it was accepted.")


@strawberry.type(description="A page of strikes, newest first.")
class StrikeConnection(Connection[Strike]):
    pass


@strawberry.type(description="What a strike would do right now. Nothing was spent.")
class StrikePreview:
    is_type_of = of(views.StrikePreview)

    base_score: SafeInt = shown("The sum of the characters' scores, with a stat bonus of the equipment.")
    affinity_permille: int = shown("The team's affinity multiplier in thousandths: 1293 is 1.293 times.")
    stage_permille: int = shown("The stage's multiplier for this action in thousandths.")
    final_score: SafeInt = shown("Base score times both multipliers, with a final bonus of the equipment.")
    points: SafeInt = shown("Damage or analysis points that the final score is worth.")
    team: list[StrikeCharacter] = shown("Each character's part, in the order they were named.")
    sequence: SafeInt = shown("The raid's newest event: pass it as `expectedSequence` to strike only if this holds.")


@strawberry.type(description="The best unused team of a player for an action, now.")
class SuggestedTeam:
    characters: list[Character] = shown("Whom to send.")
    preview: StrikePreview = shown("What their strike would do.")


@strawberry.type(description="A character that can be sent into the next strike, and what it is good for right now.")
class TeamCandidate:
    character: Character = shown("The player's copy.")
    score: int = shown("Its score against this boss before affinities, stars counted.")
    multiplier_permille: int = shown(
        "Its affinity multiplier against the boss as it is now, in thousandths: 1500 is 1.5 times."
    )
    power: SafeInt = shown("What it would score alone: score times multiplier times the stage's, for this action.")
    points: SafeInt = shown("Damage or analysis points that its power is worth.")
    weaknesses: list[Affinity] = shown("Its affinities that the boss is weak to: up to three count.")
    curses: list[Affinity] = shown("Its affinities that are cursed or resisted: up to three count.")


@strawberry.type(description="A page of the characters that can be sent, best first.")
class TeamCandidateConnection(Connection[TeamCandidate]):
    total_count: int = shown("How many there are on all pages together.", path="total")


@strawberry.type(description="A team of an earlier raid, as far as it can strike in this one.")
class LastTeam:
    strike_id: ID = shown("The strike it made.")
    action: StrikeAction = shown("What it did then.")
    struck_at: datetime = shown("When.")
    characters: list[Character] = shown("Those of it that the player still has and that can strike now, in its order.")
    complete: bool = shown("False when some of it cannot come along.")
    equipment: Equipment | None = shown("What it took along, when the player still has it.")


@strawberry.input(description="A strike to make.")
class ExecuteStrikeInput:
    action: StrikeAction = strawberry.field(description="Fight or analyse.")
    character_ids: list[ID] = strawberry.field(
        description="The team: 1 to 6 of the player's characters, each once. They are used up for this raid."
    )
    equipment_id: ID | None = given("A piece of the player's equipment to take along. It is not used up.")
    discord_id: ID | None = given("The player struck for. Required from a bot token; a player token may leave it out.")
    idempotency_key: str = strawberry.field(
        description=(
            "A key of your own for this strike, such as a UUID. Same key and same content: the first answer again, "
            "nothing spent twice. Same key, other content: IdempotencyConflict."
        )
    )
    expected_sequence: SafeInt | None = given(
        "Refuse with StateChanged if a curse, breakthrough or stage came after this sequence."
    )
    raid_id: ID | None = given("Refuse with NoActiveRaid unless this raid is the live one. Left out: whichever is.")


@strawberry.input(description="A strike to look at before it is made.")
class PreviewStrikeInput:
    action: StrikeAction = strawberry.field(description="Fight or analyse.")
    character_ids: list[ID] = strawberry.field(description="The team: 1 to 6 of the player's characters, each once.")
    equipment_id: ID | None = given("A piece of the player's equipment to take along.")
    discord_id: ID | None = given(
        "The player it is for. Required from bot and admin tokens; a player token may leave it out."
    )
