"""What goes beyond the contract: refusals inside a transaction, several processes, text no database can hold."""

import asyncio
from dataclasses import replace

import pytest

from socialfeed.adapters.sql import SqlStorage
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.domain.engagement import Like
from socialfeed.domain.errors import (
    EmailTaken,
    IdConflict,
    PostNotFound,
    RoleExists,
    RoleNotFound,
    UsernameTaken,
    UserNotFound,
)
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.given import engaged_in
from tests.integration.sql.conftest import opener


async def test_a_refusal_leaves_the_transaction_usable_and_writes_nothing(storage: SqlStorage, make: Builder) -> None:
    """Postgres by itself would refuse what follows and turn the commit into a rollback without a word."""
    ada, bob = make.user(username="ada"), make.user()
    post, event, entry, role = make.post(ada), make.envelope(), make.activity(ada), make.role()
    async with storage.uow() as tx:
        for user in (ada, bob):
            await tx.users.add(user)
        await tx.posts.add(post)
        await tx.outbox.add(event)
        await tx.roles.add(role, make.clock.now())
        await tx.activity.add(entry)
        comment = make.comment(post, bob)
        await tx.comments.add(comment)

    missing, stranger = make.post(ada), make.user()
    async with storage.uow() as tx:
        for error, attempt in (
            (UsernameTaken, tx.users.add(make.user(username="ADA", email="a@example.org"))),
            (EmailTaken, tx.users.add(make.user(email=ada.email))),
            (UsernameTaken, tx.users.save(replace(bob, username="Ada"))),
            (UserNotFound, tx.users.save(stranger)),
            (UserNotFound, tx.posts.add(make.post(stranger))),
            (IdConflict, tx.posts.add(replace(missing, id=post.id))),
            (IdConflict, tx.comments.add(replace(comment, content="again"))),
            (PostNotFound, tx.comments.add(make.comment(missing, ada))),
            (PostNotFound, tx.likes.add(make.like(missing, ada))),
            (PostNotFound, tx.shares.add(make.share(missing, ada))),
            (UserNotFound, tx.follows.add(make.follow(ada, stranger))),
            (UserNotFound, tx.follows.add(make.follow(stranger, ada))),
            (IdConflict, tx.outbox.add(event)),
            (IdConflict, tx.activity.add(entry)),
            (RoleExists, tx.roles.add(role, make.clock.now())),
            (RoleNotFound, tx.roles.save(make.role(), make.clock.now())),
        ):
            with pytest.raises(error):
                await attempt
        await tx.likes.add(make.like(post, bob))

    assert await storage.posts.counts([post.id, missing.id]) == {post.id: (1, 1, 0, 2)}
    assert (await storage.users.profile_counts([ada.id]))[ada.id] == (1, 0, 0)
    assert await engaged_in(storage, ada.id, [missing.id]) == {}
    assert await storage.graph.followed_among(ada.id, [stranger.id]) == frozenset()
    assert await storage.outbox.backlog() == 1
    assert [end.position for end in await storage.activity.chains(after=None, limit=9)] == [1]


async def test_five_hundred_likes_from_two_processes_are_one(
    storage: SqlStorage, url: str, context: AdapterContext, make: Builder
) -> None:
    """A second open storage shares nothing with the first but the database."""
    user = make.user()
    post = make.post(user)
    async with storage.uow() as tx:
        await tx.users.add(user)
        await tx.posts.add(post)

    async def like(through: SqlStorage) -> Like:
        async with through.uow() as tx:
            return (await tx.likes.add(make.like(post, user)))[0]

    async with opener(url)(url, context) as other:
        likes = await asyncio.gather(*(like(through) for _ in range(250) for through in (storage, other)))
    assert len(set(likes)) == 1
    assert await storage.posts.counts([post.id]) == {post.id: (1, 0, 0, 1)}


@pytest.mark.parametrize("text", ["ada\0", "\ud800"])
async def test_nobody_is_called_what_no_database_can_hold(storage: SqlStorage, text: str) -> None:
    async with storage.uow() as tx:
        assert await tx.users.by_username(text) is None
        assert await tx.users.proven_by_email(text) is None
        assert await tx.users.pending_by_email(text) is None
        await tx.users.remove_pending(text)
    assert await storage.users.account_by_login(f"{text}@example.org") is None
