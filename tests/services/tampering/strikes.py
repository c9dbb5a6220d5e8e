"""Fights and analyses, changed."""
# ruff: noqa: S608, ISC004 - the statements are our own, made of constants; two-line ones read best as they are

from tests.services.tampering.statements import A_FIGHT, AN_ANALYSIS, ANALYSIS_COLUMNS, FIGHT_COLUMNS, one_more

STRIKES: dict[str, tuple[str, str]] = {
    **{
        f"fight {column}": (one_more("world_threat_strikes", column, A_FIGHT), f"strike 2: {column}: stored ")
        for column in FIGHT_COLUMNS
    },
    **{
        f"analysis {column}": (one_more("world_threat_analysis", column, AN_ANALYSIS), f"strike ~: {column}: stored ")
        for column in ANALYSIS_COLUMNS
    },
    "fight damage_dealt": (
        "UPDATE world_threat_strikes SET damage_dealt = damage_dealt + 1, boss_hp_before = boss_hp_before + 1 "
        f"WHERE {A_FIGHT}",
        "strike 2: damage_dealt: stored ",
    ),
    "fight boss_hp_after": (
        "UPDATE world_threat_strikes SET boss_hp_after = boss_hp_after + 1, boss_hp_before = boss_hp_before + 1 "
        f"WHERE {A_FIGHT}",
        "strike 2: boss_hp_after: stored ",
    ),
    "fight sequence_before": (
        one_more("world_threat_strikes", "sequence_before", "raid_id = {victory} AND number = 3"),
        "strike 3: sequence_before: stored ",
    ),
    "fight before a pause claims to come behind it": (
        one_more("world_threat_strikes", "sequence_before", A_FIGHT),
        "strike 2: stored accepted, replayed refused: The raid is paused.",
    ),
    "overkill": (
        "UPDATE world_threat_strikes SET overkill = overkill + 1 WHERE raid_id = {victory} AND boss_hp_after = 0",
        "strike ~: overkill: stored ",
    ),
    "team_size": (
        "UPDATE world_threat_strikes SET team_size = team_size % 6 + 1 WHERE " + A_FIGHT,
        "strike 2: team_size: stored ",
    ),
    "striker": (
        "UPDATE world_threat_strikes SET user_id = (SELECT max(user_id) FROM world_threat_participants) "
        f"WHERE {A_FIGHT}",
        "strike 2: use of character ~: user_id: stored ",
    ),
    "equipment": (
        "UPDATE world_threat_strikes SET equipped_equipment_id = NULL WHERE raid_id = {victory} AND number = 1",
        "strike 1: base_score: stored ",
    ),
    "member": (
        "UPDATE world_threat_strikes SET team_characters = jsonb_set(team_characters, '{{0,0}}', '424242') "
        f"WHERE {A_FIGHT}",
        "strike 2: use of character 424242: stored nothing, replayed used",
    ),
    "member's revision": (
        "UPDATE world_threat_strikes SET team_characters = jsonb_set(team_characters, '{{0,1}}', '424242') "
        f"WHERE {A_FIGHT}",
        "strike 2: team_characters: stored ",
    ),
    "member's stars": (
        "UPDATE world_threat_strikes SET team_characters = jsonb_set(team_characters, '{{0,2}}', '6') "
        f"WHERE {A_FIGHT}",
        "strike 2: team_characters[0][3]: stored ",
    ),
    "member's stars, no number": (
        "UPDATE world_threat_strikes SET team_characters = jsonb_set(team_characters, '{{0,2}}', '\"six\"') "
        f"WHERE {A_FIGHT}",
        "strike 2: team_characters: stored ",
    ),
    "member's score": (
        "UPDATE world_threat_strikes SET team_characters = jsonb_set(team_characters, '{{1,3}}', '1') "
        f"WHERE {A_FIGHT}",
        "strike 2: team_characters[1][3]: stored 1, replayed ",
    ),
    "member's multiplier": (
        "UPDATE world_threat_strikes SET team_characters = jsonb_set(team_characters, '{{1,4}}', '1') "
        f"WHERE {A_FIGHT}",
        "strike 2: team_characters[1][4]: stored 1, replayed ",
    ),
    "no team at all": (
        f"UPDATE world_threat_strikes SET team_characters = '7' WHERE {A_FIGHT}",
        "strikes 1 to ~: team_characters or equipment: stored unreadable",
    ),
    "struck_at": (
        f"UPDATE world_threat_strikes SET struck_at = struck_at + interval '1 microsecond' WHERE {A_FIGHT}",
        "strike 2: use of character ~: used_at: stored ",
    ),
    "struck earlier than the one before": (
        f"UPDATE world_threat_strikes SET struck_at = struck_at - interval '1 day' WHERE {A_FIGHT}",
        "strike 2: at: stored ",
    ),
    "fight deleted": (f"DELETE FROM world_threat_strikes WHERE {A_FIGHT}", "strike 3: number: stored 3, replayed 2"),
    "fight renumbered": (
        f"UPDATE world_threat_strikes SET number = 9999 WHERE {A_FIGHT}",
        "strike 3: number: stored 3, replayed 2",
    ),
    "strike in both logs": (
        "INSERT INTO world_threat_analysis SELECT (jsonb_populate_record(a, '{{\"number\": 2}}')).* "
        f"FROM world_threat_analysis a WHERE {AN_ANALYSIS}",
        "strike 2: number: stored 2, replayed 3",
    ),
    "analysis milestone": (
        "UPDATE world_threat_analysis SET milestone_triggered = true, threshold_reached = 9 "
        "WHERE raid_id = {victory} AND NOT milestone_triggered AND number = (SELECT min(number) "
        "FROM world_threat_analysis WHERE raid_id = {victory} AND NOT milestone_triggered)",
        "strike ~: milestone_triggered: stored true, replayed false",
    ),
    "analysis threshold": (
        "UPDATE world_threat_analysis SET threshold_reached = threshold_reached + 1 WHERE raid_id = {victory} "
        "AND milestone_triggered",
        "strike ~: threshold_reached: stored ",
    ),
}
