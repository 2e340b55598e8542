"""Comments: counted exactly, read level by level."""

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from socialfeed.application.ports.storage import Storage
from socialfeed.domain.comment import Comment
from socialfeed.domain.engagement import Counts
from socialfeed.domain.errors import CommentNotFound, IdConflict, PostNotFound
from socialfeed.domain.ids import CommentId
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.given import (
    UsesStorage,
    cancelled_after,
    counts_of,
    given_comments,
    given_post,
    given_user,
    outcomes,
    rolled_back,
)


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
        for state in (comment.edited("another", make.clock.now()), comment.deleted(make.clock.now()), comment):
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

        children = await storage.comments.children(post.id, [None, first.id, second.id], limit=10)
        assert children == {None: [first, second, lonely], first.id: replies[1::2], second.id: replies[0::2]}
        assert (await storage.comments.children(post.id, [replies[0].id], limit=10)) == {replies[0].id: [deep]}

    async def test_the_limit_is_for_each_parent(self, storage: Storage, make: Builder) -> None:
        user, post = await given_user(storage, make), await given_post(storage, make)
        parents = [make.comment(post, user) for _ in range(3)]
        replies = {parent.id: [make.comment(post, user, parent=parent) for _ in range(4)] for parent in parents}
        await given_comments(storage, *parents, *(reply for each in replies.values() for reply in each))
        children = await storage.comments.children(post.id, [parent.id for parent in parents], limit=2)
        assert children == {parent.id: replies[parent.id][:2] for parent in parents}
        newest = await storage.comments.children(post.id, [parent.id for parent in parents], limit=2, newest_first=True)
        assert newest == {parent.id: replies[parent.id][:1:-1] for parent in parents}

    async def test_children_are_walked_by_keyset_both_ways(self, storage: Storage, make: Builder) -> None:
        user, post = await given_user(storage, make), await given_post(storage, make)
        comments = [make.comment(post, user) for _ in range(7)]
        await given_comments(storage, *comments)

        async def walk(newest_first: bool) -> list[Comment]:
            walked, after = list[Comment](), None
            for _ in range(len(comments)):
                children = await storage.comments.children(
                    post.id, [None], limit=3, after=after, newest_first=newest_first
                )
                page = children.get(None, [])
                walked += page
                after = page[-1].id if page else after
            return walked

        assert await walk(newest_first=False) == comments
        assert await walk(newest_first=True) == comments[::-1]

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
