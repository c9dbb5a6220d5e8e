"""Discord's limits that its API description leaves out, or that it answers with 50035 and a tree."""

from collections.abc import Iterator, Mapping, Sized
from typing import Any

from tests.bot.fake_discord.components import AT_TOP, HOLDS, LINK_STYLE, SELECTS, Kind, walk
from tests.bot.fake_discord.errors import Breach, Json
from tests.bot.fake_discord.model import Shown

CONTENT, V2_TEXT, V2_COMPONENTS, ROWS, ROW_BUTTONS, OPTIONS = 2000, 4000, 40, 5, 5, 25
EMBEDS, EMBED_TEXTS, FILES, FILE_BYTES, NONCE = 10, 6000, 10, 10 * 1024 * 1024, 25
Path = tuple[str | int, ...]


def message_breaches(
    payload: Json, uploads: Mapping[int, Any], *, v2: bool, kept: Shown | None = None
) -> Iterator[Breach]:
    """What Discord refuses in a message to post, or, with what is `kept` of it, in one to edit."""
    content = payload.get("content") or ""
    yield from _length(("content",), content, CONTENT)
    yield from _length(("nonce",), str(payload.get("nonce") or ""), NONCE)
    if v2:
        for name in ("content", "embeds"):
            value = payload[name] if name in payload else getattr(kept, name, None)
            if value:
                yield Breach((name,), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", V2_LEGACY.format(name))
    yield from _embeds(payload.get("embeds") or [])
    yield from _components(payload.get("components") or [], v2=v2)
    yield from _files(payload, uploads)
    yield from _allowed_mentions(payload.get("allowed_mentions") or {})


V2_LEGACY = "The '{}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"


def modal_breaches(modal: Json) -> Iterator[Breach]:
    base: Path = ("data",)
    yield from _length((*base, "title"), modal.get("title") or "", 45, least=1)
    yield from _length((*base, "custom_id"), modal.get("custom_id") or "", 100, least=1)
    rows = modal.get("components") or []
    yield from _count((*base, "components"), rows, 5, least=1)
    for place, row in enumerate(rows):
        path = (*base, "components", place)
        yield from _length((*path, "label"), row.get("label") or "", 45, least=1 if row["type"] == Kind.LABEL else 0)
        yield from _length((*path, "description"), row.get("description") or "", 100)
    yield from _same_custom_ids(base, rows)
    for each in walk(rows):
        if each["type"] in SELECTS:
            yield from _select(base, each)


def choices_breaches(choices: list[Json]) -> Iterator[Breach]:
    base: Path = ("data", "choices")
    yield from _count(base, choices, OPTIONS)
    for place, choice in enumerate(choices):
        yield from _length((*base, place, "name"), choice["name"], 100, least=1)
        if isinstance(choice["value"], str):
            yield from _length((*base, place, "value"), choice["value"], 100, least=1)


def _embeds(embeds: list[Json]) -> Iterator[Breach]:
    yield from _count(("embeds",), embeds, EMBEDS)
    total = 0
    for place, embed in enumerate(embeds):
        path: Path = ("embeds", place)
        author, footer = embed.get("author") or {}, embed.get("footer") or {}
        fields = embed.get("fields") or []
        texts: list[tuple[Path, str, int, int]] = [
            ((*path, "title"), embed.get("title") or "", 0, 256),
            ((*path, "description"), embed.get("description") or "", 0, 4096),
            ((*path, "author", "name"), author.get("name") or "", 0, 256),
            ((*path, "footer", "text"), footer.get("text") or "", 0, 2048),
        ]
        yield from _count((*path, "fields"), fields, 25)
        for number, each in enumerate(fields):
            texts.append(((*path, "fields", number, "name"), each.get("name") or "", 1, 256))
            texts.append(((*path, "fields", number, "value"), each.get("value") or "", 1, 1024))
        for where, text, least, most in texts:
            yield from _length(where, text, most, least=least)
            total += len(text)
    if total > EMBED_TEXTS:
        yield Breach(("embeds",), "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {EMBED_TEXTS}")


def _components(rows: list[Json], *, v2: bool) -> Iterator[Breach]:
    everything = list(walk(rows))
    if v2:
        if len(everything) > V2_COMPONENTS:
            yield Breach(
                ("components",),
                "COMPONENT_MAX_TOTAL_COMPONENTS",
                f"The total number of components cannot exceed {V2_COMPONENTS}",
            )
        length = sum(len(each.get("content") or "") for each in everything if each["type"] == Kind.TEXT_DISPLAY)
        if length > V2_TEXT:
            yield Breach(
                ("components",),
                "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
                f"Components displayable text size exceeds maximum size of {V2_TEXT}",
            )
    else:
        yield from _count(("components",), rows, ROWS)
    yield from _kinds(("components",), rows, AT_TOP if v2 else frozenset({Kind.ACTION_ROW}))
    yield from _same_custom_ids((), rows)
    for path, each in _placed(("components",), rows):
        yield from _component(path, each)


def _kinds(path: Path, components: list[Json], allowed: frozenset[int]) -> Iterator[Breach]:
    for place, each in enumerate(components):
        here = (*path, place)
        if each["type"] not in allowed:
            named = ", ".join(str(int(kind)) for kind in sorted(allowed))
            yield Breach((*here, "type"), "UNION_TYPE_CHOICES", f'Value of field "type" must be one of ({named}).')
        yield from _kinds((*here, "components"), each.get("components") or [], HOLDS.get(each["type"], frozenset()))


def _placed(path: Path, rows: list[Json]) -> Iterator[tuple[Path, Json]]:
    for place, each in enumerate(rows):
        here = (*path, place)
        yield here, each
        yield from _placed((*here, "components"), each.get("components") or [])
        if each.get("accessory"):
            yield (*here, "accessory"), each["accessory"]


def _component(path: Path, each: Json) -> Iterator[Breach]:
    match each["type"]:
        case Kind.ACTION_ROW:
            inner = each.get("components") or []
            room = 1 if any(one["type"] in SELECTS for one in inner) else ROW_BUTTONS
            yield from _count((*path, "components"), inner, room, least=1)
        case Kind.BUTTON:
            yield from _button(path, each)
        case Kind.SECTION:
            yield from _count((*path, "components"), each.get("components") or [], 3, least=1)
        case Kind.TEXT_DISPLAY:
            yield from _length((*path, "content"), each.get("content") or "", V2_TEXT, least=1)
        case Kind.MEDIA_GALLERY:
            yield from _count((*path, "items"), each.get("items") or [], 10, least=1)
        case Kind.CONTAINER:
            yield from _count((*path, "components"), each.get("components") or [], V2_COMPONENTS, least=1)
        case kind if kind in SELECTS:
            yield from _select(path, each)


def _button(path: Path, button: Json) -> Iterator[Breach]:
    yield from _length((*path, "label"), button.get("label") or "", 80)
    if not button.get("label") and not button.get("emoji"):
        yield Breach(path, "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", "A button must have a label or an emoji")
    if button.get("style") == LINK_STYLE:
        if button.get("custom_id"):
            yield Breach(path, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", "A link has no custom id")
        yield from _length((*path, "url"), button.get("url") or "", 512, least=1)
    else:
        yield from _length((*path, "custom_id"), button.get("custom_id") or "", 100, least=1)


def _select(path: Path, select: Json) -> Iterator[Breach]:
    yield from _length((*path, "custom_id"), select.get("custom_id") or "", 100, least=1)
    yield from _length((*path, "placeholder"), select.get("placeholder") or "", 150)
    least, most = select.get("min_values", 1), select.get("max_values", 1)
    if not 0 <= least <= OPTIONS or not 1 <= most <= OPTIONS or least > most:
        yield Breach((*path, "min_values"), "NUMBER_TYPE_MAX", f"{least} to {most} values cannot be chosen")
    if select["type"] != Kind.STRING_SELECT:
        return
    options = select.get("options") or []
    yield from _count((*path, "options"), options, OPTIONS, least=1)
    if most > len(options):
        yield Breach((*path, "max_values"), "SELECT_COMPONENT_MAX_VALUES", f"{most} of {len(options)} options")
    values: set[str] = set()
    for place, option in enumerate(options):
        here = (*path, "options", place)
        yield from _length((*here, "label"), option.get("label") or "", 100, least=1)
        yield from _length((*here, "value"), option.get("value") or "", 100, least=1)
        yield from _length((*here, "description"), option.get("description") or "", 100)
        if option.get("value") in values:
            yield Breach((*here, "value"), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "is already used")
        values.add(option.get("value") or "")
    if sum(bool(option.get("default")) for option in options) > most:
        yield Breach((*path, "options"), "SELECT_COMPONENT_TOO_MANY_DEFAULT_VALUES", "more defaults than max_values")


def _same_custom_ids(base: Path, rows: list[Json]) -> Iterator[Breach]:
    seen: set[str] = set()
    for path, each in _placed((*base, "components"), rows):
        custom_id = each.get("custom_id") or (each.get("component") or {}).get("custom_id")
        if custom_id in seen:
            yield Breach(
                (*path, "custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated"
            )
        if custom_id:
            seen.add(custom_id)


def _files(payload: Json, uploads: Mapping[int, Any]) -> Iterator[Breach]:
    listed = payload.get("attachments") or []
    yield from _count(("attachments",), listed, FILES)
    yield from _count(("files",), uploads, FILES)
    for place, each in enumerate(listed):
        yield from _length(("attachments", place, "description"), each.get("description") or "", 1024)
    names = {upload.name for upload in uploads.values()}
    names |= {each["filename"] for each in listed if each.get("filename")}
    for path, each in _placed(("components",), payload.get("components") or []):
        media = [each.get("media"), each.get("file"), *(item.get("media") for item in each.get("items") or ())]
        for one in media:
            url = (one or {}).get("url") or ""
            if url.startswith("attachment://") and url.removeprefix("attachment://") not in names:
                yield Breach((*path, "media"), "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND", url)


def _allowed_mentions(allowed: Json) -> Iterator[Breach]:
    for name in ("users", "roles"):
        if name in (allowed.get("parse") or []) and allowed.get(name):
            yield Breach(
                ("allowed_mentions",),
                "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                f'parse:["{name}"] and {name}: [ids...] are mutually exclusive.',
            )


def _length(path: Path, text: str, most: int, *, least: int = 0) -> Iterator[Breach]:
    if len(text) > most:
        yield Breach(path, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
    elif len(text) < least:
        yield Breach(path, "BASE_TYPE_REQUIRED", "This field is required")


def _count(path: Path, things: Sized, most: int, *, least: int = 0) -> Iterator[Breach]:
    if not least <= len(things) <= most:
        yield Breach(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")
