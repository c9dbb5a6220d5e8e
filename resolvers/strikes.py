"""The strike itself."""

from resolvers.context import Context
from services.rules.values import StrikeAction
from services.views import StrikeSuccess


async def execute_strike(
    context: Context,
    *,
    action: StrikeAction,
    character_ids: tuple[str, ...],
    equipment_id: str | None,
    discord_id: str | None,
    idempotency_key: str,
    expected_sequence: int | None,
    raid_id: str | None,
) -> StrikeSuccess:
    return await context.service.execute_strike(
        context.principal,
        action=action,
        character_ids=character_ids,
        equipment_id=equipment_id,
        discord_id=discord_id,
        idempotency_key=idempotency_key,
        expected_sequence=expected_sequence,
        raid_id=raid_id,
    )
