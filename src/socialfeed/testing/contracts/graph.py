"""Who follows whom."""

from socialfeed.application.ports.storage import Storage
from socialfeed.domain.graph import ProfileCounts
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
    unfollow,
)


class GraphContract(UsesStorage):
    async def test_following_is_idempotent_and_counts_once(self, storage: Storage, make: Builder) -> None:
        ada, bob = make.user(), make.user()
        await given_users(storage, ada, bob)
        first = make.follow(ada, bob)
        assert await follow(storage, first) == first
        assert await follow(storage, make.follow(ada, bob)) == first
        assert await graph_counts(storage, ada, bob) == [(0, 1), (1, 0)]

    async def test_unfollowing_is_idempotent_and_counts_once(self, storage: Storage, make: Builder) -> None:
        ada, bob = make.user(), make.user()
        await given_users(storage, ada, bob)
        await follow(storage, make.follow(ada, bob))
        assert await unfollow(storage, ada, bob) is True
        assert await unfollow(storage, ada, bob) is False
        assert await graph_counts(storage, ada, bob) == [(0, 0), (0, 0)]

    async def test_following_has_a_direction(self, storage: Storage, make: Builder) -> None:
        ada, bob = make.user(), make.user()
        await given_users(storage, ada, bob)
        await follow(storage, make.follow(ada, bob))
        assert await unfollow(storage, bob, ada) is False
        assert await storage.graph.followed_among(ada.id, [bob.id]) == {bob.id}
        assert await storage.graph.followed_among(bob.id, [ada.id]) == frozenset()

    async def test_simultaneous_follows_of_one_pair_are_one(self, storage: Storage, make: Builder) -> None:
        ada, bob = make.user(), make.user()
        await given_users(storage, ada, bob)
        attempts = [make.follow(ada, bob) for _ in range(30)]
        stored = await outcomes(*(follow(storage, each) for each in attempts))
        assert len(set(stored)) == 1
        assert stored[0] in attempts
        assert await graph_counts(storage, ada, bob) == [(0, 1), (1, 0)]

    async def test_simultaneous_follows_of_many_pairs_all_count(self, storage: Storage, make: Builder) -> None:
        """In both directions at once, which is how deadlocks are made."""
        users = [make.user() for _ in range(7)]
        await given_users(storage, *users)
        pairs = [(one, two) for one in users for two in users if one is not two]
        results = await outcomes(*(follow(storage, make.follow(one, two)) for one, two in pairs))
        assert [each for each in results if isinstance(each, BaseException)] == []
        assert await graph_counts(storage, *users) == [(6, 6)] * 7
        results = await outcomes(*(unfollow(storage, one, two) for one, two in pairs))
        assert results == [True] * len(pairs)
        assert await graph_counts(storage, *users) == [(0, 0)] * 7

    async def test_a_rolled_back_follow_never_happened(self, storage: Storage, make: Builder) -> None:
        ada, bob = make.user(), make.user()
        await given_users(storage, ada, bob)
        async with rolled_back(storage) as tx:
            await tx.follows.add(make.follow(ada, bob))
        await cancelled_after(storage, lambda tx: tx.follows.add(make.follow(ada, bob)))
        assert await storage.graph.followed_among(ada.id, [bob.id]) == frozenset()
        assert await storage.graph.followers(bob.id, limit=5) == []
        assert await graph_counts(storage, ada, bob) == [(0, 0), (0, 0)]

    async def test_a_rolled_back_unfollow_leaves_the_follow(self, storage: Storage, make: Builder) -> None:
        ada, bob = make.user(), make.user()
        await given_users(storage, ada, bob)
        await follow(storage, make.follow(ada, bob))
        async with rolled_back(storage) as tx:
            assert await tx.follows.remove(ada.id, bob.id) is True
            assert await tx.follows.remove(ada.id, bob.id) is False
        assert await storage.graph.followed_among(ada.id, [bob.id]) == {bob.id}
        assert await graph_counts(storage, ada, bob) == [(0, 1), (1, 0)]

    async def test_followed_among_names_those_of_the_given_users(self, storage: Storage, make: Builder) -> None:
        ada, bob, cem, dia, eva = users = [make.user() for _ in range(5)]
        await given_users(storage, *users)
        await given_follows(storage, make.follow(ada, bob), make.follow(ada, cem), make.follow(eva, dia))
        missing = make.ids.user()
        among = [bob.id, dia.id, missing, bob.id]
        assert await storage.graph.followed_among(ada.id, among) == {bob.id}
        assert await storage.graph.followed_among(ada.id, []) == frozenset()


async def graph_counts(storage: Storage, *users: User) -> list[tuple[int, int]]:
    """Followers and following of each."""
    counts = await storage.users.profile_counts([user.id for user in users])
    return [ProfileCounts(*counts[user.id])[1:] for user in users]
