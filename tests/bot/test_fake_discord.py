"""The real bot on the loopback Discord: in this process, and in one of its own that is killed."""

from pathlib import Path

from tests.bot.fake_discord import FakeDiscord
from tests.bot.harness import RaidBot, bot_process, unconnected_bot
from tests.web.harness import Api


async def test_the_real_bot_answers_and_can_be_restarted(raid_bot: RaidBot) -> None:
    discord = raid_bot.discord
    await raid_bot.api.raid(name="Gloomtide")
    ada, general = await raid_bot.player("Ada"), discord.channel("general")
    for _ in range(2):
        interaction = await discord.slash(ada, general, "raid_status")
        assert "Gloomtide" in (await interaction.answered()).text
        await raid_bot.restart()
    assert discord.missed == []
    assert discord.violations == []


async def test_a_killed_bot_answers_nobody_and_the_next_one_takes_over(
    fake_discord: FakeDiscord, bot_api: Api, tmp_path: Path
) -> None:
    await bot_api.raid(name="Gloomtide")
    raid_bot = unconnected_bot(fake_discord, bot_api, tmp_path)
    ada, general = await raid_bot.player("Ada"), fake_discord.channel("general")
    async with bot_process(fake_discord, raid_bot.options) as process:
        interaction = await fake_discord.slash(ada, general, "raid_status")
        assert "Gloomtide" in (await interaction.answered()).text
        await process.kill()
        await fake_discord.until(lambda: not fake_discord.gateway.connected, "the sockets of the dead are closed")
        lost = await fake_discord.slash(ada, general, "raid_status")
        await process.start()
        interaction = await fake_discord.slash(ada, general, "raid_status")
        assert "Gloomtide" in (await interaction.answered()).text
        fake_discord.clock.advance(fake_discord.deadline_seconds)
        assert fake_discord.missed == [lost]
        assert await process.stop() == 0
    assert fake_discord.violations == []
