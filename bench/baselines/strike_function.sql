-- A strike as one call: what a careful team writes that keeps its game in PL/pgSQL. On the service's own tables, so that
-- both sides write the same rows and `raid verify` judges both. Fights without equipment in a raid where no stage,
-- curse or defeat is due: it refuses where the rules would have more to do.
CREATE SCHEMA bench;
CREATE SEQUENCE bench.turn MINVALUE 0 START 0 CACHE 16;

CREATE FUNCTION bench.strike(p_discord_id text, p_copies bigint[], p_key text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    raid world_threat_raids;
    boss jsonb;
    striker bigint;
    had world_threat_participants;
    moment timestamptz;
    dominant integer[];
    weak text[];
    disfavored text[];
    members bigint;
    team jsonb;
    base bigint;
    weighted bigint;
    affinity integer;
    final bigint;
    dealt bigint;
    strike_number bigint;
    is_new boolean;
    -- by weaknesses and curses: 1000 * 1.5^w * 0.75^c
    multipliers CONSTANT integer[] :=
        '{{1000,750,562,421},{1500,1125,843,632},{2250,1687,1265,949},{3375,2531,1898,1423}}';
BEGIN
    IF cardinality(p_copies) NOT BETWEEN 1 AND 6 THEN RAISE EXCEPTION 'InvalidTeam'; END IF;
    SELECT * INTO raid FROM world_threat_raids WHERE status IN ('active', 'paused') FOR UPDATE;
    IF NOT FOUND OR raid.status <> 'active' THEN RAISE EXCEPTION 'NoActiveEvent'; END IF;
    SELECT c.boss INTO boss FROM raid_configurations c WHERE c.raid_id = raid.id;
    moment := greatest(clock_timestamp(), raid.last_action_at);
    strike_number := raid.fights + raid.analyses + 1;
    SELECT id INTO striker FROM users WHERE discord_id = p_discord_id;
    IF NOT FOUND THEN RAISE EXCEPTION 'PlayerNotFound'; END IF;
    IF EXISTS (SELECT FROM idempotency_keys k WHERE k.user_id = striker AND k.key = p_key) THEN
        RAISE EXCEPTION 'a replay';
    END IF;

    SELECT array_agg(array_position('{hp,atk,mag,vit,spr,int,spd,lck}'::text[], stat)) INTO dominant
        FROM jsonb_array_elements_text(boss->'dominant_stats') stat;
    SELECT array_agg(lower((each->>'kind') || ':' || (each->>'value'))) INTO disfavored
        FROM jsonb_array_elements((boss->'resistances') || raid.current_curses) each;
    SELECT array_agg(lower((each->>'kind') || ':' || (each->>'value'))) INTO weak
        FROM jsonb_array_elements(raid.current_weaknesses) each
        WHERE lower((each->>'kind') || ':' || (each->>'value')) <> ALL (coalesce(disfavored, '{}'));

    SELECT count(*), sum(priced.score), sum(priced.score * priced.multiplier),
           jsonb_agg(jsonb_build_array(priced.id, priced.revision_id, priced.stars, priced.score, priced.multiplier)
                     ORDER BY priced.place)
        INTO members, base, weighted, team
        FROM (
            SELECT own.id, own.stars, named.place, revision.id AS revision_id,
                   (SELECT sum(revision.stats[stat]) FROM unnest(dominant) stat) * (9 + own.stars) / 10 AS score,
                   multipliers
                       [1 + least(3, (SELECT count(*) FROM unnest(revision.affinity_keys) k WHERE k = ANY (weak)))]
                       [1 + least(3, (SELECT count(*) FROM unnest(revision.affinity_keys) k WHERE k = ANY (disfavored)))]
                       AS multiplier
            FROM unnest(p_copies) WITH ORDINALITY AS named(id, place)
            JOIN user_characters own ON own.id = named.id AND own.user_id = striker
            JOIN characters kept ON kept.id = own.character_id
            JOIN character_revisions revision ON revision.id = kept.revision_id
        ) priced;
    IF members <> cardinality(p_copies) THEN RAISE EXCEPTION 'CharacterNotOwned'; END IF;
    IF EXISTS (SELECT FROM world_threat_character_usage used
               WHERE used.raid_id = raid.id AND used.character_id = ANY (p_copies)) THEN
        RAISE EXCEPTION 'CharacterAlreadyUsed';
    END IF;
    SELECT * INTO had FROM world_threat_participants p WHERE p.raid_id = raid.id AND p.user_id = striker;
    is_new := NOT FOUND;
    IF had.last_action_at + make_interval(secs => (boss->'rules'->>'cooldown_seconds')::integer) > moment THEN
        RAISE EXCEPTION 'Cooldown';
    END IF;

    affinity := CASE WHEN base = 0 THEN 1000 ELSE weighted / base END;
    final := base * affinity * (1000 + 100 * (raid.current_stage - 1)) / 1000000;
    dealt := final / (boss->'rules'->>'damage_divisor')::bigint;
    IF dealt = 0 THEN RAISE EXCEPTION 'ZeroEffect'; END IF;
    IF dealt >= raid.current_hp OR raid.strikes_since_last_curse + 1 >= raid.curse_trigger_threshold
       OR (raid.current_hp - dealt) * 1000 < raid.total_hp * (boss->'stage_hp_below_permille'->>0)::bigint THEN
        RAISE EXCEPTION 'a strike with consequences';
    END IF;

    INSERT INTO world_threat_strikes (
        raid_id, number, user_id, team_characters, team_size, base_score, affinity_permille, stage_permille, final_score,
        sequence_before, sequence_after, boss_hp_after, analysis_points_after, damage_after, fights_after,
        participants_after, strikes_since_last_curse_after, damage_dealt, overkill, boss_hp_before, struck_at
    ) VALUES (
        raid.id, strike_number, striker, team, members, base, affinity, 1000 + 100 * (raid.current_stage - 1), final,
        raid.sequence, raid.sequence, raid.current_hp - dealt, raid.current_analysis_points, raid.damage + dealt,
        raid.fights + 1, raid.participants + is_new::integer, raid.strikes_since_last_curse + 1, dealt, 0,
        raid.current_hp, moment
    );
    INSERT INTO world_threat_character_usage (raid_id, character_id, user_id, number, used_at)
        SELECT raid.id, id, striker, strike_number, moment FROM unnest(p_copies) id;
    INSERT INTO idempotency_keys (user_id, key, content_hash, raid_id, number)
        SELECT striker, p_key, sha256(convert_to(
            E'fight\n' || string_agg(id::text, E'\n' ORDER BY id::text COLLATE "C") || E'\nwith\n', 'UTF8'
        )), raid.id, strike_number FROM unnest(p_copies) id;
    INSERT INTO world_threat_participants AS p (
        raid_id, user_id, fights, analyses, strikes, strikes_number, damage, damage_number, analysis_points,
        analysis_number, contribution, contribution_number, best_score, best_score_number, last_action_at
    ) VALUES (
        raid.id, striker, 1, 0, 1, strike_number, dealt, strike_number, 0, 0, dealt, strike_number, final, strike_number,
        moment
    ) ON CONFLICT (raid_id, user_id) DO UPDATE SET
        fights = p.fights + 1, strikes = p.strikes + 1, strikes_number = strike_number,
        damage = p.damage + dealt, damage_number = strike_number,
        contribution = p.damage + dealt + p.analysis_points * 6 / 5, contribution_number = strike_number,
        best_score = greatest(p.best_score, final),
        best_score_number = CASE WHEN final > p.best_score THEN strike_number ELSE p.best_score_number END,
        last_action_at = moment;
    INSERT INTO reward_grants (raid_id, user_id, kind, key, rewards, strike_number, granted_at)
        SELECT raid.id, striker, 'strike', strike_number::text, jsonb_build_array(jsonb_build_array('crystals', amount)),
               strike_number, moment
        FROM (SELECT final / (boss->'rewards'->>'strike_divisor')::bigint * (boss->>'tier')::bigint AS amount) earned
        WHERE amount > 0
        UNION ALL
        SELECT raid.id, striker, 'milestone', each->>0, each->1, strike_number, moment
        FROM jsonb_array_elements(boss->'rewards'->'milestones') each
        WHERE (each->>0)::bigint > coalesce(had.contribution, 0)
          AND (each->>0)::bigint <= coalesce(had.contribution, 0) + dealt;
    UPDATE world_threat_raids SET
        current_hp = current_hp - dealt, damage = damage + dealt, fights = fights + 1,
        participants = participants + is_new::integer, strikes_since_last_curse = strikes_since_last_curse + 1,
        last_action_at = moment
        WHERE id = raid.id;
    RETURN jsonb_build_object(
        'number', strike_number, 'base_score', base, 'affinity_permille', affinity, 'final_score', final,
        'damage_dealt', dealt, 'hp_before', raid.current_hp, 'hp_after', raid.current_hp - dealt, 'team', team,
        'weaknesses', raid.current_weaknesses, 'curses', raid.current_curses
    );
END
$$;
