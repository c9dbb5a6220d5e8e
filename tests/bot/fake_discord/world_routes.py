"""The bot's own account, the gateway's address, guilds, roles, members, users."""

from typing import Any

from tests.bot.fake_discord.calls import Call, Route
from tests.bot.fake_discord.gateway import Gateway
from tests.bot.fake_discord.shapes import (
    application_json,
    channel_json,
    guild_json,
    member_json,
    role_json,
    user_json,
)
from tests.bot.fake_discord.state import State


class WorldRoutes:
    def __init__(self, state: State, gateway: Gateway) -> None:
        self._state, self._gateway = state, gateway

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/users/@me", self.me),
            Route("GET", "/users/@me/guilds", self.own_guilds),
            Route("GET", "/users/{user_id}", self.user),
            Route("GET", "/oauth2/applications/@me", self.application),
            Route("GET", "/applications/@me", self.application),
            Route("GET", "/gateway", self.gateway, authorized=False),
            Route("GET", "/gateway/bot", self.gateway_for_bots),
            Route("GET", "/guilds/{guild_id}", self.guild),
            Route("GET", "/guilds/{guild_id}/channels", self.channels),
            Route("GET", "/guilds/{guild_id}/roles", self.roles),
            Route("GET", "/guilds/{guild_id}/members/{user_id}", self.member),
        ]

    def me(self, _call: Call) -> Any:
        return {**user_json(self._state.bot), "mfa_enabled": False, "locale": "en-US", "verified": True}

    def own_guilds(self, _call: Call) -> Any:
        return [
            {
                "id": str(guild.id),
                "name": guild.name,
                "icon": None,
                "banner": None,
                "owner": False,
                "permissions": str(guild.permissions_of(guild.members[self._state.bot.id])),
                "features": [],
            }
            for guild in self._state.guilds.values()
        ]

    def user(self, call: Call) -> Any:
        return user_json(self._state.user(call["user_id"]))

    def application(self, _call: Call) -> Any:
        return application_json(self._state)

    def gateway(self, _call: Call) -> Any:
        return {"url": self._gateway.address}

    def gateway_for_bots(self, _call: Call) -> Any:
        limit = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 16}
        return {"url": self._gateway.address, "shards": self._gateway.shards, "session_start_limit": limit}

    def guild(self, call: Call) -> Any:
        return guild_json(self._state.guild(call["guild_id"]))

    def channels(self, call: Call) -> Any:
        return [channel_json(channel, self._state.bot.id) for channel in self._state.guild(call["guild_id"]).channels]

    def roles(self, call: Call) -> Any:
        roles = self._state.guild(call["guild_id"]).roles
        return [role_json(role, position) for position, role in enumerate(roles)]

    def member(self, call: Call) -> Any:
        guild = self._state.guild(call["guild_id"])
        return member_json(self._state.member(guild, self._state.user(call["user_id"])))
