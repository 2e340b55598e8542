"""Shares with words."""

import asyncio
from typing import Any

import pytest

from socialfeed.domain.ids import PostId, UserId
from socialfeed.testing.client import Client
from tests.integration.product.test_members import BAN, moderator
from tests.integration.product.test_post_options import change, write
from tests.integration.product.test_posts import delete, restore
from tests.integration.product.test_social import contents, follow, publish

SHARE = """mutation ($p: ID!, $c: String, $k: String) {
  sharePost(postId: $p, content: $c, idempotencyKey: $k) {
    share { id } quote { ...Line } post { id sharesCount } isShared success errors { code field }
  }
}
fragment Line on Post { id content isQuote sharesCount quoted { id content author { username } } tags }"""
READ = """query ($i: ID!) {
  post(id: $i) { id content isQuote sharesCount quoted { id content author { username } } tags }
}"""
UNSHARE = "mutation ($p: ID!) { unsharePost(postId: $p) { post { sharesCount } isShared } }"
PRIVATE = "mutation { updateProfile(isPrivate: true) { success } }"
EVERYWHERE = """query ($i: ID!, $u: ID!) {
  post(id: $i) { isQuote quoted { content } }
  postsByUser(userId: $u) { items { isQuote quoted { content } } }
}"""
FEED = "{ homeFeed { nodes { isQuote quoted { content } } } }"
NOT_SHAREABLE = [{"code": "NOT_SHAREABLE", "field": "postId"}]
NO_POST = [{"code": "POST_NOT_FOUND", "field": "postId"}]


async def share(client: Client, post: str, content: str | None = None, key: str | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.run(SHARE, {"p": post, "c": content, "k": key}))["sharePost"]
    return answer


async def quote(client: Client, post: str, content: str) -> str:
    return str((await share(client, post, content))["quote"]["id"])


async def read(client: Client, post: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = (await client.run(READ, {"i": post}))["post"]
    return found


async def shares(client: Client, post: str) -> int:
    """As everybody sees them, which must be what the rows say."""
    shown = await read(client, post)
    assert shown is not None
    stored = await client.app.storage.posts.counts([PostId(int(post))])
    assert shown["sharesCount"] == stored[PostId(int(post))].shares
    return int(shown["sharesCount"])


class TestQuoting:
    async def test_a_quote_is_a_post_of_its_own_and_counts_as_a_share(self, client: Client) -> None:
        ada, bob, cleo = [await client.sign_up(name) for name in ("ada", "bob", "cleo")]
        await follow(cleo, bob)
        post = await publish(ada, "first")

        made = await share(bob, post, " Look at #this ")

        await client.settle()
        line = {"id": post, "content": "first", "author": {"username": "ada"}}
        assert made["quote"] == {
            "id": made["quote"]["id"],
            "content": "Look at #this",
            "isQuote": True,
            "sharesCount": 0,
            "quoted": line,
            "tags": ["this"],
        }
        assert (made["share"], made["post"], made["isShared"]) == (None, {"id": post, "sharesCount": 1}, False)
        assert await read(cleo, made["quote"]["id"]) == made["quote"]
        assert await contents(cleo) == ["Look at #this"]
        original = await read(cleo, post)
        assert original is not None
        assert (original["isQuote"], original["quoted"], original["sharesCount"]) == (False, None, 1)

    async def test_quotes_and_shares_are_counted_together_and_taken_back_apart(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        post = await publish(ada, "first")
        first, second = await quote(bob, post, "one"), await quote(bob, post, "two")
        plain = await share(bob, post)
        assert (plain["quote"], plain["post"]["sharesCount"], plain["isShared"]) == (None, 3, True)

        await delete(bob, first)
        assert await shares(ada, post) == 2
        assert (await delete(bob, first))["errors"] == NO_POST
        assert await shares(ada, post) == 2
        unshared = (await bob.run(UNSHARE, {"p": post}))["unsharePost"]
        assert unshared == {"post": {"sharesCount": 1}, "isShared": False}
        assert (await restore(bob, first))["success"]
        assert await shares(ada, post) == 2
        assert (await delete(ada, post))["success"]
        shown = await read(ada, second)
        assert shown is not None
        assert (shown["content"], shown["isQuote"], shown["quoted"]) == ("two", True, None)
        await delete(bob, second)
        await restore(ada, post)
        assert await shares(ada, post) == 1

    async def test_quotes_deleted_and_restored_at_once_are_counted_exactly(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        post = await publish(ada, "first")
        mine = [await quote(ada, post, str(n)) for n in range(4)]
        await asyncio.gather(*(delete(ada, each) for each in mine * 2), *(quote(ada, post, "more") for _ in range(3)))
        assert await shares(ada, post) == 3
        await asyncio.gather(*((delete if n % 2 else restore)(ada, mine[0]) for n in range(12)))
        await restore(ada, mine[0])
        await client.settle()
        assert await shares(ada, post) == 4

    async def test_what_trends_by_a_quote_does_so_until_it_is_deleted(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        post = await publish(ada, "first")
        made = await quote(bob, post, "look")
        await client.settle()
        trending = "{ trendingPosts { items { id } } }"
        assert (await client.run(trending))["trendingPosts"]["items"] == [{"id": post}]
        await delete(bob, made)
        await client.settle()
        assert (await client.run(trending))["trendingPosts"]["items"] == []

    @pytest.mark.parametrize(("content", "code"), [("", "TOO_SHORT"), ("x" * 5_001, "TOO_LONG")])
    async def test_words_that_are_none_are_refused(self, client: Client, content: str, code: str) -> None:
        ada = await client.sign_up("ada")
        post = await publish(ada, "first")
        assert (await share(ada, post, content))["errors"] == [{"code": code, "field": "content"}]
        assert await shares(ada, post) == 0

    async def test_fault_10_a_quote_that_is_sent_again_is_made_once(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        post, other = await publish(ada, "first"), await publish(ada, "second")
        answers = await asyncio.gather(*(share(bob, post, "look", "key") for _ in range(50)))
        assert all(answer == answers[0] for answer in answers)
        assert await shares(ada, post) == 1
        assert (await share(bob, other, "look", "key"))["errors"][0]["code"] == "IDEMPOTENCY_KEY_REUSED"
        assert await shares(ada, other) == 0


class TestWhatIsNotForEverybody:
    @pytest.mark.parametrize("visibility", ["FOLLOWERS", "MENTIONED"])
    async def test_posts_for_some_are_shared_by_their_author_only(self, client: Client, visibility: str) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        await follow(bob, ada)
        post = (await write(ada, "Hello @bob", v=visibility))["post"]["id"]
        for content in (None, "look"):
            assert (await share(bob, post, content))["errors"] == NOT_SHAREABLE
            assert (await share(ada, post, content))["success"]
        assert await shares(ada, post) == 2

    async def test_posts_of_private_accounts_are_shared_by_their_author_only(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        await follow(bob, ada)
        post = await publish(ada, "first")
        assert (await share(bob, post))["success"]
        await ada.run(PRIVATE)
        for content in (None, "look"):
            assert (await share(bob, post, content))["errors"] == NOT_SHAREABLE
        assert (await share(ada, post, "mine"))["success"]
        # What was shared before can be taken back.
        assert (await bob.run(UNSHARE, {"p": post}))["unsharePost"]["isShared"] is False

    async def test_a_post_that_is_opened_can_be_shared_and_one_that_is_closed_no_more(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        await follow(bob, ada)
        post = (await write(ada, "first", v="FOLLOWERS"))["post"]["id"]
        await change(ada, post, v="UNLISTED")
        assert (await share(bob, post, "look"))["success"]
        await change(ada, post, v="FOLLOWERS")
        assert (await share(bob, post, "look again"))["errors"] == NOT_SHAREABLE


class TestHidden:
    async def test_33_a_quote_never_shows_what_its_reader_may_not_see(self, client: Client) -> None:
        ada, bob, fan, stranger = [await client.sign_up(name) for name in ("ada", "bob", "fan", "stranger")]
        for reader in (fan, stranger):
            await follow(reader, bob)
        await follow(fan, ada)
        await follow(bob, ada)
        post = await publish(ada, "secret")
        made = await quote(bob, post, "look")
        await client.settle()

        async def seen_by(*readers: Client) -> list[bool]:
            """Whether they see what is quoted: the post alone, on its author's page and in a feed must agree."""
            answers = []
            for reader in readers:
                data = await reader.run(EVERYWHERE, {"i": made, "u": bob.user_id})
                shown = [data["post"], *data["postsByUser"]["items"]]
                if reader in (fan, stranger):
                    shown += (await reader.run(FEED))["homeFeed"]["nodes"]
                seen = {each["quoted"] is not None for each in shown if each["isQuote"]}
                answers.append(seen.pop())
                assert not seen
            return answers

        assert await seen_by(ada, fan, stranger, client) == [True, True, True, True]
        await ada.run(PRIVATE)
        assert await seen_by(ada, fan, stranger, client) == [True, True, False, False]
        mia = await moderator(client)
        await mia.run(BAN, {"u": ada.user_id})
        assert await seen_by(bob, fan, stranger, client) == [False, False, False, False]

    async def test_33_a_hidden_post_cannot_be_quoted(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        post = await publish(ada, "first")
        await ada.run(PRIVATE)
        for content in (None, "look"):
            assert (await share(bob, post, content))["errors"] == NO_POST
        counts = await client.app.storage.posts.counts([PostId(int(post))])
        assert counts[PostId(int(post))].shares == 0
        assert bob.user_id is not None
        profiles = await client.app.storage.users.profile_counts([UserId(int(bob.user_id))])
        assert profiles[UserId(int(bob.user_id))].posts == 0
