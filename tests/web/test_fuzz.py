"""A few of the cases that `python -m tests.web.fuzz` asks by the thousand."""

from tests.web.fuzz import ask_all, cases
from tests.web.harness import OpenApi


async def test_no_question_is_a_server_error(open_api: OpenApi) -> None:
    found = cases(160, number=1)
    assert len(found) > 120
    async with open_api(rate_player="off", rate_address="off") as api:
        await api.player("ada")
        await api.raid()
        asked = await ask_all(api.url, found, api)
    assert not asked.wrong, "\n".join(asked.wrong[:5])
    assert asked.executed > 20
