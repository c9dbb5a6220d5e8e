"""POST /graphql: Strawberry's view with our context, our errors and orjson."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http.ides import GraphQL_IDE
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from resolvers.context import Context
from schema.build import WorldThreatSchema
from services.errors import UnauthenticatedError
from services.tokens import Authenticator
from services.world_threat import WorldThreatService

BEARER = "bearer "


def bearer_token(authorization: str | None) -> str | None:
    """The token of an Authorization header; None without one.

    Raises:
        UnauthenticatedError: the header is there and is not ``Bearer <token>``.
    """
    if authorization is None:
        return None
    if not authorization.lower().startswith(BEARER) or not authorization[len(BEARER) :].strip():
        raise UnauthenticatedError("Authorization: send it as: Bearer <token>.")
    return authorization[len(BEARER) :].strip()


class GraphQLView(GraphQL[Context, None]):
    """One per process. A token that is no good is answered with 401 before anything is executed."""

    def __init__(
        self,
        schema: WorldThreatSchema,
        service: WorldThreatService,
        authenticator: Authenticator,
        *,
        public_read: bool,
        graphql_ide: GraphQL_IDE | None = "graphiql",
    ) -> None:
        super().__init__(
            schema,
            graphql_ide=graphql_ide,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
        )
        self._service = service
        self._authenticator = authenticator
        self._public_read = public_read

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except UnauthenticatedError as error:
            if scope["type"] != "http":
                raise
            answer = {"errors": [{"message": str(error), "extensions": {"code": "UNAUTHENTICATED"}}]}
            response = JSONResponse(answer, status_code=401, headers={"WWW-Authenticate": "Bearer"})
            await response(scope, receive, send)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:  # noqa: ARG002
        principal = await self._authenticator.principal(bearer_token(request.headers.get("authorization")))
        return Context(service=self._service, principal=principal, public_read=self._public_read)

    def encode_json(self, data: Any) -> str:
        return orjson.dumps(data).decode()

    def decode_json(self, data: str | bytes) -> object:
        return orjson.loads(data)
