import logging
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from starlette.types import Message

from socialfeed.application.feeds.discovery import Discovery
from socialfeed.application.work.reactions import Reaction
from socialfeed.container import open_app
from socialfeed.domain.errors import Rejected, Unauthenticated, Unavailable
from socialfeed.domain.events import Envelope, PostPublished
from socialfeed.domain.ids import EventId, PostId, UserId
from socialfeed.domain.permissions import ANONYMOUS
from socialfeed.entrypoints.tracing.export import NAME_LENGTH, provider
from socialfeed.settings import Settings
from socialfeed.testing.client import Client, open_client
from tests.traces import Traces, traced


@pytest.fixture
def traces(monkeypatch: pytest.MonkeyPatch) -> Iterator[Traces]:
    with traced(monkeypatch) as traces:
        yield traces


@pytest.fixture
async def client(traces: Traces) -> AsyncIterator[Client]:
    async with open_client() as client:
        yield client


async def test_a_request_and_its_operation_are_one_trace(client: Client, traces: Traces) -> None:
    await client.run("query Trends { trendingPosts { items { id } } }")

    request = traces.named("POST /graphql")
    (operation,) = traces.below(request)
    assert (request.kind, request.parent) == (SpanKind.SERVER, None)
    assert request.attributes
    assert {name: request.attributes[name] for name in request.attributes if name.startswith("http.")} == {
        "http.request.method": "POST",
        "http.route": "/graphql",
        "http.response.status_code": 200,
    }
    assert operation.name == "query Trends"
    assert operation.attributes == {"graphql.operation.type": "query", "graphql.operation.name": "Trends"}
    assert operation.resource.attributes["service.name"] == "socialfeed"


async def test_neither_what_was_asked_nor_with_what_is_in_a_trace(client: Client, traces: Traces) -> None:
    await client.graphql(
        'mutation Enter($p: String!) { tokenAuth(username: "somebody", password: $p) { message } }',
        {"p": "hush hush hush"},
    )
    await client.request("GET", "/graphql?query=somebody", headers={"cookie": "somebody", "user-agent": "somebody"})

    assert "mutation Enter" in traces.everything()
    for said in ("somebody", "hush", "tokenAuth", "127.0.0.1"):
        assert said not in traces.everything()


@pytest.mark.parametrize(
    ("document", "name", "expected"),
    [
        ("{ me { id } }", None, "query"),
        ("mutation { likePost(postId: 1) { success } }", None, "mutation"),
        ("query A { me { id } } query B { me { username } }", "B", "query B"),
        (f"query {'A' * 500} {{ me {{ id }} }}", None, f"query {'A' * (NAME_LENGTH - 6)}"),
    ],
)
async def test_an_operation_is_called_by_its_type_and_name(
    client: Client, traces: Traces, document: str, name: str | None, expected: str
) -> None:
    await client.graphql(document, operationName=name)

    assert traces.below(traces.named("POST /graphql"))[0].name == expected


async def test_an_operation_that_cannot_be_read_has_no_span_of_its_own(client: Client, traces: Traces) -> None:
    await client.graphql("{ me {")

    assert [span.name for span in traces.spans] == ["POST /graphql"]


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (RuntimeError("hush"), "INTERNAL", StatusCode.ERROR),
        (Unavailable("hush"), "UNAVAILABLE", StatusCode.ERROR),
        (Unauthenticated("hush"), "UNAUTHENTICATED", StatusCode.UNSET),
    ],
)
async def test_of_an_error_the_code_is_told_and_whose_fault_it_is(
    client: Client, traces: Traces, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str, status: StatusCode
) -> None:
    async def failing(*_arguments: Any, **_named: Any) -> None:
        raise error

    monkeypatch.setattr(Discovery, "trending", failing)
    await client.graphql("query Trends { trendingPosts { items { id } } }")

    operation = traces.named("query Trends")
    assert operation.attributes
    assert operation.attributes["socialfeed.errors"] == (code,)
    assert operation.status.status_code is status
    assert "hush" not in traces.everything()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/media/posts/7/picture.webp", "GET /media/{key:path}"),
        ("/api/users/somebody", "GET /api/users/{username}"),
        ("/explorer/styles/base.css", "GET /explorer"),
        ("/somewhere", "GET"),
    ],
)
async def test_a_request_is_called_by_where_it_went(client: Client, traces: Traces, path: str, name: str) -> None:
    await client.request("GET", path)

    assert traces.spans[-1].name == name


async def test_a_trace_that_the_caller_began_goes_on(client: Client, traces: Traces) -> None:
    trace, span = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    await client.request("GET", "/media/missing", headers={"traceparent": f"00-{trace}-{span}-01"})

    request = traces.named("GET /media/{key:path}")
    assert request.context
    assert request.parent
    assert (f"{request.context.trace_id:032x}", f"{request.parent.span_id:016x}") == (trace, span)


async def test_the_log_line_of_a_request_names_its_trace(
    client: Client, traces: Traces, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="socialfeed.entrypoints.http"):
        answer = await client.request("GET", "/media/missing")

    request = traces.named("GET /media/{key:path}")
    assert request.context
    assert request.attributes
    assert request.attributes["socialfeed.request_id"] == answer.headers["x-request-id"]
    (line,) = caplog.messages
    assert line.endswith(f" ms {answer.headers['x-request-id']} trace {request.context.trace_id:032x}")


async def test_probes_leave_no_trace(client: Client, traces: Traces) -> None:
    await client.request("GET", "/health/live")
    await client.request("GET", "/health/ready")

    assert traces.spans == ()


async def test_bytes_that_are_no_text_are_traced_like_any_request(client: Client, traces: Traces) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"user-agent", b"\xff\\"), (b"traceparent", b"\xff"), (b"tracestate", b"\xff=\xfe"), (b"baggage", b"%")]
    scope = {"type": "http", "method": "N\u00d6", "path": "/nowhere", "query_string": b"q=\xff", "headers": headers}
    await client.asgi(scope, receive, send)

    assert sent[0]["status"] == 404
    assert [span.name for span in traces.spans] == ["HTTP"]


async def test_a_request_that_breaks_off_with_an_exception_is_a_fault(
    client: Client, traces: Traces, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(*_arguments: Any) -> None:
        raise RuntimeError("hush")

    monkeypatch.setattr(client.app.media, "get", failing)
    with pytest.raises(RuntimeError):
        await client.request("GET", "/media/file")

    request = traces.named("GET /media/{key:path}")
    assert request.attributes
    assert request.status.status_code is StatusCode.ERROR
    assert (request.attributes["http.response.status_code"], request.attributes["error.type"]) == (500, "RuntimeError")
    assert "hush" not in traces.everything()


async def test_a_job_is_a_trace(traces: Traces, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, database_url="memory://", mail_url="memory://", media_url="memory://")
    async with open_app(settings, relay=False, around_jobs=traces.tracing.jobs) as app:
        await app.services.accounts.register(ANONYMOUS, username="olga", email="olga@x.org", password="long enough")
        await app.relay.drain()

    job = traces.named("job mail_code")
    assert (job.kind, job.parent, job.status.status_code) == (SpanKind.CONSUMER, None, StatusCode.UNSET)
    assert job.attributes
    assert job.attributes["messaging.destination.name"] == "mail"
    assert "olga" not in traces.everything()


@pytest.mark.parametrize(("error", "status"), [(RuntimeError, StatusCode.ERROR), (Rejected, StatusCode.UNSET)])
async def test_a_job_that_fails_is_a_fault_unless_it_gives_up(
    traces: Traces, error: type[Exception], status: StatusCode
) -> None:
    async def handler(_: Envelope) -> None:
        raise error("hush")

    table = traces.tracing.jobs({"fail": Reaction("fail", "mail", (), handler)})
    with pytest.raises(error):
        await table["fail"].handler(Envelope(EventId(7), PostPublished(PostId(1), UserId(2)), datetime.now(UTC)))

    job = traces.named("job fail")
    assert job.attributes
    assert (job.status.status_code, job.attributes["error.type"]) == (status, error.__name__)
    assert "hush" not in traces.everything()


def test_what_an_error_of_a_driver_says_stays_here() -> None:
    exporter = InMemorySpanExporter()
    tracer = provider([exporter], at_once=True).get_tracer("driver")
    with pytest.raises(ValueError, match="hush"), tracer.start_as_current_span("INSERT"):
        raise ValueError("Key (password_hash)=(hush) already exists")

    (span,) = exporter.get_finished_spans()
    assert span.status.status_code is StatusCode.ERROR
    assert [dict(event.attributes or {}) for event in span.events] == [{"exception.type": "ValueError"}]
    assert "hush" not in span.to_json()


def test_what_drivers_do_outside_requests_and_jobs_is_left_out() -> None:
    exporter = InMemorySpanExporter()
    tracer = provider([exporter], at_once=True).get_tracer("driver")
    with tracer.start_as_current_span("SELECT 1", kind=SpanKind.CLIENT):
        pass
    with tracer.start_as_current_span("request"), tracer.start_as_current_span("SELECT 2", kind=SpanKind.CLIENT):
        pass

    assert [span.name for span in exporter.get_finished_spans()] == ["SELECT 2", "request"]


def test_the_environment_chooses_the_sampler_and_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "feed")
    exporter = InMemorySpanExporter()
    made = provider([exporter], at_once=True)
    with made.get_tracer("driver").start_as_current_span("request"):
        pass

    assert exporter.get_finished_spans() == ()
    assert made.resource.attributes["service.name"] == "feed"
