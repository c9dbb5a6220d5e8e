"""The pictures of announcements: what is on them, how large they are, and what a reader without eyes is told."""

import asyncio
from io import BytesIO

import pytest
from PIL import Image, ImageChops, ImageDraw

from bot.seeing import raid_picture
from bot.seeing.canvas import HEIGHT, WIDTH
from bot.seeing.lettering import Lettering, fitted, width_of
from bot.seeing.pictures import NoSuchRaidError, _drawn
from tests.bot.harness import RaidBot

BYTES_AT_MOST = 120_000
DISCORD_DARK, DISCORD_LIGHT = (0x31, 0x33, 0x38), (0xFF, 0xFF, 0xFF)
HP_BAR_Y, HP_BAR_LEFT, HP_BAR_RIGHT = 114, 180, 946
RAID = {
    "totalHp": 1_000,
    "analysisThresholds": [30, 5_000],
    "weaknessPool": [{"kind": "ELEMENTAL", "weight": 1, "values": ["water"]}],
    "stageHpBelowPermille": [900, 100],
}


def opened(png: bytes) -> Image.Image:
    image = Image.open(BytesIO(png))
    assert image.format == "PNG"
    assert image.size == (WIDTH, HEIGHT)
    assert len(png) <= BYTES_AT_MOST
    return image.convert("RGB")


def colour_at(image: Image.Image, at: tuple[int, int]) -> tuple[int, int, int]:
    pixel = image.getpixel(at)
    assert isinstance(pixel, tuple)
    red, green, blue = pixel
    return red, green, blue


async def raid_with_history(bot: RaidBot, *names: str, **boss: object) -> str:
    """A raid in which each of these players fought once and the first one analysed."""
    raid_id = await bot.api.raid(**{**RAID, **boss})
    for number, name in enumerate(names):
        user = await bot.player(name)
        unused = await bot.api.unused(str(user.id))
        if number == 0:
            await bot.api.strike(str(user.id), unused.pop(), action="ANALYZE")
        await bot.api.strike(str(user.id), *unused[:3])
    return raid_id


async def test_a_stage_picture_shows_the_hp_that_is_left_and_says_so(seeing_bot: RaidBot) -> None:
    raid_id = await raid_with_history(seeing_bot, "Ada", "Benno", "Cleo")
    png, alt = await raid_picture(seeing_bot.bot, raid_id, "STAGE_ADVANCED")
    image = opened(png)
    asked = await seeing_bot.api.told("query ($id: ID!) { raid(id: $id) { hp { current permille } } }", id=raid_id)
    hp = asked["raid"]["hp"]

    assert alt.startswith(
        f"Chart of Gloomtide's HP: {hp['permille'] / 10:g} % left ({hp['current']} of 1,000) after 0 min"
    )
    assert "in stage 2 of 3." in alt
    assert "Strongest raiders: " in alt
    assert all(name in alt for name in ("Ada", "Benno", "Cleo"))
    edge = HP_BAR_LEFT + (HP_BAR_RIGHT - HP_BAR_LEFT) * hp["permille"] // 1000
    red, green, blue = colour_at(image, (edge - 40, HP_BAR_Y))
    assert (red > 150, green < 150, blue < 110) == (True, True, True)
    assert max(colour_at(image, (edge + 40, HP_BAR_Y))) < 40


async def test_it_stands_out_on_discord_dark_and_light(seeing_bot: RaidBot) -> None:
    raid_id = await raid_with_history(seeing_bot, "Ada")
    image = opened((await raid_picture(seeing_bot.bot, raid_id, "BREAKTHROUGH"))[0])
    for corner in ((0, 300), (WIDTH - 1, 300), (500, HEIGHT - 1)):
        for ground in (DISCORD_DARK, DISCORD_LIGHT):
            distance = sum(abs(a - b) for a, b in zip(colour_at(image, corner), ground, strict=True))
            assert distance > 60


async def test_a_breakthrough_picture_names_what_was_revealed(seeing_bot: RaidBot) -> None:
    raid_id = await raid_with_history(seeing_bot, "Ada")
    stage, _ = await raid_picture(seeing_bot.bot, raid_id, "STAGE_ADVANCED")
    found, _ = await raid_picture(seeing_bot.bot, raid_id, "BREAKTHROUGH")
    head = (160, 70, 960, 100)
    assert ImageChops.difference(opened(stage).crop(head), opened(found).crop(head)).getbbox() is not None


async def test_a_victory_is_golden_and_says_who_won(seeing_bot: RaidBot) -> None:
    raid_id = await raid_with_history(seeing_bot, "Ada", totalHp=100)
    png, alt = await raid_picture(seeing_bot.bot, raid_id, "BOSS_DEFEATED")
    red, green, blue = colour_at(opened(png), (500, 2))
    assert (red > 240, green > 200, blue < 140) == (True, True, True)
    assert alt.startswith("Chart of Gloomtide's HP, from 100 down to 0 in 0 min: defeated by one raider.")


async def test_german(seeing_bot: RaidBot) -> None:
    raid_id = await raid_with_history(seeing_bot, "Ada")
    english, _ = await raid_picture(seeing_bot.bot, raid_id, "STAGE_ADVANCED")
    german, alt = await raid_picture(seeing_bot.bot, raid_id, "STAGE_ADVANCED", locale="de")
    assert german != english
    assert "in Phase 2 von 3." in alt
    assert "Die Stärksten: Ada" in alt


async def test_twenty_channels_share_one_drawing(seeing_bot: RaidBot) -> None:
    raid_id = await raid_with_history(seeing_bot, "Ada")
    _drawn.cache_clear()  # another test's raid may look just the same
    made = await asyncio.gather(*(raid_picture(seeing_bot.bot, raid_id, "STAGE_ADVANCED") for _ in range(20)))
    assert len(set(made)) == 1
    assert _drawn.cache_info().misses == 1


async def test_a_picture_older_than_the_event_is_not_shared(seeing_bot: RaidBot) -> None:
    raid_id = await raid_with_history(seeing_bot, "Ada")
    _, before = await raid_picture(seeing_bot.bot, raid_id, "STAGE_ADVANCED", sequence=1)
    user = await seeing_bot.player("Benno")
    unused = await seeing_bot.api.unused(str(user.id))
    await seeing_bot.api.strike(str(user.id), *unused[:3])
    _, after = await raid_picture(seeing_bot.bot, raid_id, "STAGE_ADVANCED", sequence=1_000)
    assert "Benno" not in before
    assert "Benno" in after


async def test_a_raid_before_its_first_strike_has_a_picture(seeing_bot: RaidBot) -> None:
    raid_id = await seeing_bot.api.raid()
    png, alt = await raid_picture(seeing_bot.bot, raid_id, "stage")
    opened(png)
    assert "100 % left" in alt
    assert "Strongest" not in alt


async def test_no_such_raid(seeing_bot: RaidBot) -> None:
    with pytest.raises(NoSuchRaidError):
        await raid_picture(seeing_bot.bot, "999999", "stage")


async def test_hostile_names_stay_inside_the_picture(seeing_bot: RaidBot) -> None:
    names = ["W" * 80, "\u202eevil\n\n\n@everyone", "Z" + "\u0301" * 60 + "algo", "한글 이름입니다", "😀" * 40]
    raid_id = await raid_with_history(seeing_bot, *names, name="M" * 100, totalHp=100_000)
    png, alt = await raid_picture(seeing_bot.bot, raid_id, "STAGE_ADVANCED")
    image = opened(png)
    margin = image.crop((970, 20, 996, HEIGHT - 10))
    assert margin.convert("L").point(lambda value: 255 if value > 90 else 0).getbbox() is None, (
        "nothing is written there"
    )
    assert len(alt) <= 1024
    assert "\u202e" not in alt
    assert "@everyone" not in alt


def written(text: str) -> Image.Image:
    image = Image.new("RGB", (600, 60))
    Lettering(ImageDraw.Draw(image)).write((10, 45), text, 36, "#ffffff")
    return image


@pytest.mark.parametrize("text", ["Ärger", "Żółć", "Жук", "Ωmega", "Nguyễn", "กา", "★"])
def test_what_the_fonts_have_is_written(text: str) -> None:
    boxes = written("\u1200" * len(text))
    assert ImageChops.difference(written(text), boxes).getbbox() is not None
    assert all(
        ImageChops.difference(written(character), boxes.crop((0, 0, 32, 60)).resize((600, 60))).getbbox() is not None
        for character in text
    )


@pytest.mark.parametrize("text", ["\U00013000", "\u0627", "\u05d0", "\u1780", "\u1200"])
def test_what_no_font_has_is_a_visible_box(text: str) -> None:
    assert written(text).getbbox() is not None
    assert ImageChops.difference(written(text), written("\u1200")).getbbox() is None, "the same box for all"


@pytest.mark.parametrize("text", ["W" * 200, "べ" * 90, "😀" * 90, "a b " * 60, "i", ""])
def test_a_text_takes_no_more_than_its_place(text: str) -> None:
    for within in (90.0, 200.0, 420.0):
        kept, size = fitted(text, 40, "800", within)
        assert width_of(kept, size, "800") <= within
        assert kept == text or kept.endswith("…")
        assert size >= 32 or kept == text
