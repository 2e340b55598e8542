"""Metrics that a test can look at."""

from collections import defaultdict

from socialfeed.application.metrics import METRICS
from socialfeed.application.ports.metrics import Counter, Gauge, Histogram


class MemoryMetrics:
    """`values` holds what counters and gauges stand at and how often a histogram was told, by name and labels."""

    def __init__(self) -> None:
        self.values: defaultdict[tuple[str, ...], float] = defaultdict(float)
        for metric in METRICS:
            if not metric.labels:
                self.values[(metric.name,)] = 0

    def inc(self, counter: Counter, *labels: str, by: float = 1) -> None:
        self.values[(counter.name, *labels)] += by

    def set(self, gauge: Gauge, value: float, *labels: str) -> None:
        self.values[(gauge.name, *labels)] = value

    def observe(self, histogram: Histogram, value: float, *labels: str) -> None:
        self.values[(histogram.name, *labels)] += 1

    def page(self) -> tuple[bytes, str]:
        lines = [f"{key[0]}{list(key[1:]) or ''} {value}" for key, value in sorted(self.values.items())]
        return "\n".join(lines).encode(), "text/plain; charset=utf-8"
