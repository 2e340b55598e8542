"""Requests to follow, blocks, mutes and muted words, and how they are read."""

from datetime import timedelta

import pytest

from socialfeed.application.ports.storage import Storage
from socialfeed.domain.errors import UserNotFound
from socialfeed.domain.graph import (
    STRANGER,
    Block,
    Follow,
    FollowRequest,
    Mute,
    MutedWord,
    MuteOf,
    Priority,
    Relation,
)
from socialfeed.domain.user import User
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.given import (
    UsesStorage,
    cancelled_after,
    follow,
    given_follows,
    given_users,
    outcomes,
    rolled_back,
)


def request_of(make: Builder, requester: User, target: User) -> FollowRequest:
    return FollowRequest(make.ids.follow(), requester.id, target.id, make.clock.now())


def block_of(make: Builder, blocker: User, blocked: User) -> Block:
    return Block.start(blocker.id, blocked.id, at=make.clock.now())


def mute_of(make: Builder, muter: User, muted: User, minutes: int | None = None) -> Mute:
    return Mute.start(muter.id, muted.id, [MuteOf.POSTS, MuteOf.NOTIFICATIONS], minutes=minutes, at=make.clock.now())


class RelationsContract(UsesStorage):
    async def test_a_relation_is_told_from_both_sides(self, storage: Storage, make: Builder) -> None:
        ada, bob, cem = people = [make.user() for _ in range(3)]
        await given_users(storage, *people)
        mute = mute_of(make, ada, bob, 60)
        async with storage.uow() as tx:
            await tx.follows.add(make.follow(ada, bob))
            await tx.follows.prioritize(ada.id, bob.id, Priority.HIGH)
            await tx.requests.add(request_of(make, bob, ada))
            assert await tx.blocks.add(block_of(make, ada, bob)) is True
            await tx.mutes.put(mute)
        missing = make.ids.user()
        mine = await storage.graph.relations(ada.id, [bob.id, cem.id, missing, bob.id])
        theirs = await storage.graph.relations(bob.id, [ada.id])
        assert mine[bob.id] == Relation(
            following=True, requested_by=True, blocking=True, mute=mute, priority=Priority.HIGH
        )
        assert {mine.get(user_id, STRANGER) for user_id in (cem.id, missing)} == {STRANGER}
        assert theirs == {ada.id: Relation(followed_by=True, requested=True, blocked_by=True)}
        assert await storage.graph.relations(ada.id, []) == {}

    async def test_a_request_is_one_and_ends_once(self, storage: Storage, make: Builder) -> None:
        ada, bob = make.user(), make.user()
        await given_users(storage, ada, bob)
        attempts = [request_of(make, ada, bob) for _ in range(20)]

        async def ask(request: FollowRequest) -> FollowRequest:
            async with storage.uow() as tx:
                return await tx.requests.add(request)

        async def end() -> FollowRequest | None:
            async with storage.uow() as tx:
                return await tx.requests.remove(ada.id, bob.id)

        stored = await outcomes(*(ask(each) for each in attempts))
        assert len(set(stored)) == 1
        assert stored[0] in attempts
        assert await storage.graph.requests(bob.id, limit=5) == stored[:1]
        assert await storage.graph.requests(ada.id, limit=5) == []
        ended = await outcomes(*(end() for _ in range(10)))
        assert sorted(each is None for each in ended) == [False] + [True] * 9
        assert await storage.graph.requests(bob.id, limit=5) == []

    async def test_lists_are_walked_the_newest_first(self, storage: Storage, make: Builder) -> None:
        star, *fans = users = [make.user() for _ in range(8)]
        await given_users(storage, *users)
        follows = [make.follow(fan, star) for fan in reversed(fans)]
        back = [make.follow(star, fan) for fan in fans]
        asked = [request_of(make, fan, star) for fan in fans]
        await given_follows(storage, *follows, *back)
        async with storage.uow() as tx:
            for request in asked:
                await tx.requests.add(request)
        followers: list[Follow] = []
        following: list[Follow] = []
        requests: list[FollowRequest] = []
        for _ in range(3):
            of = storage.graph
            followers += await of.followers(star.id, limit=3, before=followers[-1].id if followers else None)
            following += await of.following(star.id, limit=3, before=following[-1].id if following else None)
            requests += await of.requests(star.id, limit=3, before=requests[-1].id if requests else None)
        assert followers == follows[::-1]
        ids = [follow.follower_id for follow in followers]
        assert await storage.graph.follower_ids(star.id, limit=5) == (ids[:5], followers[4].id)
        assert await storage.graph.follower_ids(star.id, limit=5, before=followers[4].id) == (ids[5:], followers[-1].id)
        assert await storage.graph.follower_ids(star.id, limit=5, before=followers[-1].id) == ([], None)
        assert following == back[::-1]
        assert requests == asked[::-1]

    async def test_a_block_is_one_and_has_a_direction(self, storage: Storage, make: Builder) -> None:
        ada, bob, cem = people = [make.user() for _ in range(3)]
        await given_users(storage, *people)
        async with storage.uow() as tx:
            assert await tx.blocks.between(ada.id, bob.id) is False
            assert await tx.blocks.add(block_of(make, ada, bob)) is True
            assert await tx.blocks.add(block_of(make, ada, bob)) is False
            assert await tx.blocks.between(bob.id, ada.id) is True
            assert await tx.blocks.between(bob.id, cem.id) is False
            assert await tx.blocks.remove(bob.id, ada.id) is False
        assert await storage.graph.blocked(ada.id, limit=5) == [bob.id]
        assert await storage.graph.blocked(bob.id, limit=5) == []
        async with storage.uow() as tx:
            assert await tx.blocks.remove(ada.id, bob.id) is True
            assert await tx.blocks.remove(ada.id, bob.id) is False
        assert await storage.graph.blocked(ada.id, limit=5) == []

    async def test_nobody_blocks_or_mutes_words_who_is_not_there(self, storage: Storage, make: Builder) -> None:
        ada, ghost = make.user(), make.user()
        await given_users(storage, ada)
        for attempt in (block_of(make, ada, ghost), block_of(make, ghost, ada)):
            with pytest.raises(UserNotFound):
                async with storage.uow() as tx:
                    await tx.blocks.add(attempt)
        with pytest.raises(UserNotFound):
            async with storage.uow() as tx:
                await tx.muted_words.of(ghost.id)
        assert await storage.graph.blocked(ada.id, limit=5) == []

    async def test_a_block_and_a_follow_at_the_same_moment_leave_one(self, storage: Storage, make: Builder) -> None:
        """Whoever follows asks `between` after writing, whoever blocks removes the follow after writing."""
        pairs = [(make.user(), make.user()) for _ in range(10)]
        await given_users(storage, *(user for pair in pairs for user in pair))

        async def following(fan: User, star: User) -> None:
            async with storage.uow() as tx:
                await tx.follows.add(make.follow(fan, star))
                if await tx.blocks.between(fan.id, star.id):
                    raise UserNotFound

        async def blocking(star: User, fan: User) -> None:
            async with storage.uow() as tx:
                await tx.blocks.add(block_of(make, star, fan))
                await tx.follows.remove(fan.id, star.id)

        attempts = [act for fan, star in pairs for act in (following(fan, star), blocking(star, fan))]
        results = await outcomes(*attempts)
        assert [each for each in results if each is not None and not isinstance(each, UserNotFound)] == []
        for fan, star in pairs:
            assert await storage.graph.relations(fan.id, [star.id]) == {star.id: Relation(blocked_by=True)}
        counts = await storage.users.profile_counts([user.id for pair in pairs for user in pair])
        assert {(each.followers, each.following) for each in counts.values()} == {(0, 0)}

    async def test_blocked_and_muted_are_walked_by_ascending_id(self, storage: Storage, make: Builder) -> None:
        ada, *others = users = [make.user() for _ in range(8)]
        await given_users(storage, *users)
        mutes = [mute_of(make, ada, other, 60) for other in others]
        async with storage.uow() as tx:
            for other, mute in zip(reversed(others), reversed(mutes), strict=True):
                await tx.blocks.add(block_of(make, ada, other))
                await tx.mutes.put(mute)
        blocked = list(await storage.graph.blocked(ada.id, limit=4))
        blocked += await storage.graph.blocked(ada.id, limit=4, after=blocked[-1])
        muted = list(await storage.graph.muted(ada.id, limit=4))
        muted += await storage.graph.muted(ada.id, limit=4, after=muted[-1].muted_id)
        assert blocked == [other.id for other in others]
        assert muted == mutes

    async def test_a_later_mute_replaces_the_earlier(self, storage: Storage, make: Builder) -> None:
        ada, bob = make.user(), make.user()
        await given_users(storage, ada, bob)
        first, second = mute_of(make, ada, bob, 60), mute_of(make, ada, bob)
        for mute in (first, second):
            async with storage.uow() as tx:
                await tx.mutes.put(mute)
            assert await storage.graph.muted(ada.id, limit=5) == [mute]
        async with storage.uow() as tx:
            assert await tx.mutes.remove(ada.id, bob.id) is True
            assert await tx.mutes.remove(ada.id, bob.id) is False
        assert await storage.graph.muted(ada.id, limit=5) == []

    async def test_words_are_muted_once_each_in_order_of_the_phrase(self, storage: Storage, make: Builder) -> None:
        ada, bob = make.user(), make.user()
        await given_users(storage, ada, bob)
        now = make.clock.now()
        words = [MutedWord.mute(ada.id, phrase, at=now) for phrase in ("straße", "#berlin", "two words", "東京")]
        longer = MutedWord.mute(ada.id, "straße", minutes=5, at=now + timedelta(hours=1))
        async with storage.uow() as tx:
            for word in (*words, longer):
                await tx.muted_words.put(word)
            known = await tx.muted_words.of(ada.id)
        assert known == sorted([longer, *words[1:]], key=lambda word: word.phrase)
        assert list(await storage.graph.muted_words(ada.id)) == known
        assert list(await storage.graph.muted_words(bob.id)) == []
        async with storage.uow() as tx:
            assert await tx.muted_words.remove(ada.id, longer.phrase) is True
            assert await tx.muted_words.remove(ada.id, longer.phrase) is False
            assert await tx.muted_words.remove(bob.id, "東京") is False
            await tx.muted_words.remove_of(bob.id)
        assert [word.phrase for word in await storage.graph.muted_words(ada.id)] == ["#berlin", "two words", "東京"]
        async with storage.uow() as tx:
            await tx.muted_words.remove_of(ada.id)
        assert list(await storage.graph.muted_words(ada.id)) == []

    async def test_a_priority_needs_a_follow(self, storage: Storage, make: Builder) -> None:
        ada, bob = make.user(), make.user()
        await given_users(storage, ada, bob)
        async with storage.uow() as tx:
            assert await tx.follows.prioritize(ada.id, bob.id, Priority.LOW) is False
        begun = await follow(storage, make.follow(ada, bob))
        async with storage.uow() as tx:
            assert await tx.follows.prioritize(ada.id, bob.id, Priority.LOW) is True
        (stored,) = await storage.graph.following(ada.id, limit=5)
        assert stored == Follow(begun.id, ada.id, bob.id, begun.created_at, Priority.LOW)

    async def test_suggestions_are_whom_the_followed_follow(self, storage: Storage, make: Builder) -> None:
        me, *friends = [make.user() for _ in range(4)]
        known, common, rare, unrelated = others = [make.user() for _ in range(4)]
        await given_users(storage, me, *friends, *others)
        await given_follows(
            storage,
            *(make.follow(me, each) for each in (*friends, known)),
            *(make.follow(friend, common) for friend in friends),
            make.follow(friends[0], rare),
            make.follow(friends[0], me),
            make.follow(friends[1], known),
            make.follow(friends[1], friends[2]),
            make.follow(unrelated, common),
        )
        assert await storage.graph.suggestions(me.id, limit=5) == [common.id, rare.id]
        assert await storage.graph.suggestions(me.id, limit=1) == [common.id]
        assert await storage.graph.suggestions(common.id, limit=5) == []

    async def test_what_is_rolled_back_never_was(self, storage: Storage, make: Builder) -> None:
        ada, bob = make.user(), make.user()
        await given_users(storage, ada, bob)
        async with rolled_back(storage) as tx:
            await tx.requests.add(request_of(make, ada, bob))
            await tx.blocks.add(block_of(make, ada, bob))
            await tx.mutes.put(mute_of(make, ada, bob))
            await tx.muted_words.put(MutedWord.mute(ada.id, "art", at=make.clock.now()))
        await cancelled_after(storage, lambda tx: tx.blocks.add(block_of(make, bob, ada)))
        assert (await storage.graph.relations(ada.id, [bob.id])).get(bob.id, STRANGER) == STRANGER
        assert list(await storage.graph.muted_words(ada.id)) == []
