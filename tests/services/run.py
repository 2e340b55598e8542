"""The services of one test run, shared by its processes."""

import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.services import postgres, rabbitmq, redis
from tests.services.found import Found, Missing
from tests.services.launch import Launcher, reachable_folder

NAMES = ("postgres", "redis", "rabbitmq")


class Services:
    """Knows where each service is; starts what must be started, once per run.

    The process that calls `prepare` owns the run: closing its `Services` stops what was started. xdist's
    workers build theirs with `join` from what `share` gave.
    """

    def __init__(self, folder: Path, found: dict[str, Found | None], alive: int | None) -> None:
        self.folder, self.found = folder, found
        self._alive = alive
        self._keepers: list[subprocess.Popen[bytes]] = []

    @classmethod
    def prepare(cls) -> "Services":
        """Looks for every service. Raises `Missing` where a variable names a server that does not answer."""
        found = {"postgres": postgres.find(), "redis": redis.find(), "rabbitmq": rabbitmq.find()}
        folder = Path(tempfile.mkdtemp(prefix="socialfeed-", dir=reachable_folder()))
        folder.chmod(0o711)  # The servers run as another user when we are root.
        os.mkfifo(folder / "alive")
        return cls(folder, found, os.open(folder / "alive", os.O_RDWR))

    @classmethod
    def join(cls, shared: dict[str, Any]) -> "Services":
        found = {name: Found(**facts) if facts else None for name, facts in shared["found"].items()}
        return cls(Path(shared["folder"]), found, None)

    def share(self) -> dict[str, Any]:
        """Plain values, as xdist can carry."""
        return {
            "folder": str(self.folder),
            "found": {name: asdict(found) if found else None for name, found in self.found.items()},
        }

    def describe(self) -> list[str]:
        """One line a service, for the header of the report."""
        absent = {"rabbitmq": "RabbitMQ: none reachable"}
        return [
            f"service: {self.found[name]}"
            if self.found[name]
            else f"service: {absent.get(name, name + ': none found')}"
            for name in NAMES
        ]

    def url(self, name: str) -> str:
        """The address of a service, started if need be. Raises `Missing`."""
        found = self.found[name]
        if found is None:
            raise Missing(f"No {name} here: set SOCIALFEED_TEST_{name.upper()}_URL or install one.")
        if found.url:
            return found.url
        with self._lock(name):
            address = self.folder / f"{name}.url"
            if not address.exists():
                address.write_text(self._start(name, found.binary))
            return address.read_text()

    def launcher(self, name: str) -> Launcher:
        """Starts further servers of one's own, which end with the run at the latest."""
        return Launcher(self.folder, name, self._keepers)

    def close(self) -> None:
        """Stops what was started and waits until it is gone. Does nothing in a worker."""
        if self._alive is None:
            return
        os.close(self._alive)
        self._alive = None
        deadline = time.monotonic() + 20
        while any((self.folder / name).exists() for name in NAMES) and time.monotonic() < deadline:
            time.sleep(0.05)
        for keeper in self._keepers:
            with suppress(subprocess.TimeoutExpired):
                keeper.wait(5)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self, name: str, binary: str) -> str:
        start = {"postgres": postgres.start, "redis": redis.start}[name]
        return start(binary, self.launcher(name))

    @contextmanager
    def _lock(self, name: str) -> Iterator[None]:
        with open(self.folder / f"{name}.lock", "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
