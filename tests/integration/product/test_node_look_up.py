"""Anything by its id alone, as Relay's specification of GraphQL servers has it. Numbers in names are those of the
security statements in the contract.
"""

from typing import Any

import pytest

from socialfeed.domain.ids import MAX_ID, Kind, compose
from socialfeed.testing.client import Answer, Client
from tests.integration.product.test_comments import DELETE as DELETE_COMMENT
from tests.integration.product.test_comments import comment
from tests.integration.product.test_drafts import CREATE as CREATE_DRAFT
from tests.integration.product.test_lists import make as make_list
from tests.integration.product.test_media import delete as delete_media
from tests.integration.product.test_media import upload
from tests.integration.product.test_moderated_threads import BLOCK, hide
from tests.integration.product.test_social import publish
from tests.uploads import picture

NODE = """query ($i: ID!) {
  node(id: $i) {
    __typename id
    ... on User { username }
    ... on Post { content }
    ... on Comment { content isDeleted }
    ... on Media { altText }
    ... on Draft { content }
    ... on Session { isCurrent }
    ... on List { name }
  }
}"""
NODES = "query ($i: [ID!]!) { nodes(ids: $i) { __typename id } }"
MUTE_WORD = "mutation ($w: String!) { muteWord(phrase: $w) { success } }"
DELETE_POST = "mutation ($p: ID!) { deletePost(postId: $p) { success } }"


async def node(client: Client, wanted: str) -> Any:
    return (await client.run(NODE, {"i": wanted}))["node"]


async def nodes(client: Client, *wanted: str) -> list[str | None]:
    """What the answer says that each of these is."""
    found = (await client.run(NODES, {"i": wanted}))["nodes"]
    assert [each["id"] for each in found if each] == [i for i, each in zip(wanted, found, strict=True) if each]
    return [each and each["__typename"] for each in found]


async def draft(client: Client) -> str:
    return str((await client.run(CREATE_DRAFT, {"c": "unfinished"}))["createDraft"]["draft"]["id"])


async def session(client: Client) -> str:
    return str((await client.run("{ sessions { id } }"))["sessions"][0]["id"])


class TestOne:
    async def test_whatever_it_is_it_is_found_again_by_its_id(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        post = await publish(ada, "post")
        said: dict[str, dict[str, Any]] = {
            await comment(ada, post, "words"): {"__typename": "Comment", "content": "words", "isDeleted": False},
            post: {"__typename": "Post", "content": "post"},
            str(ada.user_id): {"__typename": "User", "username": "ada"},
            await upload(ada, picture(), "a fox"): {"__typename": "Media", "altText": "a fox"},
            await draft(ada): {"__typename": "Draft", "content": "unfinished"},
            await session(ada): {"__typename": "Session", "isCurrent": True},
            await make_list(ada, "Friends"): {"__typename": "List", "name": "Friends"},
        }
        for wanted, expected in said.items():
            assert await node(ada, wanted) == {"id": wanted, **expected}
            assert await node(ada, wanted) == await node(ada, wanted)
        assert await nodes(ada, *said) == [expected["__typename"] for expected in said.values()]

    async def test_what_is_of_nobody_else_is_there_for_nobody_else(self, client: Client) -> None:
        ada, bob = [await client.sign_up(name) for name in ("ada", "bob")]
        own = [await draft(ada), await session(ada), await make_list(ada), await upload(ada, picture())]
        assert None not in await nodes(ada, *own)
        for stranger in (bob, client):
            assert await nodes(stranger, *own) == [None] * 4

    async def test_a_fragment_of_another_type_asks_for_nothing(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        asked = (
            "query ($i: ID!) { node(id: $i) { ... on Post { content } ...A } } fragment A on User { name: username }"
        )
        assert await client.run(asked, {"i": ada.user_id}) == {"node": {"name": "ada"}}
        asked = "query ($i: ID!) { node(id: $i) { ... on Node { id } ... on Media { url } } }"
        assert await client.run(asked, {"i": ada.user_id}) == {"node": {"id": ada.user_id}}


class TestMany:
    async def test_they_come_in_order_and_null_is_what_is_not_there(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        first, second = [await publish(ada, content) for content in ("one", "two")]
        never = str(int(first) - (1 << 22))
        wanted = [second, never, str(ada.user_id), first, second, "no id"]
        assert await nodes(client, *wanted) == ["Post", None, "User", "Post", "Post", None]
        assert await nodes(client) == []

    async def test_a_hundred_at_a_time_and_no_more(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        hundred = [str(ada.user_id)] * 100
        assert await nodes(client, *hundred) == ["User"] * 100
        answer = await client.graphql(NODES, {"i": [*hundred, *hundred]})
        assert (answer.codes, answer.errors[0]["extensions"]["field"]) == (["TOO_MANY_IDS"], "ids")


class TestHidden:
    """Security statement 33: a look-up by id shows nothing that feeds and threads do not."""

    async def test_33_posts_and_all_under_them_are_gone_with_their_authors(self, client: Client) -> None:
        ada, bob = [await client.sign_up(name) for name in ("ada", "bob")]
        post = await publish(ada, "post")
        theirs, mine = await comment(ada, post, "hers"), await comment(bob, post, "his")
        wanted = [str(ada.user_id), post, theirs, mine]
        assert await nodes(bob, *wanted) == ["User", "Post", "Comment", "Comment"]

        await ada.run(BLOCK, {"u": bob.user_id})

        assert await nodes(bob, *wanted) == [None, None, None, None]
        assert await nodes(ada, *wanted) == ["User", "Post", "Comment", None]
        assert await nodes(client, *wanted) == ["User", "Post", "Comment", "Comment"]

    async def test_33_what_is_for_followers_and_what_is_deleted_is_null(self, client: Client) -> None:
        ada, bob = [await client.sign_up(name) for name in ("ada", "bob")]
        deleted, private = await publish(ada, "deleted"), await publish(ada, "private")
        under = [await comment(ada, post, "words") for post in (deleted, private)]
        shown = await upload(ada, picture())
        await ada.run(DELETE_POST, {"p": deleted})
        assert await nodes(bob, deleted, under[0], private, under[1]) == [None, None, "Post", "Comment"]
        await ada.run("mutation { updateProfile(isPrivate: true) { success } }")
        assert await nodes(bob, private, under[1], str(ada.user_id)) == [None, None, "User"]
        await ada.run(DELETE_COMMENT, {"i": under[1]})
        assert await delete_media(ada, shown) == []
        assert await nodes(ada, under[1], shown, private) == [None, None, "Post"]

    async def test_33_below_a_hidden_comment_nothing_is_found(self, client: Client) -> None:
        ada, bob, cyd = [await client.sign_up(name) for name in ("ada", "bob", "cyd")]
        post = await publish(ada, "post")
        rude = await comment(bob, post, "rude")
        answer = await comment(cyd, post, "answer", rude)
        deep, kind = await comment(ada, post, "deep", answer), await comment(cyd, post, "kind")
        await hide(ada, rude)
        for viewer in (cyd, client):
            assert await nodes(viewer, rude, answer, deep, kind) == [None, None, None, "Comment"]
        for viewer in (ada, bob):
            assert await nodes(viewer, rude, answer, deep, kind) == ["Comment"] * 4

    async def test_what_is_muted_is_marked_as_where_one_looks_for_it(self, client: Client) -> None:
        ada, bob = [await client.sign_up(name) for name in ("ada", "bob")]
        post = await publish(ada, "spoiler")
        words = await comment(ada, post, "spoiler")
        await bob.run(MUTE_WORD, {"w": "spoiler"})
        asked = "query ($i: [ID!]!) { nodes(ids: $i) { ... on Post { limited } ... on Comment { limited } } }"
        assert (await bob.run(asked, {"i": [post, words]}))["nodes"] == [{"limited": "MUTED_WORD"}] * 2

    async def test_an_answered_comment_that_was_deleted_holds_its_place(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        post = await publish(ada, "post")
        first = await comment(ada, post, "first")
        await comment(ada, post, "second", first)
        await ada.run(DELETE_COMMENT, {"i": first})
        assert await node(client, first) == {"__typename": "Comment", "id": first, "content": "", "isDeleted": True}


NO_NODES = [kind for kind in Kind if kind.name not in ["USER", "POST", "COMMENT", "MEDIA", "DRAFT", "SESSION", "LIST"]]


async def test_what_no_type_has_for_an_id_is_null_and_nothing_is_read(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await client.sign_up("ada")

    async def read(*_: object, **__: object) -> Answer:
        raise AssertionError("read")

    objects = client.app.services.objects
    monkeypatch.setattr(objects, "_reads", dict.fromkeys(objects._reads, read))
    strange = ["", "x", "-1", "1.5", "007", "0", str(MAX_ID), str(MAX_ID + 1), "9" * 400, "UG9zdDox", "\u0661"]
    strange += [str(compose(1_760_000_000_000, kind, 0, 0)) for kind in NO_NODES]
    for viewer in (client, ada):
        assert await nodes(viewer, *strange) == [None] * len(strange)
