"""The OpenAPI 3.1 document of a table of operations."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from socialfeed import __version__
from socialfeed.domain.errors import Invalid, SocialFeedError, Unauthenticated, Unavailable
from socialfeed.domain.media import ALT_TEXT_MAX
from socialfeed.entrypoints.forms import FORM
from socialfeed.entrypoints.requests import JSON
from socialfeed.entrypoints.rest.models import Problem
from socialfeed.entrypoints.rest.operations import Operation
from socialfeed.entrypoints.rest.problems import PROBLEM_JSON, status_of
from socialfeed.entrypoints.wire import camel

Json = dict[str, Any]

_ALWAYS: tuple[type[SocialFeedError], ...] = (Unauthenticated, Unavailable)
"""Any request may carry a bad token, or come while the storage is away."""

_OF_BODIES = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    status_of(Invalid),
)
"""Any body may be no JSON, too large, of another media type, or hold a field that does not fit."""

_OF_FORMS = (*_OF_BODIES, HTTPStatus.REQUEST_TIMEOUT)

_FILE: Json = {
    "type": "object",
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "JPEG, PNG, WebP, GIF, MP4 or WebM."},
        "altText": {"type": "string", "maxLength": ALT_TEXT_MAX, "description": "What is to be seen."},
    },
    "required": ["file"],
    "additionalProperties": False,
}

_HEADERS: dict[HTTPStatus, tuple[str, Json]] = {
    HTTPStatus.UNAUTHORIZED: ("WWW-Authenticate", {"type": "string"}),
    HTTPStatus.TOO_MANY_REQUESTS: ("Retry-After", {"type": "integer", "minimum": 1}),
}


def describe(operations: Sequence[Operation]) -> Json:
    models = {model for operation in operations for model in (operation.takes, operation.gives) if model is not None}
    in_order = sorted(models, key=lambda model: model.__name__)
    _, schemas = msgspec.json.schema_components([*in_order, Problem], ref_template="#/components/schemas/{name}")
    paths: dict[str, Json] = defaultdict(dict)
    for operation in operations:
        paths[operation.path][operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "socialfeed",
            "version": __version__,
            "summary": "Identity and media over REST; everything else is GraphQL, at /graphql.",
        },
        "servers": [{"url": "/api"}],
        "paths": dict(paths),
        "components": {
            "schemas": schemas,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _operation(operation: Operation) -> Json:
    described: Json = {
        "operationId": camel(operation.name),
        "tags": [operation.path.split("/")[1]],
        "summary": operation.summary,
        "security": [{"bearer": []}] if operation.needs_viewer else [{}, {"bearer": []}],
        "responses": {str(int(operation.success)): _success(operation)}
        | {str(int(status)): _problem(status) for status in sorted(statuses(operation))},
    }
    if operation.path_names:
        described["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
            for name in operation.path_names
        ]
    if operation.takes_file:
        described["requestBody"] = {"required": True, "content": {FORM: {"schema": _FILE}}}
    if operation.takes is not None:
        described["requestBody"] = {"required": operation.body_required, "content": _content(JSON, operation.takes)}
    return described


def statuses(operation: Operation) -> set[HTTPStatus]:
    """Every status that a refusal of this operation may have, apart from a defect of ours."""
    own: Iterable[type[SocialFeedError]] = (*_ALWAYS, *operation.refuses)
    of_body = _OF_FORMS if operation.takes_file else _OF_BODIES if operation.takes is not None else ()
    of_path = (status_of(Invalid),) if "id" in operation.path_names else ()
    return {status_of(error) for error in own} | {*of_body, *of_path}


def _success(operation: Operation) -> Json:
    content = {} if operation.gives is None else {"content": _content(JSON, operation.gives)}
    return {"description": operation.success.phrase, **content}


def _problem(status: HTTPStatus) -> Json:
    described: Json = {"description": status.phrase, "content": _content(PROBLEM_JSON, Problem)}
    if status in _HEADERS:
        name, schema = _HEADERS[status]
        described["headers"] = {name: {"required": True, "schema": schema}}
    return described


def _content(media_type: str, model: type[msgspec.Struct]) -> Json:
    return {media_type: {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}
