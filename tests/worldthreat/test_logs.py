"""The log: one line for each thing, in both forms, with the request it belongs to and without a secret."""

import asyncio
import contextlib
import logging
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import pytest
import structlog
from websockets.asyncio.client import connect

from services.tokens import new_secret
from services.views import Role
from tests.web.live import listening
from web import request_id
from worldthreat.logs import ALIKE_A_MINUTE, OF_PEERS, Bounded, configure_logs
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


def test_of_warnings_that_are_alike_only_some_are_written_in_a_minute(capsys: pytest.CaptureFixture[str]) -> None:
    now = 1_000.0
    with configured(log_format="json"):
        (handler,) = logging.getLogger().handlers
        handler.filters = [Bounded(lambda: now)]
        log = structlog.get_logger("a third test")

        def say() -> list[dict[str, Any]]:
            for number in range(100):
                log.warning("the database is away", number=number)
                logging.getLogger("a.library").warning("no connection to %s", number)
            log.warning("something else")
            for _ in range(50):
                log.error("internal_error")
            return [orjson.loads(line) for line in capsys.readouterr().err.splitlines()]

        first = say()
        now += 30
        assert Counter(line["event"] for line in say()) == {"internal_error": 50, "something else": 1}
        now += 31
        third = say()
    counted = Counter(line["event"].split(" to ")[0] for line in first)
    assert counted == {
        "the database is away": ALIKE_A_MINUTE, "no connection": ALIKE_A_MINUTE, "something else": 1,
        "internal_error": 50,
    }  # fmt: skip
    left_out = 2 * 100 - ALIKE_A_MINUTE
    assert third[0]["not_logged"] == left_out
    assert third[1]["event"] == f"no connection to 0 not_logged={left_out}"
    assert "not_logged" not in third[2]


MALFORMED = (
    b"nonsense\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    secrets.token_bytes(200),
)


async def test_peers_who_speak_nonsense_cannot_fill_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    async def follow(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body"})
            return
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass

    with configured():
        async with listening(follow) as (_server, port):
            for _ in range(40):
                for request in MALFORMED:
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.write(request)
                    writer.write_eof()
                    with contextlib.suppress(ConnectionError, TimeoutError):
                        await asyncio.wait_for(reader.read(10), 5)
                    writer.transport.abort()
                async with connect(f"ws://127.0.0.1:{port}/graphql", proxy=None) as socket:
                    socket.protocol.send_text(b"\xff\xfe")
                    socket.transport.write(b"".join(socket.protocol.data_to_send()))
                    await socket.wait_closed()
    said = capsys.readouterr().err
    assert "Invalid HTTP request" in said
    assert "Invalid UTF-8" in said
    assert "Traceback" not in said
    assert len(said.splitlines()) <= len(OF_PEERS) * ALIKE_A_MINUTE
