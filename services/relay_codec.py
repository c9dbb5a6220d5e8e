"""What the relay puts into Redis, and how it is read again. The secret seed is never in it."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
from pydantic import TypeAdapter

from services import codec
from services.rules.events import RaidEventKind
from services.views import Raid, RaidEvent

RELAY_VERSION = 2
"""Goes into every name in Redis: processes of another version neither hear this one nor are heard."""

_raids: TypeAdapter[Raid] = TypeAdapter(Raid)


def raid_to_bytes(raid: Raid) -> bytes:
    return _raids.dump_json(replace(raid, seed=None))


def raid_from_bytes(data: bytes) -> Raid:
    """Raises ValueError for what is no raid's state."""
    return _raids.validate_json(data)


def event_to_bytes(event: RaidEvent) -> bytes:
    told = event.event
    return orjson.dumps(
        {
            "kind": told.kind.value,
            "occurred_at": told.occurred_at,
            "strike_number": told.strike_number,
            "payload": codec.event_to_json(told),
        }
    )


def event_from_bytes(raid_id: int, sequence: int, data: bytes) -> RaidEvent:
    """Raises ValueError for what is no event."""
    try:
        document: dict[str, Any] = orjson.loads(data)
        event = codec.event_from_json(
            RaidEventKind(document["kind"]),
            sequence=sequence,
            occurred_at=datetime.fromisoformat(document["occurred_at"]),
            strike_number=document["strike_number"],
            payload=document["payload"],
        )
    except (KeyError, TypeError, codec.UnknownVersionError) as error:
        raise ValueError("no event") from error
    return RaidEvent(raid_id, event)
