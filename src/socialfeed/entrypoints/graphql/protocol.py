"""GraphQL over HTTP (the specification of the GraphQL foundation, draft of 2025): media types, statuses, GET."""

from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from socialfeed.entrypoints.graphql.execution import Outcome
from socialfeed.entrypoints.requests import JSON, BadRequest, decode_json, malformed, read_body

RESPONSE_JSON = "application/graphql-response+json"

PREFLIGHT = ("graphql-preflight", "apollo-require-preflight", "x-apollo-operation-name", "x-requested-with")
"""Headers that a page of another site cannot send without asking first (CORS); one of them, whatever it says."""

_SIMPLE = {"", "text/plain", "application/x-www-form-urlencoded"}
"""Bodies that a page of another site may send without asking."""

_PARAMETERS = {"query", "documentId", "variables", "operationName", "extensions"}


class Accepted(NamedTuple):
    """What the client reads. In `legacy` mode, for clients that name `application/json`, an operation that is not valid
    is answered by 200, as it was before there was a media type of its own.
    """

    media_type: str
    legacy: bool

    def response(self, outcome: Outcome, headers: dict[str, str]) -> Response:
        status = outcome.status
        if self.legacy and status is HTTPStatus.BAD_REQUEST and _is_invalid(outcome.response):
            status = HTTPStatus.OK
        return Response(
            msgspec.json.encode(outcome.response),
            status,
            headers | {"Content-Type": f"{self.media_type}; charset=utf-8"},
        )


def accepted(request: Request) -> Accepted:
    """By `Accept`. Where neither media type of GraphQL is named, `application/json`."""
    qualities: dict[str, float] = {}
    for part in request.headers.get("accept", "").lower().split(","):
        media_type, _, parameters = part.strip().partition(";")
        qualities.setdefault(media_type.strip(), _quality(parameters))
    own, plain = qualities.get(RESPONSE_JSON, 0.0), qualities.get(JSON, 0.0)
    if own and own >= plain:
        return Accepted(RESPONSE_JSON, legacy=False)
    return Accepted(JSON, legacy=plain > 0)


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def _is_invalid(response: dict[str, Any]) -> bool:
    """Whether nothing but syntax, types or variables is wrong; limits are told by their status to everybody."""
    return all(error.get("extensions", {}).get("code") == "BAD_REQUEST" for error in response.get("errors", ()))


async def parameters_of(request: Request) -> Any:
    """What a request asks for, from its body or, where it is a GET, from its address. Raises `BadRequest`."""
    if request.method == "GET":
        _check_site(request)
        return _from_address(request)
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() in _SIMPLE and not has_preflight(request):
        raise BadRequest(
            HTTPStatus.BAD_REQUEST, "PREFLIGHT_REQUIRED", f"Send {JSON}: other sites' pages could send this."
        )
    return decode_json(await read_body(request), content_type)


def is_operation(request: Request) -> bool:
    """Whether a GET asks for an operation, and not for a page."""
    return any(name in request.query_params for name in ("query", "documentId", "extensions"))


def has_preflight(request: Request) -> bool:
    return any(request.headers.get(name) for name in PREFLIGHT)


def _check_site(request: Request) -> None:
    """A GET changes nothing, and nobody is signed in by a cookie; still, no other site's page need be able to measure
    how long an answer takes. Browsers say where a request comes from (Fetch Metadata); other programs do not.
    """
    site = request.headers.get("sec-fetch-site", "none")
    if site not in {"none", "same-origin"} and not has_preflight(request):
        raise BadRequest(
            HTTPStatus.BAD_REQUEST, "PREFLIGHT_REQUIRED", "Send the header GraphQL-Preflight: 1 from another site."
        )


def _from_address(request: Request) -> dict[str, Any]:
    given = {name: value for name, value in request.query_params.items() if name in _PARAMETERS}
    for name in ("variables", "extensions"):
        if given.get(name):
            given[name] = decode_json(given[name].encode(errors="replace"), JSON)
        else:
            given.pop(name, None)
    if not given:
        raise malformed("Say what to look for: ?query=…")
    return given
