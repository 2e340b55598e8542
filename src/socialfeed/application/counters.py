"""Counters: exact in the database, remembered in the shared store."""

from collections.abc import Mapping, Sequence

from socialfeed.application.ports.cache import CounterCache
from socialfeed.application.ports.readers import PostReader
from socialfeed.domain.engagement import Counts
from socialfeed.domain.events import Engagement, Envelope
from socialfeed.domain.ids import PostId


class NoCounterCache:
    """The counter cache of a system without a shared store: it knows nothing, so the database is asked."""

    async def get_many(self, ids: Sequence[PostId]) -> dict[PostId, Counts]:
        return {}

    async def put_many(self, counts: Mapping[PostId, Counts]) -> None:
        return None


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
            await self._cache.put_many(found)
            known |= found
        return known

    async def changed(self, post_id: PostId, counts: Counts) -> None:
        """Tells the cache what a committed transaction made of a post's counters."""
        await self._cache.put_many({post_id: counts})

    async def refresh(self, envelope: Envelope) -> None:
        """Job: puts the database's counters into the cache, in case the process died before `changed` did."""
        event = envelope.event
        if isinstance(event, Engagement):
            await self._cache.put_many(await self._posts.counts([event.post_id]))
