"""Grants and idempotency keys, changed."""
# ruff: noqa: S608, ISC004 - the statements are our own, made of constants; two-line ones read best as they are

from tests.services.tampering.statements import some_grant

GRANTS: dict[str, tuple[str, str]] = {
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
