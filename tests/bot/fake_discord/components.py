"""Message components: walking them, finding one, and the form in which Discord gives them back."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum
from typing import Any

from tests.bot.fake_discord.errors import Json


class Kind(IntEnum):
    ACTION_ROW = 1
    BUTTON = 2
    STRING_SELECT = 3
    TEXT_INPUT = 4
    USER_SELECT = 5
    ROLE_SELECT = 6
    MENTIONABLE_SELECT = 7
    CHANNEL_SELECT = 8
    SECTION = 9
    TEXT_DISPLAY = 10
    THUMBNAIL = 11
    MEDIA_GALLERY = 12
    FILE = 13
    SEPARATOR = 14
    CONTAINER = 17
    LABEL = 18
    FILE_UPLOAD = 19
    RADIO_GROUP = 21
    CHECKBOX_GROUP = 22
    CHECKBOX = 23


SELECTS = frozenset({3, 5, 6, 7, 8})
LINK_STYLE = 5
IN_ROW = frozenset({Kind.BUTTON, *SELECTS})
IN_CONTAINER = frozenset({1, 9, 10, 12, 13, 14})
AT_TOP = IN_CONTAINER | {Kind.CONTAINER}
HOLDS: Mapping[int, frozenset[int]] = {
    Kind.ACTION_ROW: IN_ROW,
    Kind.SECTION: frozenset({Kind.TEXT_DISPLAY}),
    Kind.CONTAINER: IN_CONTAINER,
}
"""Which kinds of components may stand in which."""

_DEFAULTS: Mapping[int, Json] = {
    Kind.TEXT_DISPLAY: {},
    Kind.THUMBNAIL: {"description": None, "spoiler": False},
    Kind.FILE: {"spoiler": False},
    Kind.SEPARATOR: {"spacing": 1, "divider": True},
    Kind.CONTAINER: {"accent_color": None, "spoiler": False},
    **{kind: {"min_values": 1, "max_values": 1} for kind in SELECTS},
}


def walk(components: Iterable[Json]) -> Iterator[Json]:
    """Every component, the nested ones after the one that holds them."""
    for component in components:
        yield component
        yield from walk(component.get("components") or ())
        for inner in ("accessory", "component"):
            if component.get(inner):
                yield from walk((component[inner],))


def find(components: Iterable[Json], wanted: str, kinds: frozenset[int]) -> Json:
    """The component with this custom id, label, placeholder or emoji; LookupError tells what there is."""
    found = [component for component in walk(components) if component["type"] in kinds]
    for matches in (lambda name: name == wanted, lambda name: wanted.casefold() in name.casefold()):
        hits = [component for component in found if any(map(matches, names_of(component)))]
        if len(hits) == 1:
            return hits[0]
        if hits:
            raise LookupError(f"{len(hits)} components are called {wanted!r}: {[names_of(hit) for hit in hits]}")
    raise LookupError(f"no component is called {wanted!r}; there are {[names_of(component) for component in found]}")


def names_of(component: Json) -> list[str]:
    emoji = (component.get("emoji") or {}).get("name")
    names = [component.get("custom_id"), component.get("label"), component.get("placeholder"), emoji]
    return [str(name) for name in names if name]


def as_answered(components: Iterable[Json], files: Mapping[str, str]) -> list[Json]:
    """With the ids and defaults that Discord fills in; `files` gives the address of each attachment by its name."""
    taken = {component["id"] for component in walk(components) if component.get("id")}
    numbers = (number for number in itertools.count(1) if number not in taken)

    def answered(component: Json) -> Json:
        full = {**_DEFAULTS.get(component["type"], {}), **_given(component)}
        full["id"] = component.get("id") or next(numbers)
        if "components" in full:
            full["components"] = [answered(inner) for inner in full["components"]]
        if "accessory" in full:
            full["accessory"] = answered(full["accessory"])
        for holder in (full, *full.get("items", ())):
            for name in ("media", "file"):
                if name in holder:
                    holder[name] = _unfurled(holder[name], files)
        if full["type"] == Kind.MEDIA_GALLERY:
            full["items"] = [{"description": None, "spoiler": False, **item} for item in full["items"]]
        return full

    return [answered(component) for component in components]


def _given(component: Json) -> Json:
    """Without the nulls that stand for nothing: in the component itself, its emoji, its options."""
    given = {name: value for name, value in component.items() if value is not None}
    if "emoji" in given:
        given["emoji"] = _given(given["emoji"])
    if "default_values" in given:
        given["default_values"] = [{**each, "id": str(each["id"])} for each in given["default_values"]]
    if "options" in given:
        given["options"] = [_given(option) for option in given["options"]]
    return given


def _unfurled(media: Json, files: Mapping[str, str]) -> Json:
    url: str = media["url"]
    address = files.get(url.removeprefix("attachment://"), url) if url.startswith("attachment://") else url
    return {"id": "1", "url": address, "proxy_url": address, **{k: v for k, v in media.items() if k != "url"}}


def texts_of(component: Json) -> Iterator[Any]:
    """Everything that a person reads on one component."""
    for name in ("content", "label", "placeholder", "title", "description"):
        if component.get(name):
            yield component[name]
    for option in component.get("options") or ():
        yield option["label"]
        yield option.get("description") or ""
    for item in component.get("items") or ():
        yield item.get("description") or ""
