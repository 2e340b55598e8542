"""Comments that are hidden, threads that are locked, and what is counted. Numbers in names are those of the security
statements in the contract.
"""

import asyncio
from typing import Any

import pytest

from socialfeed.domain.comment import Comment
from socialfeed.domain.ids import UserId, parse_comment_id, parse_post_id
from socialfeed.testing.client import Client
from tests.integration.product.test_comments import COMMENT, DELETE, LIKE, NO_COMMENT, UNLIKE, UPDATE, comment, delete
from tests.integration.product.test_members import BAN, moderator
from tests.integration.product.test_social import publish

HIDE = """mutation ($i: ID!) {
  hideComment(commentId: $i) { success comment { isHidden } errors { code field } }
}"""
UNHIDE = HIDE.replace("hideComment", "unhideComment")
LOCK = "mutation ($i: ID!) { lockThread(postId: $i) { success post { isLocked } errors { code field } } }"
UNLOCK = LOCK.replace("lockThread", "unlockThread")
BLOCK = "mutation ($u: ID!) { blockUser(userId: $u) { success errors { code } } }"
THREAD = """query ($p: ID!, $s: CommentSort! = OLDEST) {
  comments(postId: $p, sort: $s) {
    totalCount nodes { content isHidden repliesCount replies(sort: $s) { totalCount nodes { content } } }
  }
}"""
BELOW = "query ($p: ID!, $i: ID!) { comments(postId: $p, parentId: $i) { totalCount nodes { content } } }"
UPDATE_POST = "mutation ($i: ID!, $c: String!) { updatePost(postId: $i, content: $c) { errors { code } } }"


async def hide(client: Client, comment_id: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.run(HIDE, {"i": comment_id}))["hideComment"]
    return answer


async def seen(client: Client, post: str, sort: str = "OLDEST") -> tuple[int, list[tuple[str, int, list[str]]]]:
    """How many comments the answer says there are, and of each its words, how many answer it, and theirs."""
    page = (await client.run(THREAD, {"p": post, "s": sort}))["comments"]
    for node in page["nodes"]:
        assert node["repliesCount"] == node["replies"]["totalCount"]
    return page["totalCount"], [
        (node["content"], node["repliesCount"], [reply["content"] for reply in node["replies"]["nodes"]])
        for node in page["nodes"]
    ]


async def commented(client: Client, post: str, answers: str | None = None) -> list[dict[str, Any]]:
    """The errors of a try to comment."""
    answer = (await client.run(COMMENT, {"p": post, "c": "more", "a": answers}))["createComment"]
    errors: list[dict[str, Any]] = answer["errors"]
    return errors


class TestHiding:
    async def test_33_what_is_hidden_is_there_for_its_author_the_posts_and_moderators_alone(
        self, client: Client
    ) -> None:
        ada, bob, cyd = [await client.sign_up(name) for name in ("ada", "bob", "cyd")]
        mia = await moderator(client)
        post = await publish(ada, "post")
        rude = await comment(bob, post, "rude")
        answer = await comment(cyd, post, "answer", rude)
        deep = await comment(ada, post, "deep", answer)
        await comment(cyd, post, "kind")

        assert await hide(ada, rude) == {"success": True, "comment": {"isHidden": True}, "errors": []}

        everything = (2, [("rude", 1, ["answer"]), ("kind", 0, [])])
        for viewer in (ada, bob, mia):
            assert await seen(viewer, post) == everything
            assert (await viewer.run(BELOW, {"p": post, "i": rude}))["comments"]["totalCount"] == 1
            assert (await viewer.run(BELOW, {"p": post, "i": answer}))["comments"]["totalCount"] == 1
        for viewer in (cyd, client):
            for sort in ("OLDEST", "NEWEST", "TOP", "HOT"):
                assert await seen(viewer, post, sort) == (1, [("kind", 0, [])])
            for below in (rude, answer, deep):
                assert (await viewer.graphql(BELOW, {"p": post, "i": below})).codes == ["COMMENT_NOT_FOUND"]
        nodes = (await bob.run(THREAD, {"p": post}))["comments"]["nodes"]
        assert [node["isHidden"] for node in nodes] == [True, False]

        (shown,) = (await ada.run(UNHIDE, {"i": rude})).values()

        assert shown == {"success": True, "comment": {"isHidden": False}, "errors": []}
        assert await seen(client, post) == everything

    async def test_33_nothing_is_done_to_what_is_hidden_by_those_who_do_not_see_it(self, client: Client) -> None:
        """Not even by who wrote an answer below it, and in the same words as where nothing was ever written."""
        ada, bob, cyd = [await client.sign_up(name) for name in ("ada", "bob", "cyd")]
        post = await publish(ada, "post")
        rude = await comment(bob, post, "rude")
        answer = await comment(cyd, post, "answer", rude)
        await hide(ada, rude)
        missing = str(int(rude) - (1 << 22))
        for wanted in (rude, answer, missing):
            for change in (LIKE, UNLIKE, UPDATE, DELETE, HIDE, UNHIDE):
                values = {"i": wanted, "c": "changed"} if change == UPDATE else {"i": wanted}
                (refused,) = (await cyd.run(change, values)).values()
                assert refused["errors"] == NO_COMMENT
            assert await commented(cyd, post, wanted) == [{"code": "COMMENT_NOT_FOUND", "field": "parentId"}]
        assert await commented(bob, post, answer) == []

    async def test_comments_are_hidden_by_the_posts_author_and_moderators_alone(self, client: Client) -> None:
        ada, bob, cyd = [await client.sign_up(name) for name in ("ada", "bob", "cyd")]
        mia = await moderator(client)
        post = await publish(ada, "post")
        first, second = await comment(bob, post, "first"), await comment(bob, post, "second")
        for stranger in (bob, cyd):
            for change in (HIDE, UNHIDE):
                assert (await stranger.graphql(change, {"i": first})).codes == ["FORBIDDEN"]
        for _ in range(2):
            assert (await hide(mia, first))["success"]
            assert (await hide(ada, second))["success"]
        assert await seen(cyd, post) == (0, [])
        log = await mia.run("{ myActivity(first: 1) { nodes { action objectId } } }")
        assert log["myActivity"]["nodes"] == [{"action": "comment:hide", "objectId": first}]

    async def test_what_a_moderator_hid_its_posts_author_does_not_show(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        mia = await moderator(client)
        post = await publish(ada, "post")
        rude = await comment(bob, post, "rude")
        # In whatever order the two hide it.
        for people in ((mia, ada), (ada, mia)):
            for person in people:
                await hide(person, rude)
            assert (await ada.graphql(UNHIDE, {"i": rude})).codes == ["FORBIDDEN"]
            assert await seen(client, post) == (0, [])
            for _ in range(2):
                assert (await mia.run(UNHIDE, {"i": rude}))["unhideComment"]["success"]
            assert await seen(client, post) == (1, [("rude", 0, [])])

    async def test_a_hidden_comment_that_is_deleted_stays_hidden_with_what_answers_it(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        post = await publish(ada, "post")
        rude = await comment(bob, post, "rude")
        await comment(bob, post, "answer", rude)
        await ada.run(LIKE, {"i": rude})
        await hide(ada, rude)
        await delete(bob, rude)
        assert await seen(client, post) == (0, [])
        assert await seen(ada, post) == (0, [("", 1, ["answer"])])
        stored = await client.app.storage.comments.comments_by_ids([parse_comment_id(rude)])
        assert [each.content for each in stored.values()] == [""]
        assert await client.app.storage.comments.liking(None, [parse_comment_id(rude)]) == {}


class TestLocking:
    async def test_nobody_but_the_author_comments_on_a_locked_post(self, client: Client) -> None:
        ada, bob, mia = await client.sign_up("ada"), await client.sign_up("bob"), await moderator(client)
        post = await publish(ada, "post")
        first = await comment(bob, post, "first")
        read = "query ($i: ID!) { post(id: $i) { isLocked commentsCount } }"
        assert (await bob.run(read, {"i": post}))["post"] == {"isLocked": False, "commentsCount": 1}

        for _ in range(2):
            answer = (await ada.run(LOCK, {"i": post}))["lockThread"]
            assert answer == {"success": True, "post": {"isLocked": True}, "errors": []}

        for viewer in (bob, mia):
            for answers in (None, first):
                assert await commented(viewer, post, answers) == [{"code": "THREAD_LOCKED", "field": "postId"}]
        assert await commented(ada, post, first) == []
        assert (await bob.run(read, {"i": post}))["post"] == {"isLocked": True, "commentsCount": 2}
        # What was said can still be changed, liked and taken back.
        assert (await bob.run(UPDATE, {"i": first, "c": "changed"}))["updateComment"]["success"]
        assert (await bob.run(LIKE, {"i": first}))["likeComment"]["success"]

        for _ in range(2):
            answer = (await ada.run(UNLOCK, {"i": post}))["unlockThread"]
            assert answer == {"success": True, "post": {"isLocked": False}, "errors": []}

        assert (await bob.run(read, {"i": post}))["post"] == {"isLocked": False, "commentsCount": 2}
        assert await commented(bob, post) == []
        await client.settle()
        log = await ada.run("{ myActivity(first: 3) { nodes { action } } }")
        assert [node["action"] for node in log["myActivity"]["nodes"]] == ["post:unlock", "comment:create", "post:lock"]

    async def test_others_do_not_lock_a_thread(self, client: Client) -> None:
        ada, bob, mia = await client.sign_up("ada"), await client.sign_up("bob"), await moderator(client)
        post = await publish(ada, "post")
        for stranger in (bob, mia):
            for change in (LOCK, UNLOCK):
                assert (await stranger.graphql(change, {"i": post})).codes == ["FORBIDDEN"]
        assert await commented(bob, post) == []

    async def test_a_comment_that_was_begun_before_the_lock_is_refused_after_it(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It found the thread open, and the lock is committed before it is stored."""
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        post = await publish(ada, "post")
        storage = client.app.storage
        begun = passed(client.app.services.posts, "require_reply", monkeypatch)
        async with storage.uow() as tx:
            found = await tx.posts.locked(parse_post_id(post))
            assert found is not None
            commenting = asyncio.create_task(commented(bob, post))
            await begun.wait()
            await tx.posts.save(found.locked(client.app.clock.now()))
        assert await commenting == [{"code": "THREAD_LOCKED", "field": "postId"}]
        assert await seen(client, post) == (0, [])

    async def test_no_comment_comes_after_the_answer_to_a_lock(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        post = await publish(ada, "post")

        async def lock() -> int:
            await ada.run(LOCK, {"i": post})
            return (await seen(client, post))[0]

        *tries, when_locked = await asyncio.gather(*(commented(bob, post) for _ in range(8)), lock())
        accepted = [errors for errors in tries if errors == []]
        assert all(errors in ([], [{"code": "THREAD_LOCKED", "field": "postId"}]) for errors in tries)
        assert (await seen(client, post))[0] == when_locked == len(accepted)


def passed(service: object, name: str, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Is set when a check that comes before the transaction has let somebody pass."""
    event, check = asyncio.Event(), getattr(service, name)

    async def checked(*args: Any, **options: Any) -> Any:
        result = await check(*args, **options)
        event.set()
        return result

    monkeypatch.setattr(service, name, checked)
    return event


class TestRacesWithADeletion:
    """A moderator takes a post down while its author is about to change it: the change has passed every check, and the
    deletion is committed first.
    """

    async def take_down(self, client: Client, post: str, begun: asyncio.Event, change: Any) -> Any:
        async with client.app.storage.uow() as tx:
            found = await tx.posts.locked(parse_post_id(post))
            assert found is not None
            task = asyncio.create_task(change)
            await begun.wait()
            await tx.posts.save(found.deleted(UserId(1), client.app.clock.now()))
        return await task

    async def test_an_edit_of_the_post_is_refused(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        ada = await client.sign_up("ada")
        post = await publish(ada, "first")
        begun = passed(client.app.services.posts, "require", monkeypatch)
        edit = ada.run(UPDATE_POST, {"i": post, "c": "second"})
        answer = await self.take_down(client, post, begun, edit)
        assert answer["updatePost"]["errors"] == [{"code": "POST_NOT_FOUND"}]
        (stored,) = (await client.app.storage.posts.posts_by_ids([parse_post_id(post)])).values()
        assert (stored.content, stored.edited_at) == ("first", None)
        assert await client.app.storage.posts.edits([stored.id]) == {}

    async def test_an_edit_of_a_comment_on_it_is_refused(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        ada = await client.sign_up("ada")
        post = await publish(ada, "post")
        mine = await comment(ada, post, "first")
        begun = passed(client.app.services.comments, "require", monkeypatch)
        answer = await self.take_down(client, post, begun, ada.run(UPDATE, {"i": mine, "c": "second"}))
        assert answer["updateComment"]["errors"] == NO_COMMENT
        assert (await stored_comment(client, mine)).content == "first"

    async def test_a_comment_on_it_is_refused(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        ada = await client.sign_up("ada")
        post = await publish(ada, "post")
        begun = passed(client.app.services.posts, "require_reply", monkeypatch)
        errors = await self.take_down(client, post, begun, commented(ada, post))
        assert errors == [{"code": "POST_NOT_FOUND", "field": "postId"}]
        assert (await client.app.storage.posts.counts([parse_post_id(post)]))[parse_post_id(post)].comments == 0


async def stored_comment(client: Client, comment_id: str) -> Comment:
    wanted = parse_comment_id(comment_id)
    return (await client.app.storage.comments.comments_by_ids([wanted]))[wanted]


class TestCounts:
    async def test_33_the_count_of_a_thread_is_what_the_viewer_can_page_through(self, client: Client) -> None:
        """Of six comments one is deleted, one hidden, one by a banned account, and one by somebody who blocks bob."""
        ada, bob, cyd, dot = [await client.sign_up(name) for name in ("ada", "bob", "cyd", "dot")]
        mia = await moderator(client)
        post = await publish(ada, "post")
        gone, hidden = await comment(ada, post, "gone"), await comment(ada, post, "hidden")
        await comment(ada, post, "below", gone)
        await comment(cyd, post, "banned")
        await comment(dot, post, "blocking")
        await comment(ada, post, "plain")
        await comment(bob, post, "own")
        await delete(ada, gone)
        await hide(ada, hidden)
        await mia.run(BAN, {"u": cyd.user_id})
        await dot.run(BLOCK, {"u": bob.user_id})
        for viewer, words in (
            (client, {"blocking", "plain", "own"}),
            (bob, {"plain", "own"}),
            (dot, {"blocking", "plain"}),
            (ada, {"hidden", "blocking", "plain", "own"}),
            (mia, {"hidden", "blocking", "plain", "own"}),
        ):
            for sort in ("OLDEST", "NEWEST", "TOP", "HOT"):
                paged = await paged_through(viewer, post, sort)
                assert paged == (words | {""}, len(words)), (viewer.user_id, sort)

    async def test_33_the_count_of_replies_is_what_the_viewer_can_page_through(self, client: Client) -> None:
        ada, bob, dot = [await client.sign_up(name) for name in ("ada", "bob", "dot")]
        post = await publish(ada, "post")
        first = await comment(ada, post, "first")
        await comment(bob, post, "by bob", first)
        rude = await comment(dot, post, "rude", first)
        await hide(ada, rude)
        await dot.run(BLOCK, {"u": bob.user_id})
        assert await seen(client, post) == (1, [("first", 1, ["by bob"])])
        assert await seen(dot, post) == (1, [("first", 1, ["rude"])])
        assert await seen(ada, post) == (1, [("first", 2, ["by bob", "rude"])])


async def paged_through(client: Client, post: str, sort: str) -> tuple[set[str], int]:
    """The words on all pages, which hold one comment each and never none, and the number of all that they say."""
    query = """query ($p: ID!, $s: CommentSort!, $a: String) {
      comments(postId: $p, sort: $s, first: 1, after: $a) {
        totalCount nodes { content } pageInfo { hasNextPage endCursor }
      }
    }"""
    words, totals, after = list[str](), set[int](), None
    while True:
        page = (await client.run(query, {"p": post, "s": sort, "a": after}))["comments"]
        assert len(page["nodes"]) == 1
        words.append(page["nodes"][0]["content"])
        totals.add(page["totalCount"])
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            assert len(set(words)) == len(words)
            (total,) = totals
            return set(words), total
