"""Players, their characters and equipment, and the catalogue of all characters."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import ID

from resolvers import players
from schema.access import private, public
from schema.connections import After, Connection
from schema.enums import ViewerRole
from schema.fields import Info, argument, derived, given, resolved, shown
from schema.values import Affinity, AffinityInput, Balance, EquipmentEffect, StatValue
from services import views
from services.rules.values import Reward
from services.views import RosterOrder


@strawberry.type(description="What a character can do in the current raid.")
class CharacterRaidUse:
    available: bool = shown("False once the character has struck in this raid: each strikes once.")
    used_at: datetime | None = shown("When it struck; null while it is available.")
    score: int = shown("Its score against this boss before affinities, stars counted.")
    multiplier_permille: int = shown(
        "Its affinity multiplier against the boss as it is now, in thousandths: 1500 is 1.5 times."
    )


@strawberry.type(description="A player's own copy of a character.")
class Character:
    id: ID = shown("Name it in `characterIds` to send it into a strike.")
    name: str = shown("The character's name.")
    series: str | None = shown("The series it comes from, where known.")
    rarity: int = shown("How rare it is: 1 to 6.")
    stars: int = shown("How far this copy was raised: 1 to 6. More stars, more score.")
    stats: list[StatValue] = shown("All eight stats.")
    affinities: list[Affinity] = shown("What it is good for, or cursed by.")
    image_url: str | None = shown("Its picture, where there is one.")
    raid_use: CharacterRaidUse | None = shown("What it can do in the current raid. Null when there is no active raid.")


@strawberry.type(description="A page of a player's roster.")
class CharacterConnection(Connection[Character]):
    pass


@strawberry.type(description="A piece of equipment. One can go with each strike, and is not used up.")
class Equipment:
    id: ID = shown("Name it in `equipmentId` to take it along.")
    name: str = shown("Its name.")
    effects: list[EquipmentEffect] = shown("What it does in a strike.")


@strawberry.input(description="Which characters of a roster, and in what order. All conditions must hold.")
class RosterFilter:
    ids: list[ID] | None = given("Only these characters. Those that the player does not own are left out.")
    available: bool | None = given("True: only those that have not struck in the current raid; false: only the others.")
    search: str | None = given("Part of the name or series, in any case.")
    affinity: AffinityInput | None = given("Only characters with this affinity.")
    order_by: RosterOrder | None = given("How to sort them.", default=RosterOrder.EFFECTIVE_SCORE)

    def chosen(self) -> views.RosterFilter:
        return views.RosterFilter(
            ids=None if self.ids is None else tuple(self.ids),
            available=self.available,
            search=self.search,
            affinity=None if self.affinity is None else self.affinity.affinity(),
            order_by=self.order_by or RosterOrder.EFFECTIVE_SCORE,
        )


@strawberry.type(description="Someone who takes part. The public sees the name and an opaque id, nothing else.")
class Player:
    id: ID = shown("Opaque: says nothing about the Discord account.")
    name: str = shown("The name shown on leaderboards.")

    @resolved(ID | None, public(), "For the player, the bot and admins; null for everyone else.")
    @staticmethod
    def discord_id(parent: strawberry.Parent[views.Player], info: Info) -> str | None:
        return players.discord_id_of(info.context, parent)

    @resolved(
        CharacterConnection | None,
        private(),
        "The player's characters. For the player, the bot and admins; for others null with a FORBIDDEN error.",
    )
    @staticmethod
    async def roster(
        parent: strawberry.Parent[views.Player],
        info: Info,
        first: Annotated[int, argument("How many: 1 to 100.")] = 25,
        after: After = None,
        chosen: Annotated[RosterFilter | None, argument("Which ones, in what order.", name="filter")] = None,
    ) -> views.Page[views.Character]:
        which = views.RosterFilter() if chosen is None else chosen.chosen()
        return await players.roster_of(info.context, parent.user_id, first=first, after=after, chosen=which)

    @resolved(
        list[Equipment] | None,
        private(),
        "The player's equipment. For the player, the bot and admins; for others null with a FORBIDDEN error.",
    )
    @staticmethod
    async def equipment(parent: strawberry.Parent[views.Player], info: Info) -> tuple[views.Equipment, ...]:
        return await players.equipment_of(info.context, parent.user_id)

    @resolved(
        list[Balance] | None,
        private(),
        "What raids have earned the player. For the player, the bot and admins; for others null with a FORBIDDEN "
        "error.",
    )
    @staticmethod
    async def balances(parent: strawberry.Parent[views.Player], info: Info) -> tuple[Reward, ...]:
        return await players.balances_of(info.context, parent.user_id)

    @resolved(
        bool | None,
        private(),
        "Whether the player wants to be told when they may strike again. For the player, the bot and admins; for "
        "others null with a FORBIDDEN error.",
    )
    @staticmethod
    async def reminders(parent: strawberry.Parent[views.Player], info: Info) -> bool:
        return await players.reminders_of(info.context, parent.user_id)


@strawberry.type(description="A character of the game, whoever owns it.")
class CatalogueCharacter:
    key: ID = shown("What it was imported under; grants name it.")
    name: str = shown("The character's name.")
    series: str | None = shown("The series it comes from, where known.")
    rarity: int = shown("How rare it is: 1 to 6.")
    stats: list[StatValue] = shown("All eight stats.")
    affinities: list[Affinity] = shown("What it is good for, or cursed by.")
    image_url: str | None = shown("Its picture, where there is one.")


@strawberry.type(description="A page of the catalogue.")
class CatalogueConnection(Connection[CatalogueCharacter]):
    pass


def role_of(principal: views.Principal) -> ViewerRole:
    return ViewerRole.PUBLIC if principal.role is views.Role.VIEWER else ViewerRole(principal.role.value)


@strawberry.type(description="The caller.")
class Viewer:
    role: ViewerRole = derived(role_of, "What the caller may do. A viewer token counts as PUBLIC.")
    token_name: str | None = shown("The name the token was made under; null without a token.")
    discord_id: ID | None = shown("Whose player token it is; null for every other role.")
