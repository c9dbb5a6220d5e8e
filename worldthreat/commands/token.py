"""`worldthreat token`: who may ask what."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from db.engine import Database
from services.views import CreatedToken, Role, Token
from services.world_threat import WorldThreatService
from worldthreat.commands.database import with_database
from worldthreat.commands.output import add_row, local, moment, operator, plain, refusing, show, show_json, table

app = typer.Typer(help="Make, list and revoke tokens for the API.", no_args_is_help=True)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


class TokenRole(StrEnum):
    """The roles a token can have."""

    ADMIN = "admin"
    BOT = "bot"
    PLAYER = "player"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True)
class ShownToken:
    """`token` is the secret itself, this once; `about` all that is kept of it."""

    token: str
    about: Token


@app.callback()
def token() -> None:
    """Make, list and revoke tokens for the API."""


@app.command(epilog="Example: TOKEN=$(worldthreat token create --role admin --name laptop --expires 30d)")
def create(
    role: Annotated[TokenRole, typer.Option(help="What it may do.")],
    name: Annotated[str | None, typer.Option(metavar="TEXT", help="What it is for; else its role.")] = None,
    discord_id: Annotated[str | None, typer.Option(metavar="ID", help="The player of a player's token.")] = None,
    expires: Annotated[
        datetime | None,
        typer.Option(metavar="TIME", parser=moment, help="30d, 12h, or 2030-01-31T18:00Z; without it never."),
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Create a token and print it, this once: only its hash is kept.

    The standard output has the token and nothing else, so that a script can take it.

    Exit codes: 0 created, 1 refused, 2 no database or wrong usage.
    """

    async def work(database: Database) -> CreatedToken:
        return await WorldThreatService(database).desk.create_token(
            operator(),
            role=Role(role.value),
            name=role.value if name is None else name,
            discord_id=discord_id,
            expires_at=expires,
        )

    with refusing(as_json=as_json):
        created = with_database(work, name="token create")
    if as_json:
        show_json(ShownToken(created.secret, created.token))
        return
    made = created.token
    until = "" if made.expires_at is None else f", until {local(made.expires_at)}"
    typer.echo(plain(f"Token {made.id} ({made.role.value}, {made.name}{until}). It is shown this once:"), err=True)
    typer.echo(created.secret)
    typer.echo("Send it with each request as: Authorization: Bearer <token>", err=True)


@app.command("list", epilog="Example: worldthreat token list --json")
def list_tokens(*, as_json: JsonOption = False) -> None:
    """List the tokens, newest first. A token itself cannot be shown again."""

    async def work(database: Database) -> tuple[Token, ...]:
        return await WorldThreatService(database).desk.tokens(operator())

    with refusing(as_json=as_json):
        found = with_database(work, name="token list")
    if as_json:
        show_json(found)
        return
    if not found:
        typer.echo("There are no tokens: worldthreat token create --role admin makes one.", err=True)
        return
    rows = table("Id", "Role", "Name", "Begins with", "Player", "Created", "Last used", "State", numbers=("Id",))
    for each in found:
        add_row(
            rows,
            each.id,
            each.role.value,
            each.name,
            each.prefix,
            each.discord_id or "",
            local(each.created_at),
            local(each.last_used_at),
            _state(each),
        )
    show(rows)


def _state(each: Token) -> str:
    if each.revoked_at is not None:
        return "revoked"
    if each.expires_at is None:
        return "valid"
    return "expired" if each.expires_at <= datetime.now(UTC) else f"until {local(each.expires_at)}"


@app.command(epilog="Example: worldthreat token revoke 3")
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="As `token list` shows it.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Revoke a token: it is worth nothing from now on.

    Exit codes: 0 revoked (now or before), 1 there is no such token, 2 no database.
    """

    async def work(database: Database) -> Token:
        return await WorldThreatService(database).desk.revoke_token(operator(), token_id=token_id)

    with refusing(as_json=as_json):
        revoked = with_database(work, name="token revoke")
    if as_json:
        show_json(revoked)
    else:
        typer.echo(plain(f"Token {revoked.id} ({revoked.role.value}, {revoked.name}) is revoked."))
