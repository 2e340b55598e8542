"""Likes of comments: one per user and comment, counted exactly, and gone with the comment."""

import asyncio

import pytest

from socialfeed.application.ports.storage import Storage
from socialfeed.domain.comment import Comment, CommentLike, Liking
from socialfeed.domain.errors import CommentNotFound
from socialfeed.domain.user import User
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.given import (
    UsesStorage,
    cancelled_after,
    given_comments,
    given_post,
    given_user,
    given_users,
    outcomes,
    rolled_back,
)


async def given_comment(storage: Storage, make: Builder) -> Comment:
    comment = make.comment(await given_post(storage, make), await given_user(storage, make))
    await given_comments(storage, comment)
    return comment


async def like(storage: Storage, new: CommentLike) -> tuple[CommentLike, int]:
    async with storage.uow() as tx:
        return await tx.comment_likes.add(new)


async def unlike(storage: Storage, comment: Comment, user: User) -> tuple[CommentLike | None, int]:
    async with storage.uow() as tx:
        return await tx.comment_likes.remove(comment.id, user.id)


async def delete(storage: Storage, make: Builder, comment: Comment) -> None:
    async with storage.uow() as tx:
        locked = await tx.comments.locked(comment.id)
        assert locked is not None
        await tx.comments.delete(locked.deleted(make.clock.now()))


async def liking(storage: Storage, comment: Comment, viewer: User | None = None) -> Liking:
    found = await storage.comments.liking(viewer.id if viewer else None, [comment.id])
    return found.get(comment.id, Liking())


class CommentLikesContract(UsesStorage):
    async def test_a_like_of_a_comment_counts_once_however_often_it_is_made(
        self, storage: Storage, make: Builder
    ) -> None:
        user, comment = await given_user(storage, make), await given_comment(storage, make)
        first, second = make.comment_like(comment, user), make.comment_like(comment, user)
        stored, likes = await like(storage, first)
        assert stored is first
        assert likes == 1
        stored, likes = await like(storage, second)
        assert stored is not second
        assert (stored, likes) == (first, 1)
        assert await liking(storage, comment, user) == (1, True)

    async def test_a_like_of_a_comment_is_taken_back_once(self, storage: Storage, make: Builder) -> None:
        user, comment = await given_user(storage, make), await given_comment(storage, make)
        first = make.comment_like(comment, user)
        await like(storage, first)
        assert await unlike(storage, comment, user) == (first, 0)
        assert await unlike(storage, comment, user) == (None, 0)
        assert await liking(storage, comment, user) == (0, False)

    async def test_each_viewer_is_told_the_count_and_the_own_like(self, storage: Storage, make: Builder) -> None:
        users = [make.user() for _ in range(3)]
        await given_users(storage, *users)
        comment, other = await given_comment(storage, make), await given_comment(storage, make)
        nobodys = await given_comment(storage, make)
        await like(storage, make.comment_like(comment, users[0]))
        await like(storage, make.comment_like(comment, users[1]))
        await like(storage, make.comment_like(other, users[0]))
        ids = [nobodys.id, other.id, comment.id, make.ids.comment()]
        for viewer, liked in ((users[0], (True, True)), (users[1], (True, False)), (None, (False, False))):
            found = await storage.comments.liking(viewer.id if viewer else None, ids)
            assert {comment_id: each for comment_id, each in found.items() if each.likes} == {
                comment.id: Liking(2, liked[0]),
                other.id: Liking(1, liked[1]),
            }
        assert await storage.comments.liking(users[0].id, []) == {}

    async def test_nobody_likes_a_comment_that_is_not_there(self, storage: Storage, make: Builder) -> None:
        user = await given_user(storage, make)
        parent = await given_comment(storage, make)
        missing = make.comment(await given_post(storage, make), user)
        answer = Comment.write(
            make.ids.comment(), user.id, parent.post_id, content="answer", parent=parent, at=make.clock.now()
        )
        await given_comments(storage, answer)
        await delete(storage, make, parent)
        for comment in (missing, parent):
            with pytest.raises(CommentNotFound):
                await like(storage, make.comment_like(comment, user))
            with pytest.raises(CommentNotFound):
                await unlike(storage, comment, user)
            assert await liking(storage, comment, user) == (0, False)

    async def test_many_likes_of_one_user_at_once_are_one(self, storage: Storage, make: Builder) -> None:
        user, comment = await given_user(storage, make), await given_comment(storage, make)
        attempts = [make.comment_like(comment, user) for _ in range(100)]
        results = await outcomes(*(like(storage, each) for each in attempts))
        stored = [result[0] for result in results if isinstance(result, tuple)]
        assert len(stored) == 100
        assert len(set(stored)) == 1
        assert await liking(storage, comment, user) == (1, True)

    async def test_likes_and_their_ends_at_once_leave_rows_and_count_that_agree(
        self, storage: Storage, make: Builder
    ) -> None:
        users = [make.user() for _ in range(12)]
        await given_users(storage, *users)
        comment = await given_comment(storage, make)
        storm = [
            attempt
            for _ in range(6)
            for user in users
            for attempt in (like(storage, make.comment_like(comment, user)), unlike(storage, comment, user))
        ]
        # Some stay at the end, in whatever order the others came.
        storm += [like(storage, make.comment_like(comment, user)) for user in users[:4]]
        assert [each for each in await outcomes(*storm) if isinstance(each, BaseException)] == []
        seen = [await liking(storage, comment, user) for user in users]
        assert {each.likes for each in seen} == {sum(each.liked for each in seen)}
        for user in users:
            await unlike(storage, comment, user)
        assert await liking(storage, comment) == (0, False)

    async def test_a_like_that_is_rolled_back_never_happened(self, storage: Storage, make: Builder) -> None:
        user, comment = await given_user(storage, make), await given_comment(storage, make)
        async with rolled_back(storage) as tx:
            await tx.comment_likes.add(make.comment_like(comment, user))
        await cancelled_after(storage, lambda tx: tx.comment_likes.add(make.comment_like(comment, user)))
        assert await liking(storage, comment, user) == (0, False)
        kept = make.comment_like(comment, user)
        assert (await like(storage, kept))[0] is kept
        async with rolled_back(storage) as tx:
            assert await tx.comment_likes.remove(comment.id, user.id) == (kept, 0)
            await tx.comments.delete(comment.deleted(make.clock.now()))
        assert await liking(storage, comment, user) == (1, True)

    async def test_a_comment_takes_its_likes_along(self, storage: Storage, make: Builder) -> None:
        """Whether it leaves a tombstone or nothing: who liked it is nowhere any more."""
        user, post = await given_user(storage, make), await given_post(storage, make)
        answered, alone = make.comment(post, user), make.comment(post, user)
        await given_comments(storage, answered, alone, make.comment(post, user, parent=answered))
        for comment in (answered, alone):
            await like(storage, make.comment_like(comment, user))
            await delete(storage, make, comment)
            assert await liking(storage, comment, user) == (0, False)

    async def test_a_post_takes_the_likes_of_its_comments_along(self, storage: Storage, make: Builder) -> None:
        user, post = await given_user(storage, make), await given_post(storage, make)
        comment = make.comment(post, user)
        await given_comments(storage, comment)
        await like(storage, make.comment_like(comment, user))
        async with storage.uow() as tx:
            await tx.posts.save(post.deleted(user.id, make.clock.now()))
            await tx.posts.remove(post.id)
        assert await liking(storage, comment, user) == (0, False)
        with pytest.raises(CommentNotFound):
            await unlike(storage, comment, user)

    async def test_likes_and_the_end_of_what_they_like_meet(self, storage: Storage, make: Builder) -> None:
        """Whichever comes first: nobody waits for ever, and no like is left without its comment."""
        users = [make.user() for _ in range(5)]
        await given_users(storage, *users)
        for _ in range(5):
            comment = await given_comment(storage, make)
            for user in users[:3]:
                await like(storage, make.comment_like(comment, user))
            results = await asyncio.gather(
                *(unlike(storage, comment, user) for user in users[:2]),
                delete(storage, make, comment),
                *(like(storage, make.comment_like(comment, user)) for user in users[1:]),
                return_exceptions=True,
            )
            failed = [each for each in results if isinstance(each, BaseException)]
            assert all(isinstance(each, CommentNotFound) for each in failed), failed
            assert await liking(storage, comment, users[4]) == (0, False)
