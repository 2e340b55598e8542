"""Files without a name: the system removes them when they are closed, whatever ends the process."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar, TypeVarTuple

READ_SIZE = 256 * 1024

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


class Scratch:
    """A `ScratchFile`. Opens when it is entered; its folder must exist."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.size = 0

    async def __aenter__(self) -> "Scratch":
        self._file = await in_thread(self._open)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._file.close()

    @property
    def descriptor(self) -> int:
        return self._file.fileno()

    async def write(self, chunk: bytes) -> None:
        await in_thread(self._write, chunk)
        self.size += len(chunk)

    async def chunks(self) -> AsyncIterator[bytes]:
        offset = 0
        while chunk := await in_thread(os.pread, self.descriptor, READ_SIZE, offset):
            yield chunk
            offset += len(chunk)

    def measure(self) -> None:
        """Another process has written to it."""
        self.size = os.fstat(self.descriptor).st_size

    def _open(self) -> "tempfile._TemporaryFileWrapper[bytes]":
        return tempfile.TemporaryFile(dir=self._folder, buffering=0)  # type: ignore[return-value]

    def _write(self, chunk: bytes) -> None:
        rest = memoryview(chunk)
        while rest:
            rest = rest[os.write(self.descriptor, rest) :]


async def in_thread(call: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
    """Cancelled, it ends only when the thread is through: nobody closes a file that is still in use."""
    running = asyncio.get_running_loop().run_in_executor(None, call, *arguments)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
