"""The ASGI application: routes, lifespan and the few headers every answer carries."""

import logging
import re
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypedDict

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from socialfeed.application.metrics import HTTP_REQUESTS
from socialfeed.application.services import Services
from socialfeed.container import App, open_app
from socialfeed.entrypoints.addresses import ForwardedClients
from socialfeed.entrypoints.graphql.endpoint import GraphQLEndpoint
from socialfeed.entrypoints.graphql.execution import Executor, Limits
from socialfeed.entrypoints.graphql.limits import Shape
from socialfeed.entrypoints.graphql.protocol import is_operation
from socialfeed.entrypoints.graphql.schema import build_schema
from socialfeed.entrypoints.graphql.trusted import manifest_of
from socialfeed.entrypoints.media import serve_media
from socialfeed.entrypoints.metrics import MetricsEndpoint, labels_of
from socialfeed.entrypoints.proxy import PREFIX, ImageProxyEndpoint
from socialfeed.entrypoints.rest.app import RestApp
from socialfeed.entrypoints.tracing import start as start_tracing
from socialfeed.settings import GraphQLExecutor, Settings, load

log = logging.getLogger(__name__)

EXPLORER = Path(__file__).parent / "graphql" / "explorer"

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

_LONG = re.compile(r"([^/]{8})[^/]{57,}")
"""A part of a path that the log cuts: none of ours is that long, but a token that was put there by mistake is."""


class State(TypedDict):
    app: App
    services: Services


Opener = Callable[[Settings], AbstractAsyncContextManager[App]]


def create_app(settings: Settings | None = None, opener: Opener | None = None) -> ASGIApp:
    """The whole product as one ASGI application. Its lifespan opens and closes the container, by `opener` if given."""
    chosen = settings or load()
    tracing = start_tracing()
    opened = opener or partial(open_app, around_jobs=tracing.jobs)
    limits = Limits(
        Shape(aliases=chosen.graphql_max_aliases, depth=chosen.graphql_max_depth),
        cost=chosen.graphql_max_cost,
        seconds=chosen.graphql_timeout,
    )
    manifest = manifest_of(chosen)
    executor = Executor(
        build_schema(),
        introspection=chosen.allows_introspection,
        limits=limits,
        tracing=tracing,
        compiled=chosen.graphql_executor is GraphQLExecutor.COMPILED,
        manifest=manifest,
    )
    graphql = GraphQLEndpoint(executor, manifest)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[State]:
        try:
            async with opened(chosen) as app:
                executor.report_to(app.metrics)
                yield State(app=app, services=app.services)
        finally:
            tracing.close()

    entrance = _PageOrOperation(graphql) if chosen.shows_explorer else graphql
    routes: list[Route | Mount] = []
    if chosen.shows_explorer:
        routes += [
            Route("/", lambda _: RedirectResponse("/graphql"), methods=["GET"]),
            Mount("/explorer", _ExplorerFiles(directory=EXPLORER)),
        ]
    routes += [
        Route("/graphql", entrance, methods=["GET", "POST"]),
        Route("/graphql/", entrance, methods=["GET", "POST"]),
        Mount("/api", RestApp(with_page=chosen.shows_explorer)),
        Route(f"{PREFIX}{{path:path}}", ImageProxyEndpoint(), methods=["GET"]),  # before the files below /media/
        Route("/media/{key:path}", serve_media, methods=["GET"]),
        Route("/.well-known/jwks.json", _jwks, methods=["GET"]),
        Route("/health/live", _live, methods=["GET"]),
        Route("/health/ready", _ready, methods=["GET"]),
        Route("/metrics", MetricsEndpoint(chosen.metrics_reader), methods=["GET"]),
    ]
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={500: _server_error})
    return Envelope(ForwardedClients(tracing.requests(app), chosen.trusted_networks))


class _PageOrOperation:
    """A browser that asks for no operation gets the page to write some."""

    def __init__(self, graphql: GraphQLEndpoint) -> None:
        self._graphql = graphql

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        if request.method == "POST" or is_operation(request):
            await self._graphql(scope, receive, send)
        else:
            page = FileResponse(EXPLORER / "index.html", headers={"Cache-Control": "no-cache"})
            await page(scope, receive, send)


class _ExplorerFiles(StaticFiles):
    """Checked by ETag at each use: after an upgrade no browser mixes old modules with new ones."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


async def _live(_: Request) -> Response:
    return PlainTextResponse("live\n")


async def _ready(request: Request) -> Response:
    """200 when every service this process needs answers; else 503 naming those that do not."""
    app: App = request.state.app
    checks = await app.check()
    ready = all(state == "ok" for state in checks.values())
    status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
    return JSONResponse({"ready": ready, "checks": checks}, status)


async def _jwks(request: Request) -> Response:
    """The public keys of access tokens (RFC 7517). A new one is here before it signs, for longer than an answer is
    kept.
    """
    app: App = request.state.app
    return JSONResponse(
        {"keys": app.keys.published(app.clock.now())},
        headers={"Cache-Control": "public, max-age=60"},
        media_type="application/jwk-set+json",
    )


async def _server_error(request: Request, _: Exception) -> Response:
    body = {"message": "Something went wrong.", "extensions": {"code": "INTERNAL", "requestId": _id_of(request.scope)}}
    return JSONResponse({"errors": [body]}, HTTPStatus.INTERNAL_SERVER_ERROR)


def _id_of(scope: Scope) -> str:
    return str(scope.get("state", {}).get("request_id", ""))


class Envelope:
    """Outermost: gives each request an id, each answer its common headers, and the log one line a request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"").decode("latin-1")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Referrer-Policy", "no-referrer")
                headers.setdefault("Content-Security-Policy", PAGE_POLICY)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            took = time.perf_counter() - started
            if (running := scope["state"].get("app")) is not None:
                running.metrics.observe(HTTP_REQUESTS, took, *labels_of(scope, status))
            log.info(
                "%s %s %d %.1f ms %s%s",
                scope["method"],
                _LONG.sub(r"\1...", scope["path"]).encode("unicode_escape").decode(),
                status,
                took * 1000,
                request_id,
                f" trace {trace_id}" if (trace_id := scope["state"].get("trace_id")) else "",
            )
