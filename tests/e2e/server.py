"""A `socialfeed serve` of its own for the browser: demo data in memory, no limits."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

PATIENCE = 60.0
"""Seconds until a server that does not answer counts as broken."""


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[str]:
    """The address of a server that runs with `settings` (`introspection="false"`), and ends afterwards."""
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SOCIALFEED_")}
    chosen = {"database_url": "memory://", "data_dir": str(folder), "rate_limit": "off", **settings}
    environment = inherited | {f"SOCIALFEED_{name.upper()}": value for name, value in chosen.items()}
    command = [sys.executable, "-c", "from socialfeed.entrypoints.cli import main; main()"]
    log = folder / "server.log"
    with (
        log.open("w") as output,
        subprocess.Popen(
            [*command, "serve", "--demo", "--port", str(port)], env=environment, stdout=output, stderr=output
        ) as process,
    ):
        try:
            _wait_until_ready(address, process, log)
            yield address
        finally:
            process.terminate()


def _wait_until_ready(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(f"{address}/health/ready", timeout=5):
                return
        except URLError:
            time.sleep(0.1)
    raise AssertionError(f"the server did not become ready:\n{log.read_text()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
