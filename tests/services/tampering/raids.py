"""A raid and its configuration, changed."""
# ruff: noqa: ISC004 - two-line statements read best as they are

from tests.services.tampering.statements import LIVE_COLUMNS, one_more

RAIDS: dict[str, tuple[str, str]] = {
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
}
