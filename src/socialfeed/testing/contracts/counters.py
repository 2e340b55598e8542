"""Counters and what they count: they never part."""

from dataclasses import replace

import pytest

from socialfeed.application.ports.storage import Storage
from socialfeed.domain.errors import PostNotFound
from socialfeed.domain.ids import PostId
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.given import (
    UsesStorage,
    cancelled_after,
    counts_of,
    given_comments,
    given_post,
    given_posts,
    given_user,
    given_users,
    like,
    outcomes,
    rolled_back,
    share,
    unlike,
    unshare,
)


class CountersContract(UsesStorage):
    async def test_counters_are_what_the_rows_are_whatever_was_done(self, storage: Storage, make: Builder) -> None:
        users = [make.user() for _ in range(3)]
        await given_users(storage, *users)
        post, other = await given_post(storage, make, users[0]), await given_post(storage, make, users[0])
        quotes = [replace(make.post(user), quote_of=post.id) for user in users]
        await given_posts(storage, *quotes)
        for user in users:
            await like(storage, make.like(post, user))
            await share(storage, make.share(post, user))
        first = make.comment(post, users[0])
        answer = make.comment(post, users[1], parent=first)
        alone = make.comment(post, users[2])
        await given_comments(storage, first, answer, alone)
        await unlike(storage, post, users[0])
        await unshare(storage, post, users[1])
        async with storage.uow() as tx:
            await tx.posts.save(quotes[0].deleted(users[0].id, make.clock.now()))
            await tx.comments.delete(first.deleted(make.clock.now()))
            await tx.comments.delete(alone.deleted(make.clock.now()))
        assert await counts_of(storage, post.id) == (2, 1, 4)
        assert await storage.counters.drift([post.id, other.id, *(quote.id for quote in quotes)]) == []

    async def test_counting_anew_changes_nothing_but_the_version_where_all_is_well(
        self, storage: Storage, make: Builder
    ) -> None:
        users = [make.user() for _ in range(3)]
        await given_users(storage, *users)
        post = await given_post(storage, make, users[0])
        for user in users:
            await like(storage, make.like(post, user))
        await given_comments(storage, make.comment(post, users[0]))
        await share(storage, make.share(post, users[0]))
        old = (await storage.posts.counts([post.id]))[post.id]
        async with storage.uow() as tx:
            new = await tx.counters.recount(post.id)
        assert new == old._replace(version=old.version + 1) == (await storage.posts.counts([post.id]))[post.id]

    async def test_counting_anew_what_is_not_there_is_an_error(self, storage: Storage, make: Builder) -> None:
        async with storage.uow() as tx:
            with pytest.raises(PostNotFound):
                await tx.counters.recount(make.ids.post())

    async def test_what_was_counted_anew_and_rolled_back_never_happened(self, storage: Storage, make: Builder) -> None:
        user, post = await given_user(storage, make), await given_post(storage, make)
        _, old = await like(storage, make.like(post, user))
        async with rolled_back(storage) as tx:
            await tx.counters.recount(post.id)
        await cancelled_after(storage, lambda tx: tx.counters.recount(post.id))
        assert (await storage.posts.counts([post.id]))[post.id] == old

    async def test_a_storm_with_folds_and_recounts_ends_with_counts_that_equal_the_rows(
        self, storage: Storage, make: Builder
    ) -> None:
        users = [make.user() for _ in range(12)]
        await given_users(storage, *users)
        post = await given_post(storage, make, users[0])
        storm = [
            attempt
            for _ in range(4)
            for user in users
            for attempt in (
                like(storage, make.like(post, user)),
                unlike(storage, post, user),
                share(storage, make.share(post, user)),
                given_comments(storage, make.comment(post, user)),
                unshare(storage, post, user),
                fold(storage),
            )
        ]
        for place in range(0, len(storm), 40):
            storm.insert(place, recount(storage, post.id))
        assert [each for each in await outcomes(*storm) if isinstance(each, BaseException)] == []
        seen = await storage.posts.counts([post.id])
        assert await storage.counters.drift([post.id]) == []
        while await storage.counters.unfolded(limit=10):
            await fold(storage)
        assert await storage.posts.counts([post.id]) == seen
        assert await storage.counters.drift([post.id]) == []

    async def test_no_like_is_left_where_a_post_was_removed_among_many(self, storage: Storage, make: Builder) -> None:
        users = [make.user() for _ in range(8)]
        await given_users(storage, *users)
        for _ in range(5):
            post = await given_post(storage, make, users[0])
            await outcomes(
                *(like(storage, make.like(post, user)) for user in users[:4]),
                remove(storage, post.id),
                *(like(storage, make.like(post, user)) for user in users[4:]),
                *(unlike(storage, post, user) for user in users),
            )
            assert await storage.posts.counts([post.id]) == {}
            assert await storage.engagement.likers(post.id, limit=10) == []
        assert await storage.counters.unfolded(limit=10) == []


async def fold(storage: Storage) -> None:
    waiting = await storage.counters.unfolded(limit=10)
    async with storage.uow() as tx:
        assert await tx.counters.fold(waiting) <= len(waiting)


async def recount(storage: Storage, post_id: PostId) -> None:
    async with storage.uow() as tx:
        await tx.counters.recount(post_id)


async def remove(storage: Storage, post_id: PostId) -> None:
    async with storage.uow() as tx:
        await tx.posts.remove(post_id)
