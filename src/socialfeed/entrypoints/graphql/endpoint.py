"""`/graphql` over HTTP: POST with JSON; a browser's GET gets the explorer."""

from http import HTTPStatus
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from socialfeed.application.services import Services
from socialfeed.domain.errors import Unauthenticated, Unavailable
from socialfeed.entrypoints.graphql.context import Context
from socialfeed.entrypoints.graphql.execution import Executor, Operation
from socialfeed.entrypoints.requests import JSON, BadRequest, authenticate, decode_json, malformed, read_body


class GraphQLEndpoint:
    """An ASGI application. `services` is called per request: they exist only once the lifespan has begun."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        services: Services = request.state.services
        request_id: str = request.state.request_id
        try:
            operation = read_operation(await read_body(request), request.headers.get("content-type", ""))
            actor = await authenticate(request, services)
        except BadRequest as error:
            response = _refused(error)
        except Unauthenticated as error:
            response = _refused(BadRequest(HTTPStatus.UNAUTHORIZED, error.code, str(error)))
            response.headers["WWW-Authenticate"] = "Bearer"
        except Unavailable as error:  # nobody can tell whose token this is
            response = _refused(BadRequest(HTTPStatus.SERVICE_UNAVAILABLE, error.code, Unavailable.message))
        else:
            response = await self._run(operation, Context(services, actor), request_id)
        await response(scope, receive, send)

    async def _run(self, operation: Operation, context: Context, request_id: str) -> Response:
        outcome = await self._executor.run(operation, context, request_id)
        status = HTTPStatus.OK if outcome.executed else HTTPStatus.BAD_REQUEST
        headers = {}
        retry_after = _retry_after(outcome.response)
        if retry_after is not None:
            status, headers["Retry-After"] = HTTPStatus.TOO_MANY_REQUESTS, str(retry_after)
        return Response(msgspec.json.encode(outcome.response), status, headers, JSON)


def _refused(error: BadRequest) -> Response:
    body = {"errors": [{"message": str(error), "extensions": {"code": error.code}}]}
    return Response(msgspec.json.encode(body), error.status, media_type=JSON)


def _retry_after(response: dict[str, Any]) -> int | None:
    """Seconds, if the operation came to nothing because of a limit."""
    if response.get("data") is not None:
        return None
    waits = [error.get("extensions", {}).get("retryAfter") for error in response.get("errors", ())]
    return max((wait for wait in waits if wait is not None), default=None)


def read_operation(body: bytes, content_type: str) -> Operation:
    """The operation in a JSON body. Raises `BadRequest`: 415 for another media type, 400 for another shape."""
    data = decode_json(body, content_type)
    if isinstance(data, list):
        raise malformed("One operation a request: batches are not accepted.")
    if not isinstance(data, dict):
        raise malformed("Send a JSON object.")
    query, variables, name = data.get("query"), data.get("variables"), data.get("operationName")
    if not isinstance(query, str) or not query.strip():
        raise malformed('"query" must be the text of an operation.')
    if variables is not None and not isinstance(variables, dict):
        raise malformed('"variables" must be an object.')
    if name is not None and not isinstance(name, str):
        raise malformed('"operationName" must be a string.')
    return Operation(query, variables or {}, name or None)
