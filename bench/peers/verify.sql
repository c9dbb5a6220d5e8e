SELECT raid.total_hp - raid.current_hp AS hp_lost,
       (SELECT coalesce(sum(damage_dealt), 0)::bigint FROM world_threat_strikes WHERE raid_id = raid.id) AS damage,
       (SELECT count(*) FROM world_threat_strikes WHERE raid_id = raid.id) AS strikes,
       (SELECT count(*) FROM world_threat_character_usage WHERE raid_id = raid.id) AS usage_rows,
       (SELECT coalesce(sum(damage), 0)::bigint FROM world_threat_participants WHERE raid_id = raid.id)
           AS participant_damage,
       (SELECT coalesce(sum(strikes), 0)::bigint FROM world_threat_participants WHERE raid_id = raid.id)
           AS participant_strikes,
       (SELECT count(*) FROM (
           SELECT boss_hp_before, lag(boss_hp_after, 1, raid.total_hp) OVER (ORDER BY number) AS left_by
           FROM world_threat_strikes WHERE raid_id = raid.id
       ) chain WHERE boss_hp_before <> left_by) AS chain_breaks
FROM world_threat_raids raid WHERE raid.id = 1;
