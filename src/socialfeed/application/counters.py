"""Counters: exact in the database, remembered in the shared store."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence

from socialfeed.application.ports.cache import CounterCache
from socialfeed.application.ports.counters import CounterReader, Drift
from socialfeed.application.ports.readers import PostReader
from socialfeed.application.ports.repositories import UnitOfWork
from socialfeed.domain.engagement import Counts
from socialfeed.domain.errors import PostNotFound, Unavailable
from socialfeed.domain.events import Engagement, Envelope
from socialfeed.domain.ids import PostId

log = logging.getLogger(__name__)

FOLD_SECONDS = (0.2, 1.0)
"""The pause after something was folded, and the longest between two looks where nothing is."""

_FOLDED_AT_ONCE = 100
_COMPARED_AT_ONCE = 100


class NoCounterCache:
    """The counter cache of a system without a shared store: it knows nothing, so the database is asked."""

    async def get_many(self, ids: Sequence[PostId]) -> dict[PostId, Counts]:
        return {}

    async def put_many(self, counts: Mapping[PostId, Counts]) -> None:
        return None

    async def flush(self) -> int:
        return 0


class Counters:
    def __init__(self, posts: PostReader, cache: CounterCache) -> None:
        self._posts = posts
        self._cache = cache

    async def counts(self, ids: Sequence[PostId]) -> dict[PostId, Counts]:
        """Read-through. A copy that is older than a concurrent change can never replace it: versions decide."""
        known = await self._cache.get_many(ids)
        missing = [post_id for post_id in ids if post_id not in known]
        if missing:
            found = await self._posts.counts(missing)
            await self._try_to_put(found)
            known |= found
        return known

    async def changed(self, post_id: PostId, counts: Counts) -> None:
        """Tells the cache what a committed transaction made of a post's counters. While the cache is away nobody reads
        from it, and the job waits for it.
        """
        await self._try_to_put({post_id: counts})

    async def refresh(self, envelope: Envelope) -> None:
        """Job: puts the database's counters into the cache, in case the process died before `changed` did, or the cache
        was away: it may come back with what it knew before.
        """
        event = envelope.event
        if isinstance(event, Engagement):
            await self._cache.put_many(await self._posts.counts([event.post_id]))

    async def _try_to_put(self, counts: Mapping[PostId, Counts]) -> None:
        try:
            await self._cache.put_many(counts)
        except Unavailable:
            log.debug("counters that changed stay cached until the cache is back")


class CounterUpkeep:
    """Keeps counters in their rows, and equal to what they count. Safe in any number of processes."""

    def __init__(self, uow: UnitOfWork, reader: CounterReader, posts: PostReader) -> None:
        self._uow = uow
        self._reader = reader
        self._posts = posts

    async def run(self) -> None:
        """Folds until cancelled; no error ends it."""
        shortest, longest = FOLD_SECONDS
        pause = shortest
        while True:
            try:
                pause = shortest if await self.fold() else min(2 * pause, longest)
            except Exception as error:
                pause = longest
                if isinstance(error, Unavailable):
                    log.warning("counts wait to be folded: %s", error)
                else:
                    log.exception("counts wait to be folded")
            await asyncio.sleep(pause)

    async def fold(self) -> int:
        """Of how many posts counts were folded; of those that others count just now none are, nor need be."""
        waiting = await self._reader.unfolded(limit=_FOLDED_AT_ONCE)
        if not waiting:
            return 0
        async with self._uow() as tx:
            return await tx.counters.fold(waiting)

    async def compared(self) -> AsyncIterator[tuple[int, list[Drift]]]:
        """Goes through all posts: how many were compared at a time, and which of them drifted."""
        after = None
        while ids := await self._posts.ids_after(after, limit=_COMPARED_AT_ONCE):
            yield len(ids), await self._reader.drift(ids)
            after = ids[-1]

    async def mend(self, post_id: PostId) -> None:
        """A post that is gone needs nothing. Caches learn of it when what they have expires."""
        try:
            async with self._uow() as tx:
                await tx.counters.recount(post_id)
        except PostNotFound:
            return
