"""Accounts."""

from dataclasses import replace

import pytest

from socialfeed.application.ports.storage import Profile, Storage
from socialfeed.domain.errors import EmailTaken, IdConflict, UsernameTaken
from socialfeed.domain.graph import ProfileCounts
from socialfeed.domain.ids import UserId
from socialfeed.domain.user import CodePurpose, User
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.given import (
    UsesStorage,
    cancelled_after,
    given_user,
    given_users,
    outcomes,
    rolled_back,
)


class UsersContract(UsesStorage):
    async def test_an_added_account_is_read_back_whole(self, storage: Storage, make: Builder) -> None:
        user = make.user(bio="First line\nsecond “line” ☕").with_role("admin")
        await given_users(storage, user)
        async with storage.uow() as tx:
            assert await tx.users.get(user.id) == user
        assert await storage.users.accounts_by_ids([user.id]) == {user.id: user}

    async def test_an_unknown_account_is_none(self, storage: Storage, make: Builder) -> None:
        nobody = make.user()
        async with storage.uow() as tx:
            assert await tx.users.get(nobody.id) is None
            assert await tx.users.by_username(nobody.username) is None
            assert await tx.users.active_by_email(nobody.email) is None
            assert await tx.users.pending_by_email(nobody.email) is None
        assert await storage.users.account_by_login(nobody.username) is None
        assert await storage.users.account_by_login(nobody.email) is None
        assert await storage.users.user_id_by_username(nobody.username) is None

    async def test_a_username_is_found_without_case(self, storage: Storage, make: Builder) -> None:
        user = make.user(username="Ada_Lovelace")
        await given_users(storage, user)
        async with storage.uow() as tx:
            assert await tx.users.by_username("aDA_lovelacE") == user
        assert await storage.users.user_id_by_username("ADA_LOVELACE") == user.id
        assert await storage.users.account_by_login("ada_lovelace") == user

    async def test_a_username_is_taken_whatever_its_case(self, storage: Storage, make: Builder) -> None:
        await given_users(storage, make.user(username="Grace"))
        with pytest.raises(UsernameTaken):
            await given_users(storage, make.user(username="gRACE", email="another@example.org"))

    async def test_a_pending_account_holds_its_username(self, storage: Storage, make: Builder) -> None:
        await given_users(storage, make.pending_user(username="Grace"))
        with pytest.raises(UsernameTaken):
            await given_users(storage, make.user(username="grace", email="another@example.org"))

    async def test_an_account_cannot_be_saved_under_a_taken_username(self, storage: Storage, make: Builder) -> None:
        first, second = make.user(username="first"), make.user(username="second")
        await given_users(storage, first, second)
        with pytest.raises(UsernameTaken):
            await save(storage, replace(second, username="FIRST"))
        assert await storage.users.accounts_by_ids([second.id]) == {second.id: second}

    async def test_one_of_many_simultaneous_registrations_gets_the_username(
        self, storage: Storage, make: Builder
    ) -> None:
        users = [make.pending_user(username=name) for name in ("alan", "Alan", "ALAN", "aLaN", "alaN", "ALan")]
        results = await outcomes(*(given_users(storage, user) for user in users))
        winners = [user for user, result in zip(users, results, strict=True) if result is None]
        assert len(winners) == 1
        assert all(isinstance(result, UsernameTaken) for result in results if result is not None)
        assert await storage.users.user_id_by_username("alan") == winners[0].id
        stored = await storage.users.accounts_by_ids([user.id for user in users])
        assert stored == {winners[0].id: winners[0]}

    async def test_an_id_is_used_once(self, storage: Storage, make: Builder) -> None:
        first, second = make.user(), make.user()
        await given_users(storage, first)
        with pytest.raises(IdConflict):
            await given_users(storage, replace(second, id=first.id))
        assert await storage.users.accounts_by_ids([first.id]) == {first.id: first}

    async def test_save_replaces_the_account(self, storage: Storage, make: Builder) -> None:
        user = make.pending_user()
        await given_users(storage, user)
        changed = replace(user.verified().with_role("moderator"), username="renamed", bio="New.")
        await save(storage, changed)
        assert await storage.users.accounts_by_ids([user.id]) == {user.id: changed}
        assert await storage.users.user_id_by_username("renamed") == user.id
        assert await storage.users.user_id_by_username(user.username) is None

    async def test_many_pending_accounts_may_give_one_address(self, storage: Storage, make: Builder) -> None:
        older, newer = make.pending_user(email="a@example.org"), make.pending_user(email="a@example.org")
        await given_users(storage, newer, older)
        async with storage.uow() as tx:
            assert await tx.users.pending_by_email("a@example.org") == newer
            assert await tx.users.active_by_email("a@example.org") is None
        assert await storage.users.account_by_login("a@example.org") == newer

    async def test_an_active_account_comes_before_newer_pending_ones(self, storage: Storage, make: Builder) -> None:
        active, pending = make.user(email="a@example.org"), make.pending_user(email="a@example.org")
        await given_users(storage, active, pending)
        async with storage.uow() as tx:
            assert await tx.users.active_by_email("a@example.org") == active
            assert await tx.users.pending_by_email("a@example.org") == pending
        assert await storage.users.account_by_login("a@example.org") == active

    async def test_an_address_belongs_to_one_active_account(self, storage: Storage, make: Builder) -> None:
        first, pending = make.user(email="a@example.org"), make.pending_user(email="a@example.org")
        await given_users(storage, first, pending)
        with pytest.raises(EmailTaken):
            await given_users(storage, make.user(email="a@example.org"))
        with pytest.raises(EmailTaken):
            await save(storage, pending.verified())
        assert await storage.users.accounts_by_ids([pending.id]) == {pending.id: pending}

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
            for user in (*pending, other):
                for purpose in CodePurpose:
                    await tx.codes.put(make.code(user, purpose))
        async with storage.uow() as tx:
            await tx.users.remove_pending("a@example.org")
        async with storage.uow() as tx:
            assert await tx.users.pending_by_email("a@example.org") is None
            for purpose in CodePurpose:
                assert [await tx.codes.get(user.id, purpose) for user in pending] == [None, None]
                assert await tx.codes.get(other.id, purpose) is not None
        assert set(await storage.users.accounts_by_ids([*(u.id for u in pending), active.id, other.id])) == {
            active.id,
            other.id,
        }

    async def test_a_removed_pending_account_gives_its_username_back(self, storage: Storage, make: Builder) -> None:
        first = make.pending_user(username="squatter", email="a@example.org")
        second = make.pending_user(username="squatter", email="b@example.org")
        await given_users(storage, first)
        async with storage.uow() as tx:
            await tx.users.remove_pending("a@example.org")
            await tx.users.add(second)
        assert await storage.users.user_id_by_username("squatter") == second.id

    async def test_a_transaction_sees_its_own_changes_of_accounts(self, storage: Storage, make: Builder) -> None:
        user = make.pending_user(username="draft")
        async with storage.uow() as tx:
            await tx.users.add(user)
            assert await tx.users.by_username("Draft") == user
            assert await tx.users.pending_by_email(user.email) == user
            final = replace(user.verified(), username="final")
            await tx.users.save(final)
            assert await tx.users.by_username("draft") is None
            assert await tx.users.pending_by_email(user.email) is None
            assert await tx.users.by_username("FINAL") == final
            assert await tx.users.active_by_email(user.email) == final

    async def test_an_account_that_was_got_is_locked_until_the_end(self, storage: Storage, make: Builder) -> None:
        user = make.user(bio="0")
        await given_users(storage, user)

        async def add_one() -> None:
            async with storage.uow() as tx:
                stored = await tx.users.get(user.id)
                assert stored is not None
                await tx.users.save(replace(stored, bio=str(int(stored.bio) + 1)))

        assert await outcomes(*(add_one() for _ in range(25))) == [None] * 25
        assert (await storage.users.accounts_by_ids([user.id]))[user.id].bio == "25"

    async def test_profiles_show_the_public_face_and_leave_out_the_missing(
        self, storage: Storage, make: Builder
    ) -> None:
        active, pending, missing = make.user(bio="Hi"), make.pending_user(), make.user()
        await given_users(storage, active, pending)
        profiles = await storage.users.profiles_by_ids([missing.id, pending.id, active.id])
        assert profiles == {active.id: profile_of(active), pending.id: profile_of(pending)}
        assert [profiles[user.id].is_active for user in (active, pending)] == [True, False]

    async def test_a_new_account_has_counts_of_zero(self, storage: Storage, make: Builder) -> None:
        user, missing = await given_user(storage, make), make.user()
        assert await storage.users.profile_counts([user.id, missing.id]) == {user.id: ProfileCounts(0, 0, 0)}

    async def test_no_ids_give_no_accounts(self, storage: Storage) -> None:
        assert await storage.users.accounts_by_ids([]) == {}
        assert await storage.users.profiles_by_ids([]) == {}
        assert await storage.users.profile_counts([]) == {}

    async def test_an_id_given_twice_is_answered_once(self, storage: Storage, make: Builder) -> None:
        user = await given_user(storage, make)
        assert await storage.users.accounts_by_ids([user.id, user.id]) == {user.id: user}

    async def test_a_hundred_accounts_are_read_at_once(self, storage: Storage, make: Builder) -> None:
        users = [make.user() for _ in range(100)]
        await given_users(storage, *users)
        assert await storage.users.accounts_by_ids([u.id for u in users]) == {u.id: u for u in users}

    async def test_a_rolled_back_registration_leaves_nothing(self, storage: Storage, make: Builder) -> None:
        user = make.user()
        async with rolled_back(storage) as tx:
            await tx.users.add(user)
        await cancelled_after(storage, lambda tx: tx.users.add(user))
        assert await storage.users.accounts_by_ids([user.id]) == {}
        assert await storage.users.user_id_by_username(user.username) is None
        await given_users(storage, user)

    async def test_a_rolled_back_change_leaves_the_account_as_it_was(self, storage: Storage, make: Builder) -> None:
        user = await given_user(storage, make)
        async with rolled_back(storage) as tx:
            await tx.users.save(replace(user, username="never", bio="Never."))
        assert await storage.users.accounts_by_ids([user.id]) == {user.id: user}
        assert await storage.users.user_id_by_username("never") is None
        assert await storage.users.user_id_by_username(user.username) == user.id


async def save(storage: Storage, user: User) -> None:
    async with storage.uow() as tx:
        await tx.users.save(user)


async def verify(storage: Storage, user_id: UserId) -> None:
    async with storage.uow() as tx:
        user = await tx.users.get(user_id)
        assert user is not None
        await tx.users.save(user.verified())


def profile_of(user: User) -> Profile:
    return Profile(user.id, user.username, user.first_name, user.last_name, user.bio, user.created_at, user.is_active)
