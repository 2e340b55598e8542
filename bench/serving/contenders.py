"""Who is measured, each in a server of its own that has one core for itself."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.integration.cli.conftest import Server, bare_environment
from tests.services.launch import free_port, listens

from bench.servers import cpu_seconds
from bench.serving.load import Clients, Load
from bench.serving.world import Reader, World

OPERATION = """query UserFeed {
  userFeed(page: 1, itemsPerPage: 10) {
    items {
      id
      content
      image
      author { username firstName lastName }
      likesCount
      commentsCount
      sharesCount
      isLiked
      createdAt
    }
    totalItems
    totalPages
    currentPage
  }
}
"""
"""That of `shared/operations/feeds.graphql`."""

CONNECTIONS = 32
"""Requests under way at once, at most."""


@dataclass(frozen=True, slots=True)
class Contender:
    """`settings` are those of a product that is served; without, it is one of `hosts`."""

    key: str
    name: str
    settings: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds of processors for each answer: the server's own, and those of its database."""

    load: Load
    cpu: float
    database: float

    @property
    def server_busy(self) -> float:
        """The part of its core that the server had."""
        return self.cpu * self.load.rate / 1000

    @property
    def other_busy(self) -> float:
        """The part of the other core that the load had, and the database as far as it is known to run there."""
        return self.load.busy / self.load.seconds + self.database * self.load.rate / 1000


class Contest:
    """Servers that are up, of which one at a time is asked."""

    def __init__(self, world: World, core: int, requests: Sequence[bytes]) -> None:
        self._world = world
        self._core = core
        self._requests = requests
        self._ports: dict[str, int] = {}
        self._processes: dict[str, int] = {}

    @contextmanager
    def serving(self, contender: Contender, folder: Path) -> Iterator[None]:
        with ExitStack() as stack:
            with self._on_its_core():
                if contender.settings is None:
                    port, process = stack.enter_context(_hosted(contender.key, folder))
                else:
                    port, process = stack.enter_context(_served(contender, folder))
            self._ports[contender.key], self._processes[contender.key] = port, process
            yield

    def measured(self, key: str, ask: Callable[[Clients], Load]) -> Measured:
        with Clients(self._ports[key], self._requests, connections=CONNECTIONS) as clients:
            clients.eagerly(WARM_UP)
            self._world.pin()
            server, databases = self._processes[key], self._databases()
            used, stored = cpu_seconds(server), sum(map(cpu_seconds, databases))
            load = ask(clients)
            used, stored = cpu_seconds(server) - used, sum(map(cpu_seconds, databases)) - stored
        answers = len(load.took)
        return Measured(load, used * 1000 / answers, stored * 1000 / answers)

    def answers(self, key: str) -> list[bytes]:
        """One for each reader, in the order of the requests."""
        with Clients(self._ports[key], self._requests, connections=1) as clients:
            return [clients.answer() for _ in self._requests]

    def _databases(self) -> list[int]:
        return [*self._world.backends(), self._world.valkey]

    @contextmanager
    def _on_its_core(self) -> Iterator[None]:
        """What is started here inherits where it may run."""
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {self._core})
        try:
            yield
        finally:
            os.sched_setaffinity(0, before)


WARM_UP = 1.0
"""Seconds of load before what counts: connections are made, caches filled."""


def request(token: str) -> bytes:
    body = json.dumps({"query": OPERATION, "operationName": "UserFeed"}).encode()
    head = (
        "POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def requests(readers: Sequence[Reader]) -> list[bytes]:
    return [request(reader.token) for reader in readers]


@contextmanager
def _served(contender: Contender, folder: Path) -> Iterator[tuple[int, int]]:
    data = folder / contender.key
    data.mkdir()
    settings: dict[str, Any] = dict(contender.settings or {})
    server = Server(data, data / "server.log", **settings)
    try:
        yield int(server.address().rpartition(":")[2]), server.process.pid
    finally:
        server.end()


@contextmanager
def _hosted(key: str, folder: Path) -> Iterator[tuple[int, int]]:
    port, log = free_port(), folder / f"{key}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.serving.hosts", key, str(port), str(folder)],
            env=bare_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        while not listens(port):
            if process.poll() is not None:
                raise RuntimeError(log.read_text())
            time.sleep(0.05)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(30)
