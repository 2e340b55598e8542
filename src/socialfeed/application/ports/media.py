"""Files that users give us."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple, Protocol

from socialfeed.domain.errors import Invalid
from socialfeed.domain.media import Header, Look

_KEY_LENGTH = 200
_KEY_PART = r"[a-z0-9_-][a-z0-9._-]*"
_KEY = re.compile(rf"{_KEY_PART}(?:/{_KEY_PART}){{0,7}}")


class StoredFile(NamedTuple):
    """`size` is that of the whole file; `chunks` yields what was asked for of it, once."""

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

    async def get(self, key: str, start: int = 0, stop: int | None = None) -> StoredFile | None:
        """The content from byte `start` to before `stop`, to the end where that is None or beyond it; nothing of a
        file that is over before `start`.
        """

    async def delete(self, key: str) -> None:
        """Idempotent."""

    async def check(self) -> None:
        """Raises `Unavailable` unless files can be written."""


class ScratchFile(Protocol):
    """A file of this process alone, on disk and not in memory, that no crash leaves behind."""

    @property
    def size(self) -> int: ...

    async def write(self, chunk: bytes) -> None:
        """Appends."""

    def chunks(self) -> AsyncIterator[bytes]:
        """The content, from the beginning."""


class Processed(NamedTuple):
    """What was made of an upload: the file itself, and smaller pictures of it by their width."""

    look: Look
    file: ScratchFile
    renditions: Mapping[int, ScratchFile]


class MediaProcessor(Protocol):
    """Looks at files of strangers and makes them over, so that nothing of the original reaches anybody but what is to
    be seen and heard.
    """

    @property
    def takes_video(self) -> bool: ...

    def scratch(self) -> AbstractAsyncContextManager[ScratchFile]: ...

    def content_type(self, beginning: bytes) -> str | None:
        """The type of a file that begins so, by content alone; None for every type that is not accepted. 64 bytes
        suffice.
        """

    async def header(self, content_type: str, file: ScratchFile) -> Header:
        """What a file of this type says of itself, read without decoding it. Raises `MediaBroken`."""

    def process(self, header: Header, file: ScratchFile) -> AbstractAsyncContextManager[Processed]:
        """Decodes the file and encodes it anew, with bounded memory and time. What it makes is there as long as the
        context is held. Raises `Invalid` for a file that cannot be processed, whenever it is tried, and `Unavailable`
        where trying again may help.
        """


def check_key(key: str) -> str:
    """The key, if it is one by the rule of `MediaStore`: safe as a path below a folder and as part of a URL. Raises
    `Invalid`. Every adapter asks this before anything else.
    """
    if len(key) > _KEY_LENGTH or not _KEY.fullmatch(key):
        raise Invalid("This is not the name of a file.", code="INVALID_KEY")
    return key
