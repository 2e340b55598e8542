"""What time does: publishing what was planned, erasing accounts and purging what nobody can bring back."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

HOURLY = 3600.0
"""Seconds between two rounds of what nobody waits for."""

SOON = 20.0
"""Seconds between two rounds of what people wait for."""

MINUTELY = 60.0
"""Seconds between two looks at whether all is well."""


class Upkeep:
    """Each piece of work takes what is due and says how much it was; it is safe in any number of processes."""

    def __init__(self, every: float, **work: Callable[[], Awaitable[int]]) -> None:
        self._every = every
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
            await asyncio.sleep(self._every)
