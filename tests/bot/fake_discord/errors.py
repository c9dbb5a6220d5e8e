"""Discord's refusals, as they go over the wire."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
"""A JSON object as Discord speaks it; its shape is what Discord's API description says."""


class DiscordError(Exception):
    """Answered as `{"code": …, "message": …}`; `errors` is the tree of an invalid form."""

    def __init__(self, status: int, code: int, message: str, errors: Json | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message, self.errors = status, code, message, errors

    def body(self) -> Json:
        body: Json = {"code": self.code, "message": self.message}
        return body if self.errors is None else {**body, "errors": self.errors}


@dataclass(frozen=True, slots=True)
class Breach:
    """One field that is out of bounds: its path in the body, Discord's code for it, what Discord says."""

    path: tuple[str | int, ...]
    code: str
    message: str

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.path)) or 'body'}: {self.message} ({self.code})"


def invalid_form(breaches: Iterable[Breach]) -> DiscordError:
    """50035 with its tree: every level of the body is a key, the leaf lists what is wrong there."""
    tree: Json = {}
    for breach in breaches:
        leaf = tree
        for step in breach.path:
            leaf = leaf.setdefault(str(step), {})
        leaf.setdefault("_errors", []).append({"code": breach.code, "message": breach.message})
    return DiscordError(400, 50035, "Invalid Form Body", tree)


def unknown(what: str) -> DiscordError:
    return DiscordError(404, UNKNOWN[what], f"Unknown {what}")


UNKNOWN = {
    "Application": 10002,
    "Channel": 10003,
    "Guild": 10004,
    "Member": 10007,
    "Message": 10008,
    "Role": 10011,
    "User": 10013,
    "Webhook": 10015,
    "interaction": 10062,
    "application command": 10063,
}


def unauthorized() -> DiscordError:
    return DiscordError(401, 0, "401: Unauthorized")


def missing_access() -> DiscordError:
    return DiscordError(403, 50001, "Missing Access")


def missing_permissions() -> DiscordError:
    return DiscordError(403, 50013, "Missing Permissions")


def already_acknowledged() -> DiscordError:
    return DiscordError(400, 40060, "Interaction has already been acknowledged.")


def cannot_message_user() -> DiscordError:
    return DiscordError(403, 50007, "Cannot send messages to this user")


def empty_message() -> DiscordError:
    return DiscordError(400, 50006, "Cannot send an empty message")


def expired_token() -> DiscordError:
    return DiscordError(401, 50027, "Invalid Webhook Token")
