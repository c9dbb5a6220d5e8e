"""Reminders: a message when one may strike again, for players who asked for it."""

from datetime import datetime

import strawberry
from strawberry import ID

from schema.fields import given, shown


@strawberry.type(description="A player who is to be told that they may strike again. Acknowledge it once they were.")
class DueReminder:
    discord_id: ID = shown("Whom to tell.")
    ready_at: datetime = shown("Since when they may strike again: name it in `acknowledgeReminder`.")
    raid_id: ID = shown("The raid they may strike in.")
    language: str | None = shown('The language they asked in, as a BCP 47 tag such as "de"; null: nobody said.')


@strawberry.input(description="Whether a player wants to be told when they may strike again.")
class SetReminderInput:
    discord_id: ID | None = given("The player. Required from a bot token; a player token may leave it out.")
    wanted: bool = strawberry.field(description="True to be told, false to be left alone.")
    language: str | None = given(
        'The language to be told in, as a BCP 47 tag such as "de". Left out: the one that was said before stays.'
    )


@strawberry.input(description="A player who was told that they may strike again.")
class AcknowledgeReminderInput:
    discord_id: ID = strawberry.field(description="Who was told.")
    ready_at: datetime = strawberry.field(description="Of what: the `readyAt` of the due reminder.")
