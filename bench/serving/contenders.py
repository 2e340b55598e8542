"""Who is measured, each in a server of its own that has one core for itself."""

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

from bench.servers import cpu_seconds, family
from bench.serving.load import Clients, Failed, Load
from bench.serving.world import World

ROOT = Path(__file__).parents[2]

CONNECTIONS = 32
"""Requests under way at once, at most."""


RAW, VALKEY, SQL, REFERENCE = "raw", "valkey", "sql", "reference"
VALKEY_IO, SQL_IO = "valkey-io", "sql-io"
ARIADNE, STRAWBERRY, GRAPHENE = "ariadne", "strawberry", "graphene"

SETTINGS = "settings.json"
"""In the folder that all share: those of a product with Valkey."""

THREADS = 4
"""Of Graphene's server."""

Command = Callable[[int, Path], list[str]]


@dataclass(frozen=True, slots=True)
class Contender:
    """Either `settings` of a product that is served, or the `command` for a port and the folder that all share."""

    key: str
    name: str
    settings: Mapping[str, str] | None = None
    command: Command | None = None


def hosted(key: str, name: str) -> Contender:
    """One of `hosts`."""
    return Contender(
        key,
        name,
        command=lambda port, folder: [sys.executable, "-m", "bench.serving.hosts", key, str(port), str(folder)],
    )


def peers() -> list[Contender]:
    """None where their environment was not made."""
    programs = Path(sys.prefix) / "peers" / "bin"
    if not (programs / "gunicorn").exists():
        return []
    strawberry = [str(programs / "python"), "-m", "bench.peers.strawberry_feed"]
    graphene = [str(programs / "gunicorn"), "bench.peers.graphene_feed:application", "--worker-class", "gthread"]
    graphene += ["--threads", str(THREADS), "--keep-alive", "60", "--access-logfile", "-"]
    return [
        Contender(STRAWBERRY, "Strawberry", command=lambda port, folder: [*strawberry, str(port), str(folder)]),
        Contender(
            GRAPHENE, "Graphene, cached pages", command=lambda port, _: [*graphene, "--bind", f"127.0.0.1:{port}"]
        ),
    ]


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
    def load_busy(self) -> float:
        return self.load.busy / self.load.seconds

    @property
    def other_busy(self) -> float:
        """The part of the other core that the load had, and the database as far as it is known to run there."""
        return self.load_busy + self.database * self.load.rate / 1000


class Contest:
    """Servers that are up, of which one at a time is asked."""

    def __init__(self, world: World, core: int, requests: Sequence[bytes]) -> None:
        self._world = world
        self._core = core
        self._requests = requests
        self._ports: dict[str, int] = {}
        self._logs: dict[str, Path] = {}
        self._processes: dict[str, int] = {}

    @contextmanager
    def serving(self, contender: Contender, folder: Path) -> Iterator[None]:
        log = folder / f"{contender.key}.log"
        with ExitStack() as stack:
            with self._on_its_core():
                if contender.command is None:
                    port, process = stack.enter_context(_served(contender, folder, log))
                else:
                    port, process = stack.enter_context(_ran(contender.command, folder, log))
            self._ports[contender.key], self._processes[contender.key] = port, process
            self._logs[contender.key] = log
            yield

    def measured(self, key: str, ask: Callable[[Clients], Load]) -> Measured:
        """Raises `Failed` with the end of what the server logged."""
        try:
            with Clients(self._ports[key], self._requests, connections=CONNECTIONS) as clients:
                clients.eagerly(WARM_UP)
                self._world.pin()
                before = self._used(key)
                load = ask(clients)
                after = self._used(key)
        except Failed as failed:
            raise Failed(f"{key}: {failed}\n{self._logs[key].read_text()[-4000:]}") from failed
        server, database = (
            sum(used - then.get(process, 0) for process, used in now.items())
            for then, now in zip(before, after, strict=True)
        )
        answers = len(load.took)
        return Measured(load, server * 1000 / answers, database * 1000 / answers)

    def answers(self, key: str) -> list[bytes]:
        """One for each reader, in the order of the requests."""
        with Clients(self._ports[key], self._requests, connections=1) as clients:
            return [clients.answer() for _ in self._requests]

    def _used(self, key: str) -> tuple[dict[int, float], dict[int, float]]:
        """Seconds of processors so far, by process: of the server, and of its databases."""
        databases = [*self._world.backends(), self._world.valkey]
        return cpu_seconds(family(self._processes[key])), cpu_seconds(databases)

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


@contextmanager
def _served(contender: Contender, folder: Path, log: Path) -> Iterator[tuple[int, int]]:
    data = folder / contender.key
    data.mkdir()
    settings: dict[str, Any] = dict(contender.settings or {})
    server = Server(data, log, **settings)
    try:
        yield int(server.address().rpartition(":")[2]), server.process.pid
    finally:
        server.end()


@contextmanager
def _ran(command: Command, folder: Path, log: Path) -> Iterator[tuple[int, int]]:
    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command(port, folder),
            cwd=ROOT,
            env={**bare_environment(), "BENCH_FOLDER": str(folder)},
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
