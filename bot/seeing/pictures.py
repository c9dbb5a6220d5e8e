"""The picture of a raid for announcements: the boss's HP over time, stages, breakthroughs, the strongest raiders.

`raid_picture` asks the API, puts the facts into words and has them drawn in a thread. Many channels announce the same
event at once: they share one question and one drawing.
"""

import asyncio
import functools
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from bot.api import RaidApi
from bot.names import plain
from bot.seeing import queries
from bot.seeing.canvas import FIGHT, FOUND, GOLD, Look, Mark, Row, drawn
from bot.seeing.cards import Locale
from bot.seeing.facts import Moment, Outcome, PictureFacts
from bot.texts import language_of, text

if TYPE_CHECKING:
    from bot.app import WorldThreatBot

__all__ = ["NoSuchRaidError", "alt_text_of", "look_of", "raid_picture"]

STAGE, BREAKTHROUGH = "STAGE_ADVANCED", "BREAKTHROUGH"
SHORT_KINDS: Final = {"stage": STAGE, "breakthrough": BREAKTHROUGH, "victory": "BOSS_DEFEATED"}
FACTS_KEPT: Final = 8
PICTURES_KEPT: Final = 16
FRESH_SECONDS: Final = 1.0
LONGEST_SHARED_SECONDS: Final = 60.0
ALT_TEXT_CHARACTERS: Final = 1000


class NoSuchRaidError(LookupError):
    """The API knows no raid of this id."""


@dataclass(slots=True)
class _Gallery:
    """What was asked lately, by raid: the facts and when they came, on the loop's clock."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    facts: OrderedDict[str, tuple[PictureFacts, float]] = field(default_factory=OrderedDict)


_galleries: "WeakKeyDictionary[RaidApi, _Gallery]" = WeakKeyDictionary()


async def raid_picture(
    bot: "WorldThreatBot", raid_id: str, kind: str, *, locale: Locale = None, sequence: int | None = None
) -> tuple[bytes, str]:
    """A PNG of the raid as it stands, and a sentence that says what it shows.

    `kind` is the event's, as the API names it (or `stage`, `breakthrough`, `victory`), `sequence` its number: with it,
    a picture that knows of the event is shared for a minute, without it only for a moment.

    Raises NoSuchRaidError, and what the API raises.
    """
    gallery = _galleries.setdefault(bot.api, _Gallery())
    async with gallery.lock:  # whoever waits here finds facts and picture made
        facts = await _facts(bot.api, gallery, raid_id, sequence)
        look = look_of(facts, SHORT_KINDS.get(kind, kind), language_of(locale))
        png = await asyncio.to_thread(_drawn, look)
    return png, alt_text_of(facts, language_of(locale))


_drawn = functools.lru_cache(maxsize=PICTURES_KEPT)(drawn)


async def _facts(api: RaidApi, gallery: _Gallery, raid_id: str, sequence: int | None) -> PictureFacts:
    now = asyncio.get_running_loop().time()
    if raid_id in gallery.facts:
        facts, asked_at = gallery.facts[raid_id]
        fresh = now - asked_at < FRESH_SECONDS if sequence is None else facts.raid.sequence >= sequence
        if fresh and now - asked_at < LONGEST_SHARED_SECONDS:
            return facts
    node = (await api.ask(queries.PICTURE, {"raidId": raid_id}))["raid"]
    if node is None:
        raise NoSuchRaidError(raid_id)
    facts = queries.picture_facts(node)
    gallery.facts[raid_id] = facts, now
    gallery.facts.move_to_end(raid_id)
    while len(gallery.facts) > FACTS_KEPT:
        gallery.facts.popitem(last=False)
    return facts


def look_of(facts: PictureFacts, kind: str, locale: Locale) -> Look:
    """The facts in words, for an event of this kind."""
    raid, end = facts.raid, _end(facts)
    length = max(1.0, (end - raid.starts_at).total_seconds())

    def permille_of(at: datetime) -> int:
        return min(1000, max(0, round((at - raid.starts_at).total_seconds() * 1000 / length)))

    won = raid.outcome is Outcome.VICTORY
    curve = [(0, 1000), *((permille_of(at), _permille(hp, raid.total_hp)) for at, hp in facts.samples)]
    if curve[-1] != (1000, raid.hp_permille):
        curve.append((1000, raid.hp_permille))
    time = _time(locale, raid.starts_at, end)
    return Look(
        title=plain(raid.boss, 60),
        raid=plain(raid.name, 60),
        headline=_headline(locale, facts, kind),
        accent=GOLD if won else FOUND if kind == BREAKTHROUGH else FIGHT,
        crest=(
            text(locale, "picture-stage-short"),
            str(raid.stage),
            text(locale, "picture-of", count=raid.stages),
        ),
        hp=f"{_number(locale, raid.hp)} / {_number(locale, raid.total_hp)}",
        percent=text(locale, "picture-percent", percent=raid.hp_permille / 10),
        hp_permille=raid.hp_permille,
        stage_permille=raid.stage_hp_below_permille,
        curve=tuple(curve),
        marks=tuple(
            Mark(permille_of(each.at), str(each.number) if each.kind == STAGE else "") for each in facts.moments
        ),
        time_from=text(locale, "picture-start"),
        time_to=time,
        legend=(text(locale, "picture-stage-short"), text(locale, "picture-breakthrough-short")),
        board_title=text(locale, "picture-top"),
        rows=tuple(Row(str(each.rank), plain(each.name), _number(locale, each.score)) for each in facts.top),
        nobody=text(locale, "picture-nobody"),
        stats=(
            (_number(locale, raid.strikes), text(locale, "picture-strikes", count=raid.strikes)),
            (_number(locale, raid.participants), text(locale, "picture-raiders", count=raid.participants)),
            (
                f"{raid.breakthroughs} / {len(raid.thresholds)}",
                text(locale, "picture-breakthroughs", count=len(raid.thresholds)),
            ),
            (time, text(locale, "picture-to-victory" if won else "picture-since")),
        ),
        won=won,
    )


def alt_text_of(facts: PictureFacts, locale: Locale) -> str:
    """What the picture shows, in a sentence or two."""
    raid = facts.raid
    time = _time(locale, raid.starts_at, _end(facts))
    if raid.outcome is Outcome.VICTORY:
        said = text(
            locale,
            "picture-alt-victory",
            boss=plain(raid.boss, 60),
            total=raid.total_hp,
            time=time,
            participants=raid.participants,
        )
    else:
        said = text(
            locale,
            "picture-alt",
            boss=plain(raid.boss, 60),
            percent=raid.hp_permille / 10,
            current=raid.hp,
            total=raid.total_hp,
            time=time,
            stage=raid.stage,
            stages=raid.stages,
        )
    if facts.top:
        names = ", ".join(f"{plain(each.name)} ({_number(locale, each.score)})" for each in facts.top[:3])
        said += " " + text(locale, "picture-alt-top", names=names)
    return said[:ALT_TEXT_CHARACTERS]


def _headline(locale: Locale, facts: PictureFacts, kind: str) -> str:
    raid = facts.raid
    if raid.outcome is Outcome.VICTORY:
        return text(locale, "picture-victory")
    if raid.outcome is not None:
        return text(locale, f"picture-{raid.outcome.name.lower()}")
    found = [each for each in facts.moments if each.kind == BREAKTHROUGH]
    if kind == BREAKTHROUGH and found:
        return _breakthrough(locale, found[-1])
    return text(locale, "picture-stage", number=raid.stage, count=raid.stages)


def _breakthrough(locale: Locale, moment: Moment) -> str:
    if moment.revealed is None:
        return text(locale, "picture-breakthrough", number=moment.number)
    return text(locale, "picture-breakthrough-revealed", number=moment.number, weakness=plain(moment.revealed))


def _end(facts: PictureFacts) -> datetime:
    """Where the chart ends: the raid's end, or the last that is known of it."""
    known = [facts.raid.starts_at, *(at for at, _ in facts.samples[-1:]), *(each.at for each in facts.moments)]
    return facts.raid.completed_at or max(known)


def _permille(part: int, whole: int) -> int:
    return min(1000, max(0, round(part * 1000 / whole)))


def _number(locale: Locale, number: int) -> str:
    return text(locale, "picture-number", number=number)


def _time(locale: Locale, start: datetime, end: datetime) -> str:
    minutes = max(0, int((end - start).total_seconds())) // 60
    hours, days = minutes // 60, minutes // 60 // 24
    if days:
        return text(locale, "picture-days", days=days, hours=hours % 24)
    if hours:
        return text(locale, "picture-hours", hours=hours, minutes=minutes % 60)
    return text(locale, "picture-minutes", minutes=minutes)
