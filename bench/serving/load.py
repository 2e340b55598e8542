"""Load from one process that costs little: raw sockets, an epoll, and nothing parsed but where an answer ends."""

import gc
import re
import select
import socket
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle

STALLED = 15.0
"""Seconds without any answer after which a measurement is given up."""

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_CHUNK = 256 * 1024


class Failed(Exception):
    """An answer that is none: what is measured would be something else."""


@dataclass(frozen=True, slots=True)
class Load:
    """Seconds each answer took, from when its request was sent or, in a steady load, due; what all of it took by the
    clock, and of this process's time.
    """

    took: Sequence[float]
    seconds: float
    busy: float

    @property
    def rate(self) -> float:
        return len(self.took) / self.seconds


class _Line:
    """One kept connection."""

    __slots__ = ("incoming", "since", "socket", "wanted")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=STALLED)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.incoming = b""
        self.wanted = 0
        self.since = 0.0

    def send(self, request: bytes, since: float) -> None:
        self.since = since
        self.socket.send(request)  # Far smaller than the buffer of a socket that waits for nothing else.

    def receive(self) -> bytes | None:
        """All of an answer once it is there. Raises `Failed`."""
        data = self.socket.recv(_CHUNK)
        if not data:
            raise Failed("the server closed a connection")
        if self.incoming:
            data = self.incoming + data
        if not self.wanted:
            head = data.find(b"\r\n\r\n")
            if head < 0:
                self.incoming = data
                return None
            found = _LENGTH.search(data, 0, head + 2)
            if found is None:
                raise Failed(f"an answer without a length: {data[:head]!r}")
            self.wanted = head + 4 + int(found[1])
        if len(data) < self.wanted:
            self.incoming = data
            return None
        if not data.startswith(b"HTTP/1.1 200") or b'"errors"' in data:
            raise Failed(f"not an answer: {data[:2000]!r}")
        self.incoming, self.wanted = b"", 0
        return data


class Clients:
    """Connections to one server on this machine, kept for as long as this is open."""

    def __init__(self, port: int, requests: Sequence[bytes], *, connections: int) -> None:
        self._lines = [_Line(port) for _ in range(connections)]
        self._by_fd = {line.socket.fileno(): line for line in self._lines}
        self._poll = select.epoll()
        for fd in self._by_fd:
            self._poll.register(fd, select.EPOLLIN)
        self._requests: Iterator[bytes] = cycle(requests)

    def __enter__(self) -> "Clients":
        return self

    def __exit__(self, *_: object) -> None:
        self._poll.close()
        for line in self._lines:
            line.socket.close()

    def answer(self) -> bytes:
        """The body of what the next request is answered."""
        self._lines[0].send(next(self._requests), time.perf_counter())
        while True:
            for _, got in self._answers(STALLED):
                return got.partition(b"\r\n\r\n")[2]

    def eagerly(self, seconds: float) -> Load:
        """Each connection asks again as soon as it has its answer."""
        took: list[float] = []
        waiting = len(self._lines)
        with _unhindered():
            used, started = time.process_time(), time.perf_counter()
            now, ends = started, started + seconds
            for line in self._lines:
                line.send(next(self._requests), started)
            while waiting:
                for line, _ in self._answers(STALLED):
                    now = time.perf_counter()
                    took.append(now - line.since)
                    if now < ends:
                        line.send(next(self._requests), now)
                    else:
                        waiting -= 1
        return Load(took, now - started, time.process_time() - used)

    def steadily(self, rate: float, seconds: float) -> Load:
        """So many requests a second, evenly, whether or not answers come back; one that finds every connection in use
        waits, and its time runs.
        """
        took: list[float] = []
        sent, total = 0, int(rate * seconds)
        idle = deque(self._lines)
        with _unhindered():
            used, started = time.process_time(), time.perf_counter()
            now = started
            while len(took) < total:
                wait = STALLED
                while sent < total and idle:
                    due = started + sent / rate
                    if (ahead := due - time.perf_counter()) > 0:
                        wait = ahead
                        break
                    idle.popleft().send(next(self._requests), due)
                    sent += 1
                for line, _ in self._answers(wait):
                    now = time.perf_counter()
                    took.append(now - line.since)
                    idle.append(line)
        return Load(took, now - started, time.process_time() - used)

    def _answers(self, wait: float) -> Iterator[tuple[_Line, bytes]]:
        """Who has an answer, once anybody has, and which; nobody after `wait` seconds without."""
        # An epoll waits for whole milliseconds, a select for it is exact.
        if select.select([self._poll], [], [], wait)[0]:
            for fd, _ in self._poll.poll(0):
                line = self._by_fd[fd]
                if got := line.receive():
                    yield line, got
        elif wait == STALLED:
            raise Failed(f"no answer for {STALLED:g} s")


@contextmanager
def _unhindered() -> Iterator[None]:
    """No garbage is collected meanwhile: that would look like a slow answer."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
