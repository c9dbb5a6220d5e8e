"""`/raid_rewards`: what raids have earned one, what this one has, and what its victory will bring by tier."""

import re
from typing import TYPE_CHECKING, Any, Final, Self, cast

import discord
import structlog
from discord import ui

from bot.answers import defer, insist
from bot.api import ApiRefusedError
from bot.names import shown
from bot.seeing import queries
from bot.seeing.cards import GOLD, Card, Locale, Part, button, rewards_line, tier_line
from bot.seeing.facts import Outcome, Raid, Reward, RewardRules, Standing
from bot.texts import text

if TYPE_CHECKING:
    from bot.app import WorldThreatBot

__all__ = ["RewardsButton", "rewards_button", "rewards_view", "show_rewards"]

REWARDS: Final = "seeing:rewards"
TIERS_SHOWN: Final = 10
ORDINARY_PERMILLE: Final = 1000
Interaction = discord.Interaction[Any]
log = structlog.get_logger(__name__)


async def show_rewards(bot: "WorldThreatBot", interaction: Interaction) -> None:
    """Answers with the player's rewards, for them alone."""
    await defer(interaction)
    locale, discord_id = interaction.locale, str(interaction.user.id)
    raid = queries.situation(await bot.api.ask(queries.STATUS)).shown
    if raid is None:
        data = await bot.api.ask(queries.BALANCES, {"discordId": discord_id})
        view = rewards_view(locale, queries.balances(data))
    else:
        data = await bot.api.ask(queries.REWARDS, {"discordId": discord_id, "raidId": raid.id})
        standing = queries.standing(data["participation"])
        view = rewards_view(locale, queries.balances(data), raid, standing, await _rules(bot, raid))
    await insist(lambda: interaction.edit_original_response(view=view))


async def _rules(bot: "WorldThreatBot", raid: Raid) -> RewardRules | None:
    """What the raid pays; None from a server that does not tell."""
    try:
        data = await bot.api.ask(queries.REWARD_RULES, {"raidId": raid.id})
    except ApiRefusedError as error:
        log.warning("the API does not tell what a raid pays", error=str(error))
        return None
    return queries.reward_rules(data["raid"]["rewards"])


def rewards_view(
    locale: Locale,
    balances: tuple[Reward, ...],
    raid: Raid | None = None,
    standing: Standing | None = None,
    rules: RewardRules | None = None,
) -> Card:
    """`standing`: the player's in `raid`, None when they are not registered; `rules`: what the raid pays."""
    title = text(locale, "rewards-title")
    parts: list[Part] = [ui.TextDisplay(f"## {title}\n{text(locale, 'rewards-all')} {rewards_line(locale, balances)}")]
    if raid is not None:
        parts += [ui.Separator(), ui.TextDisplay(_this_raid(locale, raid, standing, rules))]
        if raid.live and rules is not None and rules.victory:
            parts += [ui.Separator(), ui.TextDisplay(_at_victory(locale, standing, rules))]
    return Card(*parts, colour=GOLD)


def _this_raid(locale: Locale, raid: Raid, standing: Standing | None, rules: RewardRules | None) -> str:
    lines = [f"**{shown(raid.boss, 60)}**"]
    if standing is None or standing.rank is None:
        lines.append(text(locale, "rewards-not-yet" if raid.live else "status-you-absent"))
        return "\n".join(lines)
    lines.append(text(locale, "rewards-earned", rewards=rewards_line(locale, standing.rewards)))
    if not raid.live:
        if raid.outcome is Outcome.VICTORY and standing.tier is not None:
            lines.append(text(locale, "rewards-ended-tier", tier=_tier_name(standing.tier)))
        return "\n".join(lines)
    ahead = [] if rules is None else [each for each in rules.milestones if each.contribution > standing.contribution]
    if ahead:
        lines.append(
            text(
                locale,
                "rewards-milestone",
                missing=ahead[0].contribution - standing.contribution,
                rewards=rewards_line(locale, ahead[0].rewards),
            )
        )
    lines.append(tier_line(locale, standing))
    return "\n".join(lines)


def _at_victory(locale: Locale, standing: Standing | None, rules: RewardRules) -> str:
    """Each tier's pay; without a tier one gets the plain reward for having taken part."""
    struck = standing is not None and standing.rank is not None
    own = standing.tier if standing is not None else None
    rows = [(text(locale, "rewards-no-tier"), ORDINARY_PERMILLE, struck and own is None)]
    rows += [
        (
            text(locale, "rewards-tier", tier=_tier_name(tier.name), contribution=tier.contribution),
            tier.victory_permille,
            tier.name == own,
        )
        for tier in rules.tiers[:TIERS_SHOWN]
    ]
    lines = [f"**{text(locale, 'rewards-victory')}**"]
    for name, permille, is_own in rows:
        paid = [Reward(each.currency, each.amount * permille // 1000) for each in rules.victory]
        line = f"{name}: {rewards_line(locale, [each for each in paid if each.amount])}"
        lines.append(f"**{line}** ◂" if is_own else line)
    return "\n".join(lines)


def _tier_name(name: str) -> str:
    return shown(name, 24).capitalize()


def rewards_button(locale: Locale) -> ui.Button[Any]:
    """A button that shows whoever taps it their rewards."""
    return button(text(locale, "rewards-button"), REWARDS)


class RewardsButton(ui.DynamicItem[ui.Button[Any]], template=REWARDS):
    """See `rewards_button`."""

    @classmethod
    async def from_custom_id(cls, _interaction: Interaction, item: ui.Item[Any], _match: re.Match[str], /) -> Self:
        return cls(cast("ui.Button[Any]", item))

    async def callback(self, interaction: Interaction) -> None:
        await show_rewards(interaction.client, interaction)
