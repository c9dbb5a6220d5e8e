"""Application commands: fetched, replaced as a whole, changed one by one, for everywhere or for one guild."""

from typing import Any

from tests.bot.fake_discord.calls import Call, Route
from tests.bot.fake_discord.command_limits import commands_breaches
from tests.bot.fake_discord.errors import Json, unknown
from tests.bot.fake_discord.posting import refuse
from tests.bot.fake_discord.shapes import command_json
from tests.bot.fake_discord.state import State


class CommandRoutes:
    def __init__(self, state: State) -> None:
        self._state = state

    def routes(self) -> list[Route]:
        everywhere = "/applications/{application_id}/commands"
        in_guild = "/applications/{application_id}/guilds/{guild_id}/commands"
        return [
            route
            for base in (everywhere, in_guild)
            for route in (
                Route("GET", base, self.fetch),
                Route("PUT", base, self.replace),
                Route("POST", base, self.create),
                Route("GET", f"{base}/{{command_id}}", self.get),
                Route("PATCH", f"{base}/{{command_id}}", self.edit),
                Route("DELETE", f"{base}/{{command_id}}", self.delete),
            )
        ]

    def fetch(self, call: Call) -> Any:
        return self._there(call)

    def replace(self, call: Call) -> Any:
        refuse(commands_breaches(call.body))
        self._state.commands[self._guild_id(call)] = [self._registered(call, given) for given in call.body]
        return self._there(call)

    def create(self, call: Call) -> Any:
        refuse(commands_breaches([call.body]))
        made = self._registered(call, call.body)
        others = [command for command in self._there(call) if command["name"] != made["name"]]
        self._state.commands[self._guild_id(call)] = [*others, made]
        return made

    def get(self, call: Call) -> Any:
        for command in self._there(call):
            if command["id"] == call["command_id"]:
                return command
        raise unknown("application command")

    def edit(self, call: Call) -> Any:
        before = self.get(call)
        made = command_json(self._state, {**before, **call.body}, self._guild_id(call), before["id"])
        there = self._there(call)
        there[there.index(before)] = made
        return made

    def delete(self, call: Call) -> None:
        self._there(call).remove(self.get(call))

    def _there(self, call: Call) -> list[Json]:
        return self._state.commands.setdefault(self._guild_id(call), [])

    def _registered(self, call: Call, given: Json) -> Json:
        ids = {command["name"]: command["id"] for command in self._there(call)}
        command_id = ids.get(given["name"]) or str(self._state.ids.next())
        return command_json(self._state, given, self._guild_id(call), command_id)

    def _guild_id(self, call: Call) -> int | None:
        if call["application_id"] != str(self._state.application_id):
            raise unknown("Application")
        return self._state.guild(call["guild_id"]).id if "guild_id" in call.parameters else None
