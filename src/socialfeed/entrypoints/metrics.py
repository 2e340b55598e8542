"""`/metrics`, for Prometheus."""

import hmac
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from socialfeed.container import App

_PARTS = {"graphql", "api", "media", "explorer", "health", "metrics", ".well-known"}
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class MetricsEndpoint:
    """`token` is what readers must send as a bearer: empty for none, None where there is nothing to read at all."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await self._answer(request)(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        if self._token is None:
            return PlainTextResponse("Not Found", HTTPStatus.NOT_FOUND)
        if self._token and not _sent(request, self._token):
            return PlainTextResponse(
                "Send the token of SOCIALFEED_METRICS_TOKEN.\n",
                HTTPStatus.UNAUTHORIZED,
                {"WWW-Authenticate": "Bearer"},
            )
        app: App = request.state.app
        page, media_type = app.metrics.page()
        return Response(page, media_type=media_type, headers={"Cache-Control": "no-store"})


def _sent(request: Request, token: str) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())


def labels_of(scope: Scope, status: int) -> tuple[str, str, str]:
    """Method, part of the address space and status of a request: few values, whatever clients send."""
    method: Any = scope["method"]
    part = scope["path"].partition("/")[2].partition("/")[0]
    return (method if method in _METHODS else "other", part if part in _PARTS else "other", str(status))
