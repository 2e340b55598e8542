"""What nobody who does the same can go beyond: ASGI applications that do a part of it, and nothing else."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import hiredis
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from starlette.types import ASGIApp, Receive, Scope, Send

from bench.serving.recording import Commands, Page, Statement, recorded
from socialfeed.adapters.sql.postgres import READ_SETTINGS

ANSWER = "answer.json"
"""In the folder that all share: an answer of the product, of the size that most have."""

DATABASES = "databases"
"""There: the URL of Postgres, and host and port of Valkey."""

CONNECTIONS = 5
"""To Postgres, which has one core here: more would only wait for it."""


class _Answering:
    """`begin` and `end` are called at the lifespan's."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self.answer(scope, send)
            return
        await receive()
        await self.begin()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.end()
        await send({"type": "lifespan.shutdown.complete"})

    async def answer(self, scope: Scope, send: Send) -> None:
        raise NotImplementedError

    async def begin(self) -> None:
        return None

    async def end(self) -> None:
        return None


class _Raw(_Answering):
    def __init__(self, body: bytes) -> None:
        self._messages = _messages(body)

    async def answer(self, scope: Scope, send: Send) -> None:
        for message in self._messages:
            await send(message)


def raw(folder: Path) -> ASGIApp:
    """Bytes from memory. What is asked is not even read."""
    return _Raw((folder / ANSWER).read_bytes())


def _messages(body: bytes) -> tuple[dict[str, Any], ...]:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    return (
        {"type": "http.response.start", "status": 200, "headers": headers},
        {"type": "http.response.body", "body": body},
    )


class _Repeating(_Answering):
    """Says to the databases what was recorded, waits for the replies, and gives the answer that was given."""

    def __init__(self, pages: Mapping[str, Page], database_url: str, valkey: tuple[str, int]) -> None:
        self._pages = {f"Bearer {token}".encode(): (page.steps, _messages(page.body)) for token, page in pages.items()}
        self._valkey = valkey
        self._pool: AsyncConnectionPool[AsyncConnection] = AsyncConnectionPool(
            database_url,
            kwargs={"autocommit": True, "options": " ".join(f"-c {k}={v}" for k, v in READ_SETTINGS.items())},
            min_size=1,
            max_size=CONNECTIONS,
            open=False,
        )
        self._lines: dict[int, _Line] = {}
        self._reads = any(isinstance(step, Statement) for page in pages.values() for step in page.steps)

    async def begin(self) -> None:
        steps = [step for steps, _ in self._pages.values() for step in steps]
        for database in {step.database for step in steps if isinstance(step, Commands)}:
            _, self._lines[database] = await asyncio.get_running_loop().create_connection(_Line, *self._valkey)
            await self._lines[database].ask(f"SELECT {database}\r\n".encode(), 1)
        if self._reads:
            await self._pool.open(wait=True)

    async def end(self) -> None:
        await self._pool.close()

    async def answer(self, scope: Scope, send: Send) -> None:
        steps, messages = self._pages[next(value for name, value in scope["headers"] if name == b"authorization")]
        if self._reads:
            async with self._pool.connection() as connection:
                await self._repeat(steps, connection)
        else:
            await self._repeat(steps, None)
        for message in messages:
            await send(message)

    async def _repeat(self, steps: Sequence[Statement | Commands], connection: AsyncConnection | None) -> None:
        for step in steps:
            if isinstance(step, Commands):
                await self._lines[step.database].ask(step.written, step.replies)
            elif connection is not None:
                cursor = await connection.execute(step.text.encode(), step.values, prepare=True)
                await cursor.fetchall()


class _Line(asyncio.Protocol):
    """One connection for all: replies come in the order of what was asked."""

    def __init__(self) -> None:
        self._parser = hiredis.Reader()
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._left = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._write = cast(asyncio.Transport, transport).write

    def ask(self, written: bytes, replies: int) -> asyncio.Future[None]:
        answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((replies, answered))
        self._write(written)
        return answered

    def data_received(self, data: bytes) -> None:
        self._parser.feed(data)
        while (reply := self._parser.gets()) is not False:
            replies, answered = self._waiting[0]
            self._left += 1
            if self._left == replies:
                self._left = 0
                self._waiting.popleft()
                if isinstance(reply, hiredis.HiredisError):
                    answered.set_exception(reply)
                else:
                    answered.set_result(None)


def repeating(folder: Path, *, of: str) -> ASGIApp:
    """What the contender `of` says to its databases, and nothing else: at `folder/OF.io`, by `recording`."""
    database_url, host, port = (folder / DATABASES).read_text().split()
    return _Repeating(recorded(folder / f"{of}.io"), database_url, (host, int(port)))
