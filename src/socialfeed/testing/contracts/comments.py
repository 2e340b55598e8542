"""Comments: counted exactly, read level by level."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from sys import getrecursionlimit
from typing import Any

import pytest

from socialfeed.application.ports.readers import Onlooker
from socialfeed.application.ports.storage import Storage
from socialfeed.domain.comment import Comment, Sort
from socialfeed.domain.engagement import Counts
from socialfeed.domain.errors import CommentNotFound, IdConflict, PostNotFound
from socialfeed.domain.graph import Block
from socialfeed.domain.ids import CommentId, PostId
from socialfeed.domain.post import Post
from socialfeed.domain.user import User, UserStatus
from socialfeed.testing.builders import Builder
from socialfeed.testing.clock import FixedClock
from socialfeed.testing.contracts.given import (
    UsesStorage,
    cancelled_after,
    counts_of,
    given_comments,
    given_post,
    given_user,
    given_users,
    outcomes,
    rolled_back,
)


async def children_of(
    storage: Storage, post_id: PostId, parents: Sequence[CommentId | None], *args: Onlooker, **options: Any
) -> dict[CommentId | None, list[Comment]]:
    """The children without what they are sorted by."""
    found = await storage.comments.children(post_id, parents, *args, **options)
    return {parent: [placed.comment for placed in level] for parent, level in found.items()}


async def walk(storage: Storage, post: Post, sort: Sort) -> list[Comment]:
    """What answers the post, page by page."""
    walked, after = list[Comment](), None
    while page := (await storage.comments.children(post.id, [None], limit=2, sort=sort, after=after)).get(None):
        walked += [placed.comment for placed in page]
        after = page[-1].place
    return walked


async def given_likes(storage: Storage, make: Builder, comment: Comment, users: Sequence[User]) -> None:
    async with storage.uow() as tx:
        for user in users:
            await tx.comment_likes.add(make.comment_like(comment, user))


class CommentsContract(UsesStorage):
    async def test_an_added_comment_is_read_back_whole(self, storage: Storage, make: Builder) -> None:
        user, post = await given_user(storage, make), await given_post(storage, make)
        comment = make.comment(post, user, content="Line one\nline “two” 🎈")
        reply = make.comment(post, user, parent=comment)
        await given_comments(storage, comment, reply)
        assert await storage.comments.comments_by_ids([reply.id, comment.id]) == {
            comment.id: comment,
            reply.id: reply,
        }
        async with storage.uow() as tx:
            assert await tx.comments.get(reply.id) == reply

    async def test_blanking_takes_the_comments_of_an_author_and_leaves_the_rest(
        self, storage: Storage, make: Builder
    ) -> None:
        author, other = await given_user(storage, make), await given_user(storage, make)
        post = await given_post(storage, make)
        mine = make.comment(post, author)
        theirs = make.comment(post, other, parent=mine)
        await given_comments(storage, mine, theirs)
        async with storage.uow() as tx:
            await tx.comments.blank_of(author.id)
        assert await storage.comments.comments_by_ids([mine.id, theirs.id]) == {
            mine.id: replace(mine, content=""),
            theirs.id: theirs,
        }
        assert await counts_of(storage, post.id) == (0, 2, 0)

    async def test_a_comment_is_saved_with_its_life(self, storage: Storage, make: Builder) -> None:
        user, post = await given_user(storage, make), await given_post(storage, make)
        comment, answer = make.comment(post, user), make.comment(post, user)
        await given_comments(storage, comment, answer)
        for state in (
            comment.edited("another", make.clock.now()),
            comment.hidden(user.id, post.author_id, make.clock.now()),
            comment.deleted(make.clock.now()),
            comment,
        ):
            async with storage.uow() as tx:
                assert await tx.comments.locked(comment.id) is not None
                await tx.comments.save(state)
            assert (await storage.comments.comments_by_ids([comment.id]))[comment.id] == state
        with pytest.raises(CommentNotFound):
            async with storage.uow() as tx:
                await tx.comments.save(make.comment(post, user))

    async def test_a_comment_without_answers_is_removed_and_counted_no_more(
        self, storage: Storage, make: Builder
    ) -> None:
        user, post = await given_user(storage, make), await given_post(storage, make)
        kept, gone = make.comment(post, user), make.comment(post, user)
        await given_comments(storage, kept, gone)
        async with rolled_back(storage) as tx:
            await tx.comments.delete(gone.deleted(make.clock.now()))
        assert await counts_of(storage, post.id) == (0, 2, 0)
        async with storage.uow() as tx:
            before = (await storage.posts.counts([post.id]))[post.id]
            counts = await tx.comments.delete(gone.deleted(make.clock.now()))
        assert counts == before._replace(comments=1, version=counts.version)
        assert counts.version > before.version
        assert await storage.comments.comments_by_ids([kept.id, gone.id]) == {kept.id: kept}

    async def test_tombstones_stay_as_long_as_something_answers_them(self, storage: Storage, make: Builder) -> None:
        """A thread of five below each other and a second answer to the second, deleted from the top and the end."""
        user, post = await given_user(storage, make), await given_post(storage, make)
        thread = [make.comment(post, user)]
        for _ in range(4):
            thread.append(make.comment(post, user, parent=thread[-1]))
        beside = make.comment(post, user, parent=thread[1])
        await given_comments(storage, *thread, beside)
        ids = [comment.id for comment in (*thread, beside)]
        left = {comment.id: comment for comment in (*thread, beside)}

        async def delete(comment: Comment, *gone: Comment) -> None:
            tombstone = comment.deleted(make.clock.now())
            async with storage.uow() as tx:
                await tx.comments.delete(tombstone)
            left[comment.id] = tombstone
            for each in gone:
                del left[each.id]
            assert await storage.comments.comments_by_ids(ids) == left

        await delete(thread[0])
        await delete(thread[2])
        await delete(thread[3])
        counted = await storage.comments.child_counts(post.id, [None, thread[1].id])
        assert {parent: count for parent, count in counted.items() if count} == {thread[1].id: 1}
        await delete(thread[4], thread[4], thread[3], thread[2])
        await delete(thread[1])
        await delete(beside, beside, thread[1], thread[0])
        assert await counts_of(storage, post.id) == (0, 0, 0)

    async def test_the_end_of_a_very_deep_thread_takes_all_of_it_along(self, storage: Storage, make: Builder) -> None:
        """Deeper than calls of functions may be."""
        user, post = await given_user(storage, make), await given_post(storage, make)
        thread = [make.comment(post, user)]
        for _ in range(getrecursionlimit()):
            thread.append(make.comment(post, user, parent=thread[-1]))
        await given_comments(storage, *thread)
        async with storage.uow() as tx:
            for comment in thread[:-1]:
                await tx.comments.save(comment.deleted(make.clock.now()))
        async with storage.uow() as tx:
            await tx.comments.delete(thread[-1].deleted(make.clock.now()))
        assert await storage.comments.comments_by_ids([comment.id for comment in thread]) == {}

    async def test_an_answer_and_the_end_of_what_it_answers_meet(self, storage: Storage, make: Builder) -> None:
        """Whichever comes first: no answer is left without what it answers."""
        user, post = await given_user(storage, make), await given_post(storage, make)
        for _ in range(10):
            parent = make.comment(post, user)
            await given_comments(storage, parent)
            answer = make.comment(post, user, parent=parent)

            async def reply(parent: Comment = parent, answer: Comment = answer) -> None:
                async with storage.uow() as tx:
                    if await tx.comments.locked(parent.id) is not None:
                        await tx.comments.add(answer)

            async def delete(parent: Comment = parent) -> None:
                async with storage.uow() as tx:
                    assert await tx.comments.locked(parent.id) is not None
                    await tx.comments.delete(parent.deleted(make.clock.now()))

            await asyncio.gather(reply(), delete())
            found = await storage.comments.comments_by_ids([parent.id, answer.id])
            assert set(found) in (set(), {parent.id, answer.id})

    async def test_unknown_comments_are_left_out(self, storage: Storage, make: Builder) -> None:
        user, post = await given_user(storage, make), await given_post(storage, make)
        comment, missing = make.comment(post, user), make.ids.comment()
        await given_comments(storage, comment)
        assert await storage.comments.comments_by_ids([missing, comment.id, comment.id]) == {comment.id: comment}
        assert await storage.comments.comments_by_ids([]) == {}
        async with storage.uow() as tx:
            assert await tx.comments.get(missing) is None

    async def test_a_comment_on_an_unknown_post_is_refused(self, storage: Storage, make: Builder) -> None:
        user = await given_user(storage, make)
        comment = make.comment(make.post(user), user)
        with pytest.raises(PostNotFound):
            await given_comments(storage, comment)
        assert await storage.comments.comments_by_ids([comment.id]) == {}

    async def test_an_id_of_a_comment_is_used_once(self, storage: Storage, make: Builder) -> None:
        user, post = await given_user(storage, make), await given_post(storage, make)
        first, second = make.comment(post, user), make.comment(post, user)
        await given_comments(storage, first)
        with pytest.raises(IdConflict):
            await given_comments(storage, replace(second, id=first.id))
        assert await storage.comments.comments_by_ids([first.id]) == {first.id: first}
        assert await counts_of(storage, post.id) == (0, 1, 0)

    async def test_add_returns_the_new_counts_with_a_growing_version(self, storage: Storage, make: Builder) -> None:
        user, post = await given_user(storage, make), await given_post(storage, make)
        seen = [(await storage.posts.counts([post.id]))[post.id]]
        for _ in range(3):
            async with storage.uow() as tx:
                seen.append(await tx.comments.add(make.comment(post, user)))
        assert [counts.comments for counts in seen] == [0, 1, 2, 3]
        assert all(older.version < newer.version for older, newer in pairwise(seen))
        assert (await storage.posts.counts([post.id]))[post.id] == seen[-1]

    async def test_a_hundred_simultaneous_comments_are_all_counted(self, storage: Storage, make: Builder) -> None:
        user, post = await given_user(storage, make), await given_post(storage, make)

        async def add(comment: Comment) -> Counts:
            async with storage.uow() as tx:
                return await tx.comments.add(comment)

        results = await outcomes(*(add(make.comment(post, user)) for _ in range(100)))
        returned = [result for result in results if isinstance(result, Counts)]
        assert len(returned) == 100
        final = (await storage.posts.counts([post.id]))[post.id]
        assert final.comments == 100
        assert max(counts.version for counts in returned) <= final.version

    async def test_a_rolled_back_comment_is_not_counted(self, storage: Storage, make: Builder) -> None:
        user, post = await given_user(storage, make), await given_post(storage, make)
        comment = make.comment(post, user)
        async with rolled_back(storage) as tx:
            await tx.comments.add(comment)
        await cancelled_after(storage, lambda tx: tx.comments.add(comment))
        assert await storage.comments.comments_by_ids([comment.id]) == {}
        assert await storage.comments.child_counts(post.id, [None]) in ({}, {None: 0})
        assert await counts_of(storage, post.id) == (0, 0, 0)

    async def test_children_come_level_by_level_in_order_of_id(self, storage: Storage, make: Builder) -> None:
        user, post, elsewhere = (
            await given_user(storage, make),
            await given_post(storage, make),
            await given_post(storage, make),
        )
        first, second, lonely = (make.comment(post, user) for _ in range(3))
        stranger = make.comment(elsewhere, user)
        replies = [make.comment(post, user, parent=first if n % 2 else second) for n in range(8)]
        deep = make.comment(post, user, parent=replies[0])
        await given_comments(storage, lonely, second, first, stranger, *reversed(replies), deep)

        children = await children_of(storage, post.id, [None, first.id, second.id], limit=10)
        assert children == {None: [first, second, lonely], first.id: replies[1::2], second.id: replies[0::2]}
        assert await children_of(storage, post.id, [replies[0].id], limit=10) == {replies[0].id: [deep]}

    async def test_the_limit_is_for_each_parent(self, storage: Storage, make: Builder) -> None:
        user, post = await given_user(storage, make), await given_post(storage, make)
        parents = [make.comment(post, user) for _ in range(3)]
        replies = {parent.id: [make.comment(post, user, parent=parent) for _ in range(4)] for parent in parents}
        await given_comments(storage, *parents, *(reply for each in replies.values() for reply in each))
        children = await children_of(storage, post.id, [parent.id for parent in parents], limit=2)
        assert children == {parent.id: replies[parent.id][:2] for parent in parents}
        newest = await children_of(storage, post.id, [parent.id for parent in parents], limit=2, sort=Sort.NEWEST)
        assert newest == {parent.id: replies[parent.id][:1:-1] for parent in parents}

    async def test_children_are_walked_by_keyset_both_ways(self, storage: Storage, make: Builder) -> None:
        user, post = await given_user(storage, make), await given_post(storage, make)
        comments = [make.comment(post, user) for _ in range(7)]
        await given_comments(storage, *comments)

        assert await walk(storage, post, Sort.OLDEST) == comments
        assert await walk(storage, post, Sort.NEWEST) == comments[::-1]

    async def test_the_most_liked_come_first_and_tombstones_last(self, storage: Storage, make: Builder) -> None:
        users = [make.user() for _ in range(4)]
        await given_users(storage, *users)
        post = await given_post(storage, make)
        comments = [make.comment(post, users[0]) for _ in range(6)]
        await given_comments(storage, *comments, make.comment(post, users[0], parent=comments[5]))
        for place, likes in enumerate((1, 3, 0, 3, 2, 4)):
            await given_likes(storage, make, comments[place], users[:likes])
        # What was liked and is no more, counts no more.
        async with storage.uow() as tx:
            await tx.comment_likes.remove(comments[1].id, users[0].id)
        tombstone = comments[5].deleted(make.clock.now())
        async with storage.uow() as tx:
            await tx.comments.delete(tombstone)
        assert await walk(storage, post, Sort.TOP) == [*(comments[n] for n in (3, 4, 1, 0, 2)), tombstone]

    async def test_likes_make_up_for_age_in_the_hot_order(self, storage: Storage, make: Builder) -> None:
        """Nine likes, which with the author's are ten, are worth 12.5 hours and no more."""
        clock = FixedClock()
        make = Builder(clock)
        users = [make.user() for _ in range(9)]
        await given_users(storage, *users)
        post = await given_post(storage, make, users[0])
        comments = []
        for hours in (0, 1, 11.5, 0.01):
            clock.advance(timedelta(hours=hours))
            comments.append(make.comment(post, users[0]))
        await given_comments(storage, *comments)
        await given_likes(storage, make, comments[0], users)
        await given_likes(storage, make, comments[1], users)
        await given_likes(storage, make, comments[2], users[:1])
        # 12.5, 13.5, 12.5 + 3.8 and 12.51 hours.
        assert await walk(storage, post, Sort.HOT) == [comments[n] for n in (2, 1, 3, 0)]

    async def test_the_limit_is_for_each_parent_in_every_order(self, storage: Storage, make: Builder) -> None:
        user, post = await given_user(storage, make), await given_post(storage, make)
        parents = [make.comment(post, user) for _ in range(2)]
        replies = {parent.id: [make.comment(post, user, parent=parent) for _ in range(4)] for parent in parents}
        await given_comments(storage, *parents, *(reply for each in replies.values() for reply in each))
        for parent in parents:
            await given_likes(storage, make, replies[parent.id][1], [user])
        for sort in (Sort.TOP, Sort.HOT):
            children = await children_of(storage, post.id, [parent.id for parent in parents], limit=2, sort=sort)
            assert children == {parent.id: [replies[parent.id][1], replies[parent.id][3]] for parent in parents}

    async def test_everyone_sees_of_a_thread_what_is_theirs_to_see_and_no_more_is_counted(
        self, storage: Storage, make: Builder
    ) -> None:
        author, writer, banned, other, blocker = (make.user() for _ in range(5))
        await given_users(storage, author, writer, banned, other, blocker)
        post = await given_post(storage, make, author)
        plain, hidden, of_banned = make.comment(post, other), make.comment(post, writer), make.comment(post, banned)
        of_writer, of_blocker = make.comment(post, writer), make.comment(post, blocker)
        gone, gone_of_banned = make.comment(post, other), make.comment(post, banned)
        answers = [make.comment(post, other, parent=gone), make.comment(post, other, parent=gone_of_banned)]
        await given_comments(storage, plain, hidden, of_banned, of_writer, of_blocker, gone, gone_of_banned, *answers)
        at = make.clock.now()
        hidden = hidden.hidden(author.id, author.id, at)
        tombstones = [gone.deleted(at), gone_of_banned.deleted(at)]
        async with storage.uow() as tx:
            await tx.users.save(replace(banned, status=UserStatus.BANNED))
            await tx.blocks.add(Block.start(blocker.id, writer.id, at=at))
            await tx.comments.save(hidden)
            for tombstone in tombstones:
                await tx.comments.delete(tombstone)

        everyones = [plain, of_writer, of_blocker, *tombstones]
        for onlooker, seen in (
            (Onlooker(), everyones),
            (Onlooker(other.id), everyones),
            (Onlooker(writer.id), [plain, of_writer, *tombstones, hidden]),
            (Onlooker(blocker.id), [plain, of_blocker, *tombstones]),
            (Onlooker(author.id), [*everyones, hidden]),
            (Onlooker(banned.id), [*everyones, of_banned]),
            (Onlooker(other.id, moderates=True), [*everyones, hidden]),
        ):
            for sort in Sort:
                found = await children_of(storage, post.id, [None], onlooker, limit=10, sort=sort)
                assert sorted(each.id for each in found[None]) == sorted(each.id for each in seen), (onlooker, sort)
            counts = await storage.comments.child_counts(post.id, [None], onlooker)
            assert counts[None] == len(seen) - len(tombstones), onlooker

    async def test_pages_are_full_where_something_is_left_out(self, storage: Storage, make: Builder) -> None:
        author, writer = await given_user(storage, make), await given_user(storage, make)
        post = await given_post(storage, make, author)
        comments = [make.comment(post, writer) for _ in range(9)]
        await given_comments(storage, *comments)
        async with storage.uow() as tx:
            for comment in comments[::2]:
                await tx.comments.save(comment.hidden(author.id, author.id, make.clock.now()))
        for sort in Sort:
            found = await children_of(storage, post.id, [None], limit=3, sort=sort)
            order = comments[1::2] if sort is Sort.OLDEST else comments[1::2][::-1]
            assert found == {None: order[:3]}

    async def test_who_is_hidden_above_a_comment_is_told_up_to_the_top(self, storage: Storage, make: Builder) -> None:
        users = [make.user() for _ in range(3)]
        await given_users(storage, *users)
        post = await given_post(storage, make)
        thread = [make.comment(post, users[0])]
        for user in (users[1], users[2], users[0]):
            thread.append(make.comment(post, user, parent=thread[-1]))
        await given_comments(storage, *thread)
        async with storage.uow() as tx:
            for comment in thread[1:3]:
                await tx.comments.save(comment.hidden(post.author_id, post.author_id, make.clock.now()))
        found = await storage.comments.hidden_above([*(comment.id for comment in thread), make.ids.comment()])
        assert {comment_id: authors for comment_id, authors in found.items() if authors} == {
            thread[1].id: {users[1].id},
            thread[2].id: {users[1].id, users[2].id},
            thread[3].id: {users[1].id, users[2].id},
        }
        assert await storage.comments.hidden_above([]) == {}

    async def test_no_parents_have_no_children(self, storage: Storage, make: Builder) -> None:
        post = await given_post(storage, make)
        assert await storage.comments.children(post.id, [], limit=3) == {}
        assert await storage.comments.child_counts(post.id, []) == {}

    async def test_child_counts_count_direct_children(self, storage: Storage, make: Builder) -> None:
        user, post, elsewhere = (
            await given_user(storage, make),
            await given_post(storage, make),
            await given_post(storage, make),
        )
        first, second = make.comment(post, user), make.comment(post, user)
        reply = make.comment(post, user, parent=first)
        deep = [make.comment(post, user, parent=reply) for _ in range(3)]
        await given_comments(storage, first, second, reply, *deep, make.comment(elsewhere, user))
        parents: list[CommentId | None] = [None, first.id, second.id, reply.id]
        counts = await storage.comments.child_counts(post.id, parents)
        assert [counts.get(parent, 0) for parent in parents] == [2, 1, 0, 3]
