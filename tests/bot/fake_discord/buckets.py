"""Rate limit buckets: how many calls a route and its channel, guild or webhook take in a while."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.bot.fake_discord.calls import Call
from tests.bot.fake_discord.clock import Clock

_MAJOR = ("channel_id", "guild_id", "webhook_token", "interaction_token")


@dataclass(frozen=True, slots=True)
class Limit:
    calls: int
    seconds: float


@dataclass(slots=True)
class Bucket:
    limit: Limit
    started_at: float
    used: int = 0


@dataclass(frozen=True, slots=True)
class Room:
    """What is left after a call; `retry_after` is None if there was room for it."""

    headers: Mapping[str, str]
    retry_after: float | None


GENEROUS = Limit(1000, 1.0)
AS_DISCORD: Mapping[tuple[str, str], Limit] = {
    ("POST", "/channels/{channel_id}/messages"): Limit(5, 5.0),
    ("PATCH", "/channels/{channel_id}/messages/{message_id}"): Limit(5, 5.0),
    ("POST", "/webhooks/{webhook_id}/{webhook_token}"): Limit(5, 2.0),
    ("PATCH", "/webhooks/{webhook_id}/{webhook_token}/messages/@original"): Limit(5, 2.0),
}
"""What was seen of the real ones; Discord promises none of them."""


@dataclass
class Buckets:
    """Wide, unless a test narrows them."""

    clock: Clock
    limits: dict[tuple[str, str], Limit] = field(default_factory=dict)
    filled: dict[tuple[str, str, str], Bucket] = field(default_factory=dict)

    def limit(self, method: str, route: str, calls: int, *, per_seconds: float) -> None:
        self.limits[method, route] = Limit(calls, per_seconds)
        self.filled.clear()

    def as_discord(self) -> None:
        self.limits.update(AS_DISCORD)
        self.filled.clear()

    def room_for(self, call: Call) -> Room:
        limit = self.limits.get((call.method, call.route), GENEROUS)
        major = ":".join(call.parameters.get(name, "") for name in _MAJOR)
        key = (call.method, call.route, major)
        now = self.clock.now()
        bucket = self.filled.get(key)
        if bucket is None or now >= bucket.started_at + bucket.limit.seconds:
            bucket = self.filled[key] = Bucket(limit, now)
        reset_after = bucket.started_at + limit.seconds - now
        refused = bucket.used >= limit.calls
        bucket.used += not refused
        headers = {
            "X-RateLimit-Limit": str(limit.calls),
            "X-RateLimit-Remaining": str(limit.calls - bucket.used),
            "X-RateLimit-Reset": f"{now + reset_after:.3f}",
            "X-RateLimit-Reset-After": f"{reset_after:.3f}",
            "X-RateLimit-Bucket": hashlib.md5(f"{call.method} {call.route}".encode()).hexdigest(),  # noqa: S324 - a name
        }
        return Room(headers, reset_after if refused else None)
