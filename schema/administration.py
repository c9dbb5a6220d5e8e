"""What admins and the bot work with: the ledger, the admin log, tokens, announcement channels, and their inputs."""

from datetime import datetime

import strawberry
from strawberry import ID

from resolvers import players
from schema.access import needs
from schema.boss_inputs import BossInput, RewardConfigurationInput
from schema.connections import Connection
from schema.enums import TokenRole
from schema.fields import Info, derived, given, resolved, shown
from schema.players import Player
from schema.scalars import SafeInt
from schema.values import EquipmentEffectInput, Reward
from services import views
from services.rules.events import RaidEventKind
from services.rules.reward_calculator import GrantKind
from services.views import Role


@strawberry.type(description="One line of the reward ledger. Nothing is granted twice.")
class RewardGrant:
    id: ID = shown("Use it as the payout's idempotency key: a grant paid once under it is never paid again.")
    raid_id: ID = shown("The raid it was earned in.")

    @resolved(Player, needs(Role.BOT, Role.ADMIN), "Who earned it.")
    @staticmethod
    async def player(parent: strawberry.Parent[views.RewardGrant], info: Info) -> views.Player:
        return await players.player_by_number(info.context, parent.user_id)

    kind: GrantKind = shown("What it was granted for.")
    key: str = shown("Which one of its kind: the strike, the milestone, the breakthrough.")
    rewards: list[Reward] = shown("What to pay out; empty for a title.")
    strike_number: SafeInt | None = shown("The strike that set it off, where one did.")
    granted_at: datetime = shown("When it was granted.")


@strawberry.type(description="A page of the ledger, oldest first.")
class RewardGrantConnection(Connection[RewardGrant]):
    pass


@strawberry.type(description="Something an admin did.")
class AdminAction:
    id: ID = shown("Names the action.")
    raid_id: ID | None = shown("The raid it concerned; null when none.")
    actor: str = shown(
        "Who did it: the name of their token; `discord:<id> by <token name>` when it was used for a person on Discord."
    )
    action: str = shown("What was done.")
    reason: str = shown("Why, in the admin's words.")
    before: str = shown("What was changed, as it stood before: JSON text.")
    after: str = shown("What was changed, as it stood after: JSON text.")
    acted_at: datetime = shown("When.")


@strawberry.type(description="A page of the admin log, newest first.")
class AdminActionConnection(Connection[AdminAction]):
    pass


def token_role_of(token: views.Token) -> TokenRole:
    return TokenRole(token.role.value)


@strawberry.type(description="A token that was given out. The token itself is shown once, when it is made.")
class Token:
    id: ID = shown("Name it to revoke the token.")

    role: TokenRole = derived(token_role_of, "What it was made for.")
    name: str = shown("The name it was made under.")
    prefix: str = shown("How it begins: enough to recognise it, too little to use it.")
    discord_id: ID | None = shown("Whose it is, when it is a player's.")
    created_at: datetime = shown("When it was made.")
    expires_at: datetime | None = shown("When it ends by itself; null for never.")
    revoked_at: datetime | None = shown("When it was revoked; null while it was not.")
    last_used_at: datetime | None = shown("When it was last used; null for never.")


@strawberry.type(description="Why nothing is announced in a channel any more. Setting the channel anew switches it on.")
class ChannelSwitchedOff:
    at: datetime = shown("Since when.")
    reason: str = shown("What the bot met there.")


@strawberry.type(description="A Discord channel that the bot announces in.")
class AnnouncementChannel:
    channel_id: ID = shown("The Discord channel.")
    guild_id: ID = shown("The Discord server it is in.")
    kinds: list[RaidEventKind] = shown("The kinds of events announced there.")
    mention_role_id: ID | None = shown("The Discord role to mention; null for none.")
    acknowledged: SafeInt = shown(
        "The newest event that the channel was told of, 0 for none: of the raid that was asked about, else of the "
        "current one."
    )
    status_message_id: ID | None = shown("The message there that shows how the raid stands; null for none.")
    switched_off: ChannelSwitchedOff | None = shown("Set when the bot can write there no more; null while it can.")


@strawberry.input(description="A raid to create. Checks refuse what cannot be played and warn of what may not work.")
class CreateRaidInput:
    name: str = strawberry.field(description="The raid's name.")
    boss_key: ID | None = given("Start from a template; every other field overrides it.")
    boss: BossInput | None = given("The boss, or what is different from the template.")
    starts_at: datetime | None = given("When it begins by itself; left out: at once.")
    ends_at: datetime | None = given("When it expires; left out: never.")
    accept_warnings: bool = strawberry.field(
        default=False, description="Create it even though the checks warn (never although they refuse)."
    )


@strawberry.input(description="What to change in a raid. Nothing else can be changed while it runs.")
class UpdateRaidInput:
    raid_id: ID = strawberry.field(description="The raid.")
    reason: str = strawberry.field(description="Why. It is kept in the log and shown with the event.")
    name: str | None = given("The new name.")
    description: str | None = given("The new description.")
    ends_at: datetime | None = given("The new end, in the future.")
    curse_every: int | None = given("Strikes from one curse to the next.")
    rewards: RewardConfigurationInput | None = given("Rewards for what is not earned yet.")


@strawberry.input(description="A raid, and why something is done to it.")
class RaidActionInput:
    raid_id: ID = strawberry.field(description="The raid.")
    reason: str = strawberry.field(description="Why. It is kept in the log and shown with the event.")


@strawberry.input(description="A new HP for a raid's boss.")
class AdjustBossHpInput:
    raid_id: ID = strawberry.field(description="The raid.")
    reason: str = strawberry.field(description="Why. It is kept in the log and shown with the event.")
    current_hp: SafeInt = strawberry.field(description="From 1 to the boss's total: an adjustment never kills.")


@strawberry.input(description="A token to make.")
class CreateTokenInput:
    role: TokenRole = strawberry.field(description="What it is for.")
    name: str = strawberry.field(description="A name to recognise it by; it stands in the admin log.")
    discord_id: ID | None = given("The player it is for; needed for PLAYER and for no other role.")
    expires_at: datetime | None = given("When it ends by itself; left out: never.")


@strawberry.input(description="A token to revoke. It stops working at once.")
class RevokeTokenInput:
    id: ID = strawberry.field(description="The token's id, as `tokens` lists it.")


@strawberry.input(description="A player to register, or to rename.")
class RegisterPlayerInput:
    discord_id: ID = strawberry.field(description="The player's Discord id.")
    name: str = strawberry.field(description="The name to show on leaderboards.")


@strawberry.input(description="A player who wants to be forgotten.")
class ForgetPlayerInput:
    discord_id: ID = strawberry.field(description="The player's Discord id.")
    reason: str = strawberry.field(description="Why, for the admin log: without the player's name.")


@strawberry.input(description="One character to give.")
class CharacterGrantInput:
    character_key: ID = strawberry.field(description="The character's key in the catalogue.")
    stars: int | None = given("How far it is raised: 1 to 6. Left out: as many as its rarity.")


@strawberry.input(description="Characters of the catalogue, by the key they were imported under.")
class GrantCharactersInput:
    discord_id: ID = strawberry.field(description="Who gets them.")
    grants: list[CharacterGrantInput] = strawberry.field(description="What they get.")


@strawberry.input(description="A piece of equipment to give.")
class GrantEquipmentInput:
    discord_id: ID = strawberry.field(description="Who gets it.")
    name: str = strawberry.field(description="Its name.")
    effects: list[EquipmentEffectInput] = strawberry.field(description="What it does in a strike.")


@strawberry.input(description="A Discord channel to announce in, and what.")
class AnnouncementChannelInput:
    guild_id: ID = strawberry.field(description="The Discord server.")
    channel_id: ID = strawberry.field(description="The channel in it.")
    kinds: list[RaidEventKind] = strawberry.field(description="The kinds of events to announce; empty for none.")
    mention_role_id: ID | None = given("The Discord role to mention; left out: none.")


@strawberry.input(description="How far a channel was told of a raid's events.")
class AcknowledgeAnnouncementsInput:
    channel_id: ID = strawberry.field(description="The channel.")
    raid_id: ID = strawberry.field(description="The raid.")
    sequence: SafeInt = strawberry.field(description="The newest event announced. One below the last changes nothing.")


@strawberry.input(description="A channel that the bot cannot write in any more.")
class SwitchOffAnnouncementChannelInput:
    channel_id: ID = strawberry.field(description="The channel.")
    reason: str = strawberry.field(description="What happened there, in 1 to 500 characters, for the server's admins.")


@strawberry.input(description="Which message shows how the raid stands.")
class SetStatusMessageInput:
    channel_id: ID = strawberry.field(description="The channel.")
    message_id: ID | None = given("The message; null or left out: none any more.")
