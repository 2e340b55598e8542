"""What an author says about a post: its audience, its warning, its language, who may answer; and whom it names."""

from typing import Any

import pytest

from socialfeed.testing.client import Client
from tests.integration.product.test_members import BAN, moderator
from tests.integration.product.test_posts import update
from tests.integration.product.test_social import follow

SAID = """
fragment Said on Post {
  id visibility sensitive contentWarning language replyPolicy tags mentions { username } editedAt
}"""
CREATE = """mutation (
  $c: String!, $v: Visibility! = PUBLIC, $s: Boolean! = false, $w: String, $l: String, $r: ReplyPolicy! = EVERYONE
) {
  createPost(content: $c, visibility: $v, sensitive: $s, contentWarning: $w, language: $l, replyPolicy: $r) {
    post { ...Said } success errors { code field }
  }
}"""
CHANGE = """mutation (
  $i: ID!, $c: String, $v: Visibility, $s: Boolean, $w: String, $l: String, $r: ReplyPolicy
) {
  updatePost(
    postId: $i, content: $c, visibility: $v, sensitive: $s, contentWarning: $w, language: $l, replyPolicy: $r
  ) {
    post { ...Said edits { content contentWarning } } success errors { code field }
  }
}"""
MENTIONS = "query ($i: ID!) { post(id: $i) { tags mentions { username } } }"
REPLY = """mutation ($p: ID!, $a: ID) {
  createComment(postId: $p, content: "hm", parentId: $a) { comment { id } errors { code field } }
}"""
RESTRICTED = [{"code": "REPLIES_RESTRICTED", "field": "postId"}]


async def write(client: Client, content: str, **options: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.run(CREATE + SAID, {"c": content, **options}))["createPost"]
    return answer


async def change(client: Client, post: str, **changes: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.run(CHANGE + SAID, {"i": post, **changes}))["updatePost"]
    return answer


async def named(client: Client, post: str) -> tuple[list[str], list[str]]:
    """Tags and mentions, as the viewer sees them."""
    found = (await client.run(MENTIONS, {"i": post}))["post"]
    return found["tags"], [user["username"] for user in found["mentions"]]


async def reply(client: Client, post: str, to: str | None = None) -> list[dict[str, str]]:
    """What speaks against it."""
    answered = (await client.run(REPLY, {"p": post, "a": to}))["createComment"]
    errors: list[dict[str, str]] = answered["errors"]
    assert (answered["comment"] is None) == bool(errors)
    return errors


async def can_reply(client: Client, post: str) -> bool:
    return bool((await client.run("query ($i: ID!) { post(id: $i) { canReply } }", {"i": post}))["post"]["canReply"])


class TestOptions:
    async def test_a_post_keeps_what_its_author_says_about_it(self, client: Client) -> None:
        ada = await client.sign_up("ada")

        plain = (await write(ada, "plain"))["post"]
        full = (await write(ada, "full", v="UNLISTED", w=" Spiders ", l="de-AT", r="MENTIONED"))["post"]

        assert {**plain, "id": ""} == {
            "id": "",
            "visibility": "PUBLIC",
            "sensitive": False,
            "contentWarning": None,
            "language": None,
            "replyPolicy": "EVERYONE",
            "tags": [],
            "mentions": [],
            "editedAt": None,
        }
        assert {**full, "id": ""} == {
            **plain,
            "id": "",
            "visibility": "UNLISTED",
            "sensitive": True,
            "contentWarning": "Spiders",
            "language": "de-AT",
            "replyPolicy": "MENTIONED",
        }

    @pytest.mark.parametrize(
        ("options", "code", "field"),
        [
            ({"w": "x" * 201}, "TOO_LONG", "contentWarning"),
            ({"w": "a\0b"}, "INVALID_CHARACTER", "contentWarning"),
            ({"l": "klingon"}, "INVALID_LOCALE", "language"),
        ],
    )
    async def test_what_makes_no_sense_is_refused(
        self, client: Client, options: dict[str, str], code: str, field: str
    ) -> None:
        ada = await client.sign_up("ada")
        post = (await write(ada, "fine"))["post"]["id"]
        refused = [{"code": code, "field": field}]
        assert (await write(ada, "not fine", **options))["errors"] == refused
        assert (await change(ada, post, **options))["errors"] == refused
        page = await ada.run("query ($u: ID!) { postsByUser(userId: $u) { totalItems } }", {"u": ada.user_id})
        assert page["postsByUser"]["totalItems"] == 1

    async def test_the_history_keeps_warnings_but_not_whom_a_post_was_for(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        post = (await write(ada, "first", w="Spiders"))["post"]["id"]

        quiet = (await change(ada, post, v="FOLLOWERS", r="NOBODY", l="en"))["post"]
        warned = (await change(ada, post, w="Snakes"))["post"]
        bare = (await change(ada, post, w="", s=False))["post"]

        assert (quiet["editedAt"], quiet["edits"]) == (None, [])
        assert (quiet["visibility"], quiet["replyPolicy"], quiet["language"]) == ("FOLLOWERS", "NOBODY", "en")
        assert warned["edits"] == [{"content": "first", "contentWarning": "Spiders"}]
        assert (bare["contentWarning"], bare["sensitive"]) == (None, False)
        assert [edit["contentWarning"] for edit in bare["edits"]] == ["Spiders", "Snakes"]
        assert (await change(ada, post, v="PUBLIC"))["post"]["visibility"] == "PUBLIC"


class TestNames:
    async def test_tags_and_mentions_are_found_in_the_text(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("Bob")

        post = (await write(ada, "Ask @bob, @ada, @nobody and @BOB about #Café #cafe\u0301 and #日本語"))["post"]

        assert post["tags"] == ["café", "日本語"]
        assert [user["username"] for user in post["mentions"]] == ["Bob", "ada"]
        assert await named(bob, post["id"]) == (["café", "日本語"], ["Bob", "ada"])

    async def test_an_edit_finds_them_again(self, client: Client) -> None:
        ada, _ = await client.sign_up("ada"), await client.sign_up("bob")
        post = (await write(ada, "#one @bob"))["post"]["id"]
        await update(ada, post, content="#two @ada #one")
        assert await named(client, post) == (["two", "one"], ["ada"])
        await update(ada, post, content="nobody, nothing")
        assert await named(client, post) == ([], [])

    async def test_accounts_that_are_not_there_are_not_mentioned(self, client: Client) -> None:
        ada, mia = await client.sign_up("ada"), await moderator(client)
        gone = await client.sign_up("gone")
        before = (await write(ada, "Hello @gone"))["post"]["id"]
        await client.run(
            'mutation { registerUser(username: "pending", email: "p@example.com", password: "a fine password")'
            " { success } }"
        )
        await mia.run(BAN, {"u": gone.user_id})

        after = (await write(ada, "Hello @gone and @pending"))["post"]["id"]

        assert await named(client, before) == ([], [])
        assert await named(client, after) == ([], [])

    async def test_a_name_stays_who_it_meant(self, client: Client) -> None:
        """Names in a text that was written before an account had one mean nobody."""
        ada = await client.sign_up("ada")
        post = (await write(ada, "Hello @bob"))["post"]["id"]
        await client.sign_up("bob")
        assert await named(client, post) == ([], [])
        assert (await change(ada, post, l="en"))["post"]["mentions"] == []


class TestReplies:
    async def test_who_may_reply_is_the_authors_choice(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        friend, named_one, stranger = [await client.sign_up(name) for name in ("friend", "named", "stranger")]
        await follow(ada, friend)
        welcome = {
            "EVERYONE": [friend, named_one, stranger],
            "FOLLOWED": [friend, named_one],
            "MENTIONED": [named_one],
            "NOBODY": [],
        }
        for policy, let_in in welcome.items():
            post = (await write(ada, "Hello @named", r=policy))["post"]["id"]
            for reader in (friend, named_one, stranger):
                assert await can_reply(reader, post) is (reader in let_in), policy
                assert await reply(reader, post) == ([] if reader in let_in else RESTRICTED), policy
            assert await can_reply(ada, post)
            assert await reply(ada, post) == []
            assert not await can_reply(client, post)

    async def test_following_the_author_opens_nothing(self, client: Client) -> None:
        ada, fan = await client.sign_up("ada"), await client.sign_up("fan")
        await follow(fan, ada)
        post = (await write(ada, "Hello", r="FOLLOWED"))["post"]["id"]
        assert await reply(fan, post) == RESTRICTED

    async def test_a_policy_that_changes_holds_for_the_next_reply_and_for_replies_to_replies(
        self, client: Client
    ) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        post = (await write(ada, "Hello"))["post"]["id"]
        comment = (await bob.run(REPLY, {"p": post, "a": None}))["createComment"]["comment"]["id"]
        await change(ada, post, r="NOBODY")
        assert await reply(bob, post) == RESTRICTED
        assert await reply(bob, post, comment) == RESTRICTED
        assert await reply(ada, post, comment) == []
        counted = await bob.run("query ($i: ID!) { post(id: $i) { commentsCount } }", {"i": post})
        assert counted["post"]["commentsCount"] == 2


class TestAudience:
    async def test_33_a_post_is_seen_by_those_it_is_for_and_by_nobody_else(self, client: Client) -> None:
        ada, fan, named_one, stranger = [await client.sign_up(name) for name in ("ada", "fan", "named", "stranger")]
        for reader in (fan, named_one):
            await follow(reader, ada)
        await stranger.run("mutation ($u: ID!) { followUser(userId: $u) { success } }", {"u": fan.user_id})
        audience = {
            "PUBLIC": (ada, fan, named_one, stranger, client),
            "UNLISTED": (ada, fan, named_one, stranger, client),
            "FOLLOWERS": (ada, fan, named_one),
            "MENTIONED": (ada, named_one),
        }
        post = (await write(ada, "Hello @named"))["post"]["id"]
        for visibility, readers in (*audience.items(), *reversed(audience.items())):
            await change(ada, post, v=visibility)
            await client.settle()
            for reader in (ada, fan, named_one, stranger, client):
                assert await sees(reader, post, ada) is (reader in readers), visibility

    async def test_33_who_may_not_see_a_post_can_do_nothing_to_it(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        post = (await write(ada, "secret", v="FOLLOWERS"))["post"]["id"]
        fields = "success errors { code field }"
        for verb in (
            "likePost(postId: $p)",
            "sharePost(postId: $p)",
            'sharePost(postId: $p, content: "look")',
            "bookmarkPost(postId: $p)",
            "pinPost(postId: $p)",
            'updatePost(postId: $p, content: "mine")',
            "deletePost(postId: $p)",
        ):
            answer = await bob.run(f"mutation ($p: ID!) {{ done: {verb} {{ {fields} }} }}", {"p": post})
            assert answer["done"]["errors"] == [{"code": "POST_NOT_FOUND", "field": "postId"}], verb
        assert await reply(bob, post) == [{"code": "POST_NOT_FOUND", "field": "postId"}]
        await follow(bob, ada)
        assert await reply(bob, post) == []

    async def test_a_mention_opens_a_post_to_whom_it_names_and_an_edit_closes_it(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        post = (await write(ada, "Hello @bob", v="MENTIONED"))["post"]["id"]
        assert await sees(bob, post, ada)
        await change(ada, post, c="Hello nobody")
        assert not await sees(bob, post, ada)
        await change(ada, post, c="Hello again, @bob")
        assert await sees(bob, post, ada)


async def sees(reader: Client, post: str, author: Client) -> bool:
    """The post alone. Its author's page, where what is for the mentioned does not stand, shows no more than that."""
    data = await reader.run(
        "query ($i: ID!, $u: ID!) { post(id: $i) { id } postsByUser(userId: $u) { items { id } } }",
        {"i": post, "u": author.user_id},
    )
    alone = data["post"] is not None
    assert {item["id"] for item in data["postsByUser"]["items"]} <= ({post} if alone else set())
    return alone
