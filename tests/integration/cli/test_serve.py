import contextlib
import json
import re
import signal
import socket
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPMessage
from typing import Any
from urllib.parse import urlsplit

import pytest

from socialfeed.entrypoints.cli.demo import DEMO_LOGIN, DEMO_PASSWORD
from socialfeed.entrypoints.cli.protocol import HEAD_MAX
from socialfeed.population import DEMO_USERNAME
from tests.commands import Run
from tests.integration.cli.conftest import Start

FEED = (
    "{ userFeed(page: 1, itemsPerPage: 10) { items { id } } trendingPosts(page: 1, itemsPerPage: 10) { items { id } } }"
)


def graphql(address: str, query: str, token: str = "") -> tuple[dict[str, Any], HTTPMessage]:
    request = urllib.request.Request(
        f"{address}/graphql",
        json.dumps({"query": query}).encode(),
        {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {}),
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read()), answer.headers


def sign_in(address: str) -> str:
    query = f'mutation {{ tokenAuth(username: "{DEMO_USERNAME}", password: "{DEMO_PASSWORD}") {{ token }} }}'
    answer, _ = graphql(address, query)
    return str(answer["data"]["tokenAuth"]["token"])


def test_a_first_start_has_demo_data_and_a_second_one_keeps_it(run: Run, start: Start) -> None:
    assert run("migrate").exit_code == 0
    first = start("--demo")
    address = first.address()
    before, headers = graphql(address, FEED, sign_in(address))
    assert len(before["data"]["userFeed"]["items"]) == 10
    assert len(before["data"]["trendingPosts"]["items"]) == 10
    assert "server" not in headers
    assert DEMO_LOGIN in first.said()
    first.stop()

    address = start("--demo").address()

    after, _ = graphql(address, FEED, sign_in(address))
    assert after == before


def test_memory_is_served_with_demo_data_made_in_the_server(in_memory: str) -> None:
    answer, _ = graphql(in_memory, FEED, sign_in(in_memory))

    assert len(answer["data"]["userFeed"]["items"]) == 10


def test_a_port_that_is_taken_is_refused_in_one_line(run: Run, in_memory: str) -> None:
    port = urlsplit(in_memory).port

    second = run("serve", "--port", str(port), database_url="memory://")

    assert second.exit_code == 1
    assert second.stdout == ""
    assert second.stderr == (
        f"socialfeed: port {port} of 127.0.0.1 is taken: stop what listens there or choose another --port\n"
    )


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"redis_url": "redis://127.0.0.1:1"}, "SOCIALFEED_REDIS_URL: "),
        ({"database_url": "postgresql://127.0.0.1:1/nowhere"}, "SOCIALFEED_DATABASE_URL: "),
        ({"broker_url": "amqp://127.0.0.1:1"}, "SOCIALFEED_BROKER_URL: "),
        ({"mail_url": "pigeon://roof"}, "SOCIALFEED_MAIL_URL: "),
    ],
)
def test_a_server_that_cannot_start_says_why_in_one_line(run: Run, settings: dict[str, str], said: str) -> None:
    result = run("serve", "--port", "0", **{"database_url": "memory://", **settings})

    assert result.exit_code in {1, 2}
    assert result.stderr.startswith(f"socialfeed: {said}")
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_told_to_stop_closes_what_it_opened(start: Start, number: signal.Signals) -> None:
    server = start(database_url="memory://")
    server.address()

    code = server.stop(number)

    assert code == (0 if number == signal.SIGINT else -signal.SIGTERM)
    assert "Application shutdown complete" in server.said()
    assert "Traceback" not in server.said()


def test_several_processes_serve_one_address(run: Run, start: Start) -> None:
    run("migrate")
    server = start("--workers", "2")
    server.address()

    assert server.said().count("Started server process") == 2
    server.stop()


def test_several_processes_give_one_page_of_metrics(run: Run, start: Start) -> None:
    run("migrate")
    server = start("--workers", "2")
    address = server.address()

    def counted() -> float:
        with urllib.request.urlopen(f"{address}/metrics", timeout=30) as page:
            text = page.read().decode()
        found = re.search(r'_count\{method="GET",part="\.well-known",status="200"\} (\S+)', text)
        return float(found[1]) if found else 0

    for _ in range(20):
        with urllib.request.urlopen(f"{address}/.well-known/jwks.json", timeout=30) as keys:
            assert keys.status == 200

    # The line of a request is written when its answer is sent; whoever answers next may be the other process.
    assert [counted() for _ in range(6)][-1] == 20
    server.stop()


def test_two_hundred_requests_to_four_processes_on_a_limit_of_a_hundred_let_a_hundred_pass(
    run: Run, start: Start, redis_url: str
) -> None:
    run("migrate")
    server = start("--workers", "4", redis_url=redis_url, rate_limit="100/day")
    address = server.address()

    def status(_: int) -> int:
        request = urllib.request.Request(
            f"{address}/graphql", b'{"query": "{ __typename }"}', {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            return refused.code

    with ThreadPoolExecutor(50) as threads:
        statuses = list(threads.map(status, range(200)))

    assert Counter(statuses) == {200: 100, 429: 100}
    server.stop()


def test_a_head_that_does_not_end_is_refused_and_the_next_request_is_served(in_memory: str) -> None:
    address = urlsplit(in_memory)
    endless = b"GET /health/live HTTP/1.1\r\nHost: here\r\nX-Long: " + b"a" * (2 * HEAD_MAX)
    answer = b""

    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        # The server may close before all is written; what it said first is what counts.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for _ in range(100):
                connection.sendall(endless)
                endless = b"a" * HEAD_MAX
        with contextlib.suppress(ConnectionResetError):
            answer = connection.recv(1024)

    assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")
    with urllib.request.urlopen(f"{address.geturl()}/health/live", timeout=30) as live:
        assert live.status == 200


def test_requests_one_after_the_other_on_one_connection_are_not_one_long_head(in_memory: str) -> None:
    address = urlsplit(in_memory)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=30)

    for _ in range(8):
        connection.request("POST", "/nowhere", body=b"b" * HEAD_MAX, headers={"X-Long": "a" * (HEAD_MAX // 4)})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 404

    connection.close()
