"""Discord's own description of its API, held against every call and every answer."""

import functools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bot.fake_discord.calls import Call
from tests.bot.fake_discord.errors import Json
from tests.bot.fake_discord.schemas import Schemas

PATH = Path(__file__).parents[4] / "shared" / "data" / "discord" / "openapi.json"
KEPT = 2_000
_DIGIT, _TEXT = re.compile(r"\d"), re.compile(r'"(?:[^"\\]|\\.)*"')


class Description:
    """Which schema belongs to which call."""

    def __init__(self, document: Json) -> None:
        self._document, self._schemas = document, Schemas(document)

    def request_breaches(self, call: Call, body: Any) -> Iterator[str]:
        operation = self._operation(call.method, call.route)
        if operation is None:
            yield "the description has no such operation"
            return
        content = operation.get("requestBody", {}).get("content", {})
        if not content and body is not None:
            yield "the description has no body for this operation"
        if "application/json" in content:
            yield from self._breaches("request", content["application/json"]["schema"], _with_text_ids(body))

    def response_breaches(self, call: Call, body: Any) -> Iterator[str]:
        operation = self._operation(call.method, call.route) or {"responses": {}}
        for status in ("200", "201"):
            content = operation["responses"].get(status, {}).get("content", {})
            if content:
                yield from self._breaches("response", content["application/json"]["schema"], body)
                return

    def _operation(self, method: str, route: str) -> Json | None:
        found: Json | None = self._document["paths"].get(route, {}).get(method.lower())
        return found

    def _breaches(self, side: str, schema: Json | None, instance: Any) -> Iterator[str]:
        if schema is not None:
            for breach in self._schemas.breaches(schema, instance):
                yield f"{side} {breach}"


def _with_text_ids(body: Any) -> Any:
    """discord.py writes these ids as numbers, which Discord takes; its description says text."""
    if not isinstance(body, dict):
        return body
    given = dict(body)
    if given.get("components"):
        given["components"] = [_with_text_defaults(each) for each in given["components"]]
    if isinstance(given.get("recipient_id"), int):
        given["recipient_id"] = str(given["recipient_id"])
    if isinstance(given.get("data"), dict):
        given["data"] = _with_text_ids(given["data"])
    if given.get("attachments"):
        given["attachments"] = [{**each, "id": str(each["id"])} for each in given["attachments"]]
    if given.get("allowed_mentions"):
        given["allowed_mentions"] = {
            name: [str(each) for each in listed] if name in {"users", "roles"} else listed
            for name, listed in given["allowed_mentions"].items()
        }
    return given


def _with_text_defaults(component: Json) -> Json:
    """The same for the preselected users, roles and channels of selects."""
    given = dict(component)
    if given.get("default_values"):
        given["default_values"] = [{**each, "id": str(each["id"])} for each in given["default_values"]]
    if given.get("components"):
        given["components"] = [_with_text_defaults(each) for each in given["components"]]
    if given.get("component"):
        given["component"] = _with_text_defaults(given["component"])
    return given


@functools.cache
def description() -> Description | None:
    """None where Discord's description is not at hand."""
    return Description(json.loads(PATH.read_bytes())) if PATH.is_file() else None


@dataclass(frozen=True, slots=True)
class Violation:
    call: str
    what: str

    def __str__(self) -> str:
        return f"{self.call}: {self.what}"


class Checks:
    """Collects what was against the description or the limits.

    A check takes milliseconds and would show in the bot's measured times: calls are kept, and checked when somebody
    asks for the violations, or there are many and nobody is `measuring`. Of calls that differ in no more than digits in
    texts (ids, times) one is checked.
    """

    def __init__(self) -> None:
        self._description = description()
        self._found: list[Violation] = []
        self._seen: set[int] = set()
        self._waiting: list[tuple[Call, bool, Any]] = []
        self.measuring = False

    @property
    def checked(self) -> int:
        """How many different requests and answers were held against the description."""
        return len(self._seen)

    @property
    def violations(self) -> list[Violation]:
        self._check()
        return list(self._found)

    def request(self, call: Call) -> None:
        self._keep(call, call.body, is_request=True)

    def response(self, call: Call, body: Any) -> None:
        self._keep(call, body, is_request=False)

    def clear(self) -> None:
        self._waiting.clear()
        self._found.clear()

    def note(self, call: str, what: str) -> None:
        self._found.append(Violation(call, what))

    def _keep(self, call: Call, body: Any, *, is_request: bool) -> None:
        if self._description is None:
            return
        self._waiting.append((call, is_request, body))
        if len(self._waiting) > KEPT and not self.measuring:
            self._check()

    def _check(self) -> None:
        waiting, self._waiting = self._waiting, []
        for call, is_request, body in waiting:
            form = _TEXT.sub(lambda text: _DIGIT.sub("0", text[0]), json.dumps(body))
            likeness = hash((call.method, call.route, is_request, form))
            if likeness in self._seen or self._description is None:
                continue
            self._seen.add(likeness)
            found = self._description.request_breaches if is_request else self._description.response_breaches
            for breach in found(call, body):
                self.note(f"{call.method} {call.path}", breach)
