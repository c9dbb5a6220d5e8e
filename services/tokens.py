"""Tokens: ``wt_<role>_`` + 30 random characters + 6 of checksum. Only their SHA-256 is kept."""

import hashlib
import secrets
import zlib
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from db.engine import Database
from db.queries import administration, players
from db.rows import TokenRow
from services.errors import InvalidInputError, PlayerNotFoundError
from services.raid_administration import Actor
from services.strike_facts import parse_id
from services.views import CreatedToken, Role, Token

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_LENGTH = 30
_CHECKSUM_LENGTH = 6
_TOKEN_ROLES = (Role.VIEWER, Role.PLAYER, Role.BOT, Role.ADMIN)
TOKENS_LISTED = 1_000


def _checksum(text: str) -> str:
    """CRC32 in base 62: a mistyped token is refused without asking the database."""
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(_CHECKSUM_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits


def new_secret(role: Role) -> str:
    """A new token."""
    text = f"wt_{role.value}_" + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_LENGTH))
    return text + _checksum(text)


def is_well_formed(secret: str) -> bool:
    """Whether `secret` can be a token at all: its form and checksum."""
    head, checksum = secret[:-_CHECKSUM_LENGTH], secret[-_CHECKSUM_LENGTH:]
    prefixes = tuple(f"wt_{role.value}_" for role in _TOKEN_ROLES)
    return secret.isascii() and secret.startswith(prefixes) and _checksum(head) == checksum


def hash_of(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _view(row: TokenRow) -> Token:
    return Token(
        id=row.id,
        role=Role(row.role),
        name=row.name,
        prefix=row.prefix,
        discord_id=row.discord_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )


async def _note(connection: AsyncConnection, actor: Actor, action: str, token_id: int, role: Role) -> None:
    await administration.add_admin_action(
        connection,
        raid_id=None,
        actor=actor.name,
        token_id=actor.token_id,
        action=action,
        reason=f"{role.value} token {token_id}",
        before={},
        after={"token": token_id, "role": role.value},
    )


class TokenOffice:
    """Makes, lists and revokes tokens; each act is in the admin log."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self,
        actor: Actor,
        *,
        role: Role,
        name: str,
        discord_id: str | None,
        expires_at: datetime | None,
    ) -> CreatedToken:
        """A new token, whose secret is shown this once.

        Raises:
            InvalidInputError: a role without tokens, no name, a time that has passed, or a Discord id with a role
                that takes none.
            PlayerNotFoundError: nobody is registered under `discord_id`.
        """
        if not 1 <= len(name.strip()) <= 100:
            raise InvalidInputError("name", "say in 1 to 100 characters what the token is for.")
        if role not in _TOKEN_ROLES:
            raise InvalidInputError("role", "the public needs no token.")
        if (role is Role.PLAYER) != (discord_id is not None):
            needs = "needs the player's" if role is Role.PLAYER else "is bound to no"
            raise InvalidInputError("discordId", f"a {role.value} token {needs} Discord id.")
        secret = new_secret(role)
        async with self._database.transaction() as connection:
            user_id = None
            if discord_id is not None:
                user = await players.user_by_discord_id(connection, discord_id)
                if user is None:
                    raise PlayerNotFoundError(discord_id=discord_id)
                user_id = user.id
            if expires_at is not None and expires_at <= await administration.database_time(connection):
                raise InvalidInputError("expiresAt", "must be in the future.")
            token_id = await administration.add_token(
                connection,
                role=role.value,
                name=name.strip(),
                prefix=secret[: len(f"wt_{role.value}_") + 4],
                token_hash=hash_of(secret),
                user_id=user_id,
                expires_at=expires_at,
            )
            await _note(connection, actor, "create_token", token_id, role)
            row = await administration.token(connection, token_id)
        if row is None:
            raise LookupError(f"token {token_id} vanished")
        return CreatedToken(_view(row), secret)

    async def tokens(self) -> tuple[Token, ...]:
        """Newest first, at most TOKENS_LISTED."""
        async with self._database.reading() as connection:
            return tuple(_view(row) for row in await administration.tokens(connection, TOKENS_LISTED))

    async def revoke(self, actor: Actor, token_id: str) -> Token:
        """Ends a token now. Raises InvalidInputError when there is no such token."""
        number = parse_id(token_id)
        async with self._database.transaction() as connection:
            known = number is not None and await administration.revoke_token(connection, number)
            row = await administration.token(connection, number) if known and number is not None else None
            if row is None:
                raise InvalidInputError("id", f"there is no token {token_id}.")
            await _note(connection, actor, "revoke_token", row.id, Role(row.role))
        return _view(row)
