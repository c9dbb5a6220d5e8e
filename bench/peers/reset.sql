SET session_replication_role = replica;
TRUNCATE world_threat_strikes, world_threat_analysis, world_threat_character_usage, world_threat_participants,
    world_threat_leaderboard_steps, reward_grants, idempotency_keys;
RESET session_replication_role;
UPDATE world_threat_raids SET
    current_hp = total_hp, damage = 0, fights = 0, analyses = 0, participants = 0, analysts = 0,
    current_analysis_points = 0, strikes_since_last_curse = 0, last_action_at = NULL
    WHERE id = 1;
