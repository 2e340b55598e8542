"""The store that several processes share: Redis, Valkey or what a team puts there."""

from enum import StrEnum
from typing import NamedTuple, Protocol

from socialfeed.application.ports.cache import Cache, CounterCache
from socialfeed.application.ports.limits import RateLimiter
from socialfeed.application.ports.timelines import VersionedTimelines
from socialfeed.application.ports.trending import Trending


class Area(StrEnum):
    """Keys that may be lost at any time, and are made again of what the database says."""

    CACHE = "cache"
    COUNTERS = "counters"
    TIMELINES = "timelines"


class AreaSize(NamedTuple):
    """`memory` is in bytes, estimated; None where it is not known. `database` is its number on the server."""

    keys: int
    memory: int | None
    database: int | None


class StoreFacts(NamedTuple):
    """About the server as a whole, whoever else uses it; None where it does not say. `memory` is in bytes; `hits` and
    `misses` are of all reads since it started.
    """

    server: str
    memory: int | None
    hits: int | None
    misses: int | None


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
    def timelines(self) -> VersionedTimelines: ...
    @property
    def trending(self) -> Trending: ...

    async def facts(self) -> StoreFacts:
        """Raises `Unavailable`."""

    async def size(self, area: Area) -> AreaSize:
        """Goes through all keys: for operators, not for requests. Raises `Unavailable`."""

    async def check(self) -> None:
        """Raises `Unavailable` unless the store answers."""

    async def settle(self) -> None:
        """Asked once a second by every process. A store that has come back with less than it was told forgets what may
        be wrong because of it: cached values, counters, timelines. Raises `Unavailable` unless the store answers.
        """
