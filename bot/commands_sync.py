"""The slash commands as Discord has them: brought up to date when they changed, and only then."""

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import discord
import structlog
from discord import app_commands

from bot.texts import has_text, language_of, text

if TYPE_CHECKING:
    from bot.app import WorldThreatBot

__all__ = ["CommandTranslator", "Synced", "sync_when_changed"]

FINGERPRINT_FILE: Final = "commands.json"
COMPARED: Final = (
    "type",
    "name",
    "value",
    "description",
    "required",
    "autocomplete",
    "min_value",
    "max_value",
    "min_length",
    "max_length",
    "channel_types",
    "default_member_permissions",
)
NESTED: Final = ("options", "choices")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Synced:
    """Whether Discord was given new commands, and the ids of all by their names."""

    changed: bool
    ids: Mapping[str, int]


class CommandTranslator(app_commands.Translator):
    """Descriptions, choices and whatever else carries the key of a text; names of commands stay as they are."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,  # noqa: ARG002 - the library's signature
    ) -> str | None:
        key, language = string.extras.get("key"), language_of(locale)
        if key is None or str(locale).partition("-")[0] != language or not has_text(language, key):
            return None
        said = text(locale, key)
        return None if said == str(string) else said


async def sync_when_changed(bot: "WorldThreatBot") -> Synced:
    """Compares the commands of a bot that is logged in with those that Discord has, and replaces them if they differ.

    Discord's list comes without translations: those are compared by a fingerprint of what was sent last, kept in
    `state_dir`. Without it the commands are sent once more, which does no harm.

    Raises discord.HTTPException.
    """
    payload = await _payload(bot)
    fingerprint = {
        "application": bot.application_id,
        "commands": hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest(),
    }
    file = bot.options.state_dir / FINGERPRINT_FILE
    there = await bot.tree.fetch_commands()
    same = _essence(payload) == _essence([_as_payload(command) for command in there])
    if same and await asyncio.to_thread(_read, file) == fingerprint:
        return Synced(changed=False, ids={command.name: command.id for command in there})
    there = await bot.tree.sync()
    await asyncio.to_thread(_write, file, fingerprint)
    log.info("Discord was given the commands", commands=len(there))
    return Synced(changed=True, ids={command.name: command.id for command in there})


async def _payload(bot: "WorldThreatBot") -> list[dict[str, Any]]:
    translator = bot.tree.translator
    if translator is None:
        raise RuntimeError("the commands are compared before they have a translator")
    return [await command.get_translated_payload(bot.tree, translator) for command in bot.tree.get_commands()]


def _as_payload(command: app_commands.AppCommand) -> dict[str, Any]:
    permissions = command.default_member_permissions
    return {
        **command.to_dict(),
        "default_member_permissions": None if permissions is None else permissions.value,
    }


def _essence(commands: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What both sides say in the same way: without ids, translations, and what is empty or a default."""
    return sorted((_essential(command) for command in commands), key=lambda command: str(command["name"]))


def _essential(described: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: described[key] for key in COMPARED if described.get(key) not in (None, False, [])}
    if "channel_types" in kept:
        kept["channel_types"] = sorted(kept["channel_types"])
    for key in NESTED:
        if described.get(key):
            kept[key] = [_essential(each) for each in described[key]]
    return kept


def _read(file: Path) -> object:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _write(file: Path, fingerprint: Mapping[str, object]) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(fingerprint), encoding="utf-8")
    except OSError as error:
        log.warning("the commands' fingerprint cannot be kept: they are sent again next time", error=str(error))
