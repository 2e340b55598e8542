"""`/graphql` over HTTP: POST with JSON; a browser's GET gets the explorer."""

import logging
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from socialfeed.application.services import Services
from socialfeed.domain.errors import Unauthenticated
from socialfeed.domain.permissions import Actor
from socialfeed.entrypoints.graphql.context import Context
from socialfeed.entrypoints.graphql.execution import Executor, Operation

log = logging.getLogger(__name__)

MAX_BODY = 1_000_000
"""Bytes of a request body."""

JSON = "application/json"


class BadRequest(Exception):
    """A request that is not a GraphQL operation: an HTTP status, a stable code and a sentence."""

    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


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


async def authenticate(request: Request, services: Services) -> Actor:
    """Who sends this request. No token is nobody in particular; a bad one is refused rather than ignored."""
    client = Actor(
        address=request.client.host if request.client else "", user_agent=request.headers.get("user-agent", "")
    )
    header = request.headers.get("authorization")
    if header is None:
        return client
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Use `Authorization: Bearer <token>`.", code="INVALID_TOKEN")
    return await services.sessions.actor(token.strip(), client)


async def read_body(request: Request) -> bytes:
    """The body, read no further than its limit allows."""
    too_large = BadRequest(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "BODY_TOO_LARGE", f"At most {MAX_BODY} bytes, please.")
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > MAX_BODY:
        raise too_large
    chunks, size = [], 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > MAX_BODY:
                raise too_large
            chunks.append(chunk)
    except ClientDisconnect:
        raise BadRequest(HTTPStatus.BAD_REQUEST, "BAD_REQUEST", "The request broke off.") from None
    return b"".join(chunks)


def read_operation(body: bytes, content_type: str) -> Operation:
    """The operation in a JSON body. Raises `BadRequest`: 415 for another media type, 400 for another shape."""
    if content_type.partition(";")[0].strip().lower() != JSON:
        raise BadRequest(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", f"Send {JSON}.")
    try:
        data = msgspec.json.decode(body)
    except RecursionError:
        raise _bad("The JSON is nested too deeply.") from None
    except ValueError:
        raise _bad("This is not valid JSON.") from None
    if isinstance(data, list):
        raise _bad("One operation a request: batches are not accepted.")
    if not isinstance(data, dict):
        raise _bad("Send a JSON object.")
    query, variables, name = data.get("query"), data.get("variables"), data.get("operationName")
    if not isinstance(query, str) or not query.strip():
        raise _bad('"query" must be the text of an operation.')
    if variables is not None and not isinstance(variables, dict):
        raise _bad('"variables" must be an object.')
    if name is not None and not isinstance(name, str):
        raise _bad('"operationName" must be a string.')
    return Operation(query, variables or {}, name or None)


def _bad(message: str) -> BadRequest:
    return BadRequest(HTTPStatus.BAD_REQUEST, "BAD_REQUEST", message)
