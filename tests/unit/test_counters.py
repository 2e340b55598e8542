"""Counters while the cache that remembers them is away, and when it comes back with what it knew before."""

from collections.abc import Mapping, Sequence

import pytest

from socialfeed.adapters.memory.cache import MemoryCounterCache
from socialfeed.adapters.memory.storage import MemoryStorage
from socialfeed.application.counters import Counters
from socialfeed.domain.engagement import Counts, Like
from socialfeed.domain.errors import Unavailable
from socialfeed.domain.events import PostLiked
from socialfeed.domain.ids import PostId
from socialfeed.testing.builders import Builder
from socialfeed.testing.clock import FixedClock


class FrozenCache(MemoryCounterCache):
    is_away = False

    async def get_many(self, ids: Sequence[PostId]) -> dict[PostId, Counts]:
        return {} if self.is_away else await super().get_many(ids)

    async def put_many(self, counts: Mapping[PostId, Counts]) -> None:
        if self.is_away:
            raise Unavailable
        await super().put_many(counts)


async def test_a_cache_that_was_away_when_a_post_was_liked_is_told_by_the_job_once_it_is_back() -> None:
    make, clock = Builder(), FixedClock()
    storage, cache = MemoryStorage(clock), FrozenCache()
    counters = Counters(storage.posts, cache)
    author = make.user()
    post = make.post(author)
    async with storage.uow() as tx:
        await tx.users.add(author)
        await tx.posts.add(post)
    assert (await counters.counts([post.id]))[post.id].likes == 0

    cache.is_away = True
    like: Like = make.like(post, author)
    async with storage.uow() as tx:
        _, counts = await tx.likes.add(like)
    await counters.changed(post.id, counts)
    assert (await counters.counts([post.id]))[post.id].likes == 1
    liked = make.envelope(PostLiked(post_id=post.id, user_id=author.id, at_ms=0))
    with pytest.raises(Unavailable):
        await counters.refresh(liked)

    cache.is_away = False
    await counters.refresh(liked)
    assert (await counters.counts([post.id]))[post.id].likes == 1
