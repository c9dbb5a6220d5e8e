"""The log: one line for each thing, in both forms, with the request it belongs to and without a secret."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import orjson
import pytest
import structlog

from services.tokens import new_secret
from services.views import Role
from web import request_id
from worldthreat.logs import configure_logs
from worldthreat.settings import Settings

SECRETS = {
    "database_url": "postgresql://raider:hunter%3A2hunter@db.example.org/raid",
    "redis_url": "rediss://:another-secret@cache.example.org/0",
    "discord_token": "MTA.discord.token",
    "metrics_token": "scrape-it-all",
}
PLANTED = ("hunter%3A2hunter", "hunter:2hunter", "another-secret", "MTA.discord.token", "scrape-it-all")


@contextmanager
def configured(**settings: str) -> Iterator[None]:
    """The log as it is set up with these settings; afterwards as it was."""
    root = logging.getLogger()
    handlers, level, before = root.handlers, root.level, structlog.get_config()
    configure_logs(Settings.model_validate(settings))
    try:
        yield
    finally:
        root.handlers = handlers
        root.setLevel(level)
        structlog.configure(**before)


def fail(message: str) -> None:
    raise ValueError(message)


@pytest.mark.parametrize("form", ["console", "json"])
def test_no_secret_is_logged_wherever_it_stands(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    tokens = [new_secret(role) for role in (Role.VIEWER, Role.PLAYER, Role.BOT, Role.ADMIN)]
    with configured(**SECRETS, log_format=form):
        log = structlog.get_logger("a test")
        for secret in (*tokens, *PLANTED):
            log.warning(secret, given=secret, inside={"headers": [f"Bearer {secret}"]})
            logging.getLogger("a.library").warning("connecting with %s", secret)
            try:
                fail(f"cannot use {secret}")
            except ValueError:
                log.exception("failed")
    told = capsys.readouterr().err
    assert told.count("cannot use") >= len(tokens) + len(PLANTED)
    for secret in (*tokens, *PLANTED):
        assert secret not in told
    assert "wt_admin_***" in told
    assert (form == "json") == told.startswith("{")


def test_a_line_says_which_request_it_belongs_to(capsys: pytest.CaptureFixture[str]) -> None:
    with configured(log_format="json"):
        log = structlog.get_logger("another test")
        log.warning("before")
        request_id.begin_request()
        log.warning("within")
        request_id.begin_request()
        log.warning("the next")
        logging.getLogger("a.library").warning("and what a library says")
        request_id.current.set(0)
    lines = [orjson.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert "request_id" not in lines[0]
    ids = [line["request_id"] for line in lines[1:]]
    assert ids[0] != ids[1] == ids[2]
    assert all(one.startswith(request_id.PROCESS) for one in ids)
