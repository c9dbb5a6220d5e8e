"""The strikes of a crowd as HTTP requests, each team once at most, and what their answers say."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from bench.kit.crowd import Crowd
from bench.load.wire import request_head

DOCUMENT: Final = Path(__file__).parent.parent / "documents" / "strike.graphql"
_BODY: Final = orjson.dumps(
    {
        "query": DOCUMENT.read_text(encoding="utf-8"),
        "variables": {
            "input": {"action": "FIGHT", "characterIds": [], "discordId": "@player@", "idempotencyKey": "@key@"}
        },
    }
)
_BEFORE, _, _REST = _BODY.partition(b"[]")
_BETWEEN, _, _REST = _REST.partition(b"@player@")
_BEFORE_KEY, _, _AFTER = _REST.partition(b"@key@")


@dataclass(frozen=True, slots=True)
class Answer:
    """`kind` is the union's member, or what else came: a status, an error's message."""

    kind: str
    damage: int = 0
    replayed: bool = False
    retry_after_ms: int = 0


class StrikeRequests:
    """Strike n of a raid, for any n below ``crowd.teams(size)``."""

    def __init__(self, crowd: Crowd, size: int, key_prefix: str, tokens: Sequence[str]) -> None:
        """One of `tokens` for everybody, or one for each player, in the crowd's order."""
        self._crowd = crowd
        self._size = size
        self._prefix = key_prefix.encode()
        self._heads = [request_head("/graphql", token) for token in tokens]

    def __len__(self) -> int:
        return self._crowd.teams(self._size)

    def request(self, number: int) -> bytes:
        team = self._crowd.team(number, self._size)
        ids = ",".join(f'"{character}"' for character in team.character_ids).encode()
        body = b"%b[%b]%b%b%b%b-%d%b" % (
            _BEFORE,
            ids,
            _BETWEEN,
            team.discord_id.encode(),
            _BEFORE_KEY,
            self._prefix,
            number,
            _AFTER,
        )
        head = self._heads[number % self._crowd.players if len(self._heads) > 1 else 0]
        return b"%b%d\r\n\r\n%b" % (head, len(body), body)


def read_answer(status: int, body: bytes) -> Answer:
    try:
        told = orjson.loads(body)
        if told.get("errors"):
            return Answer(f"{status} {told['errors'][0].get('message')}"[:120])
        result = told["data"]["executeStrike"]
        kind = result["__typename"]
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return Answer(f"{status} {body[:100]!r}")
    if kind == "ExecuteStrikeSuccess":
        return Answer(kind, damage=int(result["damageDealt"]), replayed=result["replayed"])
    return Answer(kind, retry_after_ms=result.get("retryAfterMs", 0))
