"""Names of strangers never break a message."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.names import plain, shown


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("Ada", "Ada"),
        ("*bold* _it_ ~~no~~ `code` ||spoiler||", r"\*bold\* \_it\_ \~\~no\~\~ \`code\` \|\|spoiler\|\|"),
        ("[click](https://x.example)", r"\[click\]\(https\:\/\/x\.example\)"),
        ("# heading", r"\# heading"),
        ("- item", r"\- item"),
        ("> quote", r"\> quote"),
        ("<@123> <#4> <t:0:R> <:e:5>", "\\<@\u200b123\\> \\<\\#4\\> \\<t\\:0\\:R\\> \\<\\:e\\:5\\>"),
        ("@everyone", "@\u200beveryone"),
        ("back\\slash", r"back\\slash"),
        ("two\nlines\tand\u2028more", "two lines and more"),
        ("\u202egnp.exe\u202c", r"gnp\.exe"),
        ("in\u200bvis\ufeffible\u2066", "invisible"),
        ("q\u0301\u0301\u0301\u0301\u0301algo", "q\u0301\u0301algo"),
        ("日本語の名前", "日本語の名前"),
        ("\u200b\u202e \n", "???"),
        ("", "???"),
    ],
)
def test_what_discord_would_take_for_more_than_letters(name: str, seen: str) -> None:
    assert shown(name, 60) == seen


def test_long_names_are_cut_where_people_see_an_end() -> None:
    assert plain("x" * 33) == "x" * 31 + "…"
    assert plain("x" * 32) == "x" * 32
    family = "👩‍👩‍👧‍👦"
    assert plain(family * 3, 2) == family + "…"
    assert plain("👍🏽" * 3, 2) == "👍🏽…"
    assert plain("e\u0301" * 5, 3) == "éé…"


@given(st.text(max_size=200), st.integers(1, 40))
def test_nothing_of_a_name_can_steer_what_stands_around_it(name: str, limit: int) -> None:
    said = plain(name, limit)
    assert said
    assert not any(unicodedata.category(character) in {"Cc", "Zl", "Zp", "Cs"} for character in said)
    assert not any("\u202a" <= character <= "\u202e" or "\u2066" <= character <= "\u2069" for character in said)
    assert "@everyone" not in said
    assert said == said.strip()
    escaped = shown(name, limit)
    for index, character in enumerate(escaped):
        if character in "*_~|`<#[]()":
            before = escaped[:index]
            assert (len(before) - len(before.rstrip("\\"))) % 2 == 1
