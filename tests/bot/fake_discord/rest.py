"""The REST side: authorization, faults, rate limits, the record of calls, and the check against the description."""

import json
from collections.abc import Iterable, Mapping
from email.utils import formatdate
from typing import Any

import orjson
from aiohttp import web

from tests.bot.fake_discord.buckets import Buckets
from tests.bot.fake_discord.calls import Call, Route, taken_apart
from tests.bot.fake_discord.description import Checks
from tests.bot.fake_discord.errors import DiscordError, Json, unauthorized
from tests.bot.fake_discord.faults import Fault, Faults, Way
from tests.bot.fake_discord.state import Request, State

PREFIX = "/api/v10"
BODY_BYTES = 30 * 1024 * 1024
INVALID_FORM = 50035


class Rest:
    def __init__(self, state: State, faults: Faults, buckets: Buckets, checks: Checks) -> None:
        self._state, self._faults, self._buckets, self._checks = state, faults, buckets, checks

    def add_to(self, app: web.Application, routes: Iterable[Route]) -> None:
        for route in routes:
            app.router.add_route(route.method, PREFIX + route.path, self._serving(route))
        app.router.add_route("*", PREFIX + "/{rest:.*}", self._not_there)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """The content delivery network."""
        file = self._state.files.get(int(request.match_info["file_id"]))
        if file is None:
            raise web.HTTPNotFound
        return web.Response(body=file.content, content_type=file.content_type)

    async def _not_there(self, request: web.Request) -> web.StreamResponse:
        self._checks.note(f"{request.method} {request.path}", "the fake has no such route")
        return answer(404, {"code": 0, "message": "404: Not Found"}, {})

    def _serving(self, route: Route) -> Any:
        async def serve(request: web.Request) -> web.StreamResponse:
            call = await taken_apart(request, PREFIX)
            fault = self._faults.drawn_for(f"{call.method} {call.path}")
            response = None if fault is None else await self._before(fault)
            cut = fault is not None and fault.way is Way.LOST_REQUEST
            if response is None and not cut:
                response = self._carried_out(route, call, request.headers.get("Authorization"))
                cut = fault is not None and fault.way is Way.LOST_ANSWER
                if fault is not None and fault.way is Way.SERVER_ERROR_AFTER:
                    response = web.Response(status=fault.status, text="upstream error")
            status = None if cut or response is None else response.status
            self._state.requests.append(
                Request(self._state.clock.now(), call.method, call.path, call.route, call.body, status)
            )
            if cut or response is None:
                if request.transport is not None:
                    request.transport.abort()
                return web.Response()
            response.headers["Date"] = formatdate(self._state.clock.now(), usegmt=True)
            return response

        return serve

    async def _before(self, fault: Fault) -> web.Response | None:
        """What answers instead of Discord, if anything."""
        match fault.way:
            case Way.RATE_LIMIT:
                return rate_limited(fault.seconds, fault.scope, {})
            case Way.BAN:
                return web.Response(
                    status=429, text="<html>You are being rate limited</html>", content_type="text/html"
                )
            case Way.SERVER_ERROR:
                return web.Response(status=fault.status, text="upstream error")
            case Way.DELAY:
                await self._faults.let_pass(fault.seconds)
        return None

    def _carried_out(self, route: Route, call: Call, authorization: str | None) -> web.Response:
        room = self._buckets.room_for(call)
        if room.retry_after is not None:
            return rate_limited(room.retry_after, "user", room.headers)
        try:
            if route.authorized and authorization != f"Bot {self._state.token}":
                raise unauthorized()
            self._checks.request(call)
            body = route.handler(call)
        except DiscordError as error:
            if error.code == INVALID_FORM:
                self._checks.note(f"{call.method} {call.path}", f"refused as invalid: {json.dumps(error.errors)}")
            return answer(error.status, error.body(), room.headers)
        if body is None:
            return web.Response(status=204, headers={"Via": "1.1 loopback", **room.headers})
        self._checks.response(call, body)
        return answer(200, body, room.headers)


def answer(status: int, body: Any, headers: Mapping[str, str]) -> web.Response:
    return web.Response(
        body=orjson.dumps(body),
        status=status,
        headers={"Content-Type": "application/json", "Via": "1.1 loopback", **headers},
    )


def rate_limited(seconds: float, scope: str, headers: Mapping[str, str]) -> web.Response:
    told: Json = {"message": "You are being rate limited.", "retry_after": seconds, "global": scope == "global"}
    more = {"X-RateLimit-Global": "true"} if scope == "global" else {}
    return answer(429, told, {**headers, "Retry-After": f"{seconds:.3f}", "X-RateLimit-Scope": scope, **more})
