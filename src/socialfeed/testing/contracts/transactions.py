"""What a unit of work promises, whatever is written in it."""

import asyncio

from socialfeed.application.ports.activity import ActivityFilter
from socialfeed.application.ports.readers import Placed
from socialfeed.application.ports.repositories import Transaction
from socialfeed.application.ports.storage import Storage
from socialfeed.domain.engagement import Engaged
from socialfeed.domain.errors import UsernameTaken
from socialfeed.domain.ids import PostId
from socialfeed.domain.permissions import Permission
from socialfeed.domain.user import User
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.given import (
    UsesStorage,
    cancelled_after,
    chain_ends,
    counts_of,
    engaged_in,
    given_post,
    given_user,
    given_users,
    like,
    outcomes,
    rolled_back,
)


class TransactionsContract(UsesStorage):
    async def test_it_answers_and_has_a_name(self, storage: Storage) -> None:
        await storage.check()
        assert storage.name

    async def test_a_clean_exit_commits_everything(self, storage: Storage, make: Builder) -> None:
        scene = Scene(make)
        async with storage.uow() as tx:
            await scene.write(tx)
        assert await scene.seen(storage) == scene.everything

    async def test_an_exception_rolls_everything_back(self, storage: Storage, make: Builder) -> None:
        scene = Scene(make)
        async with rolled_back(storage) as tx:
            await scene.write(tx)
        assert await scene.seen(storage) == scene.nothing

    async def test_a_cancellation_rolls_everything_back(self, storage: Storage, make: Builder) -> None:
        scene = Scene(make)
        await cancelled_after(storage, scene.write)
        assert await scene.seen(storage) == scene.nothing

    async def test_nothing_is_visible_to_others_before_the_commit(self, storage: Storage, make: Builder) -> None:
        scene = Scene(make)
        async with storage.uow() as tx:
            await scene.write(tx)
            assert await scene.seen(storage) == scene.nothing
        assert await scene.seen(storage) == scene.everything

    async def test_the_same_can_be_written_after_a_rollback(self, storage: Storage, make: Builder) -> None:
        scene = Scene(make)
        await cancelled_after(storage, scene.write)
        async with rolled_back(storage) as tx:
            await scene.write(tx)
        async with storage.uow() as tx:
            await scene.write(tx)
        assert await scene.seen(storage) == scene.everything

    async def test_the_loser_of_a_race_leaves_nothing_at_all(self, storage: Storage, make: Builder) -> None:
        author = await given_user(storage, make)
        rivals = [make.user(username="prize", email=f"{n}@example.org") for n in range(6)]
        posts = [make.post(author) for _ in rivals]

        async def post_and_register(number: int) -> None:
            async with storage.uow() as tx:
                await tx.posts.add(posts[number])
                await tx.users.add(rivals[number])

        results = await outcomes(*(post_and_register(number) for number in range(6)))
        assert [type(each) for each in results if each is not None] == [UsernameTaken] * 5
        winner = results.index(None)
        assert set(await storage.posts.posts_by_ids([post.id for post in posts])) == {posts[winner].id}
        assert set(await storage.users.accounts_by_ids([user.id for user in rivals])) == {rivals[winner].id}
        assert (await storage.users.profile_counts([author.id]))[author.id].posts == 1

    async def test_a_writer_cancelled_while_it_waits_holds_nobody_up(self, storage: Storage, make: Builder) -> None:
        user, post = await given_user(storage, make), await given_post(storage, make)
        async with storage.uow() as tx:
            await tx.likes.add(make.like(post, user))
            waiting = [asyncio.create_task(like(storage, make.like(post, user))) for _ in range(5)]
            await asyncio.sleep(0.05)
            for task in waiting[:4]:
                task.cancel()
            await asyncio.sleep(0.05)
        results = await outcomes(*waiting)
        assert [isinstance(each, asyncio.CancelledError) for each in results] == [True] * 4 + [False]
        assert await counts_of(storage, post.id) == (1, 0, 0)

    async def test_writers_cancelled_at_any_moment_leave_rows_and_counts_that_agree(
        self, storage: Storage, make: Builder
    ) -> None:
        users = [make.user() for _ in range(20)]
        await given_users(storage, *users)
        post = await given_post(storage, make, users[0])
        writers = [asyncio.create_task(like(storage, make.like(post, user))) for user in users]
        for turns, task in enumerate(writers):
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
        results = await outcomes(*writers)
        acknowledged = {
            user.id for user, result in zip(users, results, strict=True) if not isinstance(result, BaseException)
        }
        liked = {user.id for user in users if await has_liked(storage, user, post.id)}
        assert acknowledged <= liked
        assert await counts_of(storage, post.id) == (len(liked), 0, 0)

    async def test_what_a_reader_returned_is_the_callers_own(self, storage: Storage, make: Builder) -> None:
        user, post = await given_user(storage, make), await given_post(storage, make)
        (await storage.users.accounts_by_ids([user.id])).clear()
        (await storage.posts.counts([post.id])).clear()
        (await storage.comments.children(post.id, [None], limit=5)).setdefault(None, []).append(
            Placed(make.comment(post, user), 0)
        )
        assert await storage.users.accounts_by_ids([user.id]) == {user.id: user}
        assert set(await storage.posts.counts([post.id])) == {post.id}
        assert (await storage.comments.children(post.id, [None], limit=5)).get(None, []) == []

    async def test_an_event_is_claimed_once_by_each_consumer(self, storage: Storage, make: Builder) -> None:
        event = make.envelope()

        async def claim(consumer: str) -> bool:
            async with storage.uow() as tx:
                return await tx.inbox.claim(event.id, consumer, make.clock.now())

        assert [await claim("mail"), await claim("mail"), await claim("search")] == [True, False, True]

    async def test_a_claim_is_seen_once_it_is_committed(self, storage: Storage, make: Builder) -> None:
        event = make.envelope()

        async def seen(consumer: str) -> bool:
            async with storage.uow() as tx:
                return await tx.inbox.seen(event.id, consumer)

        async with rolled_back(storage) as tx:
            await tx.inbox.claim(event.id, "mail", make.clock.now())
        assert await seen("mail") is False
        async with storage.uow() as tx:
            await tx.inbox.claim(event.id, "mail", make.clock.now())
        assert [await seen("mail"), await seen("search")] == [True, False]

    async def test_one_of_many_simultaneous_claims_wins(self, storage: Storage, make: Builder) -> None:
        user, post = await given_user(storage, make), await given_post(storage, make)
        event = make.envelope()

        async def consume() -> bool:
            async with storage.uow() as tx:
                first = await tx.inbox.claim(event.id, "counter", make.clock.now())
                if first:
                    await tx.comments.add(make.comment(post, user))
                return first

        results = await outcomes(*(consume() for _ in range(20)))
        assert sorted(map(str, results)) == ["False"] * 19 + ["True"]
        assert await counts_of(storage, post.id) == (0, 1, 0)

    async def test_a_claim_that_was_rolled_back_is_free_again(self, storage: Storage, make: Builder) -> None:
        event = make.envelope()
        async with rolled_back(storage) as tx:
            assert await tx.inbox.claim(event.id, "mail", make.clock.now()) is True
        await cancelled_after(storage, lambda tx: tx.inbox.claim(event.id, "mail", make.clock.now()))
        async with storage.uow() as tx:
            assert await tx.inbox.claim(event.id, "mail", make.clock.now()) is True


class Scene:
    """Something of everything, written in one transaction."""

    nothing = dict.fromkeys(
        (
            "users",
            "login",
            "posts",
            "comments",
            "engaged",
            "follows",
            "sessions",
            "session list",
            "revocations",
            "roles",
            "grants",
            "events",
            "activity",
            "chains",
        ),
        False,
    )
    everything = dict.fromkeys(nothing, True)

    def __init__(self, make: Builder) -> None:
        self.ada, self.bob = make.user(), make.user()
        self.post = make.post(self.ada)
        self.comment = make.comment(self.post, self.bob)
        self.like, self.share = make.like(self.post, self.bob), make.share(self.post, self.bob)
        self.follow = make.follow(self.bob, self.ada)
        self.session = make.session(self.ada)
        self.role, self.grant = make.role(Permission.POST_PIN), make.grant(self.bob)
        self.event = make.envelope()
        self.activity = make.activity(self.bob)

    async def write(self, tx: Transaction) -> None:
        await tx.users.add(self.ada)
        await tx.users.add(self.bob)
        await tx.posts.add(self.post)
        await tx.comments.add(self.comment)
        await tx.likes.add(self.like)
        await tx.shares.add(self.share)
        await tx.follows.add(self.follow)
        await tx.sessions.add(self.session)
        await tx.revocations.add(self.event.id, self.bob.id, self.event.at)
        await tx.roles.add(self.role, self.event.at)
        await tx.grants.put(self.grant)
        await tx.outbox.add(self.event)
        await tx.activity.add(self.activity)

    async def seen(self, storage: Storage) -> dict[str, bool]:
        """What of the scene the readers see."""
        engaged = await engaged_in(storage, self.bob.id, [self.post.id])
        return {
            "users": bool(await storage.users.profiles_by_ids([self.ada.id, self.bob.id])),
            "login": await storage.users.account_by_login(self.ada.email) is not None,
            "posts": bool(await storage.posts.posts_by_ids([self.post.id])),
            "comments": bool(await storage.comments.comments_by_ids([self.comment.id])),
            "engaged": engaged.get(self.post.id, Engaged()) != Engaged(),
            "follows": bool(await storage.graph.followed_among(self.bob.id, [self.ada.id])),
            "sessions": bool(await storage.sessions.sessions_by_ids([self.session.id])),
            "session list": bool(await storage.sessions.sessions_of(self.ada.id, self.session.used_at)),
            "revocations": bool(await storage.sessions.revoked_since(self.event.at)),
            "roles": bool(await storage.access.roles()),
            "grants": bool(await storage.access.grants_of(self.bob.id)),
            "events": await storage.outbox.backlog() > 0,
            "activity": bool(await storage.activity.entries(ActivityFilter(), limit=1)),
            "chains": bool(await chain_ends(storage, [self.bob.id])),
        }


async def has_liked(storage: Storage, user: User, post_id: PostId) -> bool:
    return (await engaged_in(storage, user.id, [post_id])).get(post_id, Engaged()).liked
