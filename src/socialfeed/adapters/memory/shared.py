"""The shared store of a single process."""

from collections.abc import AsyncIterator, Sized
from contextlib import asynccontextmanager

from socialfeed.adapters.memory.cache import MemoryCache, MemoryCounterCache
from socialfeed.adapters.memory.limits import MemoryRateLimiter
from socialfeed.adapters.memory.timelines import MemoryTimelines
from socialfeed.adapters.memory.trending import MemoryTrending
from socialfeed.adapters.memory.urls import require_bare
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.shared import Area, AreaSize, SharedStore, StoreFacts


@asynccontextmanager
async def open_memory_shared(url: str, context: AdapterContext) -> AsyncIterator[SharedStore]:
    """`memory://`: right for one process; several would not see each other."""
    require_bare(url)
    yield MemorySharedStore(context.clock)


class MemorySharedStore:
    name = "memory"

    def __init__(self, clock: Clock) -> None:
        self.cache = MemoryCache(clock)
        self.counters = MemoryCounterCache()
        self.limiter = MemoryRateLimiter(clock)
        self.timelines = MemoryTimelines(clock)
        self.trending = MemoryTrending(clock)

    async def facts(self) -> StoreFacts:
        return StoreFacts("memory", None, None, None)

    async def size(self, area: Area) -> AreaSize:
        kept: dict[Area, Sized] = {Area.CACHE: self.cache, Area.COUNTERS: self.counters, Area.TIMELINES: self.timelines}
        return AreaSize(len(kept[area]), None, None)

    async def check(self) -> None:
        """Always there."""

    async def settle(self) -> None:
        """It comes back with nothing."""
