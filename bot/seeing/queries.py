"""What this room asks of the API, and how its answers become `bot.seeing.facts`.

One fragment tells everything that a card of a raid shows; the documents differ only in how they come by the raid.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.seeing.facts import (
    Channel,
    Entry,
    Leaderboard,
    Milestone,
    Moment,
    Outcome,
    PictureFacts,
    Raid,
    Reward,
    RewardRules,
    Situation,
    Standing,
    Status,
    Tier,
)

RAID = """
fragment RaidCard on Raid {
  id name status outcome sequence startsAt endsAt completedAt
  boss { name imageUrl }
  hp { current total permille }
  stage { number count hpThresholdsPermille message }
  analysis { points unlocked thresholds nextThreshold }
  weaknesses { value } resistances { value } curses { affinity { value } }
  curseClock { strikesUntilNext }
  totals { strikes participants }
}
"""
ENTRY = "fragment Entry on LeaderboardEntry { rank score strikes player { id name } }"
NOW = """
  live: activeRaid { ...RaidCard }
  scheduled: raids(first: 20, status: SCHEDULED) { nodes { ...RaidCard } }
  finished: raids(first: 1, status: COMPLETED) { nodes { ...RaidCard } }
"""
STATUS = f"query Status {{ {NOW} }} {RAID}"
TOP = f"""
query Top($raidId: ID!) {{ raid(id: $raidId) {{ leaderboard(first: 3, metric: CONTRIBUTION) {{ ...Entry }} }} }}
{ENTRY}
"""
PARTICIPATION = """
  participation(discordId: $discordId, raidId: $raidId) {
    strikes damage analysisPoints contribution tier
    nextTier { name contributionNeeded } readyAt availableCharacters rank rewards { currency amount }
  }
"""
STANDING = f"query Standing($discordId: ID!, $raidId: ID!) {{ {PARTICIPATION} }}"
UPDATES = f"""
subscription Live($after: SafeInt) {{
  raidUpdates(after: $after) {{ sequence raid {{ ...RaidCard }} }}
}}
{RAID}
"""
PAGE_LENGTH = 10
"""Rows on a page of the leaderboard."""
LISTED = 100
"""Rows that the API lists; the own row is found beyond them, too."""
LEADERBOARD = f"""
query Leaderboard($raidId: ID!, $metric: LeaderboardMetric!, $discordId: ID!) {{
  raid(id: $raidId) {{ ...RaidCard }}
  leaderboard(raidId: $raidId, metric: $metric, first: {LISTED}) {{ ...Entry }}
  around: leaderboardAround(raidId: $raidId, metric: $metric, discordId: $discordId, radius: 2) {{ ...Entry }}
  own: leaderboardAround(raidId: $raidId, metric: $metric, discordId: $discordId, radius: 0) {{ ...Entry }}
}}
{RAID}
{ENTRY}
"""
REWARDS = f"""
query Rewards($discordId: ID!, $raidId: ID!) {{
  player(discordId: $discordId) {{ balances {{ currency amount }} }}
  {PARTICIPATION}
}}
"""
REWARD_RULES = """
query RewardRules($raidId: ID!) {
  raid(id: $raidId) {
    rewards {
      milestones { contribution rewards { currency amount } }
      victory { currency amount }
      tiers { name contribution victoryPermille }
    }
  }
}
"""
BALANCES = "query Balances($discordId: ID!) { player(discordId: $discordId) { balances { currency amount } } }"
PICTURE = (
    """
query Picture($raidId: ID!) {
  raid(id: $raidId) {
    ...RaidCard
    hpHistory(points: 240) { at hp }
    leaderboard(first: 5, metric: CONTRIBUTION) { ...Entry }
    events(first: 500, kinds: [STAGE_ADVANCED, BREAKTHROUGH]) {
      kind occurredAt
      ... on StageAdvanced { toStage }
      ... on BreakthroughAchieved { number weakness { value } }
    }
  }
}
"""
    + RAID
    + ENTRY
)
CHANNELS = "{ announcementChannels { channelId guildId kinds statusMessageId switchedOff { at } } }"
SET_STATUS_MESSAGE = """
mutation SetStatusMessage($channelId: ID!, $messageId: ID!) {
  setStatusMessage(input: {channelId: $channelId, messageId: $messageId}) { __typename }
}
"""


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def instant_or_none(text: str | None) -> datetime | None:
    return None if text is None else instant(text)


def raid(node: Mapping[str, Any]) -> Raid:
    """Of the fragment `RaidCard`."""
    stage, analysis, hp = node["stage"], node["analysis"], node["hp"]
    return Raid(
        id=node["id"],
        name=node["name"],
        boss=node["boss"]["name"],
        image_url=node["boss"]["imageUrl"],
        status=Status(node["status"]),
        outcome=None if node["outcome"] is None else Outcome(node["outcome"]),
        sequence=node["sequence"],
        starts_at=instant(node["startsAt"]),
        ends_at=instant_or_none(node["endsAt"]),
        completed_at=instant_or_none(node["completedAt"]),
        hp=hp["current"],
        total_hp=hp["total"],
        hp_permille=hp["permille"],
        stage=stage["number"],
        stages=stage["count"],
        stage_hp_below_permille=tuple(stage["hpThresholdsPermille"]),
        stage_message=stage["message"],
        analysis_points=analysis["points"],
        breakthroughs=analysis["unlocked"],
        thresholds=tuple(analysis["thresholds"]),
        next_threshold=analysis["nextThreshold"],
        weaknesses=tuple(each["value"] for each in node["weaknesses"]),
        resistances=tuple(each["value"] for each in node["resistances"]),
        curses=tuple(each["affinity"]["value"] for each in node["curses"]),
        strikes_until_curse=node["curseClock"]["strikesUntilNext"],
        strikes=node["totals"]["strikes"],
        participants=node["totals"]["participants"],
    )


def situation(data: Mapping[str, Any]) -> Situation:
    """Of the fields of `NOW`."""
    scheduled = [raid(node) for node in data["scheduled"]["nodes"]]
    finished = [raid(node) for node in data["finished"]["nodes"]]
    return Situation(
        live=None if data["live"] is None else raid(data["live"]),
        next=min(scheduled, key=lambda each: each.starts_at, default=None),
        last=finished[0] if finished else None,
    )


def entries(nodes: Sequence[Mapping[str, Any]] | None) -> tuple[Entry, ...]:
    return tuple(
        Entry(node["rank"], node["player"]["id"], node["player"]["name"], node["score"], node["strikes"])
        for node in nodes or ()
    )


def leaderboard(data: Mapping[str, Any]) -> Leaderboard | None:
    """None: there is no such raid."""
    if data["raid"] is None:
        return None
    own = entries(data["own"])
    return Leaderboard(
        raid(data["raid"]), entries(data["leaderboard"]), entries(data["around"]), own[0] if own else None
    )


def rewards(nodes: Sequence[Mapping[str, Any]]) -> tuple[Reward, ...]:
    return tuple(Reward(node["currency"], node["amount"]) for node in nodes)


def balances(data: Mapping[str, Any]) -> tuple[Reward, ...]:
    """What all raids have earned the player; nothing when nobody is registered."""
    return () if data["player"] is None else rewards(data["player"]["balances"])


def standing(node: Mapping[str, Any] | None) -> Standing | None:
    if node is None:
        return None
    following = node["nextTier"]
    return Standing(
        strikes=node["strikes"],
        damage=node["damage"],
        analysis_points=node["analysisPoints"],
        contribution=node["contribution"],
        rank=node["rank"],
        tier=node["tier"],
        next_tier=None if following is None else following["name"],
        contribution_to_next_tier=0 if following is None else following["contributionNeeded"],
        ready_at=instant_or_none(node["readyAt"]),
        available_characters=node["availableCharacters"],
        rewards=rewards(node["rewards"]),
    )


def reward_rules(node: Mapping[str, Any]) -> RewardRules:
    return RewardRules(
        tuple(Milestone(each["contribution"], rewards(each["rewards"])) for each in node["milestones"]),
        rewards(node["victory"]),
        tuple(Tier(each["name"], each["contribution"], each["victoryPermille"]) for each in node["tiers"]),
    )


def channels(data: Mapping[str, Any]) -> tuple[Channel, ...]:
    """Those that want to hear of a raid at all and were not switched off."""
    return tuple(
        Channel(
            int(node["channelId"]),
            int(node["guildId"]),
            None if node["statusMessageId"] is None else int(node["statusMessageId"]),
        )
        for node in data["announcementChannels"]
        if node["kinds"] and node["switchedOff"] is None
    )


def picture_facts(node: Mapping[str, Any]) -> PictureFacts:
    return PictureFacts(
        raid=raid(node),
        samples=tuple((instant(each["at"]), each["hp"]) for each in node["hpHistory"]),
        top=entries(node["leaderboard"]),
        moments=tuple(
            Moment(
                each["kind"],
                instant(each["occurredAt"]),
                each.get("toStage") or each["number"],
                (each.get("weakness") or {}).get("value"),
            )
            for each in node["events"]
        ),
    )
