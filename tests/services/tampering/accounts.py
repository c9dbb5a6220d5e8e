"""What is changed so that the accounts do not add up."""
# ruff: noqa: S608, ISC004 - the statements are our own, made of constants; two-line ones read best as they are

from tests.services.tampering.statements import A_FIGHT, PARTICIPANT, one_more, some_event

TAMPERED_ACCOUNTS = [
    (
        one_more("world_threat_strikes", "team_size", "raid_id = {victory} AND team_size < 6 AND number < 9"),
        "accounts: team sizes in all: stored ",
    ),
    (
        "UPDATE world_threat_participants SET fights = fights + 1, strikes = strikes + 1 WHERE " + PARTICIPANT,
        "accounts of participant ~: fights: stored ",
    ),
    (
        "UPDATE world_threat_strikes SET boss_hp_after = boss_hp_after + 1, boss_hp_before = boss_hp_before + 1 "
        f"WHERE {A_FIGHT}",
        "accounts of strike ~: HP before it: stored ",
    ),
    (
        "UPDATE world_threat_raids SET damage = damage + 1, hp_adjusted = hp_adjusted - 1 WHERE id = {live}",
        "accounts: damage: stored ",
    ),
    (
        one_more(
            "world_threat_leaderboard_steps", "players", "raid_id = {victory} AND metric = 'strikes' AND step = 1"
        ),
        "accounts of strikes, step 1: players: stored ",
    ),
    ("DELETE FROM world_threat_character_usage WHERE " + A_FIGHT, "accounts: characters used: stored "),
    ("DELETE FROM raid_events WHERE " + some_event("boss_defeated"), "accounts: defeats: stored 0, counted 1"),
    ("DELETE FROM raid_events WHERE " + some_event("curse_applied"), "accounts: sequence: stored "),
]
