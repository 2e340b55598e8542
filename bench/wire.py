"""A small HTTP client for load: kept connections, nothing parsed that is not needed, requests sent at their time."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from bench.figures import percentile

KEPT_SECONDS = 5
"""A connection that was idle for longer is not used again: the server may be just closing it."""


@dataclass(slots=True)
class Seen:
    """Seconds from when a request was due to the end of its answer, in order of the answers, and what they were."""

    took: list[float] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)

    def percentile(self, percent: float) -> float:
        """Milliseconds."""
        return percentile(self.took, percent)


def outcome(status: int, body: bytes) -> str:
    """Of an answer to an operation: OK, or the code of its first error, or else its status."""
    answer = json.loads(body)
    if errors := answer.get("errors"):
        return str(errors[0]["extensions"]["code"])
    return "OK" if status == 200 else str(status)


class Wire:
    """Connections to one server on this machine, as many as are needed at once."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "", parts.port
        self._idle: list[tuple[float, asyncio.StreamReader, asyncio.StreamWriter]] = []

    def graphql(self, operation: str, variables: dict[str, Any], token: str = "") -> bytes:
        """A request, ready to be sent."""
        body = json.dumps({"query": operation, "variables": variables}).encode()
        authorization = f"Authorization: Bearer {token}\r\n" if token else ""
        head = (
            f"POST /graphql HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
            f"{authorization}Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    async def send(self, request: bytes) -> tuple[int, bytes]:
        """Status and body."""
        reader, writer = self._kept() or await asyncio.open_connection(self._host, self._port)
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        body = await reader.readexactly(length)
        self._idle.append((time.perf_counter(), reader, writer))
        return int(head.split(b" ", 2)[1]), body

    async def steadily(
        self, request: Callable[[int], bytes], outcome: Callable[[int, bytes], str], *, rate: float, seconds: float
    ) -> Seen:
        """So many requests a second whether or not answers come back: who is slow is not asked less often."""
        seen = Seen()

        async def one(number: int, due: float) -> None:
            try:
                said = outcome(*await self.send(request(number)))
            except (OSError, asyncio.IncompleteReadError) as error:
                said = type(error).__name__
            seen.took.append(time.perf_counter() - due)
            seen.outcomes[said] += 1

        started = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(int(rate * seconds)):
                due = started + number / rate
                if (pause := due - time.perf_counter()) > 0:
                    await asyncio.sleep(pause)
                group.create_task(one(number, due))
        return seen

    def close(self) -> None:
        while self._idle:
            _, _, writer = self._idle.pop()
            writer.close()

    def _kept(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        if not self._idle:
            return None
        since, reader, writer = self._idle.pop()  # The last used: those before it are older.
        if time.perf_counter() - since <= KEPT_SECONDS:
            return reader, writer
        writer.close()
        self.close()
        return None
