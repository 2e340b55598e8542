import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.commands import Run, in_folder

PROGRAM = str(Path(sys.executable).with_name("socialfeed"))

Start = Callable[..., "Server"]


@pytest.fixture(params=["sqlite", "postgres"])
def migrated_url(request: pytest.FixtureRequest) -> str:
    """A migrated, empty database; the same test runs on both."""
    return str(request.getfixturevalue(f"migrated_{request.param}_url"))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    return in_folder(tmp_path, monkeypatch)


def bare_environment(**settings: str) -> dict[str, str]:
    """The environment of this process with no settings but these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SOCIALFEED_")}
    return kept | {f"SOCIALFEED_{name.upper()}": value for name, value in settings.items()}


class Server:
    """A `socialfeed serve` of its own process, and what it said."""

    def __init__(self, folder: Path, log: Path, *arguments: str, **settings: str) -> None:
        self._log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [PROGRAM, "serve", "--port", "0", *arguments],
                cwd=folder,
                env=bare_environment(**settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        return self._log.read_text()

    def address(self) -> str:
        """Where it is, once it is ready."""
        for _ in range(1_200):
            assert self.process.poll() is None, self.said()
            found = re.search(r"socialfeed is at (http://\S+)/graphql", self.said())
            if found and self._is_ready(found[1]):
                return found[1]
            time.sleep(0.05)
        raise AssertionError(self.said())

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=30)

    def end(self) -> None:
        if self.process.poll() is None:
            try:
                self.stop()
            finally:
                self.process.kill()

    def _is_ready(self, address: str) -> bool:
        try:
            with urllib.request.urlopen(f"{address}/health/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a server on a free port, in the folder of this test; settings as keywords."""
    servers: list[Server] = []

    def begin(*arguments: str, **settings: str) -> Server:
        servers.append(Server(tmp_path, tmp_path / f"server-{len(servers)}.log", *arguments, **settings))
        return servers[-1]

    yield begin
    for server in servers:
        server.end()


@pytest.fixture(scope="module")
def in_memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that the tests of a module share, with the demo data in memory."""
    folder = tmp_path_factory.mktemp("server")
    server = Server(folder, folder / "server.log", "--demo", database_url="memory://")
    yield server.address()
    server.end()
