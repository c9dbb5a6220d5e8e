"""The main job on real input: a community strikes its boss over HTTP until it is dead, and every account balances."""

import asyncio
import contextlib
import csv
import io
import itertools
import random
from pathlib import Path
from typing import Any

import pytest

from services import content
from services.roster import RosterFile, RosterFiles, import_roster
from services.verification import verify_raid
from tests.services.world import books_balance
from tests.web.harness import CREATE_RAID, STRIKE, Api, serving

PLAYERS = 200
CHARACTERS_EACH = 24
CLIENTS = 32
STRIKES_OF_A_CLIENT = 60
TOTAL_HP = 40_000

SUGGEST = """
query ($id: ID!, $action: StrikeAction!) {
  suggestTeam(discordId: $id, action: $action) { characters { id } preview { points sequence } }
}
"""
AFTERWARDS = """
query ($id: ID!) {
  raid(id: $id) {
    status outcome completedAt seed sequence hp { current total permille } totals { strikes fights analyses damage }
    events(first: 500) { sequence kind ... on BossDefeated { finalBlowBy { id } participants } }
    leaderboard(first: 100) { rank score player { id } }
  }
}
"""


@pytest.fixture
def catalogue(request: pytest.FixtureRequest) -> tuple[RosterFile, RosterFile]:
    """Characters and series: the base game's where they are at hand, else our own."""
    with contextlib.suppress(pytest.skip.Exception):
        folder: Path = request.getfixturevalue("geminya_dir")
        return RosterFile.at(folder / "characters.csv"), RosterFile.at(folder / "series.csv")
    return RosterFile.at(content.sample_characters()), RosterFile.at(content.sample_series())


def community(characters: RosterFile) -> tuple[RosterFile, RosterFile]:
    """players.csv and ownership.csv, as the base game exports them."""
    chance = random.Random("a community")
    with characters.open() as file:
        keys = [row["waifu_id"] for row in csv.DictReader(io.StringIO(file.read().decode(), newline=""))]
    players, owned = ["discord_id,name"], ["discord_id,waifu_id,stars"]
    for number in range(1, PLAYERS + 1):
        players.append(f"{number},Player {number}")
        owned += [f"{number},{key},{chance.randint(1, 5)}" for key in chance.sample(keys, CHARACTERS_EACH)]
    return RosterFile.of_text("players.csv", "\n".join(players)), RosterFile.of_text("ownership.csv", "\n".join(owned))


class Crowd:
    """Clients that strike for whoever is next, and everything they were answered."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.next_striker = itertools.cycle(range(1, PLAYERS + 1))
        self.answers: list[Any] = []
        self.dead = False

    async def client(self, number: int) -> None:
        chance = random.Random(number)
        for strike in range(STRIKES_OF_A_CLIENT):
            if self.dead:
                return
            action = "ANALYZE" if chance.random() < 0.3 else "FIGHT"
            await self.strike(str(next(self.next_striker)), action, f"client {number}, strike {strike}")

    async def strike(self, striker: str, action: str, key: str) -> None:
        bot = self.api.tokens.bot
        suggested = (await self.api.told(SUGGEST, bot, id=striker, action=action))["suggestTeam"]
        if suggested is None:  # nobody is left, or the raid is over meanwhile
            return
        team = [character["id"] for character in suggested["characters"]]
        given = {"action": action, "discordId": striker, "characterIds": team, "idempotencyKey": key}
        answer = (await self.api.told(STRIKE, bot, input=given))["executeStrike"]
        if answer["__typename"] == "AnalysisComplete":
            given["action"] = "FIGHT"
            answer = (await self.api.told(STRIKE, bot, input=given))["executeStrike"]
        self.answers.append(answer)
        self.dead = self.dead or answer["__typename"] == "BossAlreadyDefeated" or answer.get("victory") is True


async def test_from_the_import_to_the_last_blow(database_url: str, catalogue: tuple[RosterFile, RosterFile]) -> None:
    async with serving(database_url) as api:
        characters, series = catalogue
        players, ownership = community(characters)
        async with api.database.driver_connection() as connection:
            files = RosterFiles(characters=characters, series=series, players=players, ownership=ownership)
            summary = await import_roster(connection, files, lambda _progress: None)
        assert summary.ownership is not None
        assert summary.ownership.new == PLAYERS * CHARACTERS_EACH

        boss = {"totalHp": TOTAL_HP, "rules": {"cooldownSeconds": 0}}
        given = {"name": "The last winter", "bossKey": "ember-tyrant", "boss": boss, "acceptWarnings": True}
        created = (await api.told(CREATE_RAID, api.tokens.admin, input=given))["createRaid"]
        raid_id = created["raid"]["id"]

        crowd = Crowd(api)
        await asyncio.gather(*(crowd.client(number) for number in range(CLIENTS)))
        assert crowd.dead
        struck = [answer for answer in crowd.answers if answer["__typename"] == "ExecuteStrikeSuccess"]
        others = {answer["__typename"] for answer in crowd.answers} - {"ExecuteStrikeSuccess"}
        assert others <= {"BossAlreadyDefeated"}
        assert_the_answers_are_one_story(struck)

        raid = (await api.told(AFTERWARDS, id=raid_id))["raid"]
        assert (raid["status"], raid["outcome"]) == ("COMPLETED", "VICTORY")
        assert raid["hp"] == {"current": 0, "total": TOTAL_HP, "permille": 0}
        assert raid["totals"]["strikes"] == len(struck)
        assert raid["totals"]["damage"] == TOTAL_HP
        assert raid["totals"]["fights"] > 0 < raid["totals"]["analyses"]
        assert len(bytes.fromhex(raid["seed"])) == 32
        assert [event["sequence"] for event in raid["events"]] == list(range(1, raid["sequence"] + 1))
        (defeat,) = [event for event in raid["events"] if event["kind"] == "BOSS_DEFEATED"]
        (final_blow,) = [answer for answer in struck if answer["victory"]]
        assert defeat["finalBlowBy"] == final_blow["strike"]["player"]
        assert defeat["participants"] == len({answer["strike"]["player"]["id"] for answer in struck})
        assert defeat["sequence"] == raid["sequence"]

        await late_strikes_are_told(api, raid_id, raid["completedAt"])
        await books_balance(api.database, int(raid_id))
        report = await verify_raid(api.database, raid_id)
        assert report.differences == ()
        assert (report.complete, report.strikes, report.events) == (True, len(struck), raid["sequence"])


def assert_the_answers_are_one_story(struck: list[Any]) -> None:
    """Numbered without gaps, each strike met the HP that the one before it left, and the last of them killed."""
    story = sorted(struck, key=lambda answer: int(answer["strike"]["number"]))
    assert [answer["strike"]["number"] for answer in story] == list(range(1, len(story) + 1))
    hp = TOTAL_HP
    for answer in story:
        strike = answer["strike"]
        assert strike["hpBefore"] == hp
        hp = strike["hpAfter"]
        assert strike["hpBefore"] - hp == answer["damageDealt"]
        assert (answer["damageDealt"] == 0) == (strike["action"] == "ANALYZE")
        assert answer["victory"] == (hp == 0)
    assert hp == 0
    assert story[-1]["victory"] is True
    characters = [member["characterId"] for answer in story for member in answer["strike"]["team"]]
    assert len(characters) == len(set(characters))


async def late_strikes_are_told(api: Api, raid_id: str, defeated_at: str) -> None:
    async def strike(striker: str) -> Any:
        return await api.strike(striker, (await api.unused(striker))[0])

    answers = await asyncio.gather(*(strike(str(number)) for number in range(1, CLIENTS + 1)))
    for answer in answers:
        assert answer.pop("message").strip()
        assert answer == {"__typename": "BossAlreadyDefeated", "raidId": raid_id, "defeatedAt": defeated_at}
