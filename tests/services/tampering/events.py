"""Events and the admins' log, changed."""
# ruff: noqa: S608 - the statements are our own, made of constants

from tests.services.tampering.statements import some_event

EVENTS: dict[str, tuple[str, str]] = {
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
}
