"""What players see of a raid without being in it: status, leaderboard, rewards, help, the live message, pictures."""

from typing import Any, Final

import discord

from bot.seeing.help import show_help
from bot.seeing.leaderboard import BoardButton, BoardPageButton, board_button, show_leaderboard
from bot.seeing.live_status import LiveStatus, Pace
from bot.seeing.pictures import raid_picture
from bot.seeing.rewards import RewardsButton, rewards_button, show_rewards
from bot.seeing.status import StandingButton, StrikeButton, show_status, strike_button

__all__ = [
    "DYNAMIC_ITEMS",
    "LiveStatus",
    "Pace",
    "board_button",
    "raid_picture",
    "rewards_button",
    "show_help",
    "show_leaderboard",
    "show_rewards",
    "show_status",
    "strike_button",
]

DYNAMIC_ITEMS: Final[tuple[type[discord.ui.DynamicItem[Any]], ...]] = (
    StrikeButton,
    StandingButton,
    BoardButton,
    BoardPageButton,
    RewardsButton,
)
"""The buttons below our messages, to be registered at the bot's start."""
