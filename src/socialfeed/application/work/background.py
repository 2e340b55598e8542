"""Work beside the requests: begun with the application, and ended with it."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

_ASKED_AGAIN_AFTER = 0.5


@asynccontextmanager
async def in_background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        await ended(task)


async def ended(task: asyncio.Task[None]) -> None:
    """Asks until it ends: psycopg, cancelled in the middle of a statement, may tell its caller of an error instead, and
    work that goes on after errors would go on for ever.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_ASKED_AGAIN_AFTER)
    await asyncio.gather(task, return_exceptions=True)
