"""What mutations and `previewStrike` answer: a success, or one of the failures that were to be expected."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import ID

from resolvers import answers
from schema import errors
from schema.administration import AnnouncementChannel, Token
from schema.events import BreakthroughAchieved, CurseApplied, StageAdvanced
from schema.fields import derived, of, shown
from schema.players import Character, Equipment, Player
from schema.problems import CREATE_RAID, ConfigurationProblem, problem_of
from schema.raid import Raid
from schema.scalars import SafeInt
from schema.strikes import Strike, StrikePreview
from schema.values import Reward
from services import views


@strawberry.type(description="The strike was made; its characters are used up for this raid.")
class ExecuteStrikeSuccess:
    is_type_of = of(views.StrikeSuccess)

    strike: Strike = shown("The strike.")
    raid: Raid = shown("The raid as it stood right after the strike.")
    damage_dealt: SafeInt = shown("HP taken from the boss; 0 for an analysis.", path="strike.damage_dealt")
    overkill: SafeInt = shown("Damage beyond the boss's last HP.", path="strike.overkill")
    analysis_contributed: SafeInt = shown("Analysis points found; 0 for a fight.", path="strike.analysis_points")
    rewards: list[Reward] = shown("What the strike earned the player at once.")
    curse_triggered: CurseApplied | None = shown("The curse that the clock drew with this strike.")
    breakthroughs: list[BreakthroughAchieved] = shown("The breakthroughs it reached, in order.")
    stages_advanced: list[StageAdvanced] = shown("The stages the boss passed, in order.")
    victory: bool = shown("Whether this was the final blow.")
    ready_at: datetime = shown("When the player may strike again.")
    replayed: bool = shown("True when the idempotency key was seen before: this is the first answer again.")


def warnings_of(created: views.RaidCreated) -> Sequence[ConfigurationProblem]:
    return [problem_of(warning, CREATE_RAID) for warning in created.warnings]


@strawberry.type(description="The raid was created.")
class CreateRaidSuccess:
    is_type_of = of(views.RaidCreated)

    raid: Raid = shown("The new raid.")
    warnings: list[ConfigurationProblem] = derived(warnings_of, "The warnings that were accepted.")


@strawberry.type(description="The raid was changed.")
class UpdateRaidSuccess:
    is_type_of = of(answers.RaidUpdated)

    raid: Raid = shown("The raid as it stands now.")


@strawberry.type(description="The characters were given.")
class GrantCharactersSuccess:
    is_type_of = of(answers.CharactersGranted)

    characters: list[Character] = shown("The player's copies of them.")


@strawberry.type(description="The equipment was given.")
class GrantEquipmentSuccess:
    is_type_of = of(answers.EquipmentGranted)

    equipment: Equipment = shown("The player's new equipment.")


@strawberry.type(description="The token was made. This is the only time the token itself is shown.")
class CreateTokenSuccess:
    is_type_of = of(views.CreatedToken)

    id: ID = shown("Name it to revoke the token.", path="token.id")
    token: str = shown("Send it as `Authorization: Bearer …`, and keep it: it cannot be shown again.", path="secret")
    prefix: str = shown("How it begins, to recognise it by.", path="token.prefix")


@strawberry.type(description="The token works no more.")
class RevokeTokenSuccess:
    is_type_of = of(answers.TokenRevoked)

    token: Token = shown("What is known of it.")


@strawberry.type(description="The player is registered.")
class RegisterPlayerSuccess:
    is_type_of = of(answers.PlayerRegistered)

    player: Player = shown("The player.")
    created: bool = shown("False when they were registered before; the name is the new one either way.")


@strawberry.type(description="The player is forgotten.")
class ForgetPlayerSuccess:
    is_type_of = of(answers.PlayerForgotten)

    player: Player = shown("Who is left: somebody without a name, whose strikes count as before.")


@strawberry.type(description="The channel is set.")
class AnnouncementChannelSuccess:
    is_type_of = of(answers.ChannelSet)

    channel: AnnouncementChannel = shown("The channel.")


@strawberry.type(description="The acknowledgement is kept.")
class AcknowledgeAnnouncementsSuccess:
    is_type_of = of(answers.AnnouncementsAcknowledged)

    channel: AnnouncementChannel = shown("The channel, with how far it has come: never further back than before.")


@strawberry.type(description="What the player wants is kept.")
class SetReminderSuccess:
    is_type_of = of(answers.ReminderSet)

    player: Player = shown("The player.")
    wanted: bool = shown("Whether they are told from now on.")


@strawberry.type(description="The acknowledgement was taken.")
class AcknowledgeReminderSuccess:
    is_type_of = of(answers.ReminderAcknowledged)

    player: Player = shown("The player.")
    acknowledged: bool = shown(
        "True once: false when it was acknowledged before, or the player has struck again since."
    )


ExecuteStrikeResult = Annotated[
    ExecuteStrikeSuccess
    | errors.CooldownActive
    | errors.CharactersAlreadyUsed
    | errors.CharactersNotOwned
    | errors.EquipmentNotOwned
    | errors.InvalidTeam
    | errors.ZeroEffect
    | errors.NoActiveRaid
    | errors.RaidPaused
    | errors.BossAlreadyDefeated
    | errors.AnalysisComplete
    | errors.StateChanged
    | errors.IdempotencyConflict
    | errors.PlayerNotFound
    | errors.Overloaded,
    strawberry.union("ExecuteStrikeResult", description="The strike, or why it was refused. Refused: nothing spent."),
]

PreviewStrikeResult = Annotated[
    StrikePreview
    | errors.CooldownActive
    | errors.CharactersAlreadyUsed
    | errors.CharactersNotOwned
    | errors.EquipmentNotOwned
    | errors.InvalidTeam
    | errors.ZeroEffect
    | errors.NoActiveRaid
    | errors.RaidPaused
    | errors.BossAlreadyDefeated
    | errors.AnalysisComplete
    | errors.PlayerNotFound,
    strawberry.union("PreviewStrikeResult", description="What the strike would do, or why it would be refused."),
]

CreateRaidResult = Annotated[
    CreateRaidSuccess | errors.RaidAlreadyActive | errors.InvalidConfiguration,
    strawberry.union("CreateRaidResult", description="The new raid, or why there is none."),
]

UpdateRaidResult = Annotated[
    UpdateRaidSuccess | errors.RaidNotFound | errors.InvalidConfiguration | errors.BossAlreadyDefeated,
    strawberry.union("UpdateRaidResult", description="The changed raid, or why it was not changed."),
]

GrantCharactersResult = Annotated[
    GrantCharactersSuccess | errors.PlayerNotFound | errors.UnknownCharacters,
    strawberry.union("GrantCharactersResult", description="What was given, or why nothing was."),
]

GrantEquipmentResult = Annotated[
    GrantEquipmentSuccess | errors.PlayerNotFound,
    strawberry.union("GrantEquipmentResult", description="What was given, or why nothing was."),
]

CreateTokenResult = Annotated[
    CreateTokenSuccess | errors.PlayerNotFound,
    strawberry.union("CreateTokenResult", description="The token, or why there is none."),
]

RevokeTokenResult = Annotated[
    RevokeTokenSuccess,
    strawberry.union("RevokeTokenResult", description="The revoked token."),
]

RegisterPlayerResult = Annotated[
    RegisterPlayerSuccess,
    strawberry.union("RegisterPlayerResult", description="The registered player."),
]

ForgetPlayerResult = Annotated[
    ForgetPlayerSuccess | errors.PlayerNotFound,
    strawberry.union("ForgetPlayerResult", description="Who is left, or why nobody was forgotten."),
]

AnnouncementChannelResult = Annotated[
    AnnouncementChannelSuccess,
    strawberry.union("AnnouncementChannelResult", description="The channel."),
]

AcknowledgeAnnouncementsResult = Annotated[
    AcknowledgeAnnouncementsSuccess | errors.RaidNotFound,
    strawberry.union("AcknowledgeAnnouncementsResult", description="How far the channel has come, or why not."),
]

SwitchOffAnnouncementChannelResult = Annotated[
    AnnouncementChannelSuccess,
    strawberry.union("SwitchOffAnnouncementChannelResult", description="The channel, switched off."),
]

SetStatusMessageResult = Annotated[
    AnnouncementChannelSuccess,
    strawberry.union("SetStatusMessageResult", description="The channel with its status message."),
]

SetReminderResult = Annotated[
    SetReminderSuccess | errors.PlayerNotFound,
    strawberry.union("SetReminderResult", description="What the player wants, or why it was not kept."),
]

AcknowledgeReminderResult = Annotated[
    AcknowledgeReminderSuccess | errors.PlayerNotFound,
    strawberry.union("AcknowledgeReminderResult", description="Whether it was the first acknowledgement, or why not."),
]
