"""Every metric of the product: where something happens, it is counted under one of these."""

from socialfeed.application.ports.metrics import Gauge, Histogram, Metric

HTTP_REQUESTS = Histogram(
    "socialfeed_http_request_seconds",
    "How long requests took, by method, part of the address space and status.",
    (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
    ("method", "part", "status"),
)

PARKED = Gauge("socialfeed_parked", "Events and jobs that failed too often and wait for `socialfeed jobs parked`.")

METRICS: tuple[Metric, ...] = (HTTP_REQUESTS, PARKED)
