"""Banning people, and what it ends."""

from typing import Any

import pytest

from socialfeed.domain.permissions import MODERATOR, OPERATOR
from socialfeed.testing.client import PASSWORD, Client
from tests.integration.product.test_own_account import SIGN_IN, is_signed_in, profile_of
from tests.integration.product.test_sessions import REFRESH, REFUSED
from tests.integration.product.test_sessions import signed_in as ada_signed_in
from tests.integration.product.test_social import contents, follow, publish

BAN = 'mutation ($u: ID!) { banUser(userId: $u, reason: "spam") { success errors { code field } user { email } } }'
UNBAN = "mutation ($u: ID!) { unbanUser(userId: $u) { success errors { code field } } }"


async def moderator(client: Client) -> Client:
    """Somebody who may ban, signed in."""
    mia = await client.sign_up("mia")
    user = await client.app.services.members.find(OPERATOR, "mia")
    await client.app.services.access.assign_role(OPERATOR, user.user.id, role=MODERATOR.name)
    return mia


async def ban(by: Client, who: Client) -> dict[str, Any]:
    answer: dict[str, Any] = (await by.run(BAN, {"u": who.user_id}))["banUser"]
    return answer


async def test_24_a_ban_ends_every_session_on_the_next_request(client: Client) -> None:
    mia, _ = await moderator(client), await client.sign_up("ada")
    (ada, refresh_token), (other, _) = await ada_signed_in(client), await ada_signed_in(client)
    assert await is_signed_in(ada)
    assert await is_signed_in(other)

    assert (await ban(mia, ada))["success"]

    assert not await is_signed_in(ada)
    assert not await is_signed_in(other)
    assert (await client.run(REFRESH, {"r": refresh_token}))["refreshToken"]["errors"] == REFUSED
    assert (await client.run(SIGN_IN, {"u": "ada"}))["tokenAuth"]["errors"] == [{"code": "ACCOUNT_BANNED"}]


async def test_only_who_knows_the_password_learns_of_the_ban(client: Client) -> None:
    mia, ada = await moderator(client), await client.sign_up("ada")
    await ban(mia, ada)
    wrong = 'mutation { tokenAuth(username: "ada", password: "wrong password") { errors { code } } }'
    assert (await client.run(wrong))["tokenAuth"]["errors"] == [{"code": "INVALID_CREDENTIALS"}]


async def test_what_a_banned_author_wrote_is_gone_and_comes_back_with_the_author(client: Client) -> None:
    mia, ada, bob = await moderator(client), await client.sign_up("ada"), await client.sign_up("bob")
    post = await publish(ada, "mine")
    theirs = await publish(bob, "bob's")
    comment = 'mutation ($i: ID!) { createComment(postId: $i, content: "spam") { success } }'
    await ada.run(comment, {"i": theirs})
    await follow(bob, ada)
    read = "query ($p: ID!, $t: ID!) { post(id: $p) { id } comments(postId: $t) { nodes { content } } }"
    both = {"p": post, "t": theirs}
    assert await contents(bob) == ["bob's", "mine"]

    await ban(mia, ada)

    assert await contents(bob) == ["bob's"]
    assert await bob.run(read, both) == {"post": None, "comments": {"nodes": []}}
    assert await profile_of(bob, "ada") is None

    assert (await mia.run(UNBAN, {"u": ada.user_id}))["unbanUser"]["success"]

    assert await contents(bob) == ["bob's", "mine"]
    assert (await bob.run(read, both))["post"] == {"id": post}
    assert (await client.run(SIGN_IN, {"u": "ada"}))["tokenAuth"]["token"]


async def test_a_comment_that_nobody_sees_cannot_be_answered(client: Client) -> None:
    mia, ada, bob = await moderator(client), await client.sign_up("ada"), await client.sign_up("bob")
    post = await publish(bob, "bob's")
    comment = """mutation ($i: ID!, $p: ID) {
      createComment(postId: $i, content: "hm", parentId: $p) { comment { id } errors { code field } }
    }"""
    hidden = (await ada.run(comment, {"i": post}))["createComment"]["comment"]["id"]
    await ban(mia, ada)

    answer = (await bob.run(comment, {"i": post, "p": hidden}))["createComment"]

    assert answer == {"comment": None, "errors": [{"code": "COMMENT_NOT_FOUND", "field": "parentId"}]}


async def test_banning_twice_is_banning_once_and_tells_no_address(client: Client) -> None:
    mia, ada = await moderator(client), await client.sign_up("ada")
    for _ in range(2):
        assert await ban(mia, ada) == {"success": True, "errors": [], "user": {"email": None}}
    entries = await mia.run('{ activityLog(filter: {action: "user:ban"}) { nodes { objectId details { value } } } }')
    assert entries["activityLog"]["nodes"] == [{"objectId": ada.user_id, "details": [{"value": "spam"}]}]


async def test_a_banned_account_that_was_deleted_waits_for_its_owner_again_after_the_ban(client: Client) -> None:
    mia, ada = await moderator(client), await client.sign_up("ada")
    await ada.run("mutation ($p: String!) { deleteAccount(currentPassword: $p) { success } }", {"p": PASSWORD})
    await ban(mia, ada)
    await mia.run(UNBAN, {"u": ada.user_id})

    shown = await client.app.services.members.find(OPERATOR, "ada")

    assert shown.status == "deactivated"
    assert shown.erase_at is not None


@pytest.mark.parametrize("mutation", [BAN, UNBAN])
async def test_nobody_who_does_not_exist_is_banned(client: Client, mutation: str) -> None:
    mia = await moderator(client)
    missing = str(int(mia.user_id or "") - (1 << 22))
    answer = next(iter((await mia.run(mutation, {"u": missing})).values()))
    assert answer["errors"] == [{"code": "USER_NOT_FOUND", "field": "userId"}]


async def test_somebody_elses_sessions_are_ended_by_who_may(client: Client) -> None:
    await client.sign_up("ada")
    ada, _ = await ada_signed_in(client)
    found = await client.app.services.members.find(OPERATOR, "ada@example.com")
    assert len(await client.app.services.members.sessions(OPERATOR, found.user.id)) == 2

    await client.app.services.members.end_sessions(OPERATOR, found.user.id)

    assert not await is_signed_in(ada)
    assert not await client.app.services.members.sessions(OPERATOR, found.user.id)
