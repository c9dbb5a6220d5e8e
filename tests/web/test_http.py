"""GraphQL over HTTP as the specification has it; what npm's own audits ask is in test_http_audits.py."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.web.harness import Api
from tests.web.live import edge
from web.negotiation import Media, media_of
from web.requests import LARGEST_BODY

JSON, RESPONSE = "application/json; charset=utf-8", "application/graphql-response+json; charset=utf-8"
ASKED = {"query": "{ viewer { role } }"}
REFUSED = "query ($first: Int!) { raids(first: $first) { nodes { id } } }"


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, Media.JSON),
        (b"", Media.JSON),
        (b"*/*", Media.JSON),
        (b"application/*", Media.JSON),
        (b"application/json", Media.JSON),
        (b"APPLICATION/GraphQL-Response+JSON", Media.RESPONSE),
        (b"application/json, application/graphql-response+json", Media.JSON),
        (b"application/graphql-response+json, application/json;q=0.9", Media.RESPONSE),
        (b"application/json;q=0.5, application/graphql-response+json; charset=utf-8", Media.RESPONSE),
        (b"text/html, application/xhtml+xml, */*;q=0.8", Media.JSON),
        (b"text/event-stream", Media.EVENTS),
        (b"text/html", None),
        (b"application/json;q=0", None),
        (b"application/json;q=nonsense", None),
    ],
)
def test_the_form_that_is_liked_best(accept: bytes | None, media: Media | None) -> None:
    assert media_of(accept) is media


async def asked(api: Api, accept: str | None = None, **request: Any) -> httpx.Response:
    headers = {} if accept is None else {"Accept": accept}
    return await api.client.post("/graphql", json={**ASKED, **request}, headers=headers)


async def test_an_answer_has_the_form_that_is_asked_for(api: Api) -> None:
    for accept, told in ((None, JSON), ("*/*", JSON), ("application/graphql-response+json", RESPONSE)):
        answer = await asked(api, accept)
        assert (answer.status_code, answer.headers["content-type"]) == (200, told)
        assert answer.json() == {"data": {"viewer": {"role": "PUBLIC"}}}
        assert answer.headers["cache-control"] == "no-store"
    unknown = await asked(api, "text/html")
    assert (unknown.status_code, unknown.headers["content-type"]) == (406, JSON)
    assert "application/graphql-response+json" in unknown.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    "request_",
    [
        {"query": "{"},
        {"query": "{ nonsense }"},
        {"query": "fragment A on Query { viewer { role } }"},
        {"query": "{ viewer { role } }", "operationName": "no"},
        {"query": "query A { viewer { role } } query B { viewer { role } }"},
        {"query": REFUSED},
        {"query": REFUSED, "variables": {"first": "x"}},
    ],
    ids=str,
)
async def test_what_cannot_be_executed_has_no_data(api: Api, request_: dict[str, Any]) -> None:
    told = await asked(api, "application/graphql-response+json", **request_)
    assert (told.status_code, list(told.json())) == (400, ["errors"])
    before = await asked(api, "application/json", **request_)
    assert (before.status_code, before.json()) == (200, told.json())


async def test_an_answer_with_errors_at_its_fields_is_an_answer(api: Api) -> None:
    told = await asked(api, "application/graphql-response+json", query="{ tokens { id } viewer { role } }")
    assert told.status_code == 200
    assert told.json()["errors"][0]["path"] == ["tokens"]
    assert "data" in told.json()


async def test_by_get_there_are_queries_only(api: Api) -> None:
    got = await api.client.get("/graphql", params=ASKED)
    assert (got.status_code, got.json()) == (200, {"data": {"viewer": {"role": "PUBLIC"}}})
    named = {"query": "query A($f: Int!) { raids(first: $f) { nodes { id } } }", "operationName": "A"}
    got = await api.client.get("/graphql", params={**named, "variables": '{"f": 1}', "extensions": ""})
    assert (got.status_code, got.json()) == (200, {"data": {"raids": {"nodes": []}}})
    change = {"query": 'mutation { registerPlayer(input: {discordId: "by get", name: "x"}) { __typename } }'}
    refused = await api.client.get("/graphql", params=change, headers={"Authorization": f"Bearer {api.tokens.bot}"})
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    assert await api.rows("SELECT 1 FROM users WHERE discord_id = 'by get'") == []
    for parameters in (
        {},
        {"query": ""},
        {**ASKED, "variables": "{"},
        {**ASKED, "variables": "5"},
        {**ASKED, "variables": '{"a":' * 100 + "1" + "}" * 100},
        {**ASKED, **{f"p{number}": "" for number in range(50)}},
    ):
        bad = await api.client.get("/graphql", params=parameters)
        assert (bad.status_code, list(bad.json())) == (400, ["errors"]), bad.text


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"])
async def test_other_methods_are_not_allowed(api: Api, method: str) -> None:
    refused = await api.client.request(method, "/graphql")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, POST")
    assert (refused.text == "") == (method == "HEAD")


async def test_a_subscription_needs_a_stream(api: Api) -> None:
    refused = await asked(api, query="subscription { bossHp { current } }")
    assert refused.status_code == 400
    assert "text/event-stream" in refused.json()["errors"][0]["message"]


async def test_whatever_is_asked_as_a_stream_comes_as_one(api: Api) -> None:
    for query, first in (("{ viewer { role } }", 'data: {"data":{"viewer"'), ("{ nonsense }", 'data: {"errors":[')):
        told = await asked(api, "text/event-stream", query=query)
        assert (told.status_code, told.headers["content-type"]) == (200, "text/event-stream")
        lines = told.text.splitlines()
        assert (lines[0], lines[3]) == ("event: next", "event: complete")
        assert lines[1].startswith(first)


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("Application/JSON; Charset=UTF-8", 200),
        ('application/json; charset="utf-8"', 200),
        ("application/json; charset=latin-1", 415),
        ("application/graphql", 415),
        ("application/jsonp", 415),
        ("text/plain;application/json", 415),
    ],
)
async def test_a_body_is_json(api: Api, content_type: str, status: int) -> None:
    content = b'{"query": "{ viewer { role } }"}'
    told = await api.client.post("/graphql", content=content, headers={"Content-Type": content_type})
    assert told.status_code == status


async def test_the_largest_body_is_taken_and_one_byte_more_is_not(api: Api) -> None:
    empty = b'{"query": "{ viewer { role } }#"}'
    for size, status in ((LARGEST_BODY, 200), (LARGEST_BODY + 1, 413)):
        body = empty.replace(b"#", b"#" + b"x" * (size - len(empty)))
        whole = await api.client.post("/graphql", content=body, headers={"Content-Type": "application/json"})

        async def pieces(body: bytes = body) -> Any:
            for start in range(0, len(body), 20_000):
                yield body[start : start + 20_000]

        streamed = await api.client.post("/graphql", content=pieces(), headers={"Content-Type": "application/json"})
        assert (whole.status_code, streamed.status_code) == (status, status)


async def test_who_never_finishes_the_head_of_a_request_is_hung_up_on(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks, asks again, or follows is not."""
    monkeypatch.setattr("web.protocols.HEAD_SECONDS", 1.0)
    async with edge(api) as live:
        following = await live.client()
        idle = await asyncio.open_connection("127.0.0.1", live.port)
        slow = await asyncio.open_connection("127.0.0.1", live.port)
        slow[1].write(b"POST /graphql HTTP/1.1\r\nHost: x\r\nX-Slow:")
        for reader, writer in (idle, slow):
            assert await asyncio.wait_for(reader.read(), 40) == b""
            writer.close()
        await following.subscribe("{ __typename }")
        assert await following.data() == {"__typename": "Query"}


async def test_a_client_that_goes_in_the_middle_of_a_body_leaves_nothing_behind(api: Api) -> None:
    for _ in range(3):
        _, writer = await asyncio.open_connection("127.0.0.1", int(api.url.rpartition(":")[2]))
        head = "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"
        writer.write(head.encode())
        await writer.drain()
        writer.close()
    assert (await asked(api)).status_code == 200


def request_of(body: bytes, method: bytes = b"POST") -> bytes:
    return b"%s /graphql HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
        method,
        len(body),
        body,
    )


async def test_an_answer_comes_in_one_piece(api: Api) -> None:
    """Its reader is woken once, not for the head and for the body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(api.url.rpartition(":")[2]))
    for _ in range(20):
        writer.write(request_of(b'{"query": "{ __typename }"}'))
        piece = await asyncio.wait_for(reader.read(65_536), 40)
        assert piece.startswith(b"HTTP/1.1 200")
        assert piece.endswith(b'{"data":{"__typename":"Query"}}')
    writer.close()


async def test_answers_to_requests_that_were_sent_together_come_whole_and_in_their_order(api: Api) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(api.url.rpartition(":")[2]))
    writer.write(
        request_of(b'{"query": "{ a: __typename }"}')
        + request_of(b"", b"PUT")
        + b"HEAD /healthz HTTP/1.1\r\nHost: here\r\n\r\n"
        + request_of(b'{"query": "{ b: __typename }"}')
        + b"GET /healthz HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"
    )
    told = await asyncio.wait_for(reader.read(-1), 40)
    writer.close()
    assert [part.split(b" ")[0] for part in told.split(b"HTTP/1.1 ")[1:]] == [b"200", b"405", b"200", b"200", b"200"]
    assert told.index(b'{"data":{"a":"Query"}}') < told.index(b'{"data":{"b":"Query"}}')
