"""Files in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from socialfeed.adapters.memory.urls import require_bare
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.media import MediaStore, StoredFile, check_key

_CHUNK = 64 * 1024


@asynccontextmanager
async def open_memory_media(url: str, context: AdapterContext) -> AsyncIterator[MediaStore]:
    """`memory://`: empty at each opening."""
    require_bare(url)
    yield MemoryMediaStore()


class MemoryMediaStore:
    """Unbounded: whoever puts files in decides how much memory they take."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}

    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> int:
        check_key(key)
        content = bytearray()
        async for chunk in chunks:
            content += chunk
        self._files[key] = bytes(content)
        return len(content)

    async def get(self, key: str, start: int = 0, stop: int | None = None) -> StoredFile | None:
        check_key(key)
        content = self._files.get(key)
        return None if content is None else StoredFile(len(content), _chunks(content[start:stop]))

    async def delete(self, key: str) -> None:
        check_key(key)
        self._files.pop(key, None)

    async def check(self) -> None:
        """Always there."""


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), _CHUNK):
        yield content[start : start + _CHUNK]
