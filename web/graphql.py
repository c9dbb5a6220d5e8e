"""POST /graphql: Strawberry's view with our context, our errors and orjson."""

import math
from typing import Any

import orjson
from cross_web import HTTPException
from graphql import GraphQLError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL

from resolvers.context import Context
from schema.build import WorldThreatSchema
from schema.masking import presentable
from services.errors import ForbiddenError, InvalidInputError, OverloadedError, UnauthenticatedError
from services.tokens import Authenticator
from services.world_threat import WorldThreatService
from web.bearer import ACTOR_HEADER, acting_for, principal_of

REFUSALS = (UnauthenticatedError, OverloadedError, ForbiddenError, InvalidInputError)


def _refusal(error: Exception) -> Response:
    """The answer to a request that is not executed, in the form of GraphQL's own errors."""
    told = presentable(GraphQLError("", original_error=error)).formatted
    headers = {}
    if isinstance(error, OverloadedError):
        status, headers = 503, {"Retry-After": str(math.ceil(error.retry_after_ms / 1000))}
    elif isinstance(error, UnauthenticatedError):
        status, headers = 401, {"WWW-Authenticate": "Bearer"}
    else:
        status = 403 if isinstance(error, ForbiddenError) else 400
    return JSONResponse({"errors": [told]}, status_code=status, headers=headers)


class GraphQLView(GraphQL[Context, None]):
    """One per process. Before anything is executed, a token that is no good is answered with 401, and with 503 one
    that cannot be looked up while the database is away; a header that names an acting person where or as it must not
    with 403 or 400.
    """

    def __init__(
        self,
        schema: WorldThreatSchema,
        service: WorldThreatService,
        authenticator: Authenticator,
        *,
        public_read: bool,
    ) -> None:
        super().__init__(
            schema,
            graphql_ide=None,  # Strawberry's own loads its files from other hosts; ours is in web/pages.py
            subscription_protocols=(GRAPHQL_SSE_PROTOCOL,),
        )
        self._service = service
        self._authenticator = authenticator
        self._public_read = public_read

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except ClientDisconnect:
            return  # before its question was read: nobody is left to be answered
        except REFUSALS as error:
            if scope["type"] != "http":
                raise
            await _refusal(error)(scope, receive, send)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:  # noqa: ARG002
        principal = await principal_of(self._authenticator, request.headers.get("authorization"))
        principal = acting_for(principal, request.headers.getlist(ACTOR_HEADER))
        return Context(service=self._service, principal=principal, public_read=self._public_read)

    def parse_json(self, data: str | bytes) -> Any:
        """Raises HTTPException for what is no JSON, and for a body that is JSON and no question, such as ``null``."""
        parsed = super().parse_json(data)
        if isinstance(data, bytes) and not isinstance(parsed, dict | list):
            raise HTTPException(400, "The request body must be a JSON object")
        return parsed

    def encode_json(self, data: Any) -> str:
        return orjson.dumps(data).decode()

    def decode_json(self, data: str | bytes) -> object:
        return orjson.loads(data)
