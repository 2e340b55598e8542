"""Roles, grants and bans: what they change holds from the very next request on, and nobody gets or gives by them what
they do not hold. Numbers in names are those of the security statements in the contract.
"""

from datetime import timedelta

from socialfeed.application.ports.activity import ActivityFilter
from socialfeed.domain.activity import Action
from socialfeed.domain.ids import UserId
from socialfeed.domain.permissions import OPERATOR, USER, Permission
from socialfeed.entrypoints.wire import rfc3339
from socialfeed.testing.client import PASSWORD, Client
from socialfeed.testing.clock import FixedClock

P = Permission

KINDS = {
    "userId": "ID!",
    "role": "String!",
    "name": "String!",
    "permission": "String!",
    "permissions": "[String!]!",
    "expiresAt": "DateTime",
}


def id_of(somebody: Client) -> UserId:
    return UserId(int(somebody.user_id or 0))


async def attempt(actor: Client, field: str, **arguments: object) -> str:
    """The code that a mutation was refused with, at the top or in the payload; "" where it was done."""
    declared = ", ".join(f"${name}: {KINDS[name]}" for name in arguments)
    given = ", ".join(f"{name}: ${name}" for name in arguments)
    answer = await actor.graphql(
        f"mutation ({declared}) {{ {field}({given}) {{ success errors {{ code }} }} }}", arguments
    )
    if answer.errors:
        return answer.codes[0]
    errors = answer.data[field]["errors"]
    return str(errors[0]["code"]) if errors else ""


async def administrator(client: Client) -> Client:
    await client.app.services.accounts.create_superuser(username="root", email="root@example.com", password=PASSWORD)
    return await client.sign_in("root")


async def holder(client: Client, username: str, *permissions: Permission) -> Client:
    """Somebody who holds these beside what every user holds, by a role of the same name."""
    somebody = await client.sign_up(username)
    await client.app.services.access.create_role(OPERATOR, name=username, permissions=permissions)
    await client.app.services.access.assign_role(OPERATOR, id_of(somebody), role=username)
    return somebody


async def held(somebody: Client) -> set[str]:
    return set((await somebody.run("{ access { permissions } }"))["access"]["permissions"])


async def may_read_accounts(somebody: Client, other: Client) -> bool:
    """Whether the very next request may do what takes `user:read`."""
    answer = await somebody.graphql("query ($u: ID!) { access(userId: $u) { userId } }", {"u": other.user_id})
    assert answer.codes in ([], ["FORBIDDEN"])
    return not answer.errors


async def denials(client: Client, actor: Client) -> int:
    await client.settle()
    wanted = ActivityFilter(actor_id=id_of(actor), action=Action.PERMISSION_DENY)
    page = await client.app.services.activity.page(OPERATOR, wanted, first=100)
    return sum(entry.count for entry in page.nodes)


class TestTheNextRequest:
    async def test_25_a_role_holds_from_the_next_request_on_and_is_gone_on_the_next(self, client: Client) -> None:
        root, ada = await administrator(client), await client.sign_up("ada")
        assert not await may_read_accounts(ada, root)

        assert await attempt(root, "assignRole", userId=ada.user_id, role="moderator") == ""
        assert await may_read_accounts(ada, root)

        assert await attempt(root, "revokeRole", userId=ada.user_id, role="moderator") == ""
        assert not await may_read_accounts(ada, root)
        assert await held(ada) == set(USER.permissions)

    async def test_25_without_the_role_of_a_user_nothing_is_left_to_do(self, client: Client) -> None:
        root, ada = await administrator(client), await client.sign_up("ada")

        assert await attempt(root, "revokeRole", userId=ada.user_id, role="user") == ""

        assert (await ada.graphql('mutation { createPost(content: "Hello") { success } }')).codes == ["FORBIDDEN"]
        assert await held(ada) == set()

    async def test_25_a_grant_holds_from_the_next_request_on_and_is_gone_on_the_next(self, client: Client) -> None:
        root, ada = await administrator(client), await client.sign_up("ada")
        assert not await may_read_accounts(ada, root)

        assert await attempt(root, "grantPermission", userId=ada.user_id, permission="user:read") == ""
        assert await may_read_accounts(ada, root)

        assert await attempt(root, "revokePermission", userId=ada.user_id, permission="user:read") == ""
        assert not await may_read_accounts(ada, root)

    async def test_25_what_a_custom_role_gives_changes_with_it(self, client: Client) -> None:
        root, ada, bob = await administrator(client), await client.sign_up("ada"), await client.sign_up("bob")
        assert await attempt(root, "createRole", name="auditors", permissions=["user:read"]) == ""
        for user in (ada, bob):
            assert await attempt(root, "assignRole", userId=user.user_id, role="auditors") == ""
            assert await may_read_accounts(user, root)

        assert await attempt(root, "updateRole", name="auditors", permissions=["activity:read"]) == ""

        for user in (ada, bob):
            assert not await may_read_accounts(user, root)
            assert await held(user) == {*USER.permissions, "activity:read"}

    async def test_25_a_banned_administrator_is_shut_out_on_the_next_request(self, client: Client) -> None:
        root, ada = await administrator(client), await client.sign_up("ada")
        assert await attempt(root, "assignRole", userId=ada.user_id, role="admin") == ""
        assert await may_read_accounts(ada, root)

        assert await attempt(root, "banUser", userId=ada.user_id) == ""

        answer = await ada.graphql("{ access { permissions } }")
        assert (answer.status, answer.codes) == (401, ["SESSION_ENDED"])


class TestExpiry:
    async def test_25_a_grant_ends_on_the_moment_though_nobody_takes_it_back(
        self, timed: tuple[Client, FixedClock]
    ) -> None:
        client, clock = timed
        root, ada = await administrator(client), await client.sign_up("ada")
        end = rfc3339(clock.now() + timedelta(minutes=5))
        granted = await attempt(root, "grantPermission", userId=ada.user_id, permission="user:read", expiresAt=end)
        assert granted == ""

        clock.advance(timedelta(minutes=4, seconds=59))
        assert await may_read_accounts(ada, root)
        clock.advance(timedelta(seconds=1))

        assert not await may_read_accounts(ada, root)
        access = (await ada.run("{ access { permissions grants { permission } } }"))["access"]
        assert access["grants"] == []
        assert "user:read" not in access["permissions"]

    async def test_a_second_grant_takes_the_place_of_the_first(self, timed: tuple[Client, FixedClock]) -> None:
        client, clock = timed
        root, ada = await administrator(client), await client.sign_up("ada")
        for minutes in (10, 1):
            end = rfc3339(clock.now() + timedelta(minutes=minutes))
            await attempt(root, "grantPermission", userId=ada.user_id, permission="user:read", expiresAt=end)

        assert await may_read_accounts(ada, root)
        clock.advance(timedelta(minutes=1))
        assert not await may_read_accounts(ada, root)

    async def test_a_grant_that_has_ended_before_it_began_is_refused(self, timed: tuple[Client, FixedClock]) -> None:
        client, clock = timed
        root, ada = await administrator(client), await client.sign_up("ada")

        code = await attempt(
            root, "grantPermission", userId=ada.user_id, permission="user:read", expiresAt=rfc3339(clock.now())
        )

        assert code == "ALREADY_EXPIRED"
        assert await held(ada) == set(USER.permissions)

    async def test_25_whose_own_grant_has_ended_gives_it_to_nobody(self, timed: tuple[Client, FixedClock]) -> None:
        client, clock = timed
        ada, bob = await holder(client, "ada", P.GRANT_MANAGE), await client.sign_up("bob")
        await client.app.services.access.grant(
            OPERATOR, id_of(ada), permission="user:read", expires_at=clock.now() + timedelta(minutes=1)
        )
        give = {"userId": bob.user_id, "permission": "user:read"}
        assert await attempt(ada, "grantPermission", **give) == ""
        assert await attempt(ada, "revokePermission", **give) == ""
        clock.advance(timedelta(minutes=1))

        assert await attempt(ada, "grantPermission", **give) == "FORBIDDEN"
        assert await held(bob) == set(USER.permissions)


class TestEscalation:
    async def test_whoever_may_only_assign_roles_makes_no_administrator(self, client: Client) -> None:
        ada, bob = await holder(client, "ada", P.ROLE_ASSIGN), await client.sign_up("bob")

        for role in ("moderator", "admin"):
            assert await attempt(ada, "assignRole", userId=bob.user_id, role=role) == "FORBIDDEN"

        assert await held(bob) == set(USER.permissions)
        assert await denials(client, ada) == 2
        assert await attempt(ada, "assignRole", userId=bob.user_id, role="ada") == ""

    async def test_nobody_makes_a_role_that_gives_more_than_they_hold(self, client: Client) -> None:
        ada = await holder(client, "ada", P.ROLE_MANAGE, P.ROLE_ASSIGN)

        assert await attempt(ada, "createRole", name="more", permissions=["role:manage", "user:ban"]) == "FORBIDDEN"

        assert {role.name for role in await client.app.services.access.roles(OPERATOR)} == {
            "user",
            "moderator",
            "admin",
            "ada",
        }
        assert await denials(client, ada) == 1
        assert await attempt(ada, "createRole", name="same", permissions=["role:manage"]) == ""

    async def test_nobody_adds_to_a_role_what_they_do_not_hold_not_even_to_their_own(self, client: Client) -> None:
        ada = await holder(client, "ada", P.ROLE_MANAGE)

        assert await attempt(ada, "updateRole", name="ada", permissions=["role:manage", "user:ban"]) == "FORBIDDEN"

        assert await held(ada) == {*USER.permissions, "role:manage"}

    async def test_nobody_touches_a_role_that_holds_more_than_they_do(self, client: Client) -> None:
        ada, boss = await holder(client, "ada", P.ROLE_MANAGE), await holder(client, "boss", P.USER_BAN)

        for permissions in ([], ["role:manage"]):
            assert await attempt(ada, "updateRole", name="boss", permissions=permissions) == "FORBIDDEN"

        assert await held(boss) == {*USER.permissions, "user:ban"}

    async def test_a_built_in_role_never_changes(self, client: Client) -> None:
        root = await administrator(client)

        for name in ("user", "moderator", "admin"):
            assert await attempt(root, "updateRole", name=name, permissions=[]) == "ROLE_BUILT_IN"
            assert await attempt(root, "createRole", name=name, permissions=[]) == "ROLE_BUILT_IN"

    async def test_nobody_gives_or_takes_a_permission_that_they_do_not_hold(self, client: Client) -> None:
        ada, bob = await holder(client, "ada", P.GRANT_MANAGE), await client.sign_up("bob")

        assert await attempt(ada, "grantPermission", userId=bob.user_id, permission="user:ban") == "FORBIDDEN"
        assert await held(bob) == set(USER.permissions)

        await client.app.services.access.grant(OPERATOR, id_of(bob), permission="user:ban")
        assert await attempt(ada, "revokePermission", userId=bob.user_id, permission="user:ban") == "FORBIDDEN"
        assert await held(bob) == {*USER.permissions, "user:ban"}
        assert await denials(client, ada) == 2

    async def test_nobody_manages_an_account_that_may_do_more(self, client: Client) -> None:
        """Though the role or the permission as such is theirs to give."""
        root = await administrator(client)
        ada = await holder(client, "ada", P.ROLE_ASSIGN, P.GRANT_MANAGE, P.USER_BAN)
        before = await held(root)

        assert await attempt(ada, "assignRole", userId=root.user_id, role="ada") == "FORBIDDEN"
        assert await attempt(ada, "revokeRole", userId=root.user_id, role="user") == "FORBIDDEN"
        assert await attempt(ada, "grantPermission", userId=root.user_id, permission="user:ban") == "FORBIDDEN"
        assert await attempt(ada, "revokePermission", userId=root.user_id, permission="user:ban") == "FORBIDDEN"
        assert await attempt(ada, "banUser", userId=root.user_id) == "FORBIDDEN"
        assert await attempt(ada, "unbanUser", userId=root.user_id) == "FORBIDDEN"

        assert await held(root) == before
        assert (await root.run("{ access { roles grants { permission } } }"))["access"] == {
            "roles": ["admin", "user"],
            "grants": [],
        }
        assert await denials(client, ada) == 6

    async def test_one_grant_more_puts_an_account_out_of_reach(self, client: Client) -> None:
        ada, bob = await holder(client, "ada", P.USER_BAN), await client.sign_up("bob")
        await client.app.services.access.grant(OPERATOR, id_of(bob), permission="key:rotate")

        assert await attempt(ada, "banUser", userId=bob.user_id) == "FORBIDDEN"

        await client.app.services.access.revoke_grant(OPERATOR, id_of(bob), permission="key:rotate")
        assert await attempt(ada, "banUser", userId=bob.user_id) == ""

    async def test_an_administrator_who_is_away_is_still_above_a_moderator(self, client: Client) -> None:
        root, mod = await administrator(client), await client.sign_up("mod")
        await attempt(root, "assignRole", userId=mod.user_id, role="moderator")
        left = await root.run(
            "mutation ($p: String!) { deactivateAccount(currentPassword: $p) { success } }", {"p": PASSWORD}
        )
        assert left["deactivateAccount"]["success"]

        assert await attempt(mod, "banUser", userId=root.user_id) == "FORBIDDEN"

        back = await client.sign_in("root")
        assert await held(back) == set(Permission)

    async def test_nobody_manages_their_own_account(self, client: Client) -> None:
        root = await administrator(client)
        own = {"userId": root.user_id}

        assert await attempt(root, "assignRole", **own, role="moderator") == "OWN_ACCOUNT"
        assert await attempt(root, "revokeRole", **own, role="admin") == "OWN_ACCOUNT"
        assert await attempt(root, "grantPermission", **own, permission="user:ban") == "OWN_ACCOUNT"
        assert await attempt(root, "revokePermission", **own, permission="user:ban") == "OWN_ACCOUNT"
        assert await attempt(root, "banUser", **own) == "OWN_ACCOUNT"
        assert await attempt(root, "unbanUser", **own) == "OWN_ACCOUNT"

        assert (await root.run("{ access { roles } }"))["access"]["roles"] == ["admin", "user"]

    async def test_nobody_gives_anything_to_an_account_that_is_erased(self, client: Client) -> None:
        root, ada = await administrator(client), await client.sign_up("ada")
        async with client.app.storage.uow() as tx:
            user = await tx.users.get(id_of(ada))
            assert user is not None
            await tx.users.save(user.erased())
        of_ada = {"userId": ada.user_id}

        assert await attempt(root, "assignRole", **of_ada, role="moderator") == "USER_NOT_FOUND"
        assert await attempt(root, "grantPermission", **of_ada, permission="user:ban") == "USER_NOT_FOUND"
        assert await attempt(root, "banUser", **of_ada) == "USER_NOT_FOUND"
