"""Takes the pictures of docs/discord.md: real panels of the real bot, over a real raid, drawn from what it sent.

    .venv/bin/python -m tests.bot.pictures.take [NAME ...]

Needs Chromium and a font with emoji (Debian: fonts-noto-color-emoji), and writes docs/pictures/discord-NAME.png.
"""

import asyncio
import contextlib
import io
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, async_playwright

from db import migrate
from db.embedded import EmbeddedServer
from services import content
from services.boss_overrides import BossOverrides
from services.rules.values import StrikeAction
from services.views import Principal, Role
from tests.bot.fake_discord import FakeDiscord, Message, Shown, User
from tests.bot.harness import RaidBot, connected_bot, until
from tests.bot.pictures.drawing import page
from tests.chromium import how_to_launch
from tests.web.harness import ROOT, Api, import_sample_roster, serving
from worldthreat.up import add_first_templates

PICTURES = Path(__file__).parents[3] / "docs" / "pictures"
CROWD = 180
BOT = Principal(Role.BOT, token_name="pictures")

Scene = Callable[["Stage"], Awaitable[tuple[Shown, str | None]]]


class Stage:
    """A raid in full swing, with Ada in it."""

    def __init__(self, raid_bot: RaidBot, ada: User) -> None:
        self.raid_bot, self.ada = raid_bot, ada
        self.discord = raid_bot.discord
        self.channel = self.discord.channel("raid")

    async def asked(self, command: str, shows: str = "", *, by: User | None = None) -> Message:
        """The answer to a command of Ada's, or of somebody else's, when it says `shows`."""
        interaction = await self.discord.slash(by or self.ada, self.channel, command)
        await interaction.answered()
        await until(lambda: not interaction.message.shown.thinking and shows in interaction.message.text, command)
        return interaction.message


async def panel(stage: Stage) -> tuple[Shown, str | None]:
    return (await stage.asked("raid_strike")).shown, "raid_strike"


async def team(stage: Stage) -> tuple[Shown, str | None]:
    message = await stage.asked("raid_strike")
    before = message.edits
    await (await message.click("Change team")).answered()
    await until(lambda: message.edits > before, "the team's page")
    return message.shown, "raid_strike"


async def report(stage: Stage) -> tuple[Shown, str | None]:
    message = await stage.asked("raid_strike")
    before = message.edits
    await (await message.click(next(label for label in message.buttons if "Fight" in label))).answered()
    await until(lambda: message.edits > before and "Yes, fight" in message.text, "the question")
    await (await message.click("Yes, fight")).answered()
    await until(lambda: "Yes, fight" not in message.text, "the report", seconds=20)
    await asyncio.sleep(1.0)
    return message.shown, "raid_strike"


async def status(stage: Stage) -> tuple[Shown, str | None]:
    return (await stage.asked("raid_status")).shown, "raid_status"


async def leaderboard(stage: Stage) -> tuple[Shown, str | None]:
    return (await stage.asked("raid_leaderboard")).shown, "raid_leaderboard"


async def rewards(stage: Stage) -> tuple[Shown, str | None]:
    return (await stage.asked("raid_rewards")).shown, "raid_rewards"


async def roster(stage: Stage) -> tuple[Shown, str | None]:
    return (await stage.asked("raid_team")).shown, "raid_team"


async def channel(stage: Stage) -> tuple[Shown, str | None]:
    admin, office = stage.raid_bot.admin, stage.discord.channel("staff")
    interaction = await stage.discord.slash(admin, office, "raid_channel", channel=stage.channel)
    return await interaction.shows("hears of the raid"), "raid_channel"


async def administration(stage: Stage) -> tuple[Shown, str | None]:
    desk, raid_id = stage.raid_bot.api.service.desk, "1"
    await desk.adjust_boss_hp(ROOT, raid_id=raid_id, current_hp=140_000, reason="The crowd is larger than we thought")
    await said_why(stage, "pause", "Maintenance until 18:00", "is paused")
    await said_why(stage, "resume", "All is well again", "goes on")
    return (await stage.asked("raid_admin status", by=stage.raid_bot.admin)).shown, "raid_admin status"


async def said_why(stage: Stage, action: str, reason: str, done: str) -> None:
    asking = await stage.asked(f"raid_admin {action}", by=stage.raid_bot.admin)
    await (await asking.click(f"{action.capitalize()} …")).submit({"reason": reason})
    await until(lambda: done in asking.text, f"{action} is done")


async def announcement(stage: Stage) -> tuple[Shown, str | None]:
    posts = [message for message in stage.channel.messages if message.files]
    return posts[-1].shown, None


async def live(stage: Stage) -> tuple[Shown, str | None]:
    posts = [message for message in stage.channel.messages if message.components and not message.files]
    return posts[0].shown, None


SCENES: dict[str, Scene] = {
    "strike": panel,
    "team": team,
    "report": report,
    "status": status,
    "leaderboard": leaderboard,
    "rewards": rewards,
    "roster": roster,
    "live": live,
    "announcement": announcement,
    "channel": channel,
    "admin": administration,
}
"""In this order: the report is of Ada's strike, and what comes after it shows where she stands; at last admins act."""


async def set_the_stage(raid_bot: RaidBot) -> Stage:
    """A demo raid that a crowd has struck, announced in #raid, and Ada, who has not."""
    discord, api = raid_bot.discord, raid_bot.api
    await add_first_templates(api.database)
    desk = api.service.desk
    ada = await raid_bot.player("Ada", characters=24)
    stage = Stage(raid_bot, ada)
    chosen = {"channel": stage.channel, "kinds": "all"}
    await (await discord.slash(raid_bot.admin, discord.channel("staff"), "raid_channel", **chosen)).answered()
    await asyncio.sleep(2.0)
    await desk.create_raid(
        ROOT,
        name="Demo raid",
        boss_key="demo",
        boss=BossOverrides(),
        starts_at=None,
        ends_at=None,
        accept_warnings=True,
    )
    for number, name in enumerate(content.player_names()[:CROWD]):
        player = await raid_bot.player(name, characters=24)
        await strike(api, player, StrikeAction.ANALYZE if number % 3 == 0 else StrikeAction.FIGHT)
    await until(lambda: any(message.files for message in stage.channel.messages), "an announcement", seconds=60)
    await asyncio.sleep(6.0)
    return stage


async def strike(api: Api, player: User, action: StrikeAction) -> None:
    team = await api.service.suggest_team(BOT, discord_id=str(player.id), action=action, size=6)
    if team is None:
        return
    await api.service.execute_strike(
        BOT,
        action=action,
        character_ids=tuple(str(character.id) for character in team.characters),
        equipment_id=None,
        discord_id=str(player.id),
        idempotency_key=f"{player.id} {next(api.numbers)}",
        expected_sequence=None,
    )


@contextlib.asynccontextmanager
async def bot_on_stage() -> AsyncIterator[RaidBot]:
    folder = Path(tempfile.mkdtemp(prefix="worldthreat-pictures-"))
    server = EmbeddedServer.start(folder, durable=False)
    try:
        await migrate.upgrade(server.url)
        async with serving(server.url) as api:
            await import_sample_roster(api.database)
            async with FakeDiscord() as discord, connected_bot(discord, api, folder) as raid_bot:
                yield raid_bot
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def photograph(browser: Browser, html: str, file: Path) -> None:
    tab = await browser.new_page(viewport={"width": 640, "height": 200}, device_scale_factor=1.5)
    await tab.set_content(html)
    height = await tab.evaluate("document.documentElement.scrollHeight")
    await tab.set_viewport_size({"width": 640, "height": height})
    taken = Image.open(io.BytesIO(await tab.screenshot()))
    taken.convert("RGB").quantize(128).save(file, optimize=True)
    await tab.close()


async def main(wanted: list[str]) -> None:
    async with async_playwright() as playwright, bot_on_stage() as raid_bot:
        browser = await playwright.chromium.launch(**how_to_launch(playwright.chromium.executable_path))
        stage = await set_the_stage(raid_bot)
        for name, scene in SCENES.items():
            if wanted and name not in wanted:
                continue
            shown, command = await scene(stage)
            html = page(shown, now=raid_bot.discord.clock.now(), command=command)
            await photograph(browser, html, PICTURES / f"discord-{name}.png")
            print(f"discord-{name}.png")  # noqa: T201 - a command's output
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
