"""Waiting for what must happen, without saying when."""

import asyncio
from collections.abc import Awaitable, Callable

PATIENCE = 20.0
"""Seconds until a test gives up. Never reached where all is well."""


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    """Returns once the condition holds; raises `TimeoutError` when patience runs out."""

    async def holds() -> None:
        while not await condition():  # noqa: ASYNC110 - what is waited for happens in another process
            await asyncio.sleep(0.02)

    await asyncio.wait_for(holds(), PATIENCE)
