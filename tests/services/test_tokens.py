"""Tokens: who holds one is who it says, until it is revoked or its time is over."""

from datetime import UTC, datetime, timedelta

import pytest

from services.authentication import Authenticator
from services.errors import ForbiddenError, InvalidInputError, PlayerNotFoundError, UnauthenticatedError
from services.tokens import is_well_formed, new_secret
from services.views import PUBLIC, CreatedToken, Principal, Role
from tests.services.world import ADMIN, BOT, World

ROLES = [Role.VIEWER, Role.PLAYER, Role.BOT, Role.ADMIN]


async def created(
    world: World, role: Role = Role.BOT, discord_id: str | None = None, expires_in: timedelta | None = None
) -> CreatedToken:
    expires_at = None if expires_in is None else datetime.now(UTC) + expires_in
    return await world.service.desk.create_token(
        ADMIN, role=role, name=f"a {role.value}", discord_id=discord_id, expires_at=expires_at
    )


async def who(world: World, secret: str | None) -> Principal:
    return await Authenticator(world.database).principal(secret)


@pytest.mark.parametrize("role", ROLES)
def test_a_token_tells_its_role_and_any_typing_error_shows(role: Role) -> None:
    secret = new_secret(role)
    assert secret.startswith(f"wt_{role.value}_")
    assert len(secret) == len(f"wt_{role.value}_") + 36
    assert is_well_formed(secret)
    assert secret != new_secret(role)
    for place in range(len(secret)):
        other = "A" if secret[place] != "A" else "B"
        assert not is_well_formed(secret[:place] + other + secret[place + 1 :])
        assert not is_well_formed(secret[:place] + secret[place + 1 :])
    for wrong in ("", "wt_", f"wt_{role.value}_", secret + "0", secret.upper(), f" {secret}", f"{secret}é"):
        assert not is_well_formed(wrong)


@pytest.mark.parametrize("role", ROLES)
async def test_a_token_is_its_holder(world: World, role: Role) -> None:
    owner = await world.player()
    bound = owner.discord_id if role is Role.PLAYER else None
    token = await created(world, role, bound)
    principal = await who(world, token.secret)
    assert (principal.role, principal.token_id, principal.token_name) == (role, token.token.id, f"a {role.value}")
    assert (principal.user_id, principal.discord_id) == ((owner.user_id, bound) if bound else (None, None))


async def test_nobody_is_the_public(world: World) -> None:
    assert await who(world, None) == PUBLIC


async def test_unknown_mistyped_expired_and_revoked_tokens_are_told_apart(world: World) -> None:
    token, brief = await created(world), await created(world, expires_in=timedelta(hours=1))
    assert (await who(world, brief.secret)).role is Role.BOT
    await world.rows("UPDATE api_tokens SET expires_at = now() - interval '1 s' WHERE id = $1", brief.token.id)
    await world.service.desk.revoke_token(ADMIN, token_id=str(token.token.id))
    for secret, said in (
        (new_secret(Role.BOT), "not known"),
        (token.secret[:-1] + "~", "not a token"),
        ("", "not a token"),
        (brief.secret, "has expired"),
        (token.secret, "was revoked"),
    ):
        with pytest.raises(UnauthenticatedError, match=said) as refused:
            await who(world, secret)
        assert not secret or secret not in str(refused.value)


async def test_only_a_hash_of_the_secret_is_kept(world: World) -> None:
    token = await created(world)
    assert token.secret.startswith(token.token.prefix)
    assert len(token.token.prefix) <= len("wt_bot_") + 4
    for table in ("api_tokens", "admin_actions"):
        for (row,) in await world.rows(f"SELECT t::text FROM {table} t"):  # noqa: S608 - our own tables
            assert token.secret[len(token.token.prefix) :] not in row


async def test_use_is_noted_about_once_a_minute(world: World) -> None:
    token = await created(world)
    assert token.token.last_used_at is None

    async def last_used() -> datetime | None:
        (found,) = [each for each in await world.service.desk.tokens(ADMIN) if each.id == token.token.id]
        return found.last_used_at

    await who(world, token.secret)
    first = await last_used()
    assert first is not None
    await who(world, token.secret)
    assert await last_used() == first
    await world.rows("UPDATE api_tokens SET last_used_at = now() - interval '2 min'")
    await who(world, token.secret)
    again = await last_used()
    assert again is not None
    assert again > first


async def test_making_and_ending_tokens_is_logged(world: World) -> None:
    token = await created(world)
    ended = await world.service.desk.revoke_token(ADMIN, token_id=str(token.token.id))
    assert ended.revoked_at is not None
    again = await world.service.desk.revoke_token(ADMIN, token_id=str(token.token.id))
    assert again.revoked_at == ended.revoked_at
    actions = (await world.service.desk.admin_actions(ADMIN, raid_id=None, first=5, after=None)).items
    assert [action.action for action in actions] == ["revoke_token", "revoke_token", "create_token"]
    assert {action.reason for action in actions} == {f"bot token {token.token.id}"}


async def test_a_token_that_makes_no_sense_is_not_made(world: World) -> None:
    owner, desk = await world.player(), world.service.desk
    before = await world.contents()
    past = datetime.now(UTC) - timedelta(seconds=1)
    for field, role, name, discord_id, expires_at in (
        ("name", Role.BOT, " ", None, None),
        ("name", Role.BOT, "x" * 101, None, None),
        ("role", Role.PUBLIC, "x", None, None),
        ("discordId", Role.PLAYER, "x", None, None),
        ("discordId", Role.BOT, "x", owner.discord_id, None),
        ("expiresAt", Role.BOT, "x", None, past),
    ):
        with pytest.raises(InvalidInputError) as refused:
            await desk.create_token(ADMIN, role=role, name=name, discord_id=discord_id, expires_at=expires_at)
        assert refused.value.field == field
    with pytest.raises(PlayerNotFoundError):
        await desk.create_token(ADMIN, role=Role.PLAYER, name="x", discord_id="nobody", expires_at=None)
    for token_id in ("999999", "x", ""):
        with pytest.raises(InvalidInputError):
            await desk.revoke_token(ADMIN, token_id=token_id)
    assert await world.contents() == before


async def test_tokens_are_admins_business_newest_first(world: World) -> None:
    first, second = await created(world), await created(world, Role.VIEWER)
    assert [token.id for token in await world.service.desk.tokens(ADMIN)] == [second.token.id, first.token.id]
    for principal in (PUBLIC, BOT, Principal(Role.VIEWER), (await world.player()).principal):
        with pytest.raises(ForbiddenError):
            await world.service.desk.tokens(principal)
        with pytest.raises(ForbiddenError):
            await world.service.desk.revoke_token(principal, token_id=str(first.token.id))
        with pytest.raises(ForbiddenError):
            await world.service.desk.create_token(
                principal, role=Role.ADMIN, name="me", discord_id=None, expires_at=None
            )
