"""The post at the top of a profile."""

import asyncio

from socialfeed.testing.client import Client
from tests.integration.product.test_members import BAN, moderator
from tests.integration.product.test_post_options import change
from tests.integration.product.test_posts import delete, restore
from tests.integration.product.test_social import follow, publish

PIN = "mutation ($p: ID!) { pinPost(postId: $p) { post { id isPinned } success errors { code field } } }"
UNPIN = "mutation { unpinPost { post { id isPinned } success errors { code } } }"
PINNED = "query ($u: ID!) { user(id: $u) { pinnedPost { content isPinned } } }"
NO_POST = [{"code": "POST_NOT_FOUND", "field": "postId"}]


async def pinned(reader: Client, author: Client) -> str | None:
    """What the reader sees at the top of the author's profile; it says so itself."""
    user = (await reader.run(PINNED, {"u": author.user_id}))["user"]
    post = user and user["pinnedPost"]
    assert post is None or post["isPinned"]
    return None if post is None else str(post["content"])


class TestPinning:
    async def test_a_user_pins_one_post_and_everybody_sees_it_at_once(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        first, second = await publish(ada, "first"), await publish(ada, "second")
        assert await pinned(bob, ada) is None

        assert (await ada.run(PIN, {"p": first}))["pinPost"]["post"] == {"id": first, "isPinned": True}
        assert await pinned(bob, ada) == "first"
        assert (await ada.run(PIN, {"p": second}))["pinPost"]["success"]
        assert await pinned(client, ada) == "second"
        page = await bob.run("query ($u: ID!) { postsByUser(userId: $u) { items { isPinned } } }", {"u": ada.user_id})
        assert [post["isPinned"] for post in page["postsByUser"]["items"]] == [True, False]

        assert (await ada.run(UNPIN))["unpinPost"]["post"] == {"id": second, "isPinned": False}
        assert await pinned(bob, ada) is None
        assert (await ada.run(UNPIN))["unpinPost"] == {"post": None, "success": True, "errors": []}

    async def test_of_pins_at_the_same_time_one_stands(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        posts = [await publish(ada, str(n)) for n in range(5)]
        await asyncio.gather(*(ada.run(PIN, {"p": post}) for post in posts * 2))
        page = await ada.run("query ($u: ID!) { postsByUser(userId: $u) { items { isPinned } } }", {"u": ada.user_id})
        assert [post["isPinned"] for post in page["postsByUser"]["items"]].count(True) == 1

    async def test_nobody_pins_what_is_somebody_elses_or_gone(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        post = await publish(ada, "first")
        assert (await bob.graphql(PIN, {"p": post})).codes == ["FORBIDDEN"]
        await delete(ada, post)
        for user in (ada, bob):
            assert (await user.run(PIN, {"p": post}))["pinPost"]["errors"] == NO_POST
        assert await pinned(ada, ada) is None
        assert await pinned(ada, bob) is None


class TestHidden:
    async def test_33_a_pinned_post_shows_to_those_only_who_may_see_it(self, client: Client) -> None:
        ada, fan, stranger = [await client.sign_up(name) for name in ("ada", "fan", "stranger")]
        await follow(fan, ada)
        post = await publish(ada, "first")
        await ada.run(PIN, {"p": post})

        async def seen() -> list[bool]:
            return [await pinned(reader, ada) is not None for reader in (ada, fan, stranger, client)]

        assert await seen() == [True, True, True, True]
        await change(ada, post, v="FOLLOWERS")
        assert await seen() == [True, True, False, False]
        await change(ada, post, v="MENTIONED")
        assert await seen() == [True, False, False, False]
        await change(ada, post, v="PUBLIC")
        await ada.run("mutation { updateProfile(isPrivate: true) { success } }")
        assert await seen() == [True, True, False, False]
        await delete(ada, post)
        assert await seen() == [False, False, False, False]
        await restore(ada, post)
        assert await seen() == [True, True, False, False]
        mia = await moderator(client)
        await mia.run(BAN, {"u": ada.user_id})
        assert await pinned(fan, ada) is None
        assert await pinned(stranger, ada) is None

    async def test_33_nobody_sees_the_pinned_post_of_whom_they_blocked_or_who_blocked_them(
        self, client: Client
    ) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        await ada.run(PIN, {"p": await publish(ada, "ada's")})
        await bob.run(PIN, {"p": await publish(bob, "bob's")})
        await ada.run("mutation ($u: ID!) { blockUser(userId: $u) { success } }", {"u": bob.user_id})
        assert await pinned(ada, bob) is None
        assert await pinned(bob, ada) is None
        assert await pinned(client, ada) == "ada's"
