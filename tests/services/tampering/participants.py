"""Who took part and which characters were used, changed."""
# ruff: noqa: S608, ISC004 - the statements are our own, made of constants; two-line ones read best as they are

from tests.services.tampering.statements import A_FIGHT, PARTICIPANT, PARTICIPANT_COLUMNS, one_more

PARTICIPANTS: dict[str, tuple[str, str]] = {
    **{
        f"participant {column}": (
            one_more("world_threat_participants", column, PARTICIPANT),
            f"participant ~: {column}: stored ",
        )
        for column in PARTICIPANT_COLUMNS
    },
    "participant fights": (
        "UPDATE world_threat_participants SET fights = fights + 1, strikes = strikes + 1 WHERE " + PARTICIPANT,
        "participant ~: fights: stored ",
    ),
    "participant analyses": (
        "UPDATE world_threat_participants SET analyses = analyses + 1, strikes = strikes + 1 WHERE " + PARTICIPANT,
        "participant ~: analyses: stored ",
    ),
    "participant damage": (
        "UPDATE world_threat_participants SET damage = damage + 1, contribution = contribution + 1 WHERE "
        + PARTICIPANT,
        "participant ~: damage: stored ",
    ),
    "participant analysis": (
        "UPDATE world_threat_participants SET analysis_points = analysis_points + 5, contribution = contribution + 6 "
        "WHERE raid_id = {victory} AND analysis_points > 0",
        "participant ~: analysis_points: stored ",
    ),
    "participant first analysis": (
        "UPDATE world_threat_participants SET first_analysis_number = 1 WHERE raid_id = {victory} "
        "AND analysis_points > 0",
        "participant ~: first_analysis_number: stored 1, replayed ",
    ),
    "participant last_action_at": (
        "UPDATE world_threat_participants SET last_action_at = last_action_at - interval '1 hour' WHERE " + PARTICIPANT,
        "participant ~: last_action_at: stored ",
    ),
    "participant deleted": (
        "DELETE FROM world_threat_participants WHERE " + PARTICIPANT,
        "participant ~: stored nobody, replayed somebody who struck",
    ),
    "participant added": (
        "INSERT INTO world_threat_participants (SELECT p.raid_id, 424242, p.fights, p.analyses, p.strikes, "
        "p.strikes_number, p.damage, p.damage_number, p.analysis_points, p.analysis_number, p.contribution, "
        "p.contribution_number, p.first_analysis_number, p.best_score, p.best_score_number, p.last_action_at "
        "FROM world_threat_participants p WHERE " + PARTICIPANT + ")",
        "participant 424242: stored somebody who struck, replayed nobody",
    ),
    "use by somebody else": (
        one_more("world_threat_character_usage", "user_id", A_FIGHT),
        "strike 2: use of character ~: user_id: stored ",
    ),
    "use in another strike": (
        "UPDATE world_threat_character_usage SET number = 3 WHERE " + A_FIGHT,
        "strike 2: use of character ~: number: stored 3, replayed 2",
    ),
    "use at another time": (
        "UPDATE world_threat_character_usage SET used_at = now() WHERE " + A_FIGHT,
        "strike 2: use of character ~: used_at: stored ",
    ),
    "use deleted": (
        "DELETE FROM world_threat_character_usage WHERE " + A_FIGHT,
        "strike 2: use of character ~: stored nothing, replayed used",
    ),
    "use added": (
        "INSERT INTO world_threat_character_usage VALUES ({victory}, 424242, 1, 2, now())",
        "use of character 424242: stored used in strike 2, replayed not in its team",
    ),
}
