"""What time does: erasing accounts and purging posts whose grace is over."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

EVERY = 3600.0
"""Seconds between two rounds."""


class Upkeep:
    """Each piece of work takes what is due and says how much it was; it is safe in any number of processes."""

    def __init__(self, **work: Callable[[], Awaitable[int]]) -> None:
        self._work = work

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            for name, work in self._work.items():
                try:
                    if done := await work():
                        log.info("%s: %d", name, done)
                except Exception as error:
                    log.warning("%s: must wait: %s", name, type(error).__name__)
            await asyncio.sleep(EVERY)
