"""A message as Discord shows it, near enough for a guide: what the bot sent, drawn as a page.

Ours alone: no font, icon or style of Discord's. Text goes through `html.escape` first, then Discord's Markdown.
"""

import base64
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from tests.bot.fake_discord import Shown
from tests.bot.fake_discord.components import SELECTS, Kind
from tests.bot.fake_discord.errors import Json

STYLE = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
_INLINE = (
    (re.compile(r"`([^`]+)`"), r"<code>\1</code>"),
    (re.compile(r"\*\*(.+?)\*\*"), r"<b>\1</b>"),
    (re.compile(r"__(.+?)__"), r"<u>\1</u>"),
    (re.compile(r"~~(.+?)~~"), r"<s>\1</s>"),
    (re.compile(r"(?<![\w*])\*([^*\n]+)\*(?!\w)"), r"<i>\1</i>"),
    (re.compile(r"(?<!\w)_([^_\n]+)_(?!\w)"), r"<i>\1</i>"),
    (re.compile(r"\[([^\]]+)\]\((?:https?://[^)]+)\)"), r'<span class="link">\1</span>'),
    (re.compile(r"&lt;/([\w ]+):\d+&gt;"), r'<span class="mention">/\1</span>'),
    (re.compile(r"&lt;@&amp;\d+&gt;"), '<span class="mention">@raiders</span>'),
    (re.compile(r"&lt;@!?\d+&gt;"), '<span class="mention">@Ada</span>'),
    (re.compile(r"&lt;#\d+&gt;"), '<span class="mention"># raid</span>'),
)
_TIME = re.compile(r"&lt;t:(\d+)(?::([tTdDfFR]))?&gt;")
_ESCAPED = re.compile(r"\\([\\*_~`|<>\[\]()#:.!+-])")


def page(shown: Shown, *, now: float, command: str | None = None, by: str = "Ada") -> str:
    """The whole page of one message. `now` is when it is looked at: unix seconds, for times like "in 2 hours"."""
    above = "" if command is None else f'<div class="command"><b>{escape(by)}</b> used <b>/{escape(command)}</b></div>'
    below = '<div class="only">Only you can see this</div>' if shown.ephemeral else ""
    body = "".join(_body(shown, now))
    return (
        f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style><body>{above}<div class="message">'
        '<div class="avatar">⚔</div><div><div class="who"><b>Raid Herald</b><span class="tag">APP</span>'
        f'<span class="when">today</span></div>{body}{below}</div></div></body>'
    )


def _body(shown: Shown, now: float) -> Iterable[str]:
    files = {f"attachment://{file.name}": file for file in shown.files}
    pictures = {
        url: f"data:{file.content_type};base64,{base64.b64encode(file.content).decode()}" for url, file in files.items()
    }
    pictures |= {file.url: pictures[url] for url, file in files.items()}
    yield markdown(shown.content, now)
    shown_pictures: set[str] = set()
    for embed in shown.embeds:
        yield _embed(embed, pictures, now)
        shown_pictures.add((embed.get("image") or {}).get("url", ""))
    for component in shown.components:
        yield _component(component, pictures, now)
    if not shown.components or not any("media" in str(each) for each in shown.components):
        for url, source in pictures.items():
            if url.startswith("attachment:") and url not in shown_pictures and not shown.embeds:
                yield f'<img src="{source}">'


def markdown(text: str, now: float) -> str:
    """Discord's Markdown, as far as the bot uses it."""
    parts = []
    for index, part in enumerate(re.split(r"```(?:\w*\n)?", text)):
        if index % 2:
            parts.append(f"<pre><code>{escape(part.rstrip())}</code></pre>")
        else:
            parts += [_line(line, now) for line in part.splitlines()]
    return "".join(parts)


def _line(line: str, now: float) -> str:
    heading = re.match(r"(#{1,3}) (.*)", line)
    if heading:
        size = len(heading[1])
        return f"<h{size}>{_inline(heading[2], now)}</h{size}>"
    if line.startswith("-# "):
        return f"<p><small>{_inline(line[3:], now)}</small></p>"
    if line.startswith("> "):
        return f"<blockquote>{_inline(line[2:], now)}</blockquote>"
    if re.match(r"\s*[-*] ", line):
        return f"<p>• {_inline(line.lstrip()[2:], now)}</p>"
    return f"<p>{_inline(line, now) or '&nbsp;'}</p>"


def _inline(text: str, now: float) -> str:
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(escape(match[1]))
        return f"\0{len(kept) - 1}\0"

    told = escape(_ESCAPED.sub(keep, text), quote=False)
    for pattern, shown in _INLINE:
        told = pattern.sub(shown, told)
    told = _TIME.sub(lambda match: f'<span class="time">{_moment(int(match[1]), match[2] or "f", now)}</span>', told)
    return re.sub(r"\0(\d+)\0", lambda match: kept[int(match[1])], told)


def _moment(at: int, style: str, now: float) -> str:
    if style != "R":
        return datetime.fromtimestamp(at, UTC).strftime("%d %B %Y %H:%M")
    seconds = round(at - now)
    size, unit = next(
        ((size, unit) for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")) if abs(seconds) >= size),
        (1, "second"),
    )
    count = abs(seconds) // size
    told = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"in {told}" if seconds >= 0 else f"{told} ago"


def _component(component: Json, pictures: dict[str, str], now: float) -> str:  # noqa: PLR0911 - one per kind
    def inside(key: str = "components") -> str:
        return "".join(_component(each, pictures, now) for each in component.get(key) or ())

    match component["type"]:
        case Kind.ACTION_ROW:
            return f'<div class="row">{inside()}</div>'
        case Kind.BUTTON:
            emoji = escape((component.get("emoji") or {}).get("name") or "")
            off = " disabled" if component.get("disabled") else ""
            label = escape(component.get("label") or "")
            return f'<button class="s{component["style"]}"{off}>{emoji} {label}</button>'
        case kind if kind in SELECTS:
            chosen = [each["label"] for each in component.get("options") or () if each.get("default")]
            told = f"<b>{escape(', '.join(chosen))}</b>" if chosen else escape(component.get("placeholder") or "")
            return f'<div class="select"><span>{told}</span><span>⌄</span></div>'
        case Kind.SECTION:
            accessory = _component(component["accessory"], pictures, now)
            return f'<div class="section"><div>{inside()}</div><div>{accessory}</div></div>'
        case Kind.TEXT_DISPLAY:
            return f"<div>{markdown(component['content'], now)}</div>"
        case Kind.SEPARATOR:
            return "<hr>" if component.get("divider", True) else "<div></div>"
        case Kind.CONTAINER:
            return f'<div class="container"{_accent(component.get("accent_color"))}>{inside()}</div>'
        case Kind.MEDIA_GALLERY:
            found = [pictures.get(item["media"]["url"], "") for item in component["items"]]
            return "".join(f'<img src="{source}">' for source in found if source)
        case _:
            return ""


def _embed(embed: Json, pictures: dict[str, str], now: float) -> str:
    fields = "".join(
        f'<div class="field{"" if each.get("inline") else " wide"}"><b>{_inline(each["name"], now)}</b>'
        f"{markdown(each['value'], now)}</div>"
        for each in embed.get("fields") or ()
    )
    title = f"<h3>{_inline(embed['title'], now)}</h3>" if embed.get("title") else ""
    picture = pictures.get((embed.get("image") or {}).get("url", ""))
    return (
        f'<div class="embed"{_accent(embed.get("color"))}>{title}'
        f"<div>{markdown(embed.get('description') or '', now)}</div>"
        + (f'<div class="fields">{fields}</div>' if fields else "")
        + (f'<img src="{picture}">' if picture else "")
        + (f'<div class="footer">{escape(embed["footer"]["text"])}</div>' if embed.get("footer") else "")
        + "</div>"
    )


def _accent(colour: int | None) -> str:
    return "" if colour is None else f' style="--accent:#{colour:06x}"'
