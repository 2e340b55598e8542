"""The store that several processes share: Redis, Valkey or what a team puts there."""

from typing import Protocol

from socialfeed.application.ports.cache import Cache, CounterCache
from socialfeed.application.ports.limits import RateLimiter
from socialfeed.application.ports.timelines import Timelines
from socialfeed.application.ports.trending import Trending


class SharedStore(Protocol):
    """One shared store, open. What a `socialfeed.adapters` factory for a Redis URL yields."""

    @property
    def name(self) -> str: ...
    @property
    def cache(self) -> Cache: ...
    @property
    def counters(self) -> CounterCache: ...
    @property
    def limiter(self) -> RateLimiter: ...
    @property
    def timelines(self) -> Timelines: ...
    @property
    def trending(self) -> Trending: ...

    async def check(self) -> None:
        """Raises `Unavailable` unless the store answers."""
