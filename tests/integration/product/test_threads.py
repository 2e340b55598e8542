"""Reading a thread: in which order, how deep, and from where on."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from socialfeed.domain.comment import LEVELS_SHOWN
from socialfeed.testing.client import Client, open_client
from tests.integration.product.conftest import BACKENDS, backend
from tests.integration.product.test_comments import LIKE, comment
from tests.integration.product.test_social import publish

PAGE = """query ($p: ID!, $i: ID, $f: Int! = 2, $a: String, $s: CommentSort! = OLDEST) {
  comments(postId: $p, parentId: $i, first: $f, after: $a, sort: $s) {
    totalCount edges { cursor node { content } } pageInfo { hasNextPage endCursor }
  }
}"""
REPLIES = """query ($p: ID!, $a: String, $s: CommentSort!) {
  comments(postId: $p) { nodes { replies(first: 2, after: $a, sort: $s) {
    nodes { content } pageInfo { hasNextPage endCursor }
  } } }
}"""
SORTS = ("OLDEST", "NEWEST", "TOP", "HOT")


async def walked(client: Client, post: str, sort: str) -> list[str]:
    """What answers the post, page by page, as the words say."""
    found: list[str] = []
    after = None
    while True:
        page = (await client.run(PAGE, {"p": post, "s": sort, "a": after}))["comments"]
        found += [edge["node"]["content"] for edge in page["edges"]]
        assert page["totalCount"] == 5
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found


class TestSorting:
    async def test_comments_are_walked_in_each_order(self, client: Client) -> None:
        people = [await client.sign_up(name) for name in ("ada", "bob", "cyd")]
        post = await publish(people[0], "post")
        ids = [await comment(people[0], post, word) for word in ("a", "b", "c", "d", "e")]
        for number, likes in ((1, 2), (3, 3), (4, 2)):
            for person in people[:likes]:
                await person.run(LIKE, {"i": ids[number]})
        assert {sort: "".join(await walked(client, post, sort)) for sort in SORTS} == {
            "OLDEST": "abcde",
            "NEWEST": "edcba",
            "TOP": "debca",
            # So close together in time, likes alone tell them apart.
            "HOT": "debca",
        }

    async def test_replies_are_sorted_and_paged_as_comments_are(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        post = await publish(ada, "post")
        first = await comment(ada, post, "first")
        ids = [await comment(ada, post, word, first) for word in ("a", "b", "c")]
        await ada.run(LIKE, {"i": ids[1]})
        for sort, expected in (("OLDEST", "abc"), ("NEWEST", "cba"), ("TOP", "bca"), ("HOT", "bca")):
            seen, after = "", None
            for _ in range(2):
                (node,) = (await ada.run(REPLIES, {"p": post, "s": sort, "a": after}))["comments"]["nodes"]
                seen += "".join(reply["content"] for reply in node["replies"]["nodes"])
                after = node["replies"]["pageInfo"]["endCursor"]
            assert seen == expected
            assert node["replies"]["pageInfo"]["hasNextPage"] is False

    @pytest.mark.parametrize("sort", SORTS)
    async def test_a_cursor_of_another_order_is_refused(self, client: Client, sort: str) -> None:
        ada = await client.sign_up("ada")
        post = await publish(ada, "post")
        await comment(ada, post, "first")
        page = (await client.run(PAGE, {"p": post, "s": sort}))["comments"]
        for other in SORTS:
            answer = await client.graphql(PAGE, {"p": post, "s": other, "a": page["edges"][0]["cursor"]})
            assert answer.codes == ([] if other == sort else ["INVALID_CURSOR"])

    @pytest.mark.parametrize("cursor", ["", "x", "aTE", "b2xkZXN0OjA6MA", "b2xkZXN0Oi0yOjE", "b2xkZXN0OjA6MTow", "é"])
    async def test_what_is_no_cursor_of_a_thread_is_refused(self, client: Client, cursor: str) -> None:
        """Words, a cursor of another list, an id of 0, a score of -2, a part too many, and no base64 at all."""
        ada = await client.sign_up("ada")
        post = await publish(ada, "post")
        assert (await client.graphql(PAGE, {"p": post, "a": cursor})).codes == ["INVALID_CURSOR"]


def nested(levels: int) -> str:
    selection = "nodes { id content repliesCount }"
    for _ in range(levels - 1):
        selection = f"nodes {{ id content repliesCount replies(first: 1) {{ {selection} }} }}"
    return f"query ($p: ID!, $i: ID) {{ comments(postId: $p, parentId: $i) {{ {selection} }} }}"


def lines(page: dict[str, Any]) -> list[dict[str, Any]]:
    """The one comment of each level, down to where nothing is shown any more."""
    found = []
    while page and page["nodes"]:
        (node,) = page["nodes"]
        found.append(node)
        page = node.get("replies", {})
    return found


class TestDepth:
    @pytest.fixture(params=BACKENDS)
    async def client(self, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Client]:
        """One that may ask for everything at once."""
        settings = await backend(request.param, request, tmp_path)
        async with open_client(data_dir=tmp_path, graphql_max_depth=200, graphql_max_cost=10**60, **settings) as client:
            yield client

    async def test_thirty_two_levels_are_shown_and_the_next_are_read_from_there(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        post = await publish(ada, "post")
        above = None
        for level in range(LEVELS_SHOWN + 3):
            above = await comment(ada, post, str(level), above)
        deeper = nested(LEVELS_SHOWN + 1)

        shown = lines((await client.run(deeper, {"p": post}))["comments"])

        assert [node["content"] for node in shown] == [str(level) for level in range(32)]
        assert shown[-1]["repliesCount"] == 1
        rest = lines((await client.run(deeper, {"p": post, "i": shown[-1]["id"]}))["comments"])
        assert [node["content"] for node in rest] == ["32", "33", "34"]

    async def test_a_page_goes_on_below_a_comment_of_that_post_only(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        post, other = await publish(ada, "post"), await publish(ada, "other")
        first = await comment(ada, post, "first")
        await comment(ada, post, "answer", first)
        page = (await client.run(PAGE, {"p": post, "i": first}))["comments"]
        assert [edge["node"]["content"] for edge in page["edges"]] == ["answer"]
        assert page["totalCount"] == 1
        missing = str(int(first) - (1 << 22))
        for below, parent in ((other, first), (post, missing)):
            assert (await client.graphql(PAGE, {"p": below, "i": parent})).codes == ["COMMENT_NOT_FOUND"]
        assert (await client.graphql(PAGE, {"p": post, "i": post})).codes == ["INVALID_ID"]
