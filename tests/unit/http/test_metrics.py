import re
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from socialfeed.adapters.memory.metrics import MemoryMetrics
from socialfeed.adapters.prometheus import PrometheusMetrics
from socialfeed.application.metrics import METRICS
from socialfeed.application.ports.metrics import Counter, Gauge, Histogram, Metrics
from socialfeed.entrypoints.metrics import MetricsEndpoint
from socialfeed.settings import Environment, Settings
from socialfeed.testing.client import open_client

TOKEN = "metrics-token"


async def test_a_request_is_counted_under_its_method_part_and_status() -> None:
    async with open_client() as client:
        await client.request("GET", "/health/live")
        await client.request("GET", "/media/secret-name/of-somebody.webp")
        await client.request("BREW", "/somewhere/else")
        page = await client.request("GET", "/metrics")

    text = page.body.decode()
    assert page.headers["content-type"].startswith("text/plain; version=")
    counted = set(re.findall(r"^socialfeed_http_request_seconds_count(\{.*\}) 1\.0$", text, re.MULTILINE))
    assert counted == {
        '{method="GET",part="health",status="200"}',
        '{method="GET",part="media",status="404"}',
        '{method="other",part="other",status="404"}',
    }
    assert "somebody" not in text


@pytest.mark.parametrize(
    ("settings", "sent", "status"),
    [
        ({}, None, 200),
        ({"metrics_token": TOKEN}, None, 401),
        ({"metrics_token": TOKEN}, f"Bearer {TOKEN}", 200),
        ({"metrics_token": TOKEN}, "Bearer another", 401),
        ({"metrics_token": TOKEN}, f"Basic {TOKEN}", 401),
    ],
)
async def test_who_may_read_metrics(settings: dict[str, Any], sent: str | None, status: int) -> None:
    headers = {"Authorization": sent} if sent is not None else {}
    async with open_client(**settings) as client:
        answer = await client.request("GET", "/metrics", headers=headers)

    assert answer.status == status
    assert (b"socialfeed_http" in answer.body) == (status == 200)


def test_in_production_nobody_may_without_a_token() -> None:
    production = Settings(environment=Environment.PRODUCTION)

    assert production.metrics_reader is None
    assert production.model_copy(update={"metrics_token": SecretStr(TOKEN)}).metrics_reader == TOKEN


async def test_where_nobody_may_there_is_nothing() -> None:
    transport = httpx.ASGITransport(MetricsEndpoint(None))
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        answer = await client.get("/metrics", headers={"Authorization": "Bearer "})

    assert answer.status_code == 404


@pytest.mark.parametrize("metrics", [PrometheusMetrics(), MemoryMetrics()], ids=["prometheus", "memory"])
def test_every_metric_can_be_told_and_read(metrics: Metrics) -> None:
    for metric in METRICS:
        labels = ["some"] * len(metric.labels)
        match metric:
            case Counter():
                assert metric.name.endswith("_total")
                metrics.inc(metric, *labels)
            case Gauge():
                metrics.set(metric, 7, *labels)
            case Histogram():
                assert list(metric.buckets) == sorted(metric.buckets)
                metrics.observe(metric, 0.5, *labels)

    page, _ = metrics.page()

    assert len({metric.name for metric in METRICS}) == len(METRICS)
    for metric in METRICS:
        assert metric.name.encode() in page
