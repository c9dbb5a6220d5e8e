"""Everything the bot says is there, in English and in German, and is found by the keys that the code asks for."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import discord
import pytest
from fluent.syntax import FluentParser
from fluent.syntax import ast as fluent
from fluent.syntax.visitor import Visitor

from bot.texts import LANGUAGES, BrokenTextError, MissingTextError, has_text, language_of, text

BOT = Path(__file__).parents[2] / "bot"
ASKING = {"text", "told", "said"}


class _Variables(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def visit_VariableReference(self, node: fluent.VariableReference) -> None:  # noqa: N802 - the library's name
        self.found.add(node.id.name)


def entries(language: str) -> Iterator[tuple[str, fluent.EntryType]]:
    for file in sorted((BOT / "texts" / language).glob("*.ftl")):
        for entry in FluentParser().parse(file.read_text(encoding="utf-8")).body:
            yield file.name, entry


def variables(language: str) -> dict[str, set[str]]:
    """What each message takes, by its key."""
    found: dict[str, set[str]] = {}
    for _, entry in entries(language):
        if isinstance(entry, fluent.Message):
            visitor = _Variables()
            visitor.visit(entry)
            found[entry.id.name] = visitor.found
    return found


def asked_for() -> Iterator[tuple[str, str]]:
    """The keys that the code names outright, each with its file."""
    for file in sorted(BOT.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ASKING:
                for argument in node.args[:2]:
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                        yield file.name, argument.value


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_file_can_be_read_and_no_key_is_there_twice(language: str) -> None:
    everything = list(entries(language))
    assert [(name, entry.content) for name, entry in everything if isinstance(entry, fluent.Junk)] == []
    keys = Counter(entry.id.name for _, entry in everything if isinstance(entry, fluent.Message))
    assert [key for key, times in keys.items() if times > 1] == []
    assert len(keys) > 50


def test_german_says_all_that_english_says_with_nothing_that_english_is_not_given() -> None:
    english, german = variables("en"), variables("de")
    assert set(english) - set(german) == set()
    assert set(german) - set(english) == set()
    assert {key for key in german if german[key] - english[key]} == set()


def test_every_key_in_the_code_has_its_text() -> None:
    missing = [(name, key) for name, key in asked_for() if not has_text("en", key)]
    assert missing == []
    assert len(list(asked_for())) > 50


def test_descriptions_of_commands_and_options_fit_discord() -> None:
    for language in LANGUAGES:
        for key in variables(language):
            if key.startswith(("command-", "option-", "metric-", "switch-", "kinds-")):
                assert 1 <= len(text(language, key)) <= 100, (language, key)


def test_the_language_follows_discords_locale_and_falls_back_to_english() -> None:
    assert language_of(discord.Locale.german) == "de"
    assert language_of(discord.Locale.british_english) == "en"
    assert language_of("pt-BR") == "en"
    assert language_of(None) == "en"
    assert text(discord.Locale.german, "switch-off") == "Aus"
    assert text(discord.Locale.korean, "switch-off") == "Off"


def test_numbers_are_grouped_as_the_language_does() -> None:
    assert text("en-US", "admin-boss-choice", boss="Gloomtide", hp=1_234_567) == "Gloomtide (1,234,567 HP)"
    assert text("de", "admin-boss-choice", boss="Gloomtide", hp=1_234_567) == "Gloomtide (1.234.567 LP)"


def test_a_missing_text_or_argument_is_a_bug_and_says_which() -> None:
    with pytest.raises(MissingTextError, match="no-such-text"):
        text("en", "no-such-text")
    with pytest.raises(BrokenTextError, match="admin-boss-choice"):
        text("en", "admin-boss-choice", boss="Gloomtide")
