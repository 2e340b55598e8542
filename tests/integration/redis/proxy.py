"""A way to a server that can be made to misbehave."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit


class Proxy:
    """Passes bytes on. While `mute`, requests still reach the server and answers are thrown away; `cut_next` ends the
    connection in place of the next answer.
    """

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.mute = False
        self.cut_next = False
        self.requests = 0
        self.connections = 0

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Refuses connections and cuts those that are open. `listen` opens the same port again."""
        if self._server:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server:
            await self._server.wait_closed()

    async def all_gone(self) -> None:
        """Waits until nobody is connected any more."""
        await asyncio.wait_for(asyncio.gather(*self._tasks), 10)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        async with closing(writer):
            server_reader, server_writer = await asyncio.open_connection(self._host, self._port)
            async with closing(server_writer):
                answers = asyncio.create_task(self._answers(server_reader, writer))
                try:
                    while request := await reader.read(65536):
                        self.requests += 1
                        server_writer.write(request)
                finally:
                    answers.cancel()

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while answer := await reader.read(65536):
            if self.cut_next:
                self.cut_next = False
                break
            if not self.mute:
                writer.write(answer)
        writer.close()


@asynccontextmanager
async def closing(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    try:
        with suppress(OSError):
            yield
    finally:
        writer.transport.abort()


@asynccontextmanager
async def open_proxy(url: str) -> AsyncIterator[Proxy]:
    parts = urlsplit(url)
    proxy = Proxy(parts.hostname or "localhost", parts.port or 6379)
    await proxy.listen()
    try:
        yield proxy
    finally:
        await proxy.close()
