"""Security statement 34: role, author and counters cannot be set by input, nor anything else that is the server's."""

from collections.abc import Mapping

import pytest

from socialfeed.domain.ids import UserId
from socialfeed.domain.user import UserStatus
from tests.integration.matrix import asking
from tests.integration.matrix.rules import DONE, MUTATIONS, ROUTES, RULES, Rule, Target
from tests.integration.matrix.world import World
from tests.integration.rest.calls import problem

pytestmark = pytest.mark.asyncio(loop_scope="module")

OF_THE_SERVER = (
    "actorId",
    "authorId",
    "commentsCount",
    "createdAt",
    "depth",
    "eraseAt",
    "followersCount",
    "followingCount",
    "grants",
    "id",
    "isActive",
    "isAdmin",
    "isVerified",
    "likesCount",
    "ownerId",
    "passwordHash",
    "permissions",
    "postsCount",
    "role",
    "roles",
    "sharesCount",
    "status",
    "user",
    "userId",
)

NAMED: Mapping[str, set[str]] = {
    "addToList": {"userId"},
    "approveFollow": {"userId"},
    "assignRole": {"userId", "role"},
    "banUser": {"userId"},
    "blockUser": {"userId"},
    "createRole": {"permissions"},
    "deleteList": {"id"},
    "followUser": {"userId"},
    "grantPermission": {"userId"},
    "muteUser": {"userId"},
    "rejectFollow": {"userId"},
    "removeFollower": {"userId"},
    "removeFromList": {"userId"},
    "revokePermission": {"userId"},
    "revokeRole": {"userId", "role"},
    "revokeSession": {"id"},
    "setFollowPriority": {"userId"},
    "unbanUser": {"userId"},
    "unblockUser": {"userId"},
    "unfollowUser": {"userId"},
    "unmuteUser": {"userId"},
    "updateList": {"id"},
    "updateRole": {"permissions"},
}
"""What a mutation is about and has to name; who may is the permissions' affair."""

WITH_BODY = {name: rule for name, rule in ROUTES.items() if not isinstance(rule.sample, str)}


def target_of(rule: Rule) -> Target:
    """Somebody about whom the sample does what it says."""
    return next(target for target, outcome in rule.expects.items() if outcome == DONE)


def at_a_time(names: list[str], number: int) -> list[list[str]]:
    """A document's errors are not all told."""
    return [names[start : start + number] for start in range(0, len(names), number)]


@pytest.mark.parametrize("name", MUTATIONS)
async def test_34_no_argument_of_a_mutation_sets_what_is_the_servers(world: World, name: str) -> None:
    """An administrator's sample, which does what it says without the argument."""
    rule, admin, name = MUTATIONS[name], world.viewers["admin"], name.partition("#")[0]
    field = name.partition(".")[2]
    assert isinstance(rule.sample, str)
    given = asking.variables(rule.sample, world.things(admin, target_of(rule)))
    for arguments in at_a_time(sorted(set(OF_THE_SERVER) - NAMED.get(field, set())), 4):
        more = ", ".join(f'{argument}: "1"' for argument in arguments)

        answer = await admin.client.graphql(
            asking.operation(name, rule.sample, more=more, selection="{ success }"), given
        )

        assert (answer.status, answer.data) == (400, {})
        refused = [error["message"].partition(" on field")[0] for error in answer.errors]
        assert refused == [f"Unknown argument '{argument}'" for argument in arguments]
    assert world.before.changed() == set()
    done = await admin.client.run(
        asking.operation(name, rule.sample, selection="{ success }"), given, files=asking.files(rule.sample)
    )
    assert done[field]["success"]


@pytest.mark.parametrize("name", WITH_BODY)
async def test_34_no_field_of_a_body_sets_what_is_the_servers(world: World, name: str) -> None:
    rule, admin = ROUTES[name], world.viewers["admin"]
    things = world.things(admin, target_of(rule))
    fitting = asking.body(rule, things) or {}
    for field in OF_THE_SERVER:
        response = await asking.send(admin.client, name, things, fitting | {field: "1"})

        assert problem(response) == (422, "UNKNOWN_FIELD", field)
    assert world.before.changed() == set()
    assert (await asking.ask(admin.client, name, rule, things)).result == DONE


async def test_34_variables_and_members_that_nothing_declares_set_nothing(world: World) -> None:
    user, other = world.viewers["user"], world.targets[Target.OTHER]
    extra = dict.fromkeys(OF_THE_SERVER, "1") | {"authorId": other["user"], "userId": other["user"]}

    created = await user.client.run(
        'mutation { createPost(content: "Hello") { post { id likesCount author { id } } } }', extra, **extra
    )
    await user.client.run('mutation { updateProfile(bio: "Another.") { success } }', extra, **extra)

    post = created["createPost"]["post"]
    assert (post["likesCount"], post["author"]["id"]) == (0, user.client.user_id)
    assert post["id"] not in extra.values()
    assert (await user.client.run("{ access { roles } }"))["access"]["roles"] == ["user"]


@pytest.mark.parametrize("name", ["Mutation.registerUser", "POST /auth/register"])
async def test_34_whoever_registers_is_an_unverified_user_and_nothing_more(world: World, name: str) -> None:
    admin = world.viewers["admin"]

    outcome = await asking.ask(admin.client, name, RULES[name], world.things(admin, Target.OTHER))

    user_id = UserId(int(outcome.data["user"]["id"]))
    made = (await world.client.app.storage.users.accounts_by_ids([user_id]))[user_id]
    assert (made.status, made.roles) == (UserStatus.UNVERIFIED, frozenset({"user"}))
