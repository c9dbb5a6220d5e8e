"""A clock that is quick enough to be waited for."""

import pytest

import services.world_threat


@pytest.fixture(autouse=True)
def quick_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services.world_threat, "CLOCK_SECONDS", 0.05)
