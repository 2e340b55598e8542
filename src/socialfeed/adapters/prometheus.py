"""Metrics by the client library of Prometheus.

With PROMETHEUS_MULTIPROC_DIR set before the first import, all processes that share the folder give one page together;
`socialfeed serve --workers` sets it.
"""

import os

import prometheus_client as prometheus
from prometheus_client import multiprocess

from socialfeed.application.metrics import METRICS
from socialfeed.application.ports.metrics import Counter, Gauge, Histogram, Metric

MULTIPROCESS_DIR = "PROMETHEUS_MULTIPROC_DIR"


class PrometheusMetrics:
    def __init__(self) -> None:
        self._registry = prometheus.CollectorRegistry()
        self._counters: dict[Counter, prometheus.Counter] = {}
        self._gauges: dict[Gauge, prometheus.Gauge] = {}
        self._histograms: dict[Histogram, prometheus.Histogram] = {}
        for metric in METRICS:
            self._register(metric)

    def inc(self, counter: Counter, *labels: str, by: float = 1) -> None:
        held = self._counters[counter]
        (held.labels(*labels) if labels else held).inc(by)

    def set(self, gauge: Gauge, value: float, *labels: str) -> None:
        held = self._gauges[gauge]
        (held.labels(*labels) if labels else held).set(value)

    def observe(self, histogram: Histogram, value: float, *labels: str) -> None:
        held = self._histograms[histogram]
        (held.labels(*labels) if labels else held).observe(value)

    def page(self) -> tuple[bytes, str]:
        registry = self._registry
        if MULTIPROCESS_DIR in os.environ:
            registry = prometheus.CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return prometheus.generate_latest(registry), prometheus.CONTENT_TYPE_LATEST

    def _register(self, metric: Metric) -> None:
        match metric:
            case Counter():
                self._counters[metric] = prometheus.Counter(
                    metric.name, metric.help, metric.labels, registry=self._registry
                )
            case Gauge():
                self._gauges[metric] = prometheus.Gauge(
                    metric.name, metric.help, metric.labels, registry=self._registry, multiprocess_mode="mostrecent"
                )
            case Histogram():
                self._histograms[metric] = prometheus.Histogram(
                    metric.name, metric.help, metric.labels, registry=self._registry, buckets=metric.buckets
                )
