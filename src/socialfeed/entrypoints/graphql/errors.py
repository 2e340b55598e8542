"""From exceptions to what GraphQL clients see. Nothing but our own messages ever gets out."""

import logging
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, ParamSpec

from graphql import GraphQLError, GraphQLFormattedError

from socialfeed.domain.errors import RateLimited, Rejected, SocialFeedError
from socialfeed.entrypoints.wire import camel

log = logging.getLogger(__name__)

P = ParamSpec("P")

Fields = dict[str, Any]


def payload(done: str, **absent: Any) -> Callable[[Callable[P, Awaitable[Fields]]], Callable[P, Awaitable[Fields]]]:
    """Makes a mutation payload of what the resolver returns. `done` is the message on success; `absent` holds the
    payload's fields when an expected refusal takes the place of the result. Other errors stay top-level.
    """

    def decorate(resolver: Callable[P, Awaitable[Fields]]) -> Callable[P, Awaitable[Fields]]:
        @wraps(resolver)
        async def resolve(*args: P.args, **kwargs: P.kwargs) -> Fields:
            try:
                return {"success": True, "message": done, "errors": [], **await resolver(*args, **kwargs)}
            except Rejected as error:
                return {"success": False, "message": str(error), "errors": [_user_error(error)], **absent}

        return resolve

    return decorate


def _user_error(error: Rejected) -> Fields:
    return {"code": error.code, "field": camel(error.field) if error.field else None, "message": str(error)}


def format_error(error: GraphQLError, request_id: str) -> GraphQLFormattedError:
    """The error with a stable `extensions.code`. What is not ours is logged whole and shown as INTERNAL."""
    formatted = error.formatted
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    if isinstance(cause, SocialFeedError):
        formatted["message"] = str(cause)
        extensions: Fields = {"code": cause.code}
        if cause.field is not None:
            extensions["field"] = camel(cause.field)
        if isinstance(cause, RateLimited):
            extensions["retryAfter"] = cause.retry_after
        formatted["extensions"] = extensions
    elif cause is None or isinstance(cause, GraphQLError):
        formatted.setdefault("extensions", {"code": "BAD_REQUEST"})
    else:
        log.error("unexpected error in request %s at %s", request_id, error.path, exc_info=cause)
        formatted["message"] = "Something went wrong."
        formatted["extensions"] = {"code": "INTERNAL", "requestId": request_id}
    return formatted
