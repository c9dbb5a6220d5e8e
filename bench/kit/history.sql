-- Strikes `first` to `last` (from 0) of a raid in which nothing but strikes happens, every third an analysis, as the
-- rules make them and the strike line writes them. Takes its numbers from the temporary table `filling`; the raid must
-- hold exactly the strikes before `first`. Each player strikes with all teams of `size` (`turns` of them), then the next.
CREATE TEMPORARY TABLE priced ON COMMIT DROP AS
WITH boss AS (
    SELECT raid.id, configured.boss, raid.current_weaknesses AS weaknesses, raid.current_curses AS curses
    FROM filling JOIN world_threat_raids raid ON raid.id = filling.raid_id
    JOIN raid_configurations configured ON configured.raid_id = raid.id
), disfavored AS (
    SELECT lower((each->>'kind') || ':' || (each->>'value')) AS key
    FROM boss, jsonb_array_elements((boss->'resistances') || curses) each
), weak AS (
    SELECT lower((each->>'kind') || ':' || (each->>'value')) AS key FROM boss, jsonb_array_elements(weaknesses) each
    EXCEPT SELECT key FROM disfavored
)
SELECT kept.id AS character_id, revision.id AS revision_id,
       (SELECT sum(revision.stats[array_position('{hp,atk,mag,vit,spr,int,spd,lck}'::text[], stat)])
        FROM jsonb_array_elements_text(boss->'dominant_stats') stat) AS dominant,
       ('{{1000,750,562,421},{1500,1125,843,632},{2250,1687,1265,949},{3375,2531,1898,1423}}'::bigint[])
           [1 + least(3, (SELECT count(*) FROM weak WHERE key = ANY (revision.affinity_keys)))]
           [1 + least(3, (SELECT count(*) FROM disfavored WHERE key = ANY (revision.affinity_keys)))] AS multiplier
FROM boss, characters kept JOIN character_revisions revision ON revision.id = kept.revision_id;

CREATE TEMPORARY TABLE member ON COMMIT DROP AS
SELECT n, place, own.id, own.user_id, priced.revision_id, own.stars,
       priced.dominant * (9 + own.stars) / 10 AS score, priced.multiplier
FROM filling
CROSS JOIN generate_series(filling.first, filling.last) n
CROSS JOIN generate_series(0, filling.size - 1) place
JOIN user_characters own
    ON own.id = filling.first_copy + n / filling.turns * filling.each + n % filling.turns * filling.size + place
JOIN priced ON priced.character_id = own.character_id;

CREATE TEMPORARY TABLE struck ON COMMIT DROP AS
WITH scored AS (
    SELECT n, min(user_id) AS user_id, sum(score)::bigint AS base, div(sum(score * multiplier), sum(score))::bigint AS affinity,
           jsonb_agg(jsonb_build_array(id, revision_id, stars, score, multiplier) ORDER BY place) AS team,
           E'\n' || string_agg(id::text, E'\n' ORDER BY id::text COLLATE "C") || E'\nwith\n' AS content
    FROM member GROUP BY n
)
SELECT n + 1 AS number, n % 3 < 2 AS fight, user_id, base, affinity, base * affinity / 1000 AS final,
       base * affinity / 1000 / 10 AS points, team, content, coalesce(raid.last_action_at, raid.starts_at) + (n - first + 1) * interval '1 microsecond' AS moment
FROM scored, filling JOIN world_threat_raids raid ON raid.id = filling.raid_id
ORDER BY n;
ANALYZE struck;

CREATE TEMPORARY TABLE log ON COMMIT DROP AS
SELECT struck.*, raid.id AS raid_id, raid.sequence, size,
       raid.damage + coalesce(sum(points) FILTER (WHERE fight) OVER so_far, 0) AS damage_after,
       raid.current_analysis_points + coalesce(sum(points) FILTER (WHERE NOT fight) OVER so_far, 0) AS points_after,
       raid.fights + count(*) FILTER (WHERE fight) OVER so_far AS fights_after,
       (number - 1) / turns + 1 AS participants_after,
       coalesce(had.damage, 0) + coalesce(sum(points) FILTER (WHERE fight) OVER theirs, 0) AS user_damage,
       coalesce(had.analysis_points, 0) + coalesce(sum(points) FILTER (WHERE NOT fight) OVER theirs, 0) AS user_points
FROM struck
CROSS JOIN filling
JOIN world_threat_raids raid ON raid.id = filling.raid_id
LEFT JOIN world_threat_participants had ON had.raid_id = raid.id AND had.user_id = struck.user_id
WINDOW so_far AS (ORDER BY number), theirs AS (PARTITION BY struck.user_id ORDER BY number);

INSERT INTO world_threat_strikes (
    raid_id, number, user_id, team_characters, team_size, base_score, affinity_permille, stage_permille, final_score,
    sequence_before, sequence_after, boss_hp_after, analysis_points_after, damage_after, fights_after, participants_after,
    strikes_since_last_curse_after, damage_dealt, overkill, boss_hp_before, struck_at
)
SELECT raid_id, number, user_id, team, size, base, affinity, 1000, final, log.sequence, log.sequence,
       raid.total_hp - damage_after, points_after, damage_after, fights_after, participants_after, number, points, 0,
       raid.total_hp - damage_after + points, moment
FROM log JOIN world_threat_raids raid ON raid.id = raid_id WHERE fight ORDER BY number;

INSERT INTO world_threat_analysis (
    raid_id, number, user_id, team_characters, team_size, base_score, affinity_permille, stage_permille, final_score,
    sequence_before, sequence_after, boss_hp_after, analysis_points_after, damage_after, fights_after, participants_after,
    strikes_since_last_curse_after, analysis_points, milestone_triggered, analyzed_at
)
SELECT raid_id, number, user_id, team, size, base, affinity, 1000, final, log.sequence, log.sequence,
       raid.total_hp - damage_after, points_after, damage_after, fights_after, participants_after, number, points, false,
       moment
FROM log JOIN world_threat_raids raid ON raid.id = raid_id WHERE NOT fight ORDER BY number;

INSERT INTO world_threat_character_usage (raid_id, character_id, user_id, number, used_at)
SELECT raid_id, id, log.user_id, number, moment FROM log JOIN member ON member.n = number - 1 ORDER BY number, place;

INSERT INTO idempotency_keys (user_id, key, content_hash, raid_id, number)
SELECT user_id, raid_id || '-filled-' || number,
       sha256(convert_to(CASE WHEN fight THEN 'fight' ELSE 'analyze' END || content, 'UTF8')), raid_id, number
FROM log ORDER BY number;

INSERT INTO reward_grants (raid_id, user_id, kind, key, rewards, strike_number, granted_at)
SELECT raid_id, user_id, kind, key, rewards, number, moment FROM (
    SELECT log.raid_id, user_id, 'strike' AS kind, number::text AS key, 0 AS rank, number, moment,
           jsonb_build_array(jsonb_build_array(
               'crystals', final / (boss->'rewards'->>'strike_divisor')::bigint * (boss->>'tier')::bigint)) AS rewards
    FROM log JOIN raid_configurations configured ON configured.raid_id = log.raid_id
    WHERE final / (boss->'rewards'->>'strike_divisor')::bigint > 0
    UNION ALL
    SELECT log.raid_id, user_id, 'milestone', milestone->>0, (milestone->>0)::bigint, number, moment, milestone->1
    FROM log JOIN raid_configurations configured ON configured.raid_id = log.raid_id
    CROSS JOIN jsonb_array_elements(boss->'rewards'->'milestones') milestone
    WHERE (milestone->>0)::bigint <= user_damage + div(user_points * 6, 5)
      AND (milestone->>0)::bigint > CASE WHEN fight THEN user_damage - points + div(user_points * 6, 5)
                                         ELSE user_damage + div((user_points - points) * 6, 5) END
) earned ORDER BY number, rank;

INSERT INTO world_threat_participants (
    raid_id, user_id, fights, analyses, strikes, strikes_number, damage, damage_number, analysis_points, analysis_number,
    contribution, contribution_number, first_analysis_number, best_score, best_score_number, last_action_at
)
SELECT raid_id, user_id, count(*) FILTER (WHERE fight), count(*) FILTER (WHERE NOT fight), count(*), max(number),
       coalesce(sum(points) FILTER (WHERE fight), 0), coalesce(max(number) FILTER (WHERE fight), 0),
       coalesce(sum(points) FILTER (WHERE NOT fight), 0), coalesce(max(number) FILTER (WHERE NOT fight), 0),
       coalesce(sum(points) FILTER (WHERE fight), 0) + div(coalesce(sum(points) FILTER (WHERE NOT fight), 0) * 6, 5),
       max(number), min(number) FILTER (WHERE NOT fight), max(final), (array_agg(number ORDER BY final DESC, number))[1],
       max(moment)
FROM log GROUP BY raid_id, user_id
ON CONFLICT (raid_id, user_id) DO UPDATE SET
    fights = world_threat_participants.fights + excluded.fights,
    analyses = world_threat_participants.analyses + excluded.analyses,
    strikes = world_threat_participants.strikes + excluded.strikes,
    strikes_number = excluded.strikes_number,
    damage = world_threat_participants.damage + excluded.damage,
    damage_number = greatest(world_threat_participants.damage_number, excluded.damage_number),
    analysis_points = world_threat_participants.analysis_points + excluded.analysis_points,
    analysis_number = greatest(world_threat_participants.analysis_number, excluded.analysis_number),
    contribution = world_threat_participants.damage + excluded.damage
        + (world_threat_participants.analysis_points + excluded.analysis_points) * 6 / 5,
    contribution_number = excluded.contribution_number,
    first_analysis_number =
        coalesce(world_threat_participants.first_analysis_number, excluded.first_analysis_number),
    best_score = greatest(world_threat_participants.best_score, excluded.best_score),
    best_score_number = CASE WHEN excluded.best_score > world_threat_participants.best_score
        THEN excluded.best_score_number ELSE world_threat_participants.best_score_number END,
    last_action_at = excluded.last_action_at;

UPDATE world_threat_raids raid SET
    damage = newest.damage_after, current_hp = total_hp - newest.damage_after, fights = newest.fights_after,
    analyses = newest.number - newest.fights_after, current_analysis_points = newest.points_after,
    participants = newest.participants_after, strikes_since_last_curse = newest.number, last_action_at = newest.moment,
    analysts = (SELECT count(*) FROM world_threat_participants p WHERE p.raid_id = raid.id AND p.analysis_points > 0)
FROM (SELECT * FROM log ORDER BY number DESC LIMIT 1) newest
WHERE raid.id = newest.raid_id;

-- What the triggers would have moved, which stand aside here.
DELETE FROM world_threat_leaderboard_steps WHERE raid_id = (SELECT raid_id FROM filling);
INSERT INTO world_threat_leaderboard_steps (raid_id, metric, step, players)
SELECT raid_id, metric, leaderboard_step(score), count(*) FROM world_threat_participants
CROSS JOIN LATERAL (VALUES
    ('damage', damage), ('analysis', analysis_points), ('contribution', contribution), ('strikes', strikes)
) AS of(metric, score)
WHERE raid_id = (SELECT raid_id FROM filling) AND score > 0 GROUP BY 1, 2, 3;
