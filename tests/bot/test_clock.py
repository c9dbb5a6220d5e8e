"""Which interactions are too old to be answered, and that every view asks."""

import importlib
import time
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import pytest
from aiohttp import web

from bot.clock import DiscordClock
from bot.views import RaidLayoutView, RaidModal, RaidView

NEVER_DISPATCHED_TO = {"Screen"}
"""Stopped before they are sent: their buttons are dynamic items, which ask by themselves."""


def test_every_view_of_the_bot_builds_on_ours() -> None:
    importlib.import_module("bot.app")  # and with it all that the bot is made of
    for base, ours in (
        (discord.ui.View, RaidView),
        (discord.ui.LayoutView, RaidLayoutView),
        (discord.ui.Modal, RaidModal),
    ):
        direct = {each for each in base.__subclasses__() if each.__module__.startswith("bot.")}
        assert {each for each in direct - {ours} if each.__name__ not in NEVER_DISPATCHED_TO} == set()


@pytest.mark.parametrize("wrong_by_seconds", [-3600, -4, 0, 4, 3600])
async def test_a_wrong_clock_of_this_machine_does_not_make_interactions_old(wrong_by_seconds: int) -> None:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(headers={"Date": formatdate(time.time() - wrong_by_seconds, usegmt=True)})

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    clock = DiscordClock()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        async with aiohttp.ClientSession(trace_configs=[clock.trace()]) as session:
            await (await session.get(url)).read()
    finally:
        await runner.cleanup()

    def made(seconds_ago: float) -> Any:
        at = datetime.now(UTC) - timedelta(seconds=wrong_by_seconds + seconds_ago)
        return SimpleNamespace(created_at=at, response=SimpleNamespace(is_done=lambda: False))

    assert clock.is_answerable(made(0.5))
    assert not clock.is_answerable(made(4.5))
