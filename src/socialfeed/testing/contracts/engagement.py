"""Likes and shares: one per user and post, counted exactly, under any concurrency."""

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from socialfeed.application.ports.storage import Storage
from socialfeed.domain.engagement import Counts, Engaged, Like, Reactions
from socialfeed.domain.errors import PostNotFound
from socialfeed.domain.trending import Reaction, quote_reaction
from socialfeed.domain.user import User
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.given import (
    UsesStorage,
    cancelled_after,
    counts_of,
    engaged_in,
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


class EngagementContract(UsesStorage):
    async def test_a_like_counts_once_however_often_it_is_made(self, storage: Storage, make: Builder) -> None:
        user, post = await given_user(storage, make), await given_post(storage, make)
        first, second = make.like(post, user), make.like(post, user)
        stored, counts = await like(storage, first)
        assert stored is first
        assert counts[:3] == (1, 0, 0)
        stored, counts = await like(storage, second)
        assert stored is not second
        assert stored == first
        assert counts[:3] == (1, 0, 0)
        assert await counts_of(storage, post.id) == (1, 0, 0)

    async def test_a_like_is_taken_back_once(self, storage: Storage, make: Builder) -> None:
        user, post = await given_user(storage, make), await given_post(storage, make)
        first = make.like(post, user)
        await like(storage, first)
        removed, counts = await unlike(storage, post, user)
        assert (removed, counts.likes) == (first, 0)
        removed, counts = await unlike(storage, post, user)
        assert (removed, counts.likes) == (None, 0)
        assert await counts_of(storage, post.id) == (0, 0, 0)

    async def test_those_who_like_a_post_are_read_page_by_page(self, storage: Storage, make: Builder) -> None:
        users = [make.user() for _ in range(5)]
        await given_users(storage, *users)
        post, other = await given_post(storage, make), await given_post(storage, make)
        for user in (users[3], users[0], users[4], users[1]):
            await like(storage, make.like(post, user))
        await like(storage, make.like(other, users[2]))
        await unlike(storage, post, users[1])
        ids = [users[n].id for n in (0, 3, 4)]
        assert await storage.engagement.likers(post.id, limit=10) == ids
        assert await storage.engagement.likers(post.id, limit=2) == ids[:2]
        assert await storage.engagement.likers(post.id, limit=2, after=ids[0]) == ids[1:]
        assert await storage.engagement.likers(post.id, limit=2, after=users[1].id) == ids[1:]
        assert await storage.engagement.likers(post.id, limit=2, after=ids[2]) == []
        assert await storage.engagement.likers(make.ids.post(), limit=2) == []

    async def test_all_that_people_did_with_posts_is_read_at_once(self, storage: Storage, make: Builder) -> None:
        users = [make.user() for _ in range(3)]
        await given_users(storage, *users)
        post, other, untouched = [await given_post(storage, make) for _ in range(3)]
        liked, shared, elsewhere = make.like(post, users[0]), make.share(post, users[1]), make.like(other, users[2])
        await like(storage, liked)
        await share(storage, shared)
        await like(storage, elsewhere)
        await like(storage, make.like(post, users[2]))
        await unlike(storage, post, users[2])
        first = make.comment(post, users[0])
        reply, gone = make.comment(post, users[2], parent=first), make.comment(post, users[1], parent=first)
        await given_comments(storage, first, reply, gone)
        quote, lost = (replace(make.post(users[n]), quote_of=post.id) for n in (1, 2))
        async with storage.uow() as tx:
            await tx.comments.delete(gone.deleted(make.clock.now()))
            for each in (quote, lost):
                await tx.posts.add(each)
            await tx.posts.save(lost.deleted(users[2].id, make.clock.now()))
        found = await storage.engagement.done_with([post.id, other.id, untouched.id, make.ids.post()])
        assert {post_id: each for post_id, each in found.items() if each} == {
            post.id: [
                Reaction(liked.id, users[0].id),
                Reaction(shared.id, users[1].id),
                Reaction(first.id, users[0].id),
                Reaction(reply.id, users[2].id),
                Reaction(quote_reaction(quote.created_at), users[1].id),
            ],
            other.id: [Reaction(elsewhere.id, users[2].id)],
        }

    async def test_a_post_can_be_liked_again(self, storage: Storage, make: Builder) -> None:
        user, post = await given_user(storage, make), await given_post(storage, make)
        for _ in range(3):
            again = make.like(post, user)
            assert (await like(storage, again))[0] is again
            assert (await unlike(storage, post, user))[0] == again
        assert await counts_of(storage, post.id) == (0, 0, 0)

    async def test_a_share_counts_once_and_is_taken_back_once(self, storage: Storage, make: Builder) -> None:
        user, post = await given_user(storage, make), await given_post(storage, make)
        first, second = make.share(post, user), make.share(post, user)
        stored, counts = await share(storage, first)
        assert stored is first
        assert counts.shares == 1
        stored, counts = await share(storage, second)
        assert stored is not second
        assert (stored, counts.shares) == (first, 1)
        assert await counts_of(storage, post.id) == (0, 0, 1)
        removed, counts = await unshare(storage, post, user)
        assert (removed, counts.shares) == (first, 0)
        removed, counts = await unshare(storage, post, user)
        assert (removed, counts.shares) == (None, 0)
        assert await counts_of(storage, post.id) == (0, 0, 0)

    async def test_unknown_posts_can_neither_be_liked_nor_shared(self, storage: Storage, make: Builder) -> None:
        user = await given_user(storage, make)
        missing = make.post(user)
        for attempt in (
            like(storage, make.like(missing, user)),
            unlike(storage, missing, user),
            share(storage, make.share(missing, user)),
            unshare(storage, missing, user),
        ):
            with pytest.raises(PostNotFound):
                await attempt
        assert await storage.posts.counts([missing.id]) == {}
        assert not any((await engaged_in(storage, user.id, [missing.id])).get(missing.id, Engaged()))

    async def test_likes_comments_and_shares_are_counted_apart(self, storage: Storage, make: Builder) -> None:
        users = [make.user() for _ in range(3)]
        await given_users(storage, *users)
        post, untouched = await given_post(storage, make), await given_post(storage, make)
        for user in users:
            await like(storage, make.like(post, user))
        await given_comments(storage, make.comment(post, users[0]), make.comment(post, users[0]))
        await share(storage, make.share(post, users[2]))
        assert await counts_of(storage, post.id) == (3, 2, 1)
        assert await counts_of(storage, untouched.id) == (0, 0, 0)

    async def test_the_version_grows_with_every_change(self, storage: Storage, make: Builder) -> None:
        user, post = await given_user(storage, make), await given_post(storage, make)
        seen = [(await storage.posts.counts([post.id]))[post.id]]
        seen.append((await like(storage, make.like(post, user)))[1])
        seen.append((await share(storage, make.share(post, user)))[1])
        seen.append((await unlike(storage, post, user))[1])
        seen.append((await unshare(storage, post, user))[1])
        versions = [counts.version for counts in seen]
        assert all(older < newer for older, newer in pairwise(versions))
        assert (await storage.posts.counts([post.id]))[post.id] == seen[-1]

    async def test_equal_counts_have_equal_versions(self, storage: Storage, make: Builder) -> None:
        """What changed nothing reports what is stored: no cache hears of a change that never was."""
        user, post = await given_user(storage, make), await given_post(storage, make)
        _, liked = await like(storage, make.like(post, user))
        _, again = await like(storage, make.like(post, user))
        assert again == liked
        assert (await storage.posts.counts([post.id]))[post.id] == liked

    async def test_five_hundred_simultaneous_likes_of_one_user_are_one_like(
        self, storage: Storage, make: Builder
    ) -> None:
        user, post = await given_user(storage, make), await given_post(storage, make)
        likes = [make.like(post, user) for _ in range(500)]
        results = await outcomes(*(like(storage, each) for each in likes))
        assert [result for result in results if isinstance(result, BaseException)] == []
        made = [each for each, result in zip(likes, results, strict=True) if is_mine(each, result)]
        assert len(made) == 1
        assert await counts_of(storage, post.id) == (1, 0, 0)
        assert await engaged_in(storage, user.id, [post.id]) == {post.id: Engaged(liked=True)}
        assert (await unlike(storage, post, user))[0] == made[0]
        assert (await unlike(storage, post, user))[0] is None
        assert await counts_of(storage, post.id) == (0, 0, 0)

    async def test_simultaneous_likes_of_many_users_all_count(self, storage: Storage, make: Builder) -> None:
        users = [make.user() for _ in range(60)]
        await given_users(storage, *users)
        post = await given_post(storage, make, users[0])
        results = await outcomes(*(like(storage, make.like(post, user)) for user in users))
        assert [result for result in results if isinstance(result, BaseException)] == []
        assert await counts_of(storage, post.id) == (60, 0, 0)

    async def test_a_storm_of_likes_and_unlikes_ends_with_counts_that_equal_the_rows(
        self, storage: Storage, make: Builder
    ) -> None:
        users = [make.user() for _ in range(6)]
        await given_users(storage, *users)
        post = await given_post(storage, make, users[0])
        storm = [
            attempt
            for _ in range(6)
            for user in users
            for attempt in (
                like(storage, make.like(post, user)),
                unlike(storage, post, user),
                share(storage, make.share(post, user)),
                unshare(storage, post, user),
            )
        ]
        assert [each for each in await outcomes(*storm) if isinstance(each, BaseException)] == []
        engaged = [(await engaged_in(storage, user.id, [post.id])).get(post.id) for user in users]
        rows = [each or Engaged() for each in engaged]
        assert await counts_of(storage, post.id) == (
            sum(each.liked for each in rows),
            0,
            sum(each.shared for each in rows),
        )

    async def test_transactions_that_like_several_posts_do_not_block_each_other_for_ever(
        self, storage: Storage, make: Builder
    ) -> None:
        users = [make.user() for _ in range(10)]
        await given_users(storage, *users)
        posts = [make.post(users[0]) for _ in range(3)]
        await given_posts(storage, *posts)

        async def like_all(number: int) -> None:
            async with storage.uow() as tx:
                for post in posts:
                    await tx.likes.add(make.like(post, users[number]))

        assert await outcomes(*(like_all(number) for number in range(10))) == [None] * 10
        assert [await counts_of(storage, post.id) for post in posts] == [(10, 0, 0)] * 3

    async def test_a_rolled_back_like_never_happened(self, storage: Storage, make: Builder) -> None:
        user, post = await given_user(storage, make), await given_post(storage, make)
        async with rolled_back(storage) as tx:
            await tx.likes.add(make.like(post, user))
            await tx.shares.add(make.share(post, user))
        await cancelled_after(storage, lambda tx: tx.likes.add(make.like(post, user)))
        assert await counts_of(storage, post.id) == (0, 0, 0)
        assert (await engaged_in(storage, user.id, [post.id])).get(post.id, Engaged()) == Engaged()
        again = make.like(post, user)
        assert (await like(storage, again))[0] is again

    async def test_a_rolled_back_unlike_leaves_the_like(self, storage: Storage, make: Builder) -> None:
        user, post = await given_user(storage, make), await given_post(storage, make)
        first = make.like(post, user)
        await like(storage, first)
        async with rolled_back(storage) as tx:
            assert (await tx.likes.remove(post.id, user.id))[0] == first
        assert await counts_of(storage, post.id) == (1, 0, 0)
        assert (await unlike(storage, post, user))[0] == first

    async def test_a_transaction_sees_its_own_likes(self, storage: Storage, make: Builder) -> None:
        user, post = await given_user(storage, make), await given_post(storage, make)
        first = make.like(post, user)
        async with storage.uow() as tx:
            await tx.likes.add(first)
            assert (await tx.likes.add(replace(first, id=make.ids.like())))[1].likes == 1
            assert (await tx.likes.remove(post.id, user.id))[0] == first
            assert (await tx.likes.remove(post.id, user.id))[0] is None
        assert await counts_of(storage, post.id) == (0, 0, 0)

    async def test_a_viewer_sees_what_it_did_with_each_post(self, storage: Storage, make: Builder) -> None:
        viewer, other = make.user(), make.user()
        await given_users(storage, viewer, other)
        posts = [make.post(other) for _ in range(4)]
        await given_posts(storage, *posts)
        await like(storage, make.like(posts[0], viewer))
        await share(storage, make.share(posts[1], viewer))
        await like(storage, make.like(posts[2], viewer))
        await share(storage, make.share(posts[2], viewer))
        await like(storage, make.like(posts[3], other))
        found = await storage.engagement.reactions(viewer.id, [post.id for post in posts])
        assert [found[post.id].engaged for post in posts] == [
            Engaged(liked=True, shared=False),
            Engaged(liked=False, shared=True),
            Engaged(liked=True, shared=True),
            Engaged(),
        ]
        assert await storage.engagement.reactions(viewer.id, []) == {}

    async def test_counts_and_what_the_viewer_did_come_together(self, storage: Storage, make: Builder) -> None:
        viewer, others = make.user(), [make.user() for _ in range(3)]
        await given_users(storage, viewer, *others)
        post, untouched, missing = make.post(viewer), make.post(viewer), make.post(viewer)
        await given_posts(storage, post, untouched)
        for user in (viewer, *others):
            await like(storage, make.like(post, user))
        await share(storage, make.share(post, others[0]))
        found = await storage.engagement.reactions(viewer.id, [untouched.id, missing.id, post.id, post.id])
        counts = await storage.posts.counts([post.id, untouched.id])
        assert found == {
            post.id: Reactions(counts[post.id], Engaged(liked=True)),
            untouched.id: Reactions(counts[untouched.id], Engaged()),
        }
        assert (counts[post.id].likes, counts[post.id].shares) == (4, 1)

    async def test_who_likes_and_unlikes_while_others_do_sees_each_time_what_it_did_itself(
        self, storage: Storage, make: Builder
    ) -> None:
        users = [make.user() for _ in range(5)]
        await given_users(storage, *users)
        post = await given_post(storage, make, users[0])

        async def changes_its_mind(user: User) -> None:
            for _ in range(5):
                await like(storage, make.like(post, user))
                liked = (await storage.engagement.reactions(user.id, [post.id]))[post.id]
                await unlike(storage, post, user)
                unliked = (await storage.engagement.reactions(user.id, [post.id]))[post.id]
                assert (liked.engaged, unliked.engaged) == (Engaged(liked=True), Engaged())
                assert liked.counts.likes > 0

        await asyncio.gather(*map(changes_its_mind, users))
        assert await counts_of(storage, post.id) == (0, 0, 0)


def is_mine(mine: Like, result: object) -> bool:
    """Whether a like returned its own row, and so is the one that was made."""
    assert isinstance(result, tuple)
    stored, counts = result
    assert isinstance(counts, Counts)
    return stored is mine
