"""Files of one folder: written whole or not at all, read in pieces. Everything here blocks, but for `Chunks`."""

import fcntl
import os
import secrets
import stat
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from socialfeed.domain.errors import Invalid

READ_SIZE = 256 * 1024


class Incoming:
    """A file on its way in. Its writer holds a lock on it until it is closed: a file without one is what a crash
    left. Readers see it when it is published, which is one rename and so atomic within a file system.
    """

    def __init__(self, folder: Path) -> None:
        self.size = 0
        while True:
            self._path = folder / secrets.token_hex(16)
            self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            if os.fstat(self._descriptor).st_nlink:
                break
            # Another process started in the moment between our two calls and took the file for an abandoned one.
            os.close(self._descriptor)

    def write(self, content: bytes) -> None:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        self.size += len(content)

    def publish(self, target: Path, root: Path) -> None:
        """Makes the content visible at `target`, below `root`, and lasting: after a power cut too. Raises `Invalid`
        where a folder has this name, or a file that of a folder on the way.
        """
        os.fsync(self._descriptor)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._path.replace(target)
        except (FileExistsError, IsADirectoryError, NotADirectoryError):
            raise Invalid("A file and a folder cannot have the same name.", code="INVALID_KEY") from None
        for folder in target.parents:
            _flush_folder(folder)
            if folder == root:
                break

    def close(self) -> None:
        """Removes the file unless it was published."""
        try:
            self._path.unlink(missing_ok=True)
        finally:
            os.close(self._descriptor)


def remove_abandoned(path: Path) -> None:
    """Removes an incoming file, unless its writer lives."""
    with suppress(FileNotFoundError):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
        except BlockingIOError:
            pass
        finally:
            os.close(descriptor)


class OpenFile(NamedTuple):
    descriptor: int
    size: int


def open_file(path: Path) -> OpenFile | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        return None
    return OpenFile(descriptor, found.st_size)


def remove(path: Path) -> None:
    with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
        path.unlink()


class Chunks(AsyncIterator[bytes]):
    """The content of an open file from byte `start` to before `stop`, read by `run` in another thread. Closes the file
    at its end, or when nobody holds this any more: a reader may go away at any time.
    """

    def __init__(self, descriptor: int, run: Callable[..., Awaitable[bytes]], start: int, stop: int) -> None:
        self._descriptor = descriptor
        self._close = weakref.finalize(self, os.close, descriptor)
        self._run = run
        self._offset = start
        self._stop = stop

    async def __anext__(self) -> bytes:
        if not self._close.alive:
            raise StopAsyncIteration
        size = max(0, min(READ_SIZE, self._stop - self._offset))
        chunk = await self._run(os.pread, self._descriptor, size, self._offset) if size else b""
        if not chunk:
            self._close()
            raise StopAsyncIteration
        self._offset += len(chunk)
        return chunk


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
