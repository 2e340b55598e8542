"""All that is kept in one Redis."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from redis.exceptions import NoPermissionError, ResponseError

from socialfeed.adapters.redis.address import AREAS, Address, address_from_url
from socialfeed.adapters.redis.breaker import Breaker
from socialfeed.adapters.redis.cache import RedisCache
from socialfeed.adapters.redis.counters import RedisCounterCache
from socialfeed.adapters.redis.limits import RedisRateLimiter
from socialfeed.adapters.redis.link import Link, open_link
from socialfeed.adapters.redis.timelines import RedisTimelines
from socialfeed.adapters.redis.trending import RedisTrending
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.shared import Area, AreaSize, StoreFacts
from socialfeed.domain.errors import Unavailable

logger = logging.getLogger(__name__)

OLDEST = (6, 2)
"""The first version whose `ZRANGE` goes by score."""

START_TIMEOUT = 5.0
"""Seconds for the first answer, TLS and name look-up included."""


WEIGHED = 200
"""Keys whose memory is asked for, to estimate that of all."""


class RedisStore:
    """`SharedStore` over the databases of one server, which share a breaker."""

    def __init__(self, name: str, general: Link, cache: Link, counters: Link, prefix: str) -> None:
        self.name = name
        self._general = general
        self._run_key = f"{prefix}run"
        self._beginning = f"{prefix}h2:"
        self._areas = {
            Area.CACHE: (cache, f"{prefix}c:"),
            Area.COUNTERS: (counters, f"{prefix}n:"),
            Area.TIMELINES: (general, self._beginning),
        }
        self.cache = RedisCache(cache, prefix)
        self.counters = RedisCounterCache(counters, prefix)
        self.limiter = RedisRateLimiter(general, prefix)
        self.timelines = RedisTimelines(general, prefix)
        self.trending = RedisTrending(general, prefix)

    async def facts(self) -> StoreFacts:
        told: dict[str, Any] = {}
        for section in ("server", "memory", "stats"):
            told |= await _facts(self._general, section)
        version = told.get("valkey_version") or told.get("redis_version")
        return StoreFacts(
            f"{self.name} {version}" if version else self.name,
            told.get("used_memory"),
            told.get("keyspace_hits"),
            told.get("keyspace_misses"),
        )

    async def size(self, area: Area) -> AreaSize:
        """The memory is that of the keys found first, times how many there are."""
        link, beginning = self._areas[area]
        number, weighed, memory = 0, 0, 0
        async for keys in link.keys(beginning):
            number += len(keys)
            if weighed < WEIGHED:
                some = keys[: WEIGHED - weighed]
                replies = await link.run_all([("MEMORY", "USAGE", key) for key in some])
                weighed += len(some)
                memory += sum(reply or 0 for reply in replies)
        return AreaSize(number, memory * number // weighed if weighed else 0, link.database)

    async def check(self) -> None:
        await self._general.run("PING")

    async def settle(self) -> None:
        """A server that was killed and reads from its disk, or a replica that took over, lacks what was pushed and
        deleted last, and nobody can tell what that was. Either is another run of a server than the one it remembers.
        Where we may not ask nothing is done.
        """
        run = (await _facts(self._general, "server")).get("run_id")
        known = await self._general.run("GET", self._run_key) if run else None
        if run and known != str(run).encode():
            if known is not None:
                logger.warning("Redis came back with what it knew before: its caches are made anew.")
                await self._forget()
            await self._general.run("SET", self._run_key, run)

    async def _forget(self) -> None:
        """Any number of processes may do it at once; one that dies leaves the rest to the next."""
        await self.cache.flush()
        await self.counters.flush()
        async for keys in self._general.keys(self._beginning):
            await self._general.run("UNLINK", *keys)


@asynccontextmanager
async def open_redis(url: str, context: AdapterContext) -> AsyncIterator[RedisStore]:
    """Raises `ValueError` for a URL that makes no sense, `Unavailable` where no server that will do answers."""
    address = address_from_url(url)
    name, has_databases = await _meet(address)
    breaker = Breaker(address.place)
    async with AsyncExitStack() as stack:

        async def link(area: str) -> Link:
            database = address.database_of(area) if has_databases else 0
            return await stack.enter_async_context(open_link(address, database, breaker, within=address.timeout))

        yield RedisStore(name, await link("general"), await link("cache"), await link("counters"), address.prefix)


async def _meet(address: Address) -> tuple[str, bool]:
    """What the server is called, and whether it has a database for each area."""
    breaker = Breaker(address.place)
    async with open_link(address, address.database, breaker, within=START_TIMEOUT) as link:
        try:
            name = _name(await _facts(link, "server"))
        except Unavailable as error:
            raise Unavailable(f"Redis at {address.place} cannot be used: {_reason(error)}") from error
    if address.database:
        return name, True
    async with open_link(address, max(AREAS.values()), breaker, within=START_TIMEOUT) as link:
        try:
            await link.run("PING")
        except Unavailable as error:
            if not isinstance(error.__cause__, ResponseError):
                raise Unavailable(f"Redis at {address.place} cannot be used: {_reason(error)}") from error
            return name, False
    return name, True


async def _facts(link: Link, section: str) -> dict[str, Any]:
    """What the server says about itself; nothing where we may not ask."""
    try:
        facts = await link.info(section)
    except Unavailable as error:
        if not isinstance(error.__cause__, NoPermissionError):
            raise
        await link.run("PING")
        return {}
    return facts


def _name(facts: dict[str, Any]) -> str:
    version = str(facts.get("redis_version", ""))
    if version and tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise Unavailable(f"it is version {version}, and {oldest} is the oldest that will do.")
    return "valkey" if "valkey_version" in facts else "redis"


def _reason(error: Unavailable) -> str:
    """What happened, in one line. redis-py's messages hold addresses but no passwords."""
    cause = error.__cause__ or error
    return " ".join(str(cause).split()) or "no answer in time."
