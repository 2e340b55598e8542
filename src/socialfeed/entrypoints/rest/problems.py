"""From exceptions to problem+json. Nothing but our own messages ever gets out."""

import logging
from http import HTTPStatus

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

from socialfeed.domain.errors import (
    AccountBanned,
    CodeRejected,
    Conflict,
    EmailNotVerified,
    FetchFailed,
    FetchTimedOut,
    Forbidden,
    Invalid,
    InvalidCredentials,
    InvalidRefreshToken,
    MediaTooLarge,
    NotFound,
    RateLimited,
    Rejected,
    SocialFeedError,
    Unauthenticated,
    Unavailable,
)
from socialfeed.entrypoints.requests import BadRequest
from socialfeed.entrypoints.rest.models import Problem
from socialfeed.entrypoints.wire import camel

log = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"

STATUSES: dict[type[SocialFeedError], HTTPStatus] = {
    AccountBanned: HTTPStatus.FORBIDDEN,
    CodeRejected: HTTPStatus.BAD_REQUEST,
    Conflict: HTTPStatus.CONFLICT,
    EmailNotVerified: HTTPStatus.FORBIDDEN,
    FetchFailed: HTTPStatus.BAD_GATEWAY,
    FetchTimedOut: HTTPStatus.GATEWAY_TIMEOUT,
    Forbidden: HTTPStatus.FORBIDDEN,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidCredentials: HTTPStatus.UNAUTHORIZED,
    InvalidRefreshToken: HTTPStatus.UNAUTHORIZED,
    MediaTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    NotFound: HTTPStatus.NOT_FOUND,
    RateLimited: HTTPStatus.TOO_MANY_REQUESTS,
    Rejected: HTTPStatus.BAD_REQUEST,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""A kind of error that is not here has the status of the next kind above it."""


def status_of(kind: type[SocialFeedError]) -> HTTPStatus:
    known = (STATUSES[ancestor] for ancestor in kind.__mro__ if ancestor in STATUSES)
    return next(known, HTTPStatus.INTERNAL_SERVER_ERROR)


def refusal(error: Exception, request_id: str) -> Response:
    """The answer to what went wrong. What is not ours is logged whole and shown as INTERNAL."""
    if isinstance(error, SocialFeedError):
        return _of_domain(error, request_id)
    if isinstance(error, BadRequest):
        field = error.field if error.field is not None else msgspec.UNSET
        return _response(_problem(error.status, error.code, str(error), request_id, field=field))
    if isinstance(error, HTTPException):
        return _of_routing(error, request_id)
    log.error("unexpected error in request %s", request_id, exc_info=error)
    return _response(_problem(HTTPStatus.INTERNAL_SERVER_ERROR, "INTERNAL", "Something went wrong.", request_id))


def _of_domain(error: SocialFeedError, request_id: str) -> Response:
    status = status_of(type(error))
    field = camel(error.field) if error.field is not None else msgspec.UNSET
    if isinstance(error, RateLimited):
        wait = error.retry_after
        problem = _problem(status, error.code, str(error), request_id, field=field, retry_after=wait)
        return _response(problem, {"Retry-After": str(wait)})
    headers = {"WWW-Authenticate": "Bearer"} if status is HTTPStatus.UNAUTHORIZED else {}
    return _response(_problem(status, error.code, str(error), request_id, field=field), headers)


def _of_routing(error: HTTPException, request_id: str) -> Response:
    """No such path, or not this method."""
    status = HTTPStatus(error.status_code)
    return _response(_problem(status, status.name, f"{status.phrase}.", request_id), dict(error.headers or {}))


def _problem(
    status: HTTPStatus,
    code: str,
    detail: str,
    request_id: str,
    *,
    field: str | msgspec.UnsetType = msgspec.UNSET,
    retry_after: int | msgspec.UnsetType = msgspec.UNSET,
) -> Problem:
    return Problem(
        title=status.phrase,
        status=status,
        detail=detail,
        code=code,
        request_id=request_id,
        field=field,
        retry_after=retry_after,
    )


def _response(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    return Response(
        msgspec.json.encode(problem), problem.status, {"Cache-Control": "no-store", **(headers or {})}, PROBLEM_JSON
    )
