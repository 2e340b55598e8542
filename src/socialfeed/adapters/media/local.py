"""Media in a folder of this machine."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar, TypeVarTuple
from urllib.parse import unquote, urlsplit

from socialfeed.adapters.media.files import Chunks, Incoming, open_file, remove, remove_abandoned
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.media import StoredFile, check_key
from socialfeed.domain.errors import Unavailable

BUFFER = 256 * 1024
"""Bytes gathered before they are written: a thread hop for each small chunk would cost more than the writing."""

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


@asynccontextmanager
async def open_local(url: str, context: AdapterContext) -> AsyncIterator["LocalMediaStore"]:
    """`file:///absolute/folder`, or `file://` for the folder `media` in the data folder."""
    parts = urlsplit(url)
    path = unquote(parts.path)
    if parts.netloc or parts.query or parts.fragment or (path and not path.startswith("/")) or "\0" in path:
        raise ValueError("A media folder is written file:///absolute/path")
    store = LocalMediaStore(Path(path) if path else context.data_dir / "media")
    try:
        await store.prepare()
        yield store
    finally:
        store.close()


class LocalMediaStore:
    """Files below `root`, at the paths that their keys spell; what is on its way in is under `.incoming`, which no
    key can name. All file access runs in `threads` threads, off the event loop.
    """

    def __init__(self, root: Path, *, threads: int = 4) -> None:
        self._root = root
        self._incoming = root / ".incoming"
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="media")

    async def prepare(self) -> None:
        """Makes the folder, removes what crashed writers left and tries whether files can be written. Raises
        `Unavailable`.
        """
        await self._run(self._prepare)

    def close(self) -> None:
        self._pool.shutdown()

    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> int:
        target = self._path(key)
        incoming = await self._run(Incoming, self._incoming)
        try:
            buffer = bytearray()
            async for chunk in chunks:
                buffer += chunk
                if len(buffer) >= BUFFER:
                    await self._run(incoming.write, bytes(buffer))
                    buffer.clear()
            await self._run(incoming.write, bytes(buffer))
            await self._run(incoming.publish, target, self._root)
        finally:
            await self._run(incoming.close)
        return incoming.size

    async def get(self, key: str, start: int = 0, stop: int | None = None) -> StoredFile | None:
        opened = await self._run(open_file, self._path(key))
        if opened is None:
            return None
        end = opened.size if stop is None else stop
        return StoredFile(opened.size, Chunks(opened.descriptor, self._run, start, end))

    async def delete(self, key: str) -> None:
        await self._run(remove, self._path(key))

    async def check(self) -> None:
        incoming = await self._run(Incoming, self._incoming)
        await self._run(incoming.close)

    def _path(self, key: str) -> Path:
        return self._root / check_key(key)

    def _prepare(self) -> None:
        self._incoming.mkdir(parents=True, exist_ok=True)
        for path in self._incoming.iterdir():
            remove_abandoned(path)
        Incoming(self._incoming).close()

    async def _run(self, call: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        """The call in a thread. Cancelled, it ends only when the thread is through: nobody closes or renames a file
        that is still being written.
        """
        running = asyncio.get_running_loop().run_in_executor(self._pool, call, *arguments)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])
            raise
        except OSError as error:
            raise Unavailable(f"The media folder cannot be used: {error.strerror}.") from error
