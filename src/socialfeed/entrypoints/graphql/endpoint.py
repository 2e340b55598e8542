"""`/graphql` over HTTP: POST with JSON, or with a form that brings files; GET for queries."""

from dataclasses import replace
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from socialfeed.application.services import Services
from socialfeed.container import App
from socialfeed.domain.errors import Forbidden, Unauthenticated, Unavailable
from socialfeed.entrypoints.forms import closing, is_form
from socialfeed.entrypoints.graphql.context import Context
from socialfeed.entrypoints.graphql.execution import Executor, Operation, Outcome
from socialfeed.entrypoints.graphql.operations import operation_of
from socialfeed.entrypoints.graphql.persisted import NOT_FOUND, PersistedQueries
from socialfeed.entrypoints.graphql.protocol import accepted, parameters_of
from socialfeed.entrypoints.graphql.trusted import Manifest
from socialfeed.entrypoints.graphql.uploads import check_preflight, read_upload
from socialfeed.entrypoints.requests import (
    JSON,
    BadRequest,
    authenticate,
    rate_limit_headers,
)


class GraphQLEndpoint:
    """An ASGI application. `services` is called per request: they exist only once the lifespan has begun."""

    def __init__(self, executor: Executor, manifest: Manifest) -> None:
        self._executor = executor
        self._persisted = PersistedQueries(manifest)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        services: Services = request.state.services
        try:
            if is_form(request):
                response = await self._run_upload(request, services)
            else:
                operation = operation_of(await parameters_of(request), reads=request.method == "GET")
                actor = await authenticate(request, services)
                response = await self._run(request, operation, Context(services, actor))
        except BadRequest as error:
            response = _refused(error)
        except Unauthenticated as error:
            response = _refused(BadRequest(HTTPStatus.UNAUTHORIZED, error.code, str(error)))
            response.headers["WWW-Authenticate"] = "Bearer"
        except Forbidden as error:
            response = _refused(BadRequest(HTTPStatus.FORBIDDEN, error.code, str(error)))
        except Unavailable as error:  # nobody can tell whose token this is, or take a file
            response = _refused(BadRequest(HTTPStatus.SERVICE_UNAVAILABLE, error.code, Unavailable.message))
        await closing(request, response)(scope, receive, send)

    async def _run_upload(self, request: Request, services: Services) -> Response:
        """Nobody in particular gets no room for a file, so who sends it is asked first."""
        check_preflight(request)
        actor = await authenticate(request, services)
        async with read_upload(request, services.media, actor) as operation:
            return await self._run(request, operation, Context(services, actor))

    async def _run(self, request: Request, operation: Operation, context: Context) -> Response:
        outcome = await self._outcome(request, operation, context)
        status, headers = outcome.status, {**rate_limit_headers(outcome.budget), **context.feeds.headers()}
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = "POST"
        retry_after = _retry_after(outcome.response)
        if retry_after is not None:
            status, headers["Retry-After"] = HTTPStatus.TOO_MANY_REQUESTS, str(retry_after)
        return accepted(request).response(replace(outcome, status=status), headers)

    async def _outcome(self, request: Request, operation: Operation, context: Context) -> Outcome:
        app: App = request.state.app
        digest = operation.hash
        if digest is not None:
            whole = await self._persisted.whole(operation, digest, app.cache)
            if whole is None:
                return NOT_FOUND
            operation = whole
        outcome = await self._executor.run(operation, context, request.state.request_id)
        if digest is not None and outcome.status is HTTPStatus.OK:
            await self._persisted.keep(operation, digest, app.cache)
        return outcome


def _refused(error: BadRequest) -> Response:
    body = {"errors": [{"message": str(error), "extensions": {"code": error.code}}]}
    return Response(msgspec.json.encode(body), error.status, {"Content-Type": f"{JSON}; charset=utf-8"})


def _retry_after(response: dict[str, Any]) -> int | None:
    """Seconds, if the operation came to nothing because of a limit."""
    if response.get("data") is not None:
        return None
    waits = [error.get("extensions", {}).get("retryAfter") for error in response.get("errors", ())]
    return max((wait for wait in waits if wait is not None), default=None)
