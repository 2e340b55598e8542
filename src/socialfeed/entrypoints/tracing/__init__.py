"""Traces: what a request, an operation or a job did, when, and what it asked of databases.

Off, and not even imported, unless the extra `otel` is installed and OpenTelemetry's own variables ask for it:
`OTEL_EXPORTER_OTLP_ENDPOINT` names a collector (OTLP over HTTP), or `OTEL_TRACES_EXPORTER` says how else, as `console`
does. The other standard variables hold, too: `OTEL_SERVICE_NAME`, `OTEL_TRACES_SAMPLER`, `OTEL_PROPAGATORS`, …
"""

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from graphql import DocumentNode
from starlette.types import ASGIApp

from socialfeed.application.ports.jobs import JobTable

log = logging.getLogger(__name__)

Report = Callable[[Sequence[str]], None]
"""Gets the codes of the errors in an answer."""

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class Tracing(Protocol):
    """Wraps what is to be traced. Nothing that people wrote, or that says who they are, gets into a trace."""

    def requests(self, app: ASGIApp) -> ASGIApp:
        """The application, given `request_id` in the state of each request; `trace_id` is added to that."""

    def operation(self, document: DocumentNode, name: str | None) -> AbstractContextManager[Report]:
        """While it is held, the operation of this name in a valid document runs."""

    def jobs(self, table: JobTable) -> JobTable: ...

    def close(self) -> None:
        """Sends what is left, for a few seconds at most. Idempotent."""


class NoTracing:
    _nothing: AbstractContextManager[Report] = nullcontext(lambda _codes: None)

    def requests(self, app: ASGIApp) -> ASGIApp:
        return app

    def operation(self, document: DocumentNode, name: str | None) -> AbstractContextManager[Report]:
        return self._nothing

    def jobs(self, table: JobTable) -> JobTable:
        return table

    def close(self) -> None:
        """There is nothing to send."""


def start(environment: Mapping[str, str] = os.environ) -> Tracing:
    """What the environment asks for. Call it before the adapters are opened: their drivers are traced from then on."""
    names = wanted(environment)
    if not names:
        return NoTracing()
    try:
        from socialfeed.entrypoints.tracing.export import exporters_called
        from socialfeed.entrypoints.tracing.spans import OpenTelemetryTracing
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("opentelemetry"):
            raise
        log.warning("the environment asks for traces, which need the extra: pip install 'socialfeed[otel]'")
        return NoTracing()
    exporters = exporters_called(names)
    return OpenTelemetryTracing(exporters) if exporters else NoTracing()


def wanted(environment: Mapping[str, str]) -> list[str]:
    """The names of the exporters to be used, as OpenTelemetry's specification has them."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return []
    named = environment.get("OTEL_TRACES_EXPORTER", "")
    if not named and any(environment.get(variable) for variable in _ENDPOINTS):
        named = "otlp"
    names = [name.strip() for name in named.split(",")]
    return [name for name in names if name not in ("", "none")]
