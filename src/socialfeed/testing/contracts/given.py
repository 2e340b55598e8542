"""How the suites bring a storage into the state that a test begins with."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from socialfeed.application.ports.repositories import Transaction
from socialfeed.application.ports.storage import Storage
from socialfeed.domain.activity import ChainEnd
from socialfeed.domain.comment import Comment
from socialfeed.domain.engagement import Counts, Engaged, Like, Share
from socialfeed.domain.graph import Follow
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.post import Post
from socialfeed.domain.session import Session
from socialfeed.domain.user import User
from socialfeed.testing.builders import Builder


class Rollback(Exception):
    """Raised by tests to leave a transaction the hard way."""


class UsesStorage:
    """Base of the suites over `Storage`: supply the fixture `storage`, fresh and empty for each test."""

    @pytest.fixture
    def make(self) -> Builder:
        return Builder()


async def given_users(storage: Storage, *users: User) -> None:
    async with storage.uow() as tx:
        for user in users:
            await tx.users.add(user)


async def given_user(storage: Storage, make: Builder) -> User:
    user = make.user()
    await given_users(storage, user)
    return user


async def given_posts(storage: Storage, *posts: Post) -> None:
    async with storage.uow() as tx:
        for post in posts:
            await tx.posts.add(post)


async def given_post(storage: Storage, make: Builder, author: User | None = None) -> Post:
    post = make.post(author or await given_user(storage, make))
    await given_posts(storage, post)
    return post


async def given_comments(storage: Storage, *comments: Comment) -> None:
    async with storage.uow() as tx:
        for comment in comments:
            await tx.comments.add(comment)


async def given_follows(storage: Storage, *follows: Follow) -> None:
    async with storage.uow() as tx:
        for follow in follows:
            await tx.follows.add(follow)


async def given_sessions(storage: Storage, *sessions: Session) -> None:
    async with storage.uow() as tx:
        for session in sessions:
            await tx.sessions.add(session)


async def like(storage: Storage, new: Like) -> tuple[Like, Counts]:
    async with storage.uow() as tx:
        return await tx.likes.add(new)


async def unlike(storage: Storage, post: Post, user: User) -> tuple[Like | None, Counts]:
    async with storage.uow() as tx:
        return await tx.likes.remove(post.id, user.id)


async def share(storage: Storage, new: Share) -> tuple[Share, Counts]:
    async with storage.uow() as tx:
        return await tx.shares.add(new)


async def unshare(storage: Storage, post: Post, user: User) -> tuple[Share | None, Counts]:
    async with storage.uow() as tx:
        return await tx.shares.remove(post.id, user.id)


async def given_shares(storage: Storage, *new: Share) -> None:
    async with storage.uow() as tx:
        for each in new:
            await tx.shares.add(each)


async def follow(storage: Storage, new: Follow) -> Follow:
    async with storage.uow() as tx:
        return await tx.follows.add(new)


async def unfollow(storage: Storage, follower: User, followee: User) -> bool:
    async with storage.uow() as tx:
        return await tx.follows.remove(follower.id, followee.id)


async def counts_of(storage: Storage, post_id: PostId) -> tuple[int, int, int]:
    """Likes, comments and shares, as committed."""
    return (await storage.posts.counts([post_id]))[post_id][:3]


@asynccontextmanager
async def rolled_back(storage: Storage) -> AsyncIterator[Transaction]:
    """A transaction that fails after its last statement."""
    try:
        async with storage.uow() as tx:
            yield tx
            raise Rollback
    except Rollback:
        return
    pytest.fail("the transaction swallowed the exception")


async def cancelled_after(storage: Storage, work: Callable[[Transaction], Awaitable[object]]) -> None:
    """Does the work in a transaction whose task is cancelled just before it would commit."""
    done, forever = asyncio.Event(), asyncio.Event()

    async def never_commits() -> None:
        async with storage.uow() as tx:
            await work(tx)
            done.set()
            await forever.wait()

    task = asyncio.create_task(never_commits())
    working = asyncio.create_task(done.wait())
    await asyncio.wait({task, working}, return_when=asyncio.FIRST_COMPLETED)
    working.cancel()
    if task.done():
        task.result()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def outcomes(*attempts: Awaitable[object]) -> list[object]:
    """Runs the attempts at once; what each returned or raised, in order."""
    return await asyncio.gather(*attempts, return_exceptions=True)


async def chain_ends(storage: Storage, actor_ids: Sequence[UserId]) -> dict[UserId, ChainEnd]:
    """Where the chains of these actors end in the activity log."""
    ends = await storage.activity.chains(after=None, limit=1_000)
    return {end.actor_id: end for end in ends if end.actor_id in actor_ids}


async def engaged_in(storage: Storage, viewer_id: UserId, post_ids: Sequence[PostId]) -> dict[PostId, Engaged]:
    """What the viewer did with those posts that it did something with."""
    found = await storage.engagement.reactions(viewer_id, post_ids)
    return {post_id: reactions.engaged for post_id, reactions in found.items() if any(reactions.engaged)}
