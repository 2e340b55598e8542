"""E-mail addresses: many may give one, and one account has proven it."""

from dataclasses import replace

import pytest

from socialfeed.application.ports.storage import Storage
from socialfeed.domain.errors import EmailTaken
from socialfeed.domain.ids import UserId
from socialfeed.domain.user import CodePurpose, User, UserStatus
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.given import UsesStorage, given_users, outcomes

PROVEN = [UserStatus.ACTIVE, UserStatus.DEACTIVATED, UserStatus.BANNED]


class AddressesContract(UsesStorage):
    async def test_many_pending_accounts_may_give_one_address(self, storage: Storage, make: Builder) -> None:
        older, newer = make.pending_user(email="a@example.org"), make.pending_user(email="a@example.org")
        await given_users(storage, newer, older)
        async with storage.uow() as tx:
            assert await tx.users.pending_by_email("a@example.org") == newer
            assert await tx.users.proven_by_email("a@example.org") is None
        assert await storage.users.account_by_login("a@example.org") == newer

    @pytest.mark.parametrize("status", PROVEN)
    async def test_an_account_that_proved_it_comes_before_newer_pending_ones(
        self, storage: Storage, make: Builder, status: UserStatus
    ) -> None:
        proven = replace(make.user(email="a@example.org"), status=status)
        pending = make.pending_user(email="a@example.org")
        await given_users(storage, proven, pending)
        async with storage.uow() as tx:
            assert await tx.users.proven_by_email("a@example.org") == proven
            assert await tx.users.pending_by_email("a@example.org") == pending
        assert await storage.users.account_by_login("a@example.org") == proven

    @pytest.mark.parametrize("status", PROVEN)
    async def test_an_address_belongs_to_one_account_that_proved_it_whatever_became_of_it(
        self, storage: Storage, make: Builder, status: UserStatus
    ) -> None:
        first = replace(make.user(email="a@example.org"), status=status)
        pending, other = make.pending_user(email="a@example.org"), make.user(email="b@example.org")
        await given_users(storage, first, pending, other)
        for rival in PROVEN:
            with pytest.raises(EmailTaken):
                await given_users(storage, replace(make.user(email="a@example.org"), status=rival))
            with pytest.raises(EmailTaken):
                await save(storage, replace(pending, status=rival))
            with pytest.raises(EmailTaken):
                await save(storage, replace(other, status=rival, email="a@example.org"))
        stored = await storage.users.accounts_by_ids([first.id, pending.id, other.id])
        assert stored == {user.id: user for user in (first, pending, other)}

    async def test_an_account_keeps_its_address_from_status_to_status(self, storage: Storage, make: Builder) -> None:
        user = make.user(email="a@example.org")
        await given_users(storage, user, make.pending_user(email="a@example.org"))
        for changed in (user.banned(), user.deactivated(), user, user.with_role("admin")):
            await save(storage, changed)
            async with storage.uow() as tx:
                assert await tx.users.proven_by_email("a@example.org") == changed
            assert await storage.users.account_by_login("a@example.org") == changed

    async def test_an_erased_account_gives_its_address_and_its_username_back(
        self, storage: Storage, make: Builder
    ) -> None:
        first = make.user(username="ada", email="a@example.org").deactivated(erase_at=make.clock.now())
        second = make.user(username="ada", email="a@example.org")
        await given_users(storage, first)
        async with storage.uow() as tx:
            await tx.users.save(first.erased())
            assert await tx.users.proven_by_email("a@example.org") is None
            await tx.users.add(second)
        assert await storage.users.account_by_login("a@example.org") == second
        assert await storage.users.account_by_login("ada") == second

    async def test_an_account_that_takes_another_address_leaves_its_own(self, storage: Storage, make: Builder) -> None:
        first, second = make.user(email="a@example.org"), make.user(email="b@example.org")
        await given_users(storage, first)
        await save(storage, replace(first, email="c@example.org"))
        await given_users(storage, replace(second, email="a@example.org"))
        assert await storage.users.account_by_login("c@example.org") == replace(first, email="c@example.org")
        assert await storage.users.account_by_login("a@example.org") == replace(second, email="a@example.org")

    async def test_an_address_that_waits_to_be_proven_is_held_by_nobody(self, storage: Storage, make: Builder) -> None:
        first, second = make.user().asking_for_email("a@example.org"), make.user().asking_for_email("a@example.org")
        await given_users(storage, first, second)
        async with storage.uow() as tx:
            assert await tx.users.proven_by_email("a@example.org") is None
            assert await tx.users.pending_by_email("a@example.org") is None
        assert await storage.users.account_by_login("a@example.org") is None
        await save(storage, second.with_new_email())
        with pytest.raises(EmailTaken):
            await save(storage, first.with_new_email())
        assert await storage.users.account_by_login("a@example.org") == second.with_new_email()

    async def test_one_of_many_simultaneous_verifications_gets_the_address(
        self, storage: Storage, make: Builder
    ) -> None:
        pending = [make.pending_user(email="a@example.org") for _ in range(8)]
        await given_users(storage, *pending)
        results = await outcomes(*(verify(storage, user.id) for user in pending))
        assert [result for result in results if result is not None and not isinstance(result, EmailTaken)] == []
        assert results.count(None) == 1
        stored = await storage.users.accounts_by_ids([user.id for user in pending])
        assert [user.id for user in pending if stored[user.id].is_active] == [pending[results.index(None)].id]

    async def test_remove_pending_removes_unverified_accounts_with_their_codes(
        self, storage: Storage, make: Builder
    ) -> None:
        pending = [make.pending_user(email="a@example.org") for _ in range(2)]
        active, other = make.user(email="a@example.org"), make.pending_user()
        await given_users(storage, *pending, active, other)
        async with storage.uow() as tx:
            for user in (*pending, active, other):
                for purpose in CodePurpose:
                    await tx.codes.put(make.code(user, purpose))
        async with storage.uow() as tx:
            await tx.users.remove_pending("a@example.org")
        async with storage.uow() as tx:
            assert await tx.users.pending_by_email("a@example.org") is None
            for purpose in CodePurpose:
                assert [await tx.codes.get(user.id, purpose) for user in pending] == [None, None]
                assert None not in [await tx.codes.get(user.id, purpose) for user in (active, other)]
        left = await storage.users.accounts_by_ids([user.id for user in (*pending, active, other)])
        assert left == {active.id: active, other.id: other}

    @pytest.mark.parametrize("status", PROVEN)
    async def test_remove_pending_leaves_who_proved_the_address(
        self, storage: Storage, make: Builder, status: UserStatus
    ) -> None:
        proven = replace(make.user(email="a@example.org"), status=status)
        await given_users(storage, proven, make.pending_user(email="a@example.org"))
        async with storage.uow() as tx:
            await tx.users.remove_pending("a@example.org")
            assert await tx.users.pending_by_email("a@example.org") is None
        assert await storage.users.account_by_login("a@example.org") == proven

    async def test_a_removed_pending_account_gives_its_username_back(self, storage: Storage, make: Builder) -> None:
        first = make.pending_user(username="squatter", email="a@example.org")
        second = make.pending_user(username="squatter", email="b@example.org")
        await given_users(storage, first)
        async with storage.uow() as tx:
            await tx.users.remove_pending("a@example.org")
            await tx.users.add(second)
        assert await storage.users.user_id_by_username("squatter") == second.id


async def save(storage: Storage, user: User) -> None:
    async with storage.uow() as tx:
        await tx.users.save(user)


async def verify(storage: Storage, user_id: UserId) -> None:
    async with storage.uow() as tx:
        user = await tx.users.get(user_id)
        assert user is not None
        await tx.users.save(user.verified())
