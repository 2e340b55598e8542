"""Servers that a fault run may torment, and workers that it may kill."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from shutil import rmtree

import redis

from tests.integration.cli.conftest import PROGRAM, bare_environment
from tests.services import Services
from tests.services import redis as redis_service
from tests.services.launch import free_port, listens


class OwnRedis:
    """A Valkey or Redis that keeps its port however often it dies; and what it holds, if `options` say so."""

    def __init__(self, services: Services, name: str, *options: str) -> None:
        self._launcher = services.launcher(name)
        self._launcher.make_folder(-1)
        self._port = free_port()
        self._options = options or ("--save", "", "--appendonly", "no")
        self._pid = 0
        self.url = f"redis://127.0.0.1:{self._port}"
        self.start()

    def start(self) -> None:
        fixed = ["--bind", "127.0.0.1", "--port", str(self._port), "--dir", str(self._launcher.folder)]
        self._launcher.start(
            lambda _: [redis_service.own_binary(), *fixed, *self._options],
            lambda _: listens(self._port) and self.answers(),
            signal.SIGTERM,
        )

    def client(self, database: int = 0) -> "redis.Redis":
        return redis.Redis.from_url(self.url, db=database, socket_timeout=5)

    def kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        while listens(self._port):
            time.sleep(0.01)

    def freeze(self) -> None:
        """It accepts connections, as its kernel does, and says nothing."""
        os.kill(self._pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self._pid, signal.SIGCONT)

    def end(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        rmtree(self._launcher.folder, ignore_errors=True)

    def answers(self) -> bool:
        try:
            with self.client() as client:
                self._pid = int(client.info("server")["process_id"])
        except redis.RedisError:
            return False
        return True


class Worker:
    """A `socialfeed worker`, or what `command` gives for a number, that can be killed and started anew; and what all of
    them said.
    """

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, str],
        command: Callable[[int], Sequence[str]] = lambda _: (PROGRAM, "worker"),
    ) -> None:
        self._settings, self._command = settings, command
        self._log = folder / "worker.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.started = 0

    def start(self) -> None:
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command(self.started),
                env=bare_environment(**self._settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.started += 1

    def wait(self) -> None:
        """Until the last one started works."""
        while self.said().count("working on up to") < self.started:
            assert self._process is not None, "nothing was started"
            assert self._process.poll() is None, self.said()
            time.sleep(0.05)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def said(self) -> str:
        return self._log.read_text()
