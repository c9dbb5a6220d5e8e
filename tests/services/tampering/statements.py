"""What the statements are made of: rows of the test's raids, and ways to change one."""
# ruff: noqa: S608 - the statements are our own, made of constants

A_FIGHT = "raid_id = {victory} AND number = 2"
AN_ANALYSIS = (
    "raid_id = {victory} AND number = (SELECT min(number) FROM world_threat_analysis WHERE raid_id = {victory})"
)
ANALYSIS_COLUMNS = (
    "base_score",
    "affinity_permille",
    "stage_permille",
    "final_score",
    "analysis_points",
    "sequence_before",
    "sequence_after",
    "boss_hp_after",
    "analysis_points_after",
    "damage_after",
    "fights_after",
    "participants_after",
    "strikes_since_last_curse_after",
)
FIGHT_COLUMNS = tuple(
    name for name in ANALYSIS_COLUMNS if name not in {"analysis_points", "boss_hp_after", "sequence_before"}
)
PARTICIPANT = "raid_id = {victory} AND user_id = (SELECT min(user_id) FROM world_threat_participants)"
PARTICIPANT_COLUMNS = (
    "strikes_number",
    "damage_number",
    "analysis_number",
    "contribution_number",
    "best_score",
    "best_score_number",
)
LIVE_COLUMNS = (
    "current_stage",
    "current_analysis_points",
    "thresholds_unlocked",
    "curse_trigger_threshold",
    "strikes_since_last_curse",
    "fights",
    "analyses",
    "analysts",
    "sequence",
    "state_changed_at",
    "draws",
    "configuration_revision",
)


def one_more(table: str, column: str, row: str) -> str:
    return f"UPDATE {table} SET {column} = {column} + 1 WHERE {row}"


def some_event(kind: str) -> str:
    return (
        f"raid_id = {{victory}} AND sequence = (SELECT min(sequence) FROM raid_events "
        f"WHERE raid_id = {{victory}} AND kind = '{kind}')"
    )


def some_grant(kind: str) -> str:
    return f"id = (SELECT min(id) FROM reward_grants WHERE raid_id = {{victory}} AND kind = '{kind}')"
