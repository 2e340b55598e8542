"""What both fronts do with a request before they know what it asks: who sends it, and its body, within limits."""

import math
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.requests import ClientDisconnect, Request

from socialfeed.application.services import Services
from socialfeed.application.throttle import Budget
from socialfeed.domain.errors import Unauthenticated
from socialfeed.domain.permissions import Actor

MAX_BODY = 1_000_000
"""Bytes of a request body."""

JSON = "application/json"


class BadRequest(Exception):
    """A request that cannot be understood: an HTTP status, a stable code, a sentence and, if one is, a field at fault
    as the client wrote it.
    """

    def __init__(self, status: HTTPStatus, code: str, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.field = field


def malformed(message: str) -> BadRequest:
    return BadRequest(HTTPStatus.BAD_REQUEST, "BAD_REQUEST", message)


def too_large(most: int) -> BadRequest:
    return BadRequest(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "BODY_TOO_LARGE", f"At most {most} bytes, please.")


async def authenticate(request: Request, services: Services) -> Actor:
    """Who sends this request. No token is nobody in particular; a bad one is refused rather than ignored."""
    client = client_of(request)
    header = request.headers.get("authorization")
    if header is None:
        return client
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Use `Authorization: Bearer <token>`.", code="INVALID_TOKEN")
    return await services.sessions.actor(token.strip(), client)


def client_of(request: Request) -> Actor:
    """Nobody in particular, at the address and with the program that this request came from."""
    return Actor(
        address=request.client.host if request.client else "", user_agent=request.headers.get("user-agent", "")
    )


def rate_limit_headers(budget: Budget | None) -> dict[str, str]:
    """`RateLimit-Policy` and `RateLimit` as draft-ietf-httpapi-ratelimit-headers-10 writes them: quota and window, what
    remains and in how many seconds all of it is back.
    """
    if budget is None:
        return {}
    limit, verdict = budget
    return {
        "RateLimit-Policy": f'"points";q={limit.points};w={math.ceil(limit.period.total_seconds())}',
        "RateLimit": f'"points";r={verdict.remaining};t={math.ceil(verdict.reset_after)}',
    }


def declared_length(request: Request) -> int:
    """Bytes that the client says will come; 0 where it says nothing, or no number."""
    declared = request.headers.get("content-length", "")
    return int(declared[:20]) if declared.isascii() and declared.isdigit() else 0


async def read_body(request: Request) -> bytes:
    """The body, read no further than its limit allows."""
    if declared_length(request) > MAX_BODY:
        raise too_large(MAX_BODY)
    chunks, size = [], 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > MAX_BODY:
                raise too_large(MAX_BODY)
            chunks.append(chunk)
    except ClientDisconnect:
        raise malformed("The request broke off.") from None
    return b"".join(chunks)


def decode_json(body: bytes, content_type: str) -> Any:
    """The value in a JSON body. Raises `BadRequest`: 415 for another media type, 400 for what is no JSON."""
    if content_type.partition(";")[0].strip().lower() != JSON:
        raise BadRequest(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", f"Send {JSON}.")
    try:
        return msgspec.json.decode(body)
    except RecursionError:
        raise malformed("The JSON is nested too deeply.") from None
    except ValueError:
        raise malformed("This is not valid JSON.") from None
