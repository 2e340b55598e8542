"""Files that users give us."""

import re
from collections.abc import AsyncIterator
from typing import NamedTuple, Protocol

from socialfeed.domain.errors import Invalid

_KEY_LENGTH = 200
_KEY_PART = r"[a-z0-9_-][a-z0-9._-]*"
_KEY = re.compile(rf"{_KEY_PART}(?:/{_KEY_PART}){{0,7}}")


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


def check_key(key: str) -> str:
    """The key, if it is one by the rule of `MediaStore`: safe as a path below a folder and as part of a URL. Raises
    `Invalid`. Every adapter asks this before anything else.
    """
    if len(key) > _KEY_LENGTH or not _KEY.fullmatch(key):
        raise Invalid("This is not the name of a file.", code="INVALID_KEY")
    return key
