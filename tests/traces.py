"""Traces of the product in this process, kept in memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from socialfeed.entrypoints import http
from socialfeed.entrypoints.tracing.spans import OpenTelemetryTracing


@dataclass(frozen=True)
class Traces:
    tracing: OpenTelemetryTracing
    exporter: InMemorySpanExporter

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        """In the order in which they ended."""
        return self.exporter.get_finished_spans()

    def named(self, name: str) -> ReadableSpan:
        """The only one of this name."""
        (found,) = [span for span in self.spans if span.name == name]
        return found

    def below(self, above: ReadableSpan) -> list[ReadableSpan]:
        return [
            span
            for span in self.spans
            if span.parent and above.context and span.parent.span_id == above.context.span_id
        ]

    def everything(self) -> str:
        """All that leaves the process, for what must not be in it."""
        return "\n".join(span.to_json() for span in self.spans)


@contextmanager
def traced(monkeypatch: pytest.MonkeyPatch) -> Iterator[Traces]:
    """Every application made meanwhile is traced, and every driver that is used by it."""
    exporter = InMemorySpanExporter()
    tracing = OpenTelemetryTracing([exporter], at_once=True)
    monkeypatch.setattr(http, "start_tracing", lambda: tracing)
    try:
        yield Traces(tracing, exporter)
    finally:
        tracing.close()
