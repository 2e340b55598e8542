"""Traces leave the process when the environment names a collector."""

import asyncio
import json
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from socialfeed.adapters.sql import migrate
from socialfeed.container import open_app
from socialfeed.domain.permissions import ANONYMOUS
from socialfeed.settings import Settings
from socialfeed.testing.client import open_client
from socialfeed.testing.contracts.waiting import eventually
from tests.integration.cli.conftest import Server
from tests.integration.test_worker import worker_process
from tests.integration.tracing.collector import Collector, Received, collecting
from tests.services.launch import free_port

OPERATION = "query Trends { trendingPosts { items { id } } }"


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """What every process finds in its environment from now on."""
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        yield collector


async def test_a_collector_receives_what_an_application_did(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "feed")
    async with open_client() as client:
        await client.run(OPERATION)

    assert collector.received == [Received("feed", "query Trends"), Received("feed", "POST /graphql")]


def test_a_server_process_sends_what_is_left_when_it_stops(collector: Collector, tmp_path: Path) -> None:
    server = Server(tmp_path, tmp_path / "log", database_url="memory://")
    try:
        request = urllib.request.Request(
            f"{server.address()}/graphql",
            json.dumps({"query": OPERATION}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200
        server.stop()
    finally:
        server.end()

    assert {Received("socialfeed", "query Trends"), Received("socialfeed", "POST /graphql")} <= set(collector.received)


async def test_a_worker_process_sends_its_jobs(collector: Collector, redis_url: str, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, broker_url=redis_url)
    await migrate(settings.database)
    async with open_app(settings, relay=False) as web:
        await web.services.accounts.register(ANONYMOUS, username="ada", email="ada@example.org", password="long enough")
    with worker_process(settings) as worker:

        async def code_is_mailed() -> bool:
            return len(list((tmp_path / "mail").glob("*.eml"))) == 1

        await eventually(code_is_mailed)
        worker.terminate()
        _, complaints = await asyncio.to_thread(worker.communicate, timeout=15)

    assert worker.returncode == 0, complaints
    assert Received("socialfeed", "job mail_code") in collector.received


async def test_a_collector_that_is_away_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    async with open_client() as client:
        await client.run(OPERATION)
        stopping = time.monotonic()

    assert time.monotonic() - stopping < 10
