"""The port, kept by SQLite: what blocks runs in threads, what fails says so in the product's own errors."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar, TypeVarTuple
from urllib.parse import unquote, urlsplit

from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.media import MediaStore, StoredFile, check_key
from socialfeed.domain.errors import Unavailable

from socialfeed_media_sqlite.database import PIECE, Database, Download, Keeper, Upload

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


@asynccontextmanager
async def open_sqlite_media(url: str, context: AdapterContext) -> AsyncIterator[MediaStore]:
    """`sqlitefile:///absolute/path/media.db`, or `sqlitefile://` for `media.db` in the data folder."""
    parts = urlsplit(url)
    path = unquote(parts.path) or str(context.data_dir / "media.db")
    if parts.netloc or parts.query or parts.fragment or not path.startswith("/") or path.endswith("/") or "\0" in path:
        raise ValueError("a media database is written sqlitefile:///absolute/path/media.db")
    store = SqliteMediaStore(Path(path))
    try:
        await store.prepare()
        yield store
    finally:
        await store.close()


class SqliteMediaStore:
    """A `MediaStore`. A writer waits at most `patience` seconds for those of other processes, in one of `threads`
    threads; readers wait for nobody. A reader holds a connection until it is through.
    """

    def __init__(self, path: Path, *, threads: int = 4, patience: float = 10) -> None:
        self._database = Database(path, patience)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="media")
        self._keeper = Keeper(self._database)

    async def prepare(self) -> None:
        """Makes the database where there is none and tries whether files can be written. Raises `Unavailable`."""
        await self._run(self._keeper.create)
        await self.check()

    async def close(self) -> None:
        await self._run(self._keeper.close)
        self._pool.shutdown()

    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> int:
        check_key(key)
        upload = Upload(self._database)
        try:
            buffer = bytearray()
            async for chunk in chunks:
                buffer += chunk
                while len(buffer) > PIECE:
                    await self._run(upload.add, bytes(buffer[:PIECE]))
                    del buffer[:PIECE]
            await self._run(upload.add, bytes(buffer))
            await self._run(upload.publish, key)
        finally:
            await self._run(upload.close)
        return upload.size

    async def get(self, key: str, start: int = 0, stop: int | None = None) -> StoredFile | None:
        download = Download(self._database, start, stop)
        size = await self._run(download.open, check_key(key))
        return None if size is None else StoredFile(size, self._chunks(download))

    async def delete(self, key: str) -> None:
        await self._run(self._database.delete, check_key(key))

    async def check(self) -> None:
        await self._run(self._database.try_writing)

    async def _chunks(self, download: Download) -> AsyncIterator[bytes]:
        while piece := await self._run(download.read):
            yield piece

    async def _run(self, call: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        """The call in a thread. Cancelled, however often, it ends only when the thread is through: nobody closes a
        connection that is still in use.
        """
        running = asyncio.get_running_loop().run_in_executor(self._pool, call, *arguments)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            while not running.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([running])
            raise
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(f"The media database cannot be used: {_reason(error)}.") from error


def _reason(error: sqlite3.Error | OSError) -> str:
    """What is wrong, such as SQLITE_BUSY: no SQL and no path, for a client may come to read it."""
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return getattr(error, "sqlite_errorname", type(error).__name__)
