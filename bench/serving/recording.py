"""What the product says to its databases for each reader's page, so that the same can be said without the product."""

import asyncio
import pickle
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import hiredis
import psycopg

from bench.servers import Settings
from bench.serving.operation import BODY
from bench.serving.world import Reader
from socialfeed.testing.client import Client, open_client

SETTLED = 1.0
"""Seconds after which what is made behind a reader's back is there."""

_reading = ContextVar("reading", default=False)
"""Whether it is a reader who asks: tasks in the background ask, too."""

_GREETINGS = (b"HELLO", b"AUTH", b"SELECT", b"CLIENT")


class Statement(NamedTuple):
    text: str
    values: Any


class Commands(NamedTuple):
    """What was written at once to one database of a Redis, and how many replies it has."""

    database: int
    written: bytes
    replies: int


Step = Statement | Commands


class Page(NamedTuple):
    """What there was to do for it, one after the other, and the body it came to."""

    steps: Sequence[Step]
    body: bytes


async def record(settings: Settings, readers: Sequence[Reader], file: Path) -> None:
    """Writes `{token: Page}` for warm timelines and caches."""
    pages: dict[str, Page] = {}
    steps: list[Step] = []
    async with _overheard(settings, steps.append) as overheard, open_client(**overheard) as client:
        for _ in range(2):  # the first fills timelines, the second finds them filled and keeps what they came to
            for reader in readers:
                await body(client, reader.token)
            await asyncio.sleep(SETTLED)
        for reader in readers:
            steps.clear()
            answer = await body(client, reader.token)
            pages[reader.token] = Page(tuple(steps), answer)
    file.write_bytes(pickle.dumps(pages))


def recorded(file: Path) -> dict[str, Page]:
    pages: dict[str, Page] = pickle.loads(file.read_bytes())
    return pages


async def body(client: Client, token: str) -> bytes:
    """Of the answer to a reader."""
    as_reader, ours = Client(client.app, client.asgi, token), _reading.set(True)
    response = await as_reader.request("POST", "/graphql", body=BODY, headers={"content-type": "application/json"})
    _reading.reset(ours)
    assert response.status == 200, response.body
    return response.body


@asynccontextmanager
async def _overheard(settings: Settings, tell: Callable[[Step], None]) -> AsyncIterator[Settings]:
    """These settings, with a listener on the way to each database."""
    with _statements(tell):
        if "redis_url" not in settings:
            yield settings
            return
        parts = urlsplit(settings["redis_url"])
        ear = Ear(parts.hostname or "", parts.port or 6379, tell)
        server = await asyncio.start_server(ear.connected, "127.0.0.1", 0)
        try:
            port = server.sockets[0].getsockname()[1]
            yield {**settings, "redis_url": urlunsplit(parts._replace(netloc=f"127.0.0.1:{port}"))}
        finally:
            server.close()


@contextmanager
def _statements(tell: Callable[[Statement], None]) -> Iterator[None]:
    execute = psycopg.AsyncCursor.execute

    async def told(self: Any, query: Any, params: Any = None, **options: Any) -> Any:
        if _reading.get():
            tell(Statement(str(query), params))
        return await execute(self, query, params, **options)

    setattr(psycopg.AsyncCursor, "execute", told)  # noqa: B010 - a checker would not have it otherwise
    try:
        yield
    finally:
        setattr(psycopg.AsyncCursor, "execute", execute)  # noqa: B010


class Ear:
    """Stands between the product and a Redis, and hears what is asked."""

    def __init__(self, host: str, port: int, tell: Callable[[Commands], None]) -> None:
        self._host, self._port = host, port
        self._tell = tell

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection(self._host, self._port)
        await asyncio.gather(self._asks(reader, forth), _passed_on(back, writer), return_exceptions=True)
        for each in (writer, forth):
            each.close()
        await asyncio.gather(writer.wait_closed(), forth.wait_closed(), return_exceptions=True)

    async def _asks(self, reader: asyncio.StreamReader, forth: asyncio.StreamWriter) -> None:
        parser, database, written, replies = hiredis.Reader(), 0, b"", 0
        while data := await reader.read(65536):
            parser.feed(data)
            written += data
            greets = False
            while (command := parser.gets()) is not False:
                replies += 1
                greets = command[0] in _GREETINGS
                if command[0] == b"SELECT":
                    database = int(command[1])
            if replies and not parser.has_data():
                if not greets:
                    self._tell(Commands(database, written, replies))
                written, replies = b"", 0
            forth.write(data)
        forth.close()


async def _passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()
