"""Whom a message really notifies: what stands in its text, as far as it was allowed to."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tests.bot.fake_discord.errors import Json

_USER, _ROLE = re.compile(r"<@!?(\d+)>"), re.compile(r"<@&(\d+)>")
_EVERYONE = re.compile(r"@(everyone|here)\b")


@dataclass(frozen=True, slots=True)
class Mentions:
    users: list[int]
    roles: list[int]
    everyone: bool


def mentions_in(text: str, allowed: Json | None) -> Mentions:
    """Without `allowed_mentions` Discord notifies everybody who is named."""
    if allowed is None:
        allowed = {"parse": ["users", "roles", "everyone"]}
    parse = allowed.get("parse") or []
    return Mentions(
        users=_named(_USER.findall(text), allowed.get("users"), everyone="users" in parse),
        roles=_named(_ROLE.findall(text), allowed.get("roles"), everyone="roles" in parse),
        everyone="everyone" in parse and _EVERYONE.search(text) is not None,
    )


def _named(ids: Iterable[str], listed: list[str] | None, *, everyone: bool) -> list[int]:
    unique = dict.fromkeys(ids)
    return [int(each) for each in unique if everyone or each in {str(one) for one in listed or ()}]
