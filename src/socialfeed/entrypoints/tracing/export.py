"""Which spans there are, and what of them leaves this process."""

import logging
from collections.abc import Sequence
from importlib.metadata import entry_points
from threading import Thread

from opentelemetry.context import Context
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, Status, TraceState, get_current_span
from opentelemetry.util.types import Attributes

from socialfeed import __version__

log = logging.getLogger(__name__)

GROUP = "opentelemetry_traces_exporter"
_ALIASES = {"otlp": "otlp_proto_http"}

NAME_LENGTH = 100
"""Of a span. Clients choose names of operations, and drivers string together all commands of a batch."""

FLUSH_SECONDS = 3.0


def exporters_called(names: Sequence[str]) -> list[SpanExporter]:
    """The installed exporters that are registered by these names. What does not work is logged and left out: no feed
    is down because nobody watches it.
    """
    made = []
    for name in names:
        registered = entry_points(group=GROUP, name=_ALIASES.get(name, name))
        if not registered:
            log.warning("OTEL_TRACES_EXPORTER: no exporter called %r is installed", name)
        for entry_point in registered:
            try:
                made.append(entry_point.load()())
            except Exception as error:
                log.warning("OTEL_TRACES_EXPORTER: %s cannot be set up: %s", name, type(error).__name__)
    return made


def provider(exporters: Sequence[SpanExporter], *, at_once: bool = False) -> TracerProvider:
    """`at_once` exports each span when it ends, for tests; else it happens in a thread, in batches."""
    resource = Resource.create({SERVICE_VERSION: __version__})
    if str(resource.attributes[SERVICE_NAME]).startswith("unknown_service"):
        resource = resource.merge(Resource({SERVICE_NAME: "socialfeed"}))
    made = TracerProvider(resource=resource, shutdown_on_exit=False)
    made.sampler = OnlyInContext(made.sampler)  # the one that the environment chose
    for target in exporters:
        discreet = Discreet(target)
        made.add_span_processor(SimpleSpanProcessor(discreet) if at_once else BatchSpanProcessor(discreet))
    return made


def shut_down(made: TracerProvider) -> None:
    """Sends what is left. A collector that is away would be waited for until long after we should be gone."""
    sending = Thread(target=made.shutdown, name="last-spans", daemon=True)
    sending.start()
    sending.join(FLUSH_SECONDS)


class OnlyInContext(Sampler):
    """Leaves out what a driver does on its own account or ours, such as the look at the outbox every second: a trace
    begins with a request or a job.
    """

    def __init__(self, sampler: Sampler) -> None:
        self._sampler = sampler

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        if kind is SpanKind.CLIENT and not get_current_span(parent_context).get_span_context().is_valid:
            return SamplingResult(Decision.DROP)
        return self._sampler.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)

    def get_description(self) -> str:
        return f"OnlyInContext({self._sampler.get_description()})"


class Discreet(SpanExporter):
    """Keeps to itself what errors say: a database quotes the row that broke a rule, with the address or the hash of the
    password in it.
    """

    def __init__(self, target: SpanExporter) -> None:
        self._target = target

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._target.export([_discreet(span) for span in spans])

    def shutdown(self) -> None:
        self._target.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._target.force_flush(timeout_millis)


def _discreet(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=span.name[:NAME_LENGTH],
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=span.attributes,
        events=[_only_type(event) for event in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _only_type(event: Event) -> Event:
    said = event.attributes or {}
    return Event(event.name, {name: said[name] for name in ("exception.type",) if name in said}, event.timestamp)
