"""What the bot says: one folder for each language, one Fluent file (https://projectfluent.org) for each topic.

A new language is a folder beside ``en``; what it lacks is said in English.
"""

import functools
from importlib import resources
from typing import Any, Final

import discord
from fluent.runtime import FluentBundle, FluentResource

__all__ = ["LANGUAGES", "BrokenTextError", "MissingTextError", "has_text", "language_of", "text"]

ENGLISH: Final = "en"
LANGUAGES: Final = ("en", "de")
Argument = str | int | float


class MissingTextError(LookupError):
    """No language has a text of this key: a bug."""


class BrokenTextError(Exception):
    """A text needs an argument that it is not given: a bug."""


def text(locale: discord.Locale | str | None, key: str, **arguments: Argument) -> str:
    """The text `key`, or ``message.attribute``, in the language of `locale`, else in English.

    Whole numbers are grouped as the language does. Names must have gone through `bot.names` before.

    Raises MissingTextError and BrokenTextError.
    """
    for language in dict.fromkeys((language_of(locale), ENGLISH)):
        pattern = _pattern(language, key)
        if pattern is not None:
            said, errors = _bundle(language).format_pattern(pattern, arguments)
            if errors:
                raise BrokenTextError(f"{language}: {key}: {errors[0]}")
            return str(said)
    raise MissingTextError(key)


def has_text(language: str, key: str) -> bool:
    """Whether this very language has the text."""
    return _pattern(language, key) is not None


def language_of(locale: discord.Locale | str | None) -> str:
    """The language of ours for what Discord calls a locale."""
    if locale is None:
        return ENGLISH
    language = str(locale).partition("-")[0]
    return language if language in LANGUAGES else ENGLISH


def _pattern(language: str, key: str) -> Any:
    name, _, attribute = key.partition(".")
    bundle = _bundle(language)
    if not bundle.has_message(name):
        return None
    message = bundle.get_message(name)
    return message.attributes.get(attribute) if attribute else message.value


@functools.cache
def _bundle(language: str) -> FluentBundle:
    bundle = FluentBundle([language], use_isolating=False)
    for file in sorted(resources.files(__name__).joinpath(language).iterdir(), key=lambda each: each.name):
        if file.name.endswith(".ftl"):
            bundle.add_resource(FluentResource(file.read_text(encoding="utf-8")))
    return bundle
