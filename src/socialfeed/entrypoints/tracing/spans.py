"""The spans of requests, operations and jobs, and who makes those of databases."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import copy_context
from functools import partial
from http import HTTPMethod
from typing import Any, NamedTuple

import aiosqlite
from graphql import DocumentNode, get_operation_ast
from opentelemetry.context import Context
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.instrumentation.sqlite3 import SQLite3Instrumentor
from opentelemetry.instrumentation.utils import unwrap
from opentelemetry.propagate import extract
from opentelemetry.sdk.trace.export import SpanExporter
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, format_trace_id
from opentelemetry.util.types import AttributeValue
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from wrapt import wrap_function_wrapper

from socialfeed import __version__
from socialfeed.adapters.redis.multiplexed import Multiplexed
from socialfeed.application.ports.jobs import Handler, Job, JobTable
from socialfeed.domain.errors import Rejected
from socialfeed.domain.events import Envelope
from socialfeed.entrypoints.tracing import Report
from socialfeed.entrypoints.tracing.export import NAME_LENGTH, provider, shut_down

UNTRACED = "/health/"
"""Asked every few seconds by machines, and of interest to none."""

FAULTS = frozenset({"INTERNAL", "UNAVAILABLE"})
"""The codes of errors that are ours and not the client's."""

_METHODS = frozenset(HTTPMethod)


class OpenTelemetryTracing:
    def __init__(self, exporters: Sequence[SpanExporter], *, at_once: bool = False) -> None:
        spans = provider(exporters, at_once=at_once)
        self._tracer = spans.get_tracer("socialfeed", __version__)
        self._undo = ExitStack()
        self._undo.callback(shut_down, spans)
        drivers: list[Any] = [PsycopgInstrumentor(), RedisInstrumentor(), SQLite3Instrumentor()]
        for driver in drivers:
            driver.instrument(tracer_provider=spans)
            self._undo.callback(driver.uninstrument)
        wrap_function_wrapper(aiosqlite.Connection, "_execute", _in_context)
        self._undo.callback(unwrap, aiosqlite.Connection, "_execute")
        wrap_function_wrapper(Multiplexed, "call", partial(_of_redis, self._tracer))
        self._undo.callback(unwrap, Multiplexed, "call")

    def requests(self, app: ASGIApp) -> ASGIApp:
        return TracedRequests(app, self._tracer)

    @contextmanager
    def operation(self, document: DocumentNode, name: str | None) -> Iterator[Report]:
        found = get_operation_ast(document, name)
        kind = found.operation.value if found else "unknown"
        called = found.name.value[:NAME_LENGTH] if found and found.name else None
        attributes = {"graphql.operation.type": kind, **({"graphql.operation.name": called} if called else {})}
        with _span(self._tracer, f"{kind} {called}" if called else kind, SpanKind.INTERNAL, attributes) as span:

            def report(codes: Sequence[str]) -> None:
                if codes:
                    span.set_attribute("socialfeed.errors", sorted(set(codes)))
                if not FAULTS.isdisjoint(codes):
                    span.set_status(StatusCode.ERROR)

            yield report

    def jobs(self, table: JobTable) -> JobTable:
        return {name: _TracedJob(job.name, job.queue, _traced(job, self._tracer)) for name, job in table.items()}

    def close(self) -> None:
        self._undo.close()


class TracedRequests:
    """Not OpenTelemetry's own middleware: that fails on a query string or a header that is not UTF-8, before the
    application sees the request, and records the address with all that is in it.
    """

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(UNTRACED):
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
        name = method if method in _METHODS else "HTTP"
        state = scope["state"]
        attributes = {"http.request.method": method, "socialfeed.request_id": state["request_id"]}

        async def send_noting_status(message: Message) -> None:
            if message["type"] == "http.response.start":
                span.set_attribute("http.response.status_code", message["status"])
                if message["status"] >= 500:
                    span.set_status(StatusCode.ERROR)
            await send(message)

        with _span(self._tracer, name, SpanKind.SERVER, attributes, _parent(scope)) as span:
            state["trace_id"] = format_trace_id(span.get_span_context().trace_id)
            try:
                await self._app(scope, receive, send_noting_status)
            finally:
                if route := _route(scope):
                    span.update_name(f"{name} {route}")
                    span.set_attribute("http.route", route)


def _route(scope: Scope) -> str | None:
    """Where the request went, as it is declared, that is without what clients put into it."""
    above, route = scope.get("root_path", ""), scope.get("route")
    if isinstance(route, Mount):
        return str(above)
    return f"{above}{route.path}" if route else None


def _parent(scope: Scope) -> Context:
    """Where a proxy, or the caller, has begun the trace. Baggage is for those who would hand it on."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    headers.pop("baggage", None)
    return extract(headers)


class _TracedJob(NamedTuple):
    name: str
    queue: str
    handler: Handler


def _traced(job: Job, tracer: Tracer) -> Handler:
    async def handle(envelope: Envelope) -> None:
        attributes = {"messaging.destination.name": job.queue, "socialfeed.event_id": str(envelope.id)}
        with _span(tracer, f"job {job.name}", SpanKind.CONSUMER, attributes):
            await job.handler(envelope)

    return handle


@contextmanager
def _span(
    tracer: Tracer, name: str, kind: SpanKind, attributes: Mapping[str, AttributeValue], parent: Context | None = None
) -> Iterator[Span]:
    """The current span until the end. Of an exception it keeps the type; a refusal is no fault."""
    with tracer.start_as_current_span(
        name, parent, kind, attributes, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield span
        except Exception as error:
            span.set_attribute("error.type", type(error).__qualname__)
            if not isinstance(error, Rejected):
                span.set_status(StatusCode.ERROR)
            raise


def _in_context(execute: Any, _connection: aiosqlite.Connection, arguments: Sequence[Any], named: Any) -> Any:
    """aiosqlite works in a thread of its own, where nobody would know whose statement it is."""
    call, *others = arguments
    return execute(copy_context().run, call, *others, **named)


async def _of_redis(tracer: Tracer, call: Any, _shared: Multiplexed, arguments: Sequence[Any], named: Any) -> Any:
    """As the instrumentation of redis-py would have it, which does not know this connection: what is asked, not of whom
    or with what.
    """
    said = " ".join(str(command[0]) for command in arguments[0])
    attributes = {"db.system": "redis", "db.statement": said}
    with _span(tracer, said[:NAME_LENGTH], SpanKind.CLIENT, attributes):
        return await call(*arguments, **named)
