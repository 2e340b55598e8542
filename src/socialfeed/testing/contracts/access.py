"""Custom roles, and permissions of single users."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from socialfeed.application.ports.storage import Storage
from socialfeed.domain.errors import RoleExists, RoleNotFound
from socialfeed.domain.permissions import BUILT_IN, Grant, Permission, Role
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.given import UsesStorage, cancelled_after, given_user, outcomes, rolled_back

P = Permission
CENTURY = timedelta(days=36_525)
"""A grant that ends this much later has not ended yet, whatever clock is asked."""


class AccessContract(UsesStorage):
    async def test_an_added_role_is_read_back_whole(self, storage: Storage, make: Builder) -> None:
        everything, one, nothing = make.role(*P), make.role(P.USER_BAN), make.role()
        await given_roles(storage, make, everything, one, nothing)
        for role in (everything, one, nothing):
            async with storage.uow() as tx:
                assert await tx.roles.get(role.name) == role
        assert await storage.access.roles() == sorted([everything, one, nothing], key=lambda role: role.name)

    async def test_an_unknown_role_is_none(self, storage: Storage, make: Builder) -> None:
        known = make.role(P.USER_BAN, name="known")
        await given_roles(storage, make, known)
        async with storage.uow() as tx:
            assert await tx.roles.get("unknown") is None
        found = await storage.access.roles_by_names(["unknown", "known", "known", *BUILT_IN])
        assert found == {"known": known}
        assert await storage.access.roles_by_names([]) == {}

    async def test_roles_are_listed_by_name(self, storage: Storage, make: Builder) -> None:
        """By the codes of the characters, not as a dictionary of some language would."""
        names = ["abc", "a_b", "a-c", "a1b", "a-b-c", "a_a"]
        await given_roles(storage, make, *(make.role(name=name) for name in names))
        assert [role.name for role in await storage.access.roles()] == sorted(names)

    async def test_the_name_of_a_role_is_used_once(self, storage: Storage, make: Builder) -> None:
        first = make.role(P.USER_BAN, name="helpers")
        await given_roles(storage, make, first)
        with pytest.raises(RoleExists):
            await given_roles(storage, make, make.role(P.USER_READ, name="helpers"))
        assert await storage.access.roles() == [first]

    async def test_one_of_many_simultaneous_roles_gets_the_name(self, storage: Storage, make: Builder) -> None:
        rivals = [make.role(permission, name="helpers") for permission in (P.USER_BAN, P.USER_READ, P.USER_VERIFY)]
        results = await outcomes(*(given_roles(storage, make, role) for role in rivals))
        assert [type(result) for result in results if result is not None] == [RoleExists] * 2
        assert await storage.access.roles() == [rivals[results.index(None)]]

    async def test_save_replaces_the_permissions_of_the_role(self, storage: Storage, make: Builder) -> None:
        role, other = make.role(P.USER_BAN, P.USER_READ), make.role(P.USER_BAN)
        await given_roles(storage, make, role, other)
        for permissions in ({P.USER_READ, P.USER_VERIFY}, set[Permission](), set(P)):
            changed = replace(role, permissions=frozenset(permissions))
            await save_role(storage, make, changed)
            assert await storage.access.roles_by_names([role.name, other.name]) == {
                role.name: changed,
                other.name: other,
            }

    async def test_save_makes_no_role(self, storage: Storage, make: Builder) -> None:
        with pytest.raises(RoleNotFound):
            await save_role(storage, make, make.role(P.USER_BAN))
        assert await storage.access.roles() == []

    async def test_a_role_that_was_got_is_locked_until_the_end(self, storage: Storage, make: Builder) -> None:
        role, added = make.role(), list(P)[:12]
        await given_roles(storage, make, role)

        async def add(permission: Permission) -> None:
            async with storage.uow() as tx:
                stored = await tx.roles.get(role.name)
                assert stored is not None
                await tx.roles.save(replace(stored, permissions=stored.permissions | {permission}), make.clock.now())

        assert await outcomes(*map(add, added)) == [None] * len(added)
        assert await storage.access.roles() == [replace(role, permissions=frozenset(added))]

    async def test_a_transaction_sees_its_own_changes_of_roles(self, storage: Storage, make: Builder) -> None:
        role = make.role(P.USER_BAN)
        changed = replace(role, permissions=frozenset({P.USER_READ}))
        async with storage.uow() as tx:
            await tx.roles.add(role, make.clock.now())
            assert await tx.roles.get(role.name) == role
            await tx.roles.save(changed, make.clock.now())
            assert await tx.roles.get(role.name) == changed
        assert await storage.access.roles() == [changed]

    async def test_a_rolled_back_role_never_was(self, storage: Storage, make: Builder) -> None:
        role, stored = make.role(P.USER_BAN), make.role(P.USER_BAN)
        changed = replace(stored, permissions=frozenset({P.USER_READ}))
        await given_roles(storage, make, stored)
        async with rolled_back(storage) as tx:
            await tx.roles.add(role, make.clock.now())
            await tx.roles.save(changed, make.clock.now())
        await cancelled_after(storage, lambda tx: tx.roles.add(role, make.clock.now()))
        await cancelled_after(storage, lambda tx: tx.roles.save(changed, make.clock.now()))
        assert await storage.access.roles() == [stored]

    async def test_grants_are_read_back_whole_and_by_permission(self, storage: Storage, make: Builder) -> None:
        ada, bob = await given_user(storage, make), await given_user(storage, make)
        grants = [make.grant(ada, permission) for permission in (P.USER_READ, P.ACTIVITY_READ, P.POST_PIN)]
        grants.append(make.grant(ada, P.KEY_ROTATE, expires_at=make.clock.now() + CENTURY))
        of_bob = make.grant(bob, P.USER_READ)
        await given_grants(storage, *grants, of_bob)
        assert await storage.access.grants_of(ada.id) == by_permission(grants)
        assert await storage.access.grants_of(bob.id) == [of_bob]

    async def test_every_permission_can_be_granted(self, storage: Storage, make: Builder) -> None:
        user = await given_user(storage, make)
        grants = [make.grant(user, permission) for permission in P]
        await given_grants(storage, *grants)
        assert await storage.access.grants_of(user.id) == by_permission(grants)

    async def test_who_was_granted_nothing_has_no_grants(self, storage: Storage, make: Builder) -> None:
        user, missing = await given_user(storage, make), make.user()
        assert await storage.access.grants_of(user.id) == []
        assert await storage.access.grants_of(missing.id) == []
        async with storage.uow() as tx:
            assert await tx.grants.remove(user.id, P.USER_READ) is False
            await tx.grants.remove_of(missing.id)

    async def test_a_second_grant_of_a_permission_replaces_the_first(self, storage: Storage, make: Builder) -> None:
        user = await given_user(storage, make)
        other = make.grant(user, P.USER_BAN)
        await given_grants(storage, other)
        for expires_at in (None, make.clock.now() + CENTURY, make.clock.now() + CENTURY, None):
            grant = make.grant(user, P.USER_READ, expires_at=expires_at)
            await given_grants(storage, grant)
            assert await storage.access.grants_of(user.id) == [other, grant]

    async def test_simultaneous_grants_of_one_permission_are_one(self, storage: Storage, make: Builder) -> None:
        user = await given_user(storage, make)
        grants = [make.grant(user) for _ in range(10)]
        assert await outcomes(*(given_grants(storage, grant) for grant in grants)) == [None] * 10
        stored = await storage.access.grants_of(user.id)
        assert len(stored) == 1
        assert stored[0] in grants

    async def test_removing_a_grant_tells_whether_there_was_one(self, storage: Storage, make: Builder) -> None:
        ada, bob = await given_user(storage, make), await given_user(storage, make)
        expired = make.grant(ada, P.USER_READ, expires_at=make.clock.now())
        kept, of_bob = make.grant(ada, P.USER_BAN), make.grant(bob, P.USER_READ)
        await given_grants(storage, expired, kept, of_bob)
        for there in (True, False):
            async with storage.uow() as tx:
                assert await tx.grants.remove(ada.id, P.USER_READ) is there
                assert await tx.grants.remove(ada.id, P.USER_READ) is False
        assert await storage.access.grants_of(ada.id) == [kept]
        assert await storage.access.grants_of(bob.id) == [of_bob]

    async def test_all_grants_of_a_user_are_removed_and_nobody_elses(self, storage: Storage, make: Builder) -> None:
        ada, bob = await given_user(storage, make), await given_user(storage, make)
        of_bob = make.grant(bob)
        await given_grants(storage, make.grant(ada, P.USER_READ), make.grant(ada, P.USER_BAN), of_bob)
        for _ in range(2):
            async with storage.uow() as tx:
                await tx.grants.remove_of(ada.id)
        assert await storage.access.grants_of(ada.id) == []
        assert await storage.access.grants_of(bob.id) == [of_bob]

    async def test_a_transaction_sees_its_own_grants(self, storage: Storage, make: Builder) -> None:
        user = await given_user(storage, make)
        async with storage.uow() as tx:
            await tx.grants.put(make.grant(user, P.USER_READ))
            assert await tx.grants.remove(user.id, P.USER_READ) is True
            await tx.grants.put(make.grant(user, P.USER_READ))
            await tx.grants.remove_of(user.id)
            assert await tx.grants.remove(user.id, P.USER_READ) is False
        assert await storage.access.grants_of(user.id) == []

    async def test_what_is_rolled_back_grants_and_takes_nothing(self, storage: Storage, make: Builder) -> None:
        user = await given_user(storage, make)
        grant = make.grant(user, P.USER_READ)
        await given_grants(storage, grant)
        async with rolled_back(storage) as tx:
            await tx.grants.put(make.grant(user, P.USER_BAN))
            await tx.grants.put(make.grant(user, P.USER_READ, expires_at=make.clock.now()))
        async with rolled_back(storage) as tx:
            assert await tx.grants.remove(user.id, P.USER_READ) is True
        await cancelled_after(storage, lambda tx: tx.grants.remove_of(user.id))
        assert await storage.access.grants_of(user.id) == [grant]


async def given_roles(storage: Storage, make: Builder, *roles: Role) -> None:
    async with storage.uow() as tx:
        for role in roles:
            await tx.roles.add(role, make.clock.now())


async def save_role(storage: Storage, make: Builder, role: Role) -> None:
    async with storage.uow() as tx:
        await tx.roles.save(role, make.clock.now())


async def given_grants(storage: Storage, *grants: Grant) -> None:
    async with storage.uow() as tx:
        for grant in grants:
            await tx.grants.put(grant)


def by_permission(grants: Sequence[Grant]) -> list[Grant]:
    return sorted(grants, key=lambda grant: grant.permission)
