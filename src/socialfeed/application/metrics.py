"""Every metric of the product: where something happens, it is counted under one of these."""

from socialfeed.application.ports.metrics import Counter, Gauge, Histogram, Metric

HTTP_REQUESTS = Histogram(
    "socialfeed_http_request_seconds",
    "How long requests took, by method, part of the address space and status.",
    (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
    ("method", "part", "status"),
)

PARKED = Gauge("socialfeed_parked", "Events and jobs that failed too often and wait for `socialfeed jobs parked`.")

COUNTERS_COMPARED = Counter(
    "socialfeed_counters_compared_total", "Posts whose counters were compared with the rows they count, some a minute."
)
COUNTERS_DRIFTED = Counter(
    "socialfeed_counters_drifted_total",
    "Posts among them whose counters were wrong; `socialfeed doctor --repair` mends.",
)

GRAPHQL_OPERATIONS = Counter(
    "socialfeed_graphql_operations_total",
    "Operations by how they were run (compiled, careful, reference), and why not compiled.",
    ("way", "why"),
)

METRICS: tuple[Metric, ...] = (HTTP_REQUESTS, PARKED, COUNTERS_COMPARED, COUNTERS_DRIFTED, GRAPHQL_OPERATIONS)
