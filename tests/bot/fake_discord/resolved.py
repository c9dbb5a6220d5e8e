"""What a person chose, as the bot is told it: values, and the objects behind the ids."""

from collections.abc import Mapping
from typing import Any

from tests.bot.fake_discord import components
from tests.bot.fake_discord.components import Kind
from tests.bot.fake_discord.errors import Json
from tests.bot.fake_discord.model import Channel, Member, Role, User
from tests.bot.fake_discord.permissions import EVERYTHING
from tests.bot.fake_discord.shapes import channel_json, member_json, role_json, user_json
from tests.bot.fake_discord.state import State

_TAKES: Mapping[int, tuple[type, ...]] = {
    Kind.USER_SELECT: (User,),
    Kind.ROLE_SELECT: (Role,),
    Kind.MENTIONABLE_SELECT: (User, Role),
    Kind.CHANNEL_SELECT: (Channel,),
}


class Resolved:
    """Collects the objects that are named in one interaction."""

    def __init__(self, state: State, channel: Channel) -> None:
        self._state, self._guild = state, channel.guild
        self._objects: dict[str, dict[str, Json]] = {}

    def json(self) -> Json:
        return {"resolved": self._objects} if self._objects else {}

    def add(self, thing: User | Role | Channel) -> str:
        """Its id."""
        key = str(thing.id)
        match thing:
            case User():
                self._put("users", key, user_json(thing))
                if self._guild is not None:
                    member = self._guild.members.setdefault(thing.id, Member(thing))
                    told = member_json(member, with_user=False)
                    self._put("members", key, {**told, "permissions": str(self._guild.permissions_of(member))})
            case Role():
                self._put("roles", key, role_json(thing, 1))
            case Channel():
                self._put("channels", key, {**channel_json(thing, self._state.bot.id), "permissions": str(EVERYTHING)})
        return key

    def chosen(self, select: Json, values: list[Any]) -> list[str]:
        """The values of a select, each one that it really offers."""
        least, most = select.get("min_values", 1), select.get("max_values", 1)
        assert least <= len(values) <= most, f"{len(values)} chosen, {least} to {most} can be"
        if select["type"] != Kind.STRING_SELECT:
            wrong = [value for value in values if not isinstance(value, _TAKES[select["type"]])]
            assert not wrong, f"cannot be chosen here: {wrong}"
            return [self.add(value) for value in values]
        return [_option_value(select["options"], str(value)) for value in values]

    def submitted(self, modal: Json, fields: Mapping[str, Any]) -> list[Json]:
        """The rows of a filled-in form; a field is named by its custom id or its label."""
        left = dict(fields)
        rows = []
        for row in modal["components"]:
            if row["type"] == Kind.TEXT_DISPLAY:
                rows.append({"type": row["type"], "id": row.get("id", 1)})
                continue
            inner = row["component"] if row["type"] == Kind.LABEL else row["components"][0]
            names = [inner["custom_id"], row.get("label") or inner.get("label")]
            given = next((left.pop(name) for name in names if name in left), None)
            told = {"type": inner["type"], "id": inner.get("id", 1), "custom_id": inner["custom_id"]}
            told.update(self._filled_in(inner, given))
            held: Json = {"component": told} if row["type"] == Kind.LABEL else {"components": [told]}
            rows.append({"type": row["type"], "id": row.get("id", 1), **held})
        assert not left, f"the form has no field {sorted(left)}; it has {components.names_of(modal)}"
        return rows

    def _filled_in(self, field: Json, given: Any) -> Json:
        if field["type"] == Kind.TEXT_INPUT:
            text = str(field.get("value") or "" if given is None else given)
            least, most = field.get("min_length") or 0, field.get("max_length") or 4000
            assert text or not field.get("required", True), f"{field['custom_id']} is required"
            assert not text or least <= len(text) <= most, f"{field['custom_id']} takes {least} to {most} characters"
            return {"value": text}
        if field["type"] in components.SELECTS:
            if given is None:
                values = [option["value"] for option in field.get("options") or () if option.get("default")]
            else:
                values = list(given) if isinstance(given, list | tuple) else [given]
            if not values and not field.get("required", True):
                return {"values": []}
            return {"values": self.chosen(field, values)}
        if field["type"] in {Kind.RADIO_GROUP, Kind.CHECKBOX}:
            return {"value": given}
        return {"values": list(given or ())}

    def _put(self, kind: str, key: str, told: Json) -> None:
        self._objects.setdefault(kind, {})[key] = told


def _option_value(options: list[Json], wanted: str) -> str:
    for name in ("value", "label"):
        for option in options:
            if option[name] == wanted:
                return str(option["value"])
    raise LookupError(f"there is no option {wanted!r}; there are {[option['label'] for option in options]}")
