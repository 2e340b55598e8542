"""The shared store is back: what was missed while it was away is made up for at once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from socialfeed.application.ports.shared import SharedStore
from socialfeed.domain.errors import Unavailable

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""The pause between two looks at the store. What is away for less is missed by few jobs, and these soon try again."""


async def watch_returns(store: SharedStore, hurry: Callable[[], Awaitable[None]]) -> None:
    """Until cancelled; no error ends it. Jobs that ran here and failed meanwhile are put off for as long as the store
    was away. Till then feeds would lack their posts: a store that was frozen remembers the timelines into which those
    were not pushed.
    """
    was_away = False
    while True:
        try:
            await store.settle()
            if was_away:
                await hurry()
            was_away = False
        except Unavailable:
            was_away = True
        except Exception:
            log.exception("what jobs missed is made up for later")
        await asyncio.sleep(LOOK_SECONDS)
