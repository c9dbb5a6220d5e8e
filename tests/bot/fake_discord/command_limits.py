"""What Discord refuses in application commands."""

import re
from collections.abc import Iterator

from tests.bot.fake_discord.errors import Breach, Json

_NAME = re.compile(r"^[-_'\w\u0900-\u097f\u0e00-\u0e7f]{1,32}$")
COMMANDS, OPTIONS, CHARACTERS = 100, 25, 8000
Path = tuple[str | int, ...]


def commands_breaches(commands: list[Json]) -> Iterator[Breach]:
    if len(commands) > COMMANDS:
        yield Breach((), "APPLICATION_COMMANDS_MAX", f"{COMMANDS} commands at the most")
    names: set[tuple[int, str]] = set()
    for place, command in enumerate(commands):
        kind = command.get("type", 1)
        key = (kind, command["name"])
        if key in names:
            yield Breach(
                (place, "name"), "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique"
            )
        names.add(key)
        if kind == 1:
            yield from _described((place,), command)
        if _characters(command) > CHARACTERS:
            yield Breach((place,), "APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds maximum size ({CHARACTERS})")


def _described(path: Path, command: Json) -> Iterator[Breach]:
    """A command, a subcommand or an option: names, descriptions and what is below."""
    names = {"": command["name"], **(command.get("name_localizations") or {})}
    for locale, name in names.items():
        if not _NAME.match(name) or name != name.lower():
            where: Path = (*path, "name_localizations", locale) if locale else (*path, "name")
            yield Breach(where, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    descriptions = {"": command.get("description") or "", **(command.get("description_localizations") or {})}
    for locale, description in descriptions.items():
        if not 1 <= len(description) <= 100:
            where = (*path, "description_localizations", locale) if locale else (*path, "description")
            yield Breach(where, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    options = command.get("options") or []
    if len(options) > OPTIONS:
        yield Breach((*path, "options"), "BASE_TYPE_MAX_LENGTH", f"Must be {OPTIONS} or fewer in length.")
    if len({option["name"] for option in options}) < len(options):
        yield Breach((*path, "options"), "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATE", "Option name must be unique")
    if len({option["type"] <= 2 for option in options}) > 1:
        yield Breach((*path, "options"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Sub-commands and options mixed")
    optional = False
    for number, option in enumerate(options):
        here = (*path, "options", number)
        if option.get("required") and optional:
            yield Breach(
                here,
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                "Required options must be placed before non-required options",
            )
        optional = optional or not option.get("required")
        yield from _described(here, option)
        yield from _choices((*here, "choices"), option)


def _choices(path: Path, option: Json) -> Iterator[Breach]:
    choices = option.get("choices") or []
    if len(choices) > OPTIONS:
        yield Breach(path, "BASE_TYPE_MAX_LENGTH", f"Must be {OPTIONS} or fewer in length.")
    if choices and option.get("autocomplete"):
        yield Breach(path, "APPLICATION_COMMAND_OPTIONS_CHOICES_AUTOCOMPLETE", "choices and autocomplete exclude")
    for number, choice in enumerate(choices):
        if not 1 <= len(choice["name"]) <= 100 or len(str(choice["value"])) > 100:
            yield Breach((*path, number), "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")


def _characters(command: Json) -> int:
    """Names, descriptions and choices together; of the translations the longest counts."""
    names = [command["name"], *(command.get("name_localizations") or {}).values()]
    descriptions = [command.get("description") or "", *(command.get("description_localizations") or {}).values()]
    total = max(map(len, names)) + max(map(len, descriptions))
    total += sum(len(choice["name"]) + len(str(choice["value"])) for choice in command.get("choices") or ())
    return total + sum(_characters(option) for option in command.get("options") or ())
