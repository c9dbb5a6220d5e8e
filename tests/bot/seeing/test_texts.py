"""The texts of this topic."""

from importlib import resources

from fluent.syntax import parse
from fluent.syntax.ast import Junk, Message


def keys_of(language: str) -> list[str]:
    text = resources.files("bot.texts").joinpath(language, "status.ftl").read_text(encoding="utf-8")
    body = parse(text).body
    assert not [entry for entry in body if isinstance(entry, Junk)]
    return [entry.id.name for entry in body if isinstance(entry, Message)]


def test_german_says_all_that_english_does() -> None:
    english, german = keys_of("en"), keys_of("de")
    assert len(english) == len(set(english))
    assert german == english
