"""Application commands as people see them: finding one, filling in its options."""

from collections.abc import Mapping
from typing import Any

from tests.bot.fake_discord.errors import Json
from tests.bot.fake_discord.model import Channel, Member, Role, User
from tests.bot.fake_discord.permissions import EVERYTHING
from tests.bot.fake_discord.resolved import Resolved
from tests.bot.fake_discord.state import State

SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER = range(1, 11)
_PYTHON: Mapping[int, tuple[type, ...]] = {
    STRING: (str,),
    INTEGER: (int,),
    BOOLEAN: (bool,),
    USER: (User,),
    CHANNEL: (Channel,),
    ROLE: (Role,),
    MENTIONABLE: (User, Role),
    NUMBER: (int, float),
}


class CommandBook:
    def __init__(self, state: State) -> None:
        self._state = state

    def visible(self, user: User, channel: Channel) -> list[str]:
        """The names that this person is offered here."""
        return [each["name"] for each in self._there(channel) if self._may_see(user, channel, each)]

    def find(self, user: User, channel: Channel, name: str) -> tuple[Json, list[Json]]:
        """The command, and the subcommands on the way (the last of which has the options)."""
        top, *rest = name.split()
        command = next((each for each in self._there(channel) if each["name"] == top), None)
        if command is None:
            raise LookupError(f"there is no /{top}: the bot has registered {[c['name'] for c in self._there(channel)]}")
        if not self._may_see(user, channel, command):
            raise PermissionError(f"{user.name} is not offered /{top} in {channel.name}")
        path = [command]
        for step in rest:
            inner = {option["name"]: option for option in path[-1].get("options") or () if option["type"] <= GROUP}
            if step not in inner:
                raise LookupError(f"/{name}: {step!r} is none of {sorted(inner)}")
            path.append(inner[step])
        if any(option["type"] <= GROUP for option in path[-1].get("options") or ()):
            raise LookupError(f"/{name} wants one of its subcommands")
        return command, path

    def option(self, path: list[Json], name: str) -> Json:
        for option in path[-1].get("options") or ():
            if option["name"] == name:
                found: Json = option
                return found
        known = [option["name"] for option in path[-1].get("options") or ()]
        raise LookupError(f"/{path[0]['name']} has no option {name!r}; it has {known}")

    def filled_in(self, command: Json, path: list[Json], given: Mapping[str, Any], resolved: Resolved) -> list[Json]:
        """The options as Discord sends them, after what its own input field checks."""
        for each in path[-1].get("options") or ():
            if each.get("required") and each["name"] not in given:
                raise LookupError(f"/{command['name']} needs {each['name']!r}")
        chosen = []
        for name, value in given.items():
            described = self.option(path, name)
            chosen.append({"name": name, "type": described["type"], "value": option_value(described, value, resolved)})
        return chosen

    def data(self, command: Json, path: list[Json], options: list[Json]) -> Json:
        inner = options
        for step in reversed(path[1:]):
            inner = [{"name": step["name"], "type": step["type"], "options": inner}]
        where = {"guild_id": command["guild_id"]} if "guild_id" in command else {}
        return {"id": command["id"], "name": command["name"], "type": 1, "options": inner, **where}

    def _there(self, channel: Channel) -> list[Json]:
        own = [] if channel.guild is None else self._state.commands.get(channel.guild.id, [])
        names = {command["name"] for command in own}
        return [*own, *(command for command in self._state.commands[None] if command["name"] not in names)]

    def _may_see(self, user: User, channel: Channel, command: Json) -> bool:
        contexts = command.get("contexts")
        context = 1 if channel.guild is None else 0
        if contexts is not None and context not in contexts:
            return False
        if channel.guild is None:
            return command.get("dm_permission") is not False
        wanted = command.get("default_member_permissions")
        if wanted is None:
            return True
        permissions = channel.guild.permissions_of(channel.guild.members.setdefault(user.id, Member(user)))
        needed = int(wanted)
        return permissions == EVERYTHING or (needed != 0 and permissions & needed == needed)


def option_value(described: Json, value: Any, resolved: Resolved) -> Any:
    kind, name = described["type"], described["name"]
    if not isinstance(value, _PYTHON[kind]) or (isinstance(value, bool) and kind != BOOLEAN):
        raise TypeError(f"{name} does not take {value!r}")
    if isinstance(value, User | Role | Channel):
        kinds = described.get("channel_types")
        if isinstance(value, Channel) and kinds and value.kind not in kinds:
            raise ValueError(f"{name} does not take this kind of channel")
        return resolved.add(value)
    choices = described.get("choices")
    if choices:
        by_name = {choice["name"]: choice["value"] for choice in choices}
        value = by_name.get(str(value), value)
        if value not in by_name.values():
            raise ValueError(f"{name} is one of {by_name}, not {value!r}")
    size = len(value) if kind == STRING else value
    least = described.get("min_length" if kind == STRING else "min_value")
    most = described.get("max_length" if kind == STRING else "max_value")
    if (least is not None and size < least) or (most is not None and size > most):
        raise ValueError(f"{name} is {least} to {most}, not {value!r}")
    return value
