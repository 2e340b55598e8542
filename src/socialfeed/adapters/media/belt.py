"""Parts of a file on their way from one task to another."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any


async def parts_of(chunks: AsyncIterator[bytes], size: int) -> AsyncGenerator[bytes, None]:
    """The same bytes in parts of `size`, but for the last, which may be empty when it is the only one."""
    buffer = bytearray()
    begun = False
    async for chunk in chunks:
        buffer += chunk
        while len(buffer) >= size:
            begun = True
            yield bytes(buffer[:size])
            del buffer[:size]
    if buffer or not begun:
        yield bytes(buffer)


class Abandoned(Exception):
    """What the one who takes gets to hear when there will be no more."""


class Belt(AsyncIterator[bytes]):
    """Carries parts from the task that puts them to the one that iterates, one at a time: whoever puts a second waits
    until the first is taken.
    """

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(1)
        self._parts: asyncio.Queue[bytes | Exception] = asyncio.Queue()
        self._moving = True

    async def put(self, part: bytes) -> bool:
        """Whether somebody still takes parts."""
        await self._free.acquire()
        self._parts.put_nowait(part)
        return self._moving

    def end(self) -> None:
        """That was all."""
        self._parts.put_nowait(StopAsyncIteration())

    def abandon(self) -> None:
        """The rest will not come: whoever takes fails."""
        self._parts.put_nowait(Abandoned())

    def stop(self, taker: "asyncio.Task[Any]") -> None:
        """The taker has ended, and whoever puts must not wait for it. For its `add_done_callback`; with what it
        raised, there may be nobody left to be told.
        """
        self._moving = False
        self._free.release()
        if not taker.cancelled():
            taker.exception()

    async def __anext__(self) -> bytes:
        part = await self._parts.get()
        if isinstance(part, Exception):
            raise part
        self._free.release()
        return part
