"""Figures about a process, for whoever watches it. Names and kinds are those of Prometheus."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Counter:
    """Only ever grows; its name ends in `_total`. Labels take few values, none of which a client can invent."""

    name: str
    help: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gauge:
    """Goes up and down. Among several processes the newest value counts."""

    name: str
    help: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Histogram:
    """How values spread. `buckets` are upper bounds, rising; one without a bound comes by itself."""

    name: str
    help: str
    buckets: tuple[float, ...]
    labels: tuple[str, ...] = ()


Metric = Counter | Gauge | Histogram


class Metrics(Protocol):
    """Takes microseconds, does no I/O and never raises for a metric of `socialfeed.application.metrics` that is given
    as many labels as it has. Safe in threads.
    """

    def inc(self, counter: Counter, *labels: str, by: float = 1) -> None: ...

    def set(self, gauge: Gauge, value: float, *labels: str) -> None: ...

    def observe(self, histogram: Histogram, value: float, *labels: str) -> None: ...

    def page(self) -> tuple[bytes, str]:
        """All of them in a text format that Prometheus reads, and its media type. Those without labels are there from
        the start, at 0.
        """
