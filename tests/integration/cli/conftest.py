import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PROGRAM = str(Path(sys.executable).with_name("socialfeed"))

Environment = dict[str, str]
Run = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., "Server"]


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """No setting but a folder of the test's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SOCIALFEED_")}
    return {**kept, "SOCIALFEED_DATA_DIR": str(tmp_path / "var")}


@pytest.fixture
def run(environment: Environment, tmp_path: Path) -> Run:
    """Runs `socialfeed` as a process of its own; settings as keywords."""

    def call(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROGRAM, *arguments],
            cwd=tmp_path,
            env=environment | {f"SOCIALFEED_{name.upper()}": value for name, value in settings.items()},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return call


class Server:
    """A running `socialfeed serve` and what it said."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log

    def said(self) -> str:
        return self._log.read_text()

    def address(self) -> str:
        """Where it is, once it is ready."""
        for _ in range(600):
            assert self.process.poll() is None, self.said()
            found = re.search(r"socialfeed is at (http://\S+)/graphql", self.said())
            if found and self._is_ready(found[1]):
                return found[1]
            time.sleep(0.1)
        raise AssertionError(self.said())

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=30)

    def _is_ready(self, address: str) -> bool:
        try:
            with urllib.request.urlopen(f"{address}/health/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@pytest.fixture
def start(environment: Environment, tmp_path: Path) -> Iterator[Start]:
    """Starts `socialfeed serve` on a free port, with further arguments, and settings as keywords."""
    servers: list[Server] = []

    def begin(*arguments: str, **settings: str) -> Server:
        log = tmp_path / f"server-{len(servers)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [PROGRAM, "serve", *(arguments if "--port" in arguments else ("--port", "0", *arguments))],
                cwd=tmp_path,
                env=environment | {f"SOCIALFEED_{name.upper()}": value for name, value in settings.items()},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        servers.append(Server(process, log))
        return servers[-1]

    yield begin
    for server in servers:
        if server.process.poll() is None:
            server.process.terminate()
            try:
                server.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                server.process.kill()
                server.process.wait()
