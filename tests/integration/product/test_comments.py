"""The life of a comment, who likes a post, and a like that is switched."""

import asyncio
from typing import Any

from socialfeed.testing.client import Client
from tests.integration.product.test_members import BAN, moderator
from tests.integration.product.test_social import publish

COMMENT = """mutation ($p: ID!, $c: String!, $a: ID) {
  createComment(postId: $p, content: $c, parentId: $a) { comment { id } errors { code field } }
}"""
UPDATE = """mutation ($i: ID!, $c: String!) {
  updateComment(commentId: $i, content: $c) { success comment { content editedAt } errors { code field } }
}"""
DELETE = """mutation ($i: ID!) {
  deleteComment(commentId: $i) { success post { commentsCount } errors { code field } }
}"""
THREAD = """query ($p: ID!) {
  post(id: $p) { commentsCount }
  comments(postId: $p) {
    totalCount
    nodes { ...Line replies { nodes { ...Line replies { nodes { ...Line } } } } }
  }
}
fragment Line on Comment { content isDeleted author { username } repliesCount }"""
TOGGLE = "mutation ($p: ID!) { toggleLike(postId: $p) { success isLiked post { likesCount } } }"
LIKERS = """query ($p: ID!, $f: Int! = 10, $a: String) {
  likers(postId: $p, first: $f, after: $a) { nodes { username } pageInfo { hasNextPage endCursor } }
}"""
NO_COMMENT = [{"code": "COMMENT_NOT_FOUND", "field": "commentId"}]


async def comment(client: Client, post: str, content: str, answers: str | None = None) -> str:
    created = (await client.run(COMMENT, {"p": post, "c": content, "a": answers}))["createComment"]
    assert created["errors"] == [], created
    return str(created["comment"]["id"])


async def thread(client: Client, post: str) -> tuple[int, int, list[Any]]:
    """How many comments the post says it has, how many answer it, and lines of (words, author, answers)."""

    def lines(nodes: list[dict[str, Any]]) -> list[Any]:
        return [
            (
                "—" if node["isDeleted"] else node["content"],
                node["author"] and node["author"]["username"],
                lines(node.get("replies", {}).get("nodes", [])),
            )
            for node in nodes
        ]

    data = await client.run(THREAD, {"p": post})
    return data["post"]["commentsCount"], data["comments"]["totalCount"], lines(data["comments"]["nodes"])


async def delete(client: Client, comment_id: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.run(DELETE, {"i": comment_id}))["deleteComment"]
    return answer


class TestEditing:
    async def test_the_author_changes_a_comment_and_everybody_reads_the_change(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        post = await publish(ada, "post")
        mine = await comment(bob, post, "frist")

        changed = (await bob.run(UPDATE, {"i": mine, "c": " first "}))["updateComment"]

        assert changed["comment"]["content"] == "first"
        assert changed["comment"]["editedAt"] is not None
        assert await thread(ada, post) == (1, 1, [("first", "bob", [])])
        refused = (await bob.run(UPDATE, {"i": mine, "c": ""}))["updateComment"]
        assert refused["errors"] == [{"code": "TOO_SHORT", "field": "content"}]
        assert (await ada.graphql(UPDATE, {"i": mine, "c": "mine"})).codes == ["FORBIDDEN"]
        assert await thread(ada, post) == (1, 1, [("first", "bob", [])])


class TestDeleting:
    async def test_an_answered_comment_leaves_a_tombstone_until_nothing_answers_it(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        post = await publish(ada, "post")
        first = await comment(bob, post, "first")
        answer = await comment(ada, post, "answer", first)
        await comment(bob, post, "second")

        assert (await delete(bob, first))["post"] == {"commentsCount": 2}

        assert await thread(ada, post) == (2, 1, [("—", None, [("answer", "ada", [])]), ("second", "bob", [])])
        assert (await delete(bob, first))["errors"] == NO_COMMENT
        assert (await bob.run(UPDATE, {"i": first, "c": "back"}))["updateComment"]["errors"] == NO_COMMENT
        late = (await bob.run(COMMENT, {"p": post, "c": "late", "a": first}))["createComment"]
        assert late["errors"] == [{"code": "COMMENT_NOT_FOUND", "field": "parentId"}]

        await delete(ada, answer)

        assert await thread(ada, post) == (1, 1, [("second", "bob", [])])

    async def test_moderators_delete_what_others_wrote_and_strangers_do_not(self, client: Client) -> None:
        ada, bob, mia = await client.sign_up("ada"), await client.sign_up("bob"), await moderator(client)
        post = await publish(ada, "post")
        mine = await comment(bob, post, "mine")
        assert (await ada.graphql(DELETE, {"i": mine})).codes == ["FORBIDDEN"]
        assert (await delete(mia, mine))["success"]
        assert await thread(ada, post) == (0, 0, [])

    async def test_deleting_one_comment_many_times_at_once_counts_once(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        post = await publish(ada, "post")
        mine, _ = await comment(ada, post, "mine"), await comment(ada, post, "kept")
        results = await asyncio.gather(*(delete(ada, mine) for _ in range(10)))
        assert [result["success"] for result in results].count(True) == 1
        assert await thread(ada, post) == (1, 1, [("kept", "ada", [])])

    async def test_the_weight_of_a_deleted_comment_leaves_the_trend(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        post = await publish(ada, "post")
        await comment(ada, post, "the author's")
        mine = await comment(bob, post, "mine")
        await client.settle()
        trending = "{ trendingPosts { items { id } } }"
        assert (await client.run(trending))["trendingPosts"]["items"] == [{"id": post}]

        await delete(bob, mine)
        await client.settle()

        assert (await client.run(trending))["trendingPosts"]["items"] == []


LIKE = """mutation ($i: ID!) {
  likeComment(commentId: $i) { success comment { likesCount isLiked } errors { code field } }
}"""
UNLIKE = LIKE.replace("likeComment", "unlikeComment")
LIKED = "query ($p: ID!) { comments(postId: $p) { nodes { isDeleted likesCount isLiked } } }"


async def liked(client: Client, post: str) -> list[tuple[int, bool]]:
    """What the viewer is told of each comment that answers the post."""
    nodes = (await client.run(LIKED, {"p": post}))["comments"]["nodes"]
    return [(node["likesCount"], node["isLiked"]) for node in nodes]


class TestLikesOfComments:
    async def test_a_like_is_counted_once_and_shown_to_who_made_it(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        post = await publish(ada, "post")
        first, _ = await comment(bob, post, "first"), await comment(bob, post, "second")
        for _ in range(2):
            answer = (await ada.run(LIKE, {"i": first}))["likeComment"]
            assert answer == {"success": True, "comment": {"likesCount": 1, "isLiked": True}, "errors": []}
        assert (await bob.run(LIKE, {"i": first}))["likeComment"]["comment"]["likesCount"] == 2
        assert await liked(ada, post) == [(2, True), (0, False)]
        assert await liked(client, post) == [(2, False), (0, False)]
        for _ in range(2):
            answer = (await ada.run(UNLIKE, {"i": first}))["unlikeComment"]
            assert answer == {"success": True, "comment": {"likesCount": 1, "isLiked": False}, "errors": []}
        assert await liked(ada, post) == [(1, False), (0, False)]

    async def test_people_who_like_at_the_same_time_are_all_counted_and_once(self, client: Client) -> None:
        people = [await client.sign_up(name) for name in ("ada", "bob", "cyd")]
        post = await publish(people[0], "post")
        mine = await comment(people[0], post, "mine")
        await asyncio.gather(*(person.run(LIKE, {"i": mine}) for person in people for _ in range(5)))
        assert await liked(people[0], post) == [(3, True)]
        await asyncio.gather(*(people[0].run(UNLIKE, {"i": mine}) for _ in range(5)))
        assert await liked(people[0], post) == [(2, False)]

    async def test_a_tombstone_tells_of_no_likes_and_takes_none(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        post = await publish(ada, "post")
        first = await comment(bob, post, "first")
        await comment(ada, post, "answer", first)
        await ada.run(LIKE, {"i": first})
        await delete(bob, first)
        assert await liked(ada, post) == [(0, False)]
        for change in (LIKE, UNLIKE):
            (answer,) = (await ada.run(change, {"i": first})).values()
            assert answer == {"success": False, "comment": None, "errors": NO_COMMENT}

    async def test_a_like_of_a_comment_is_remembered_and_moves_no_post(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        post = await publish(ada, "post")
        mine = await comment(bob, post, "mine")
        await delete(bob, mine)
        mine = await comment(bob, post, "mine again")
        for _ in range(2):
            await ada.run(LIKE, {"i": mine})
            await ada.run(UNLIKE, {"i": mine})
        await client.settle()
        log = await ada.run("{ myActivity(first: 4) { nodes { action objectId } } }")
        assert [(node["action"], node["objectId"]) for node in log["myActivity"]["nodes"]] == [
            ("comment:unlike", mine),
            ("comment:like", mine),
        ] * 2
        assert (await ada.run("query ($i: ID!) { post(id: $i) { likesCount } }", {"i": post}))["post"] == {
            "likesCount": 0
        }


class TestLikes:
    async def test_a_like_is_switched_on_and_off(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        post = await publish(ada, "post")
        for number in (1, 0, 1):
            assert (await ada.run(TOGGLE, {"p": post}))["toggleLike"] == {
                "success": True,
                "isLiked": bool(number),
                "post": {"likesCount": number},
            }

    async def test_switching_at_the_same_time_counts_no_like_twice(self, client: Client) -> None:
        people = [await client.sign_up(name) for name in ("ada", "bob")]
        post = await publish(people[0], "post")
        await asyncio.gather(*(person.run(TOGGLE, {"p": post}) for person in people for _ in range(7)))
        read = "query ($i: ID!) { post(id: $i) { likesCount isLiked } }"
        liked = [(await person.run(read, {"i": post}))["post"] for person in people]
        assert {each["likesCount"] for each in liked} == {sum(each["isLiked"] for each in liked)}

    async def test_who_likes_a_post_is_shown_page_by_page_without_those_who_are_hidden(self, client: Client) -> None:
        mia = await moderator(client)
        people = [await client.sign_up(name) for name in ("ada", "bob", "cyd", "dot")]
        post = await publish(people[0], "post")
        for person in reversed(people):
            await person.run(TOGGLE, {"p": post})
        await mia.run(BAN, {"u": people[1].user_id})
        seen: list[str] = []
        after = None
        while True:
            page = (await client.run(LIKERS, {"p": post, "f": 1, "a": after}))["likers"]
            seen += [user["username"] for user in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert seen == ["ada", "cyd", "dot"]
        missing = str(int(post) - (1 << 22))
        assert (await client.graphql(LIKERS, {"p": missing})).codes == ["POST_NOT_FOUND"]
