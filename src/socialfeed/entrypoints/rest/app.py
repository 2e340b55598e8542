"""The ASGI application under `/api`: the table of operations and its description, each made from the other."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec import Struct, structs
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from socialfeed.entrypoints.forms import closing
from socialfeed.entrypoints.requests import JSON, BadRequest, authenticate, client_of, decode_json, malformed, read_body
from socialfeed.entrypoints.rest import identity, media
from socialfeed.entrypoints.rest.forms import read_upload
from socialfeed.entrypoints.rest.openapi import describe
from socialfeed.entrypoints.rest.operations import Operation, Visit
from socialfeed.entrypoints.rest.page import page_routes
from socialfeed.entrypoints.rest.problems import refusal

OPERATIONS = (*identity.OPERATIONS, *media.OPERATIONS)

NAME_SHOWN = 100
"""Characters of an unknown field's name that an answer repeats."""


class RestApp:
    """To be mounted; paths are below where it stands. The page that shows them to browsers is not among `routes`."""

    def __init__(self, operations: Sequence[Operation] = OPERATIONS, *, with_page: bool = False) -> None:
        document = msgspec.json.encode(describe(operations))

        async def openapi(_: Request) -> Response:
            return Response(document, headers={"Cache-Control": "no-cache"}, media_type=JSON)

        by_path: dict[str, dict[str, Operation]] = defaultdict(dict)
        for operation in operations:
            by_path[operation.path][operation.method] = operation
        self.routes = [Route("/openapi.json", openapi, methods=["GET"])]
        self.routes += [Route(path, _endpoint(methods), methods=list(methods)) for path, methods in by_path.items()]
        page = page_routes() if with_page else []
        self._router = Router([*page, *self.routes], redirect_slashes=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._router(scope, receive, send)
        except HTTPException as error:  # of the router: no handler raises it
            await refusal(error, Request(scope).state.request_id)(scope, receive, send)


def _endpoint(methods: Mapping[str, Operation]) -> Any:
    async def answer(request: Request) -> Response:
        operation = methods["GET" if request.method == "HEAD" else request.method]
        try:
            response = await _run(operation, request)
        except Exception as error:
            response = refusal(error, request.state.request_id)
        return closing(request, response)

    return answer


async def _run(operation: Operation, request: Request) -> Response:
    arguments: dict[str, Any] = {name: request.path_params[name] for name in operation.path_names}
    if operation.takes is not None:
        body = await read_body(request)
        left_out = not body and not operation.body_required
        content_type = request.headers.get("content-type", "")
        arguments["body"] = None if left_out else read_model(operation.takes, decode_json(body, content_type))
    services = request.state.services
    visit = Visit(services, await authenticate(request, services), client_of(request))
    if operation.needs_viewer:
        _ = visit.actor.signed_in  # raises before anything else is found wrong
    async with AsyncExitStack() as stack:
        if operation.takes_file:
            arguments["form"] = await stack.enter_async_context(read_upload(request, services.media, visit.actor))
        result = await operation.handler(visit, **arguments)
    headers = {"Cache-Control": "no-store"}
    if result is None:
        return Response(status_code=operation.success, headers=headers)
    return Response(msgspec.json.encode(result), operation.success, headers, JSON)


def read_model(model: type[Struct], data: object) -> Struct:
    """The body as its model. Raises `BadRequest`: 400 for what is no object, 422 naming the field that does not fit."""
    if not isinstance(data, dict):
        raise malformed("Send a JSON object.")
    fields = {field.encode_name: field for field in structs.fields(model)}
    unknown = next((name for name in data if name not in fields), None)
    if unknown is not None:
        raise _unfit("UNKNOWN_FIELD", "There is no such field.", unknown[:NAME_SHOWN])
    for name, field in fields.items():
        if name not in data:
            if field.required:
                raise _unfit("MISSING_FIELD", "This field is missing.", name)
            continue
        try:
            msgspec.convert(data[name], field.type)
        except msgspec.ValidationError:
            raise _unfit("WRONG_TYPE", "This value is of the wrong type.", name) from None
    return msgspec.convert(data, model)


def _unfit(code: str, message: str, field: str) -> BadRequest:
    return BadRequest(HTTPStatus.UNPROCESSABLE_ENTITY, code, message, field=field)
