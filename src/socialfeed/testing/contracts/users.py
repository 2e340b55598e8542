"""Accounts."""

from dataclasses import fields, replace
from datetime import timedelta

import pytest

from socialfeed.application.ports.readers import Profile
from socialfeed.application.ports.storage import Storage
from socialfeed.domain.errors import IdConflict, UsernameTaken
from socialfeed.domain.graph import ProfileCounts
from socialfeed.domain.ids import UserId
from socialfeed.domain.user import User, UserStatus
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

    async def test_active_accounts_are_found_by_their_names(self, storage: Storage, make: Builder) -> None:
        ada, bob = make.user(username="Ada_L"), make.user(username="bob")
        others = [make.pending_user(username="pia"), make.user(username="ben").banned()]
        others += [make.user(username="dea").deactivated()]
        await given_users(storage, ada, bob, *others)
        names = ["bob", "pia", "ada_l", "nobody", "ben", "dea", "bob", "a\0b"]
        assert await storage.users.user_ids_by_usernames(names) == {"ada_l": ada.id, "bob": bob.id}
        assert await storage.users.user_ids_by_usernames(["Ada_L"]) == {}
        assert await storage.users.user_ids_by_usernames([]) == {}

    async def test_every_field_of_an_account_can_be_set_and_emptied(self, storage: Storage, make: Builder) -> None:
        plain = make.pending_user()
        empty = replace(plain, password_hash="", first_name="", last_name="", avatar_url="", roles=frozenset())
        full = replace(
            make.user(bio="First line\nsecond “line” ☕"),
            id=plain.id,
            first_name="Ada",
            created_at=make.clock.now(),
            roles=frozenset({"user", "moderator", "my-own_role"}),
            avatar_url="https://example.org/naïve/ö.png?size=1&x=%20",
            is_private=True,
            locale="zh-Hant-TW",
            new_email="new@example.org",
            erase_at=make.clock.now(),
        )
        assert [each.name for each in fields(User) if getattr(full, each.name) == getattr(plain, each.name)] == ["id"]
        await given_users(storage, plain)
        for user in (full, plain, empty, full, full.banned(), full.erased(), plain):
            await save(storage, user)
            assert await storage.users.accounts_by_ids([user.id]) == {user.id: user}
            assert await storage.users.account_by_login(user.username) == user
            assert await storage.users.profiles_by_ids([user.id]) == {user.id: profile_of(user)}
            async with storage.uow() as tx:
                assert await tx.users.get(user.id) == user
                assert await tx.users.by_username(user.username) == user

    async def test_an_account_is_added_with_every_field(self, storage: Storage, make: Builder) -> None:
        erase_at = make.clock.now()
        deleted = replace(
            make.user().deactivated(erase_at=erase_at),
            avatar_url="https://example.org/a.png",
            is_private=True,
            locale="de",
            new_email="new@example.org",
        )
        await given_users(storage, deleted, make.user().erased())
        assert await storage.users.accounts_by_ids([deleted.id]) == {deleted.id: deleted}

    async def test_an_unknown_account_is_none(self, storage: Storage, make: Builder) -> None:
        nobody = make.user()
        async with storage.uow() as tx:
            assert await tx.users.get(nobody.id) is None
            assert await tx.users.by_username(nobody.username) is None
            assert await tx.users.proven_by_email(nobody.email) is None
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
            assert await tx.users.proven_by_email(user.email) == final

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
        active, missing = make.user(bio="Hi").with_profile(avatar_url="https://example.org/a.png"), make.user()
        private = make.user().with_profile(is_private=True)
        others = [make.pending_user(), make.user().deactivated(), make.user().banned(), make.user().erased()]
        await given_users(storage, active, private, *others)
        profiles = await storage.users.profiles_by_ids([missing.id, active.id, private.id, *(u.id for u in others)])
        assert profiles == {user.id: profile_of(user) for user in (active, private, *others)}
        assert {profile.id for profile in profiles.values() if profile.is_active} == {active.id, private.id}
        assert {profile.id for profile in profiles.values() if profile.is_private} == {private.id}

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

    async def test_accounts_are_walked_by_ascending_id(self, storage: Storage, make: Builder) -> None:
        users = [make.user() for _ in range(4)] + [make.pending_user() for _ in range(3)]
        missing, last = make.ids.user(), make.user()
        await given_users(storage, last, *reversed(users))
        for limit in (1, 3, 8, 100):
            walked = list[User]()
            after: UserId | None = None
            while page := await storage.users.accounts_after(after, limit=limit):
                assert len(page) <= limit
                assert after is None or page[-1].id > after
                walked += page
                after = page[-1].id
            assert walked == [*users, last]
        assert await storage.users.accounts_after(missing, limit=5) == [last]

    async def test_accounts_are_walked_by_status_and_by_role(self, storage: Storage, make: Builder) -> None:
        """The role is one of those the account has, by its whole name."""
        statuses = [*UserStatus] * 2
        roles = [{"user", "mod"}, {"user", "moderator"}, {"a_b"}, {"a-b", "user"}, set[str]()]
        users = [
            replace(make.user(), status=status, roles=frozenset(names))
            for status, names in zip(statuses, (roles[:1] * 5) + roles, strict=True)
        ]
        await given_users(storage, *reversed(users))
        for status in (None, *UserStatus):
            for role in (None, "user", "mod", "moderator", "a_b", "a-b", "o", "User", "nobody-has"):
                expected = [
                    user
                    for user in users
                    if (status is None or user.status is status) and (role is None or role in user.roles)
                ]
                walk = storage.users.accounts_after
                assert await walk(None, limit=20, status=status, role=role) == expected
                for place, user in enumerate(expected):
                    assert await walk(user.id, limit=2, status=status, role=role) == expected[place + 1 : place + 3]

    async def test_deleted_accounts_are_due_once_their_grace_is_over(self, storage: Storage, make: Builder) -> None:
        at = make.clock.now()
        late, later, on_time = (make.user().deactivated(erase_at=at - timedelta(days=days)) for days in (2, 1, 0))
        waiting = make.user().deactivated(erase_at=at + timedelta(microseconds=1))
        returned, kept = make.user().deactivated(erase_at=at).returned(), make.user().deactivated()
        erased = make.user().deactivated(erase_at=at).erased()
        await given_users(storage, on_time, late, later, waiting, returned, kept, erased, make.user())
        due = [late.id, later.id, on_time.id]
        for limit in (1, 2, 3, 10):
            assert await storage.users.due_for_erasure(at, limit=limit) == due[:limit]
        assert await storage.users.due_for_erasure(at + timedelta(microseconds=1), limit=10) == [*due, waiting.id]
        assert await storage.users.due_for_erasure(at - timedelta(days=3), limit=10) == []

    async def test_a_ban_does_not_keep_a_deleted_account(self, storage: Storage, make: Builder) -> None:
        at = make.clock.now()
        banned = make.user().deactivated(erase_at=at).banned()
        await given_users(storage, banned, make.user().banned())
        assert await storage.users.due_for_erasure(at, limit=10) == [banned.id]

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


def profile_of(user: User) -> Profile:
    return Profile(
        user.id,
        user.username,
        user.first_name,
        user.last_name,
        user.bio,
        user.created_at,
        user.is_active,
        user.avatar_url,
        user.is_private,
    )
