"""Files that users give us."""

from collections.abc import AsyncIterator
from typing import NamedTuple, Protocol


class StoredFile(NamedTuple):
    """`chunks` yields the content once."""

    size: int
    chunks: AsyncIterator[bytes]


class MediaStore(Protocol):
    """Immutable files under keys that the server makes: 1 to 8 parts of [a-z0-9._-], none starting with a dot,
    joined by "/", at most 200 characters. Any other key raises `Invalid` (INVALID_KEY).
    """

    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> int:
        """Streams the content in and returns its size in bytes. All or nothing: after an error, or a crash, readers
        find what was there before. Replaces an existing file.
        """

    async def get(self, key: str) -> StoredFile | None: ...

    async def delete(self, key: str) -> None:
        """Idempotent."""

    async def check(self) -> None:
        """Raises `Unavailable` unless files can be written."""
