"""Everything of a raid that somebody with all rights could change behind the rules' back.

{victory}, {expired}, {cancelled} and {live} stand for the raids of the test.
"""
# ruff: noqa: S608, ISC004 - the statements are our own, made of constants; two-line ones read best as they are

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


# What is done, and how the first difference must begin; ~ stands for any number.
TAMPERED: dict[str, tuple[str, str]] = {
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
    "event message": (
        "UPDATE raid_events SET payload = jsonb_set(payload, '{{message}}', '\"Hello\"') WHERE "
        + some_event("curse_applied"),
        'event ~: payload.message: stored "Hello", replayed ',
    ),
    "event curse": (
        "UPDATE raid_events SET payload = jsonb_set(payload, '{{curse,value}}', '\"lightning\"') WHERE "
        + some_event("curse_applied"),
        'event ~: payload.curse.value: stored "lightning", replayed ',
    ),
    "event weakness": (
        "UPDATE raid_events SET payload = jsonb_set(payload, '{{weakness,value}}', '\"lightning\"') WHERE "
        + some_event("breakthrough"),
        'event ~: payload.weakness.value: stored "lightning", replayed ',
    ),
    "event payload with more in it": (
        "UPDATE raid_events SET payload = payload || '{{\"extra\": 1}}' WHERE " + some_event("boss_defeated"),
        "event ~: payload.extra: stored 1, replayed nothing",
    ),
    "event boss": (
        "UPDATE raid_events SET boss = jsonb_set(boss, '{{stage}}', '5') WHERE " + some_event("raid_started"),
        "event 1: boss.stage: stored 5, replayed 1",
    ),
    "event strike number": (
        "UPDATE raid_events SET strike_number = strike_number + 1 WHERE " + some_event("curse_applied"),
        "event ~: strike_number: stored ",
    ),
    "event time": (
        "UPDATE raid_events SET occurred_at = occurred_at + interval '1 second' WHERE " + some_event("curse_applied"),
        "event ~: occurred_at: stored ",
    ),
    "event kind": (
        "UPDATE raid_events SET kind = 'curse_fizzled' WHERE " + some_event("curse_applied"),
        'event ~: kind: stored "curse_fizzled", replayed "curse_applied"',
    ),
    "event sequence": (
        "UPDATE raid_events SET sequence = 9999 WHERE " + some_event("boss_defeated"),
        "event ~: stored nothing, replayed a boss_defeated",
    ),
    "event of a strike deleted": (
        "DELETE FROM raid_events WHERE " + some_event("curse_applied"),
        "event ~: stored nothing, replayed a curse_applied",
    ),
    "event of an admin deleted": (
        "DELETE FROM raid_events WHERE " + some_event("raid_paused"),
        "event ~: stored nothing, replayed an event",
    ),
    "event added": (
        "INSERT INTO raid_events SELECT raid_id, 9999, 'curse_fizzled', strike_number, payload, boss, occurred_at "
        "FROM raid_events WHERE " + some_event("boss_defeated"),
        "event 9999: stored a curse_fizzled, replayed nothing that sets it off",
    ),
    "pause added": (
        "INSERT INTO raid_events SELECT raid_id, 9999, kind, strike_number, payload, boss, occurred_at "
        "FROM raid_events WHERE " + some_event("raid_paused"),
        "event ~: stored nothing, replayed an event",
    ),
    "event start moved": (
        "UPDATE raid_events SET occurred_at = occurred_at + interval '1 millisecond' WHERE "
        + some_event("raid_started"),
        "raid: starts_at: stored ",
    ),
    "event start before its time": (
        "UPDATE raid_events SET occurred_at = occurred_at - interval '1 day' WHERE " + some_event("raid_started"),
        "event 1: stored a raid_started, replayed a refusal: ",
    ),
    "event unreadable": (
        "UPDATE raid_events SET payload = '{{\"version\": 2}}' WHERE " + some_event("raid_paused"),
        "event ~: payload: stored ",
    ),
    "event adjusted HP": (
        "UPDATE raid_events SET payload = jsonb_set(payload, '{{changes,hp}}', '6001') WHERE "
        + some_event("hp_adjusted"),
        "event ~: payload.message: stored ",
    ),
    "event adjusted HP, no number": (
        "UPDATE raid_events SET payload = jsonb_set(payload, '{{changes,hp}}', '\"many\"') WHERE "
        + some_event("hp_adjusted"),
        "event ~: payload: stored ",
    ),
    "event reason": (
        "UPDATE raid_events SET payload = jsonb_set(payload, '{{reason}}', '\"For fun.\"') WHERE "
        + some_event("raid_paused"),
        'admin act 1: reason of the event: stored "For fun.", in the admin log "A thunderstorm."',
    ),
    "admin log reason": (
        "UPDATE admin_actions SET reason = 'For fun.' WHERE raid_id = {victory} AND action = 'resume_raid'",
        'admin act 2: reason of the event: stored "It has passed.", in the admin log "For fun."',
    ),
    "admin log act deleted": (
        "DELETE FROM admin_actions WHERE raid_id = {victory} AND action = 'pause_raid'",
        'admin act 1: kind of the event: stored "raid_paused", in the admin log "raid_resumed"',
    ),
    "admin log creation deleted": (
        "DELETE FROM admin_actions WHERE raid_id = {victory} AND action = 'create_raid'",
        "admin log: create_raid: stored ",
    ),
    "seed": (
        "UPDATE world_threat_raids SET secret_seed = sha256(secret_seed) WHERE id = {victory}",
        "event ~: payload.",
    ),
    "raid name": (
        "UPDATE world_threat_raids SET raid_name = 'Mine' WHERE id = {victory}",
        'raid: raid_name: stored "Mine", replayed "The verified raid, second act"',
    ),
    "raid end": (
        "UPDATE world_threat_raids SET ends_at = ends_at + interval '1 day' WHERE id = {victory}",
        "raid: ends_at: stored ",
    ),
    "raid completed_at": (
        "UPDATE world_threat_raids SET completed_at = completed_at + interval '1 day' WHERE id = {victory}",
        "raid: completed_at: stored ",
    ),
    "raid last_action_at": (
        "UPDATE world_threat_raids SET last_action_at = NULL WHERE id = {victory}",
        "raid: last_action_at: stored null, replayed ",
    ),
    "raid final blow": (
        "UPDATE world_threat_raids SET final_blow_by = final_blow_by % 24 + 1 WHERE id = {victory}",
        "raid: final_blow_by: stored ",
    ),
    "raid weaknesses": (
        "UPDATE world_threat_raids SET current_weaknesses = current_weaknesses - 0 WHERE id = {victory}",
        "raid: current_weaknesses: stored ",
    ),
    "raid curses": (
        "UPDATE world_threat_raids SET current_curses = jsonb_set(current_curses, '{{0,value}}', '\"no\"') "
        "WHERE id = {victory}",
        'raid: current_curses[0].value: stored "no", replayed ',
    ),
    "raid status": (
        "UPDATE world_threat_raids SET status = 'paused', paused_at = now() WHERE id = {live}",
        'raid: status: stored "paused", replayed "active"',
    ),
    "raid outcome": (
        "UPDATE world_threat_raids SET outcome = 'cancelled' WHERE id = {expired}",
        'raid: outcome: stored "cancelled", replayed "expired"',
    ),
    "raid HP": (
        "UPDATE world_threat_raids SET current_hp = current_hp - 1, hp_adjusted = hp_adjusted + 1 WHERE id = {live}",
        "raid: current_hp: stored ",
    ),
    "raid damage": (
        "UPDATE world_threat_raids SET damage = damage + 1, hp_adjusted = hp_adjusted - 1 WHERE id = {live}",
        "raid: damage: stored ",
    ),
    "raid total HP": (
        "UPDATE world_threat_raids SET total_hp = total_hp + 1, hp_adjusted = hp_adjusted + 1 WHERE id = {live}",
        "raid: total_hp: stored ",
    ),
    "raid participants": (
        "UPDATE world_threat_raids SET participants = participants - 1 WHERE id = {live}",
        "raid: participants: stored ",
    ),
    **{
        f"raid {column}": (
            one_more("world_threat_raids", column, "id = {live}"),
            f"raid: {column}: stored ",
        )
        for column in LIVE_COLUMNS
    },
    "configuration revision": (
        "UPDATE raid_configurations SET revision = 7 WHERE raid_id = {victory}",
        "configuration: revision: stored 7, replayed 2",
    ),
    "configuration rewards": (
        "UPDATE raid_configurations SET boss = jsonb_set(boss, '{{rewards,strike_divisor}}', '1') "
        "WHERE raid_id = {victory}",
        "configuration: boss.rewards.strike_divisor: stored 1, replayed 50",
    ),
    "configuration original": (
        "UPDATE raid_configurations SET original = jsonb_set(original, '{{tier}}', '3') WHERE raid_id = {victory}",
        "configuration: original.tier: stored 3, replayed 1",
    ),
    "configuration unreadable": (
        "UPDATE raid_configurations SET original = '{{}}' WHERE raid_id = {victory}",
        "configuration: original: stored {{}}",
    ),
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
    **{
        f"grant of a {kind} deleted": (
            "DELETE FROM reward_grants WHERE " + some_grant(kind),
            f"grant {kind} ~ of player ~: stored nothing, replayed a grant of [",
        )
        for kind in ("strike", "milestone", "breakthrough", "victory", "title")
    },
    **{
        f"grant of a {kind} with another amount": (
            "UPDATE reward_grants SET rewards = '[[\"crystals\", 987654]]' WHERE " + some_grant(kind),
            f"grant {kind} ~ of player ~: rewards",
        )
        for kind in ("strike", "milestone", "breakthrough", "victory", "title")
    },
    **{
        f"grant of a {kind} added": (
            "INSERT INTO reward_grants (raid_id, user_id, kind, key, rewards) "
            f"VALUES ({{cancelled}}, 1, '{kind}', '777', '[[\"crystals\", 1]]')",
            f'grant {kind} 777 of player 1: stored grant ~ of [["crystals",1]], replayed nothing',
        )
        for kind in ("strike", "milestone", "breakthrough", "victory", "title")
    },
    "grant to somebody else": (
        "UPDATE reward_grants SET user_id = 424242 WHERE " + some_grant("victory"),
        "grant victory victory of player ~: stored nothing, replayed a grant",
    ),
    "grant with another strike": (
        "UPDATE reward_grants SET strike_number = 1 WHERE " + some_grant("breakthrough"),
        "grant breakthrough ~ of player ~: strike_number: stored 1, replayed ",
    ),
    "grant at another time": (
        "UPDATE reward_grants SET granted_at = now() WHERE " + some_grant("milestone"),
        "grant milestone ~ of player ~: granted_at: stored ",
    ),
    "grant of an expired raid": (
        "UPDATE reward_grants SET rewards = '[]' WHERE raid_id = {expired} AND kind = 'victory'",
        "grant victory victory of player ~: rewards: stored [], replayed ",
    ),
    "title of another": (
        "UPDATE reward_grants SET user_id = user_id % 24 + 1 WHERE raid_id = {victory} AND key = 'final_blow'",
        "grant title final_blow of player ~: stored nothing, replayed a grant of []",
    ),
    "idempotency key of no strike": (
        "UPDATE idempotency_keys SET number = 424242 WHERE raid_id = {victory} AND number = 2",
        "idempotency key ~ of player ~: number: stored 424242, replayed a strike of this player",
    ),
    "idempotency key of another's strike": (
        "UPDATE idempotency_keys SET user_id = user_id % 24 + 1 WHERE raid_id = {victory} AND number = 2",
        "idempotency key ~ of player ~: number: stored 2, replayed a strike of this player",
    ),
    "two idempotency keys for one strike": (
        "INSERT INTO idempotency_keys SELECT user_id, 'another', content_hash, raid_id, number "
        "FROM idempotency_keys WHERE raid_id = {victory} AND number = 2",
        "idempotency key ~ of player ~: number: stored 2, replayed a strike of this player",
    ),
}

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
    ("DELETE FROM world_threat_character_usage WHERE " + A_FIGHT, "accounts: characters used: stored "),
    ("DELETE FROM raid_events WHERE " + some_event("boss_defeated"), "accounts: defeats: stored 0, counted 1"),
    ("DELETE FROM raid_events WHERE " + some_event("curse_applied"), "accounts: sequence: stored "),
]
