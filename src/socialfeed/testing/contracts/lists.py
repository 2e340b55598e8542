"""Lists of accounts."""

import asyncio
from dataclasses import replace

import pytest

from socialfeed.application.ports.storage import Storage
from socialfeed.domain.errors import IdConflict
from socialfeed.domain.ids import ListId
from socialfeed.domain.post import Visibility
from socialfeed.domain.user import User
from socialfeed.domain.user_list import Member, UserList
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.given import (
    UsesStorage,
    cancelled_after,
    given_posts,
    given_user,
    given_users,
    outcomes,
    rolled_back,
)
from socialfeed.testing.contracts.posts import given_shuffled_posts


class ListsContract(UsesStorage):
    async def test_a_list_is_saved_with_every_field(self, storage: Storage, make: Builder) -> None:
        made = make.user_list(await given_user(storage, make), name="Straße ☕")
        async with rolled_back(storage) as tx:
            await tx.lists.add(made)
        assert await storage.lists.lists_by_ids([made.id]) == {}
        await given_lists(storage, made)
        assert await storage.lists.lists_by_ids([made.id, make.ids.list()]) == {made.id: made}
        renamed = replace(made, name="naïve", updated_at=make.clock.now())
        async with rolled_back(storage) as tx:
            await tx.lists.save(renamed)
        async with storage.uow() as tx:
            assert await tx.lists.locked(made.id) == made
            await tx.lists.save(renamed)
            assert await tx.lists.locked(made.id) == renamed
            assert await tx.lists.locked(make.ids.list()) is None
        assert await storage.lists.lists_by_ids([made.id]) == {made.id: renamed}
        with pytest.raises(IdConflict):
            await given_lists(storage, made)
        assert await storage.lists.lists_by_ids([]) == {}

    async def test_lists_are_read_newest_first_all_or_those_with_somebody(
        self, storage: Storage, make: Builder
    ) -> None:
        ada, bob, cem = make.user(), make.user(), make.user()
        await given_users(storage, ada, bob, cem)
        mine, theirs = [make.user_list(ada) for _ in range(5)], make.user_list(bob)
        await given_lists(storage, *mine[::-1], theirs)
        await given_members(storage, *(make.member(each, cem) for each in (mine[0], mine[2], mine[3], theirs)))
        page = storage.lists.page
        assert await page(ada.id, limit=10) == mine[::-1]
        assert await page(ada.id, limit=2, before=mine[4].id) == [mine[3], mine[2]]
        assert await page(ada.id, member_id=cem.id, limit=10) == [mine[3], mine[2], mine[0]]
        assert await page(ada.id, member_id=cem.id, limit=1, before=mine[3].id) == [mine[2]]
        assert await page(ada.id, member_id=bob.id, limit=10) == []
        assert await page(cem.id, limit=10) == []
        async with storage.uow() as tx:
            assert (await tx.lists.count_of(ada.id), await tx.lists.count_of(cem.id)) == (5, 0)

    async def test_members_are_read_the_last_first_of_many_lists_at_once(self, storage: Storage, make: Builder) -> None:
        owner, *users = (make.user() for _ in range(6))
        await given_users(storage, owner, *users)
        long, short, empty = (make.user_list(owner) for _ in range(3))
        await given_lists(storage, long, short, empty)
        on_long = [make.member(long, user) for user in users]
        on_short = [make.member(short, user) for user in users[:2]]
        await given_members(storage, *on_short[::-1], *on_long[::-1])
        ids = [short.id, long.id, empty.id, make.ids.list(), long.id]
        assert await members(storage, *ids, limit=3) == {
            long.id: on_long[:1:-1],
            short.id: on_short[::-1],
        }
        older = {long.id: on_long[:2][::-1]}
        assert await members(storage, long.id, limit=3, before=on_long[2]) == older
        assert await members(storage) == {}
        counts = await storage.lists.member_counts(ids)
        assert {list_id: count for list_id, count in counts.items() if count} == {long.id: 5, short.id: 2}
        assert await storage.lists.member_counts([]) == {}
        async with storage.uow() as tx:
            assert (await tx.lists.count_members(long.id), await tx.lists.count_members(empty.id)) == (5, 0)

    async def test_the_newest_posts_are_of_those_on_the_list_whoever_they_are_for(
        self, storage: Storage, make: Builder
    ) -> None:
        owner, left, stranger, *users = (make.user() for _ in range(6))
        await given_users(storage, owner, left, stranger, *users)
        made, other = make.user_list(owner), make.user_list(owner)
        await given_lists(storage, made, other)
        await given_members(
            storage, *(make.member(made, user) for user in (left, *users)), make.member(other, stranger)
        )
        posts = await given_shuffled_posts(storage, make, owner, left, stranger, *users, each=4)
        hidden = [replace(make.post(users[0]), visibility=each) for each in Visibility]
        await given_posts(storage, *hidden)
        async with storage.uow() as tx:
            await tx.lists.remove_member(made.id, left.id)
        authors = {user.id for user in users}
        expected = sorted((post.id for post in [*posts, *hidden] if post.author_id in authors), reverse=True)
        newest = storage.lists.newest_posts
        assert await newest(made.id, limit=100) == expected
        assert await newest(made.id, limit=5) == expected[:5]
        assert await newest(made.id, limit=5, before=expected[2]) == expected[3:8]
        assert await newest(make.ids.list(), limit=5) == []

    async def test_a_member_is_on_a_list_once_and_is_taken_off_once(self, storage: Storage, make: Builder) -> None:
        owner, user = make.user(), make.user()
        await given_users(storage, owner, user)
        made, other = make.user_list(owner), make.user_list(owner)
        await given_lists(storage, made, other)
        first = make.member(made, user)
        async with rolled_back(storage) as tx:
            assert await tx.lists.add_member(first)
            assert await tx.lists.count_members(made.id) == 1
        assert await members(storage, made.id) == {}
        await cancelled_after(storage, lambda tx: tx.lists.add_member(first))
        assert await members(storage, made.id) == {}
        async with storage.uow() as tx:
            assert await tx.lists.add_member(first)
            assert not await tx.lists.add_member(make.member(made, user))
            assert await tx.lists.add_member(make.member(other, user))
        assert (await members(storage, made.id)) == {made.id: [first]}
        async with rolled_back(storage) as tx:
            assert await tx.lists.remove_member(made.id, user.id)
        async with storage.uow() as tx:
            assert not await tx.lists.remove_member(made.id, owner.id)
            assert await tx.lists.remove_member(made.id, user.id)
            assert not await tx.lists.remove_member(made.id, user.id)
        assert set(await members(storage, made.id, other.id)) == {other.id}

    async def test_a_list_is_removed_with_who_is_on_it(self, storage: Storage, make: Builder) -> None:
        owner, user = make.user(), make.user()
        await given_users(storage, owner, user)
        gone, kept = make.user_list(owner), make.user_list(owner)
        await given_lists(storage, gone, kept)
        await given_members(storage, make.member(gone, user), make.member(kept, user))
        async with rolled_back(storage) as tx:
            await tx.lists.remove(gone.id)
        assert set(await members(storage, gone.id, kept.id)) == {gone.id, kept.id}
        async with storage.uow() as tx:
            assert await tx.lists.locked(gone.id) is not None
            await tx.lists.remove(gone.id)
            assert await tx.lists.locked(gone.id) is None
        assert await storage.lists.page(owner.id, limit=10) == [kept]
        assert set(await members(storage, gone.id, kept.id)) == {kept.id}

    async def test_whoever_is_erased_has_no_list_and_is_on_none(self, storage: Storage, make: Builder) -> None:
        ada, bob, cem = make.user(), make.user(), make.user()
        await given_users(storage, ada, bob, cem)
        of_ada, of_bob = make.user_list(ada), make.user_list(bob)
        await given_lists(storage, of_ada, of_bob)
        stays = make.member(of_bob, cem)
        on_both = [make.member(each, user) for each in (of_ada, of_bob) for user in (ada, bob)]
        await given_members(storage, stays, *on_both)
        async with rolled_back(storage) as tx:
            await tx.lists.remove_of(ada.id)
        assert len((await members(storage, of_bob.id))[of_bob.id]) == 3
        async with storage.uow() as tx:
            await tx.lists.remove_of(ada.id)
            await tx.lists.remove_of(make.ids.user())
        assert await storage.lists.lists_by_ids([of_ada.id, of_bob.id]) == {of_bob.id: of_bob}
        assert await members(storage, of_ada.id, of_bob.id) == {of_bob.id: [on_both[3], stays]}

    async def test_all_who_are_on_each_others_lists_may_be_erased_at_once(
        self, storage: Storage, make: Builder
    ) -> None:
        users = [make.user() for _ in range(6)]
        await given_users(storage, *users)
        lists = [make.user_list(user) for user in users]
        await given_lists(storage, *lists)
        await given_members(storage, *(make.member(each, user) for user in users for each in lists))

        async def erase(user: User) -> None:
            async with storage.uow() as tx:
                await tx.lists.remove_of(user.id)

        assert await outcomes(*map(erase, users)) == [None] * 6
        assert await members(storage, *(each.id for each in lists)) == {}

    async def test_somebody_who_is_put_on_a_list_many_times_at_once_is_there_once(
        self, storage: Storage, make: Builder
    ) -> None:
        owner, user = make.user(), make.user()
        await given_users(storage, owner, user)
        made = make.user_list(owner)
        await given_lists(storage, made)

        async def put(member: Member) -> bool:
            async with storage.uow() as tx:
                return await tx.lists.add_member(member)

        results = await outcomes(*(put(make.member(made, user)) for _ in range(20)))
        assert (results.count(True), results.count(False)) == (1, 19)
        assert len((await members(storage, made.id))[made.id]) == 1

    async def test_a_locked_list_takes_no_more_than_whoever_counts_allows(
        self, storage: Storage, make: Builder
    ) -> None:
        owner, *users = (make.user() for _ in range(21))
        await given_users(storage, owner, *users)
        made = make.user_list(owner)
        await given_lists(storage, made)

        async def put(member: Member) -> bool:
            async with storage.uow() as tx:
                assert await tx.lists.locked(made.id) == made
                await asyncio.sleep(0)
                if await tx.lists.count_members(made.id) >= 5:
                    return False
                return await tx.lists.add_member(member)

        results = await outcomes(*(put(make.member(made, user)) for user in users))
        assert (results.count(True), results.count(False)) == (5, 15)
        assert await storage.lists.member_counts([made.id]) == {made.id: 5}

    async def test_an_owner_who_is_locked_makes_no_more_lists_than_whoever_counts_allows(
        self, storage: Storage, make: Builder
    ) -> None:
        owner = await given_user(storage, make)

        async def add(new: UserList) -> bool:
            async with storage.uow() as tx:
                await tx.users.get(owner.id)
                await asyncio.sleep(0)
                if await tx.lists.count_of(owner.id) >= 3:
                    return False
                await tx.lists.add(new)
                return True

        results = await outcomes(*(add(make.user_list(owner)) for _ in range(12)))
        assert (results.count(True), results.count(False)) == (3, 9)
        assert len(await storage.lists.page(owner.id, limit=20)) == 3

    async def test_of_a_list_that_is_removed_meanwhile_nothing_is_left(self, storage: Storage, make: Builder) -> None:
        """Who waits for the lock finds no list any more, and puts nobody on it."""
        owner, *users = (make.user() for _ in range(9))
        await given_users(storage, owner, *users)
        made = make.user_list(owner)
        await given_lists(storage, made)

        async def put(member: Member) -> None:
            async with storage.uow() as tx:
                if await tx.lists.locked(made.id) is not None:
                    await tx.lists.add_member(member)

        async def remove() -> None:
            async with storage.uow() as tx:
                assert await tx.lists.locked(made.id) is not None
                await tx.lists.remove(made.id)

        putting = [put(make.member(made, user)) for user in users]
        assert await outcomes(*putting[:4], remove(), *putting[4:]) == [None] * 9
        assert await members(storage, made.id) == {}


async def given_lists(storage: Storage, *lists: UserList) -> None:
    async with storage.uow() as tx:
        for each in lists:
            await tx.lists.add(each)


async def given_members(storage: Storage, *members: Member) -> None:
    async with storage.uow() as tx:
        for member in members:
            assert await tx.lists.add_member(member)


async def members(
    storage: Storage, *list_ids: ListId, limit: int = 100, before: Member | None = None
) -> dict[ListId, list[Member]]:
    """Of those lists that have any."""
    found = await storage.lists.members(list_ids, limit=limit, before=before.id if before else None)
    return {list_id: list(on_it) for list_id, on_it in found.items() if on_it}
