"""Bulk loads leave what the repositories would have left."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from socialfeed.adapters.sql import SqlStorage, bulk
from socialfeed.domain.engagement import Engaged
from socialfeed.domain.errors import IdConflict, PostNotFound, SocialFeedError, UsernameTaken, UserNotFound
from socialfeed.domain.graph import ProfileCounts
from socialfeed.domain.post import Post
from socialfeed.domain.user import User
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.comments import children_of
from socialfeed.testing.contracts.given import engaged_in


async def test_everything_is_stored_with_its_counters(storage: SqlStorage, make: Builder) -> None:
    ada, bob, eva = users = [make.user(bio="One\n\ttwo \\N 'three' ☕") for _ in range(3)]
    post, other = posts = [make.post(ada, image_url="https://example.org/a.png"), make.post(bob)]
    comment = make.comment(post, bob)
    reply = make.comment(post, eva, parent=comment)
    done: list[tuple[str, int]] = []

    await bulk.load(
        storage,
        users=users,
        follows=[make.follow(bob, ada), make.follow(eva, ada), make.follow(ada, eva)],
        posts=iter(posts),
        comments=[comment, reply],
        likes=[make.like(post, user) for user in users],
        shares=[make.share(other, eva)],
        progress=lambda name, number: done.append((name, number)),
    )

    assert done == [("users", 3), ("follows", 3), ("posts", 2), ("comments", 2), ("likes", 3), ("shares", 1)]
    assert await storage.users.accounts_by_ids([user.id for user in users]) == {user.id: user for user in users}
    assert await storage.posts.posts_by_ids([post.id, other.id]) == {post.id: post, other.id: other}
    assert await children_of(storage, post.id, [None, comment.id], limit=9) == {
        None: [comment],
        comment.id: [reply],
    }
    assert await engaged_in(storage, eva.id, [post.id, other.id]) == {
        post.id: Engaged(liked=True),
        other.id: Engaged(shared=True),
    }
    assert await storage.posts.counts([post.id, other.id]) == {post.id: (3, 2, 0, 5), other.id: (0, 0, 1, 1)}
    assert await storage.users.profile_counts([user.id for user in users]) == {
        ada.id: ProfileCounts(posts=1, followers=2, following=1),
        bob.id: ProfileCounts(posts=1, followers=0, following=1),
        eva.id: ProfileCounts(posts=0, followers=1, following=1),
    }
    assert await storage.outbox.backlog() == 0
    async with storage.uow() as tx:
        assert (await tx.comment_likes.add(make.comment_like(reply, ada)))[1] == 1


async def test_what_was_loaded_goes_on_counting(storage: SqlStorage, make: Builder) -> None:
    user = make.user()
    post = make.post(user)
    await bulk.load(storage, users=[user], posts=[post])
    async with storage.uow() as tx:
        _, counts = await tx.likes.add(make.like(post, user))
    assert counts == (1, 0, 0, 1)


async def test_more_than_one_chunk(storage: SqlStorage, make: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "CHUNK", 10)
    user = make.user()
    posts = [make.post(user) for _ in range(25)]
    done: list[int] = []
    await bulk.load(storage, users=[user], posts=posts, progress=lambda name, n: done.append(n))
    assert done == [1, 10, 20, 25]
    assert set(await storage.posts.posts_by_ids([post.id for post in posts])) == {post.id for post in posts}


async def test_an_error_halfway_leaves_nothing(storage: SqlStorage, make: Builder) -> None:
    user = make.user()

    def posts() -> Iterator[Post]:
        yield make.post(user)
        raise RuntimeError("out of ideas")

    with pytest.raises(RuntimeError, match="out of ideas"):
        await bulk.load(storage, users=[user], posts=posts())
    assert await storage.users.accounts_by_ids([user.id]) == {}


async def test_strangers_are_refused(storage: SqlStorage, make: Builder) -> None:
    user, stranger = make.user(), make.user()
    post = make.post(stranger)
    for error, entities in (
        (UserNotFound, {"posts": [post]}),
        (UserNotFound, {"follows": [make.follow(user, stranger)]}),
        (PostNotFound, {"comments": [make.comment(post, user)]}),
        (PostNotFound, {"likes": [make.like(post, user)]}),
        (PostNotFound, {"shares": [make.share(post, user)]}),
    ):
        with pytest.raises(error):
            await bulk.load(storage, users=[user], **entities)
    assert await storage.users.accounts_by_ids([user.id]) == {}


async def test_conflicts_have_their_names(storage: SqlStorage, make: Builder) -> None:
    first, second = make.user(username="first"), make.user()
    await bulk.load(storage, users=[first])
    expected: list[tuple[type[SocialFeedError], User]] = [
        (IdConflict, replace(second, id=first.id)),
        (UsernameTaken, replace(second, username="FIRST")),
    ]
    for error, user in expected:
        with pytest.raises(error):
            await bulk.load(storage, users=[user])
