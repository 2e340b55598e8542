"""The life of a post: written, edited, deleted, restored, purged."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from socialfeed.domain.ids import parse_post_id
from socialfeed.domain.post import RESTORABLE
from socialfeed.testing.client import Client, open_client
from socialfeed.testing.clock import FixedClock
from tests.integration.product.conftest import BACKENDS, backend
from tests.integration.product.test_members import moderator
from tests.integration.product.test_social import contents, follow, publish

UPDATE = """mutation ($i: ID!, $c: String, $u: String) {
  updatePost(postId: $i, content: $c, imageUrl: $u) {
    success errors { code field } post { content image editedAt edits { number content image at } }
  }
}"""
DELETE = "mutation ($i: ID!) { deletePost(postId: $i) { success errors { code field } } }"
RESTORE = "mutation ($i: ID!) { restorePost(postId: $i) { success post { content } errors { code field } } }"
READ = "query ($i: ID!) { post(id: $i) { content editedAt edits { content } } }"
NO_POST = [{"code": "POST_NOT_FOUND", "field": "postId"}]


async def update(client: Client, post: str, **changes: str | None) -> dict[str, Any]:
    names = {"content": "c", "image": "u"}
    answer: dict[str, Any] = (
        await client.run(UPDATE, {"i": post, **{names[name]: value for name, value in changes.items()}})
    )["updatePost"]
    return answer


async def delete(client: Client, post: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.run(DELETE, {"i": post}))["deletePost"]
    return answer


async def restore(client: Client, post: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.run(RESTORE, {"i": post}))["restorePost"]
    return answer


async def shown(client: Client, post: str) -> str | None:
    found = (await client.run(READ, {"i": post}))["post"]
    return None if found is None else str(found["content"])


async def listed(client: Client, author: Client) -> tuple[list[str], int, int]:
    """The author's posts, how many the page says there are, and how many the profile says."""
    query = """query ($u: ID!) {
      postsByUser(userId: $u) { items { content } totalItems } user(id: $u) { postsCount }
    }"""
    data = await client.run(query, {"u": author.user_id})
    page = data["postsByUser"]
    return [item["content"] for item in page["items"]], page["totalItems"], data["user"]["postsCount"]


class TestEditing:
    async def test_an_edit_is_seen_on_the_next_read_and_what_it_said_before_is_kept(
        self, timed: tuple[Client, FixedClock]
    ) -> None:
        client, clock = timed
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        post = await publish(ada, "first")
        await follow(bob, ada)
        assert await contents(bob) == ["first"]

        clock.advance(timedelta(seconds=1))
        second = await update(ada, post, content="second", image="https://example.com/a.png")
        clock.advance(timedelta(seconds=1))
        third = await update(ada, post, content="third", image="")

        assert second["success"]
        assert await contents(bob) == ["third"]
        read = third["post"]
        assert (read["content"], read["image"]) == ("third", None)
        assert [(edit["number"], edit["content"], edit["image"]) for edit in read["edits"]] == [
            (1, "first", None),
            (2, "second", "https://example.com/a.png"),
        ]
        assert read["edits"][1]["at"] == second["post"]["editedAt"]
        assert read["edits"][0]["at"] < read["edits"][1]["at"] < read["editedAt"]

    async def test_what_is_left_out_stays_and_changing_nothing_is_no_edit(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        post = await publish(ada, "first")
        await update(ada, post, image="https://example.com/a.png")

        again = await update(ada, post, content="first", image=None)

        assert again["post"]["content"] == "first"
        assert again["post"]["image"] == "https://example.com/a.png"
        assert len(again["post"]["edits"]) == 1

    async def test_edits_at_the_same_time_are_all_kept(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        post = await publish(ada, "0")
        await asyncio.gather(*(update(ada, post, content=str(n)) for n in range(1, 9)))
        found = (await client.run(READ, {"i": post}))["post"]
        said = [edit["content"] for edit in found["edits"]] + [found["content"]]
        assert said[0] == "0"
        assert sorted(said) == [str(n) for n in range(9)]

    @pytest.mark.parametrize(
        ("change", "code", "field"),
        [
            ({"content": ""}, "TOO_SHORT", "content"),
            ({"content": "x" * 5_001}, "TOO_LONG", "content"),
            ({"content": "a\0b"}, "INVALID_CHARACTER", "content"),
            ({"image": "javascript:alert(1)"}, "INVALID_URL", "imageUrl"),
        ],
    )
    async def test_a_refused_edit_changes_nothing(self, change: dict[str, str], code: str, field: str) -> None:
        async with open_client() as client:
            ada = await client.sign_up("ada")
            post = await publish(ada, "first")
            assert (await update(ada, post, **change))["errors"] == [{"code": code, "field": field}]
            assert (await client.run(READ, {"i": post}))["post"] == {"content": "first", "editedAt": None, "edits": []}

    async def test_nobody_edits_somebody_elses_post(self, client: Client) -> None:
        ada, mia = await client.sign_up("ada"), await moderator(client)
        post = await publish(ada, "first")
        answer = await mia.graphql(UPDATE, {"i": post, "c": "mine"})
        assert answer.codes == ["FORBIDDEN"]
        assert await shown(client, post) == "first"


class TestDeleting:
    async def test_a_deleted_post_is_gone_from_the_very_next_read_everywhere(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        post, _ = await publish(ada, "gone"), await publish(ada, "kept")
        await follow(bob, ada)
        await bob.run('mutation ($i: ID!) { createComment(postId: $i, content: "hm") { success } }', {"i": post})
        await client.settle()
        assert await contents(bob) == ["kept", "gone"]

        assert (await delete(ada, post))["success"]

        assert await contents(bob) == ["kept"]
        assert await contents(ada) == ["kept"]
        for reader in (ada, bob, client):
            assert await shown(reader, post) is None
            assert await listed(reader, ada) == (["kept"], 1, 1)
        trending = await client.run("{ trendingPosts { items { content } } }")
        assert trending == {"trendingPosts": {"items": []}}
        comments = await client.graphql("query ($i: ID!) { comments(postId: $i) { totalCount } }", {"i": post})
        assert comments.codes == ["POST_NOT_FOUND"]
        like = await bob.run("mutation ($i: ID!) { likePost(postId: $i) { errors { code field } } }", {"i": post})
        assert like["likePost"]["errors"] == NO_POST
        assert (await update(ada, post, content="again"))["errors"] == NO_POST
        assert (await delete(ada, post))["errors"] == NO_POST

    async def test_restoring_brings_it_back_as_it_was(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        post = await publish(ada, "first")
        await follow(bob, ada)
        await update(ada, post, content="second")
        await bob.run("mutation ($i: ID!) { likePost(postId: $i) { success } }", {"i": post})
        await delete(ada, post)

        assert (await restore(ada, post))["post"] == {"content": "second"}

        assert (await restore(ada, post))["success"]
        assert await contents(bob) == ["second"]
        assert await listed(client, ada) == (["second"], 1, 1)
        counted = await bob.run(
            "query ($i: ID!) { post(id: $i) { likesCount isLiked edits { content } } }", {"i": post}
        )
        assert counted["post"] == {"likesCount": 1, "isLiked": True, "edits": [{"content": "first"}]}

    async def test_deletes_and_restores_at_the_same_time_keep_the_count(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        post, _ = await publish(ada, "flickers"), await publish(ada, "stays")
        await asyncio.gather(*((delete if n % 2 else restore)(ada, post) for n in range(12)))
        await restore(ada, post)
        assert await listed(client, ada) == (["stays", "flickers"], 2, 2)

    async def test_moderators_delete_and_restore_what_others_wrote_and_strangers_do_not(self, client: Client) -> None:
        ada, bob, mia = await client.sign_up("ada"), await client.sign_up("bob"), await moderator(client)
        post = await publish(ada, "first")
        assert (await bob.graphql(DELETE, {"i": post})).codes == ["FORBIDDEN"]
        assert (await bob.graphql(RESTORE, {"i": post})).codes == ["FORBIDDEN"]

        assert (await delete(mia, post))["success"]

        assert (await restore(bob, post))["errors"] == NO_POST
        assert await shown(ada, post) is None
        assert (await ada.graphql(RESTORE, {"i": post})).codes == ["FORBIDDEN"]  # taken down, not put away
        assert await shown(ada, post) is None
        assert (await restore(mia, post))["success"]
        assert await shown(bob, post) == "first"

    async def test_what_was_done_to_a_post_is_in_the_log(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        post = await publish(ada, "first")
        await update(ada, post, content="second")
        await delete(ada, post)
        await restore(ada, post)
        log = await ada.run("{ myActivity(first: 4) { nodes { action objectId } } }")
        assert [entry["action"] for entry in log["myActivity"]["nodes"]] == [
            "post:restore",
            "post:delete",
            "post:update",
            "post:create",
        ]
        assert {entry["objectId"] for entry in log["myActivity"]["nodes"]} == {post}

    async def test_other_processes_see_changes_at_once_though_they_cached_the_post(
        self, request: pytest.FixtureRequest, tmp_path: Path
    ) -> None:
        settings = await backend("postgres+valkey", request, tmp_path)
        async with open_client(**settings) as one, open_client(**settings) as other:
            ada = await one.sign_up("ada")
            post = await publish(ada, "0")
            for n in range(1, 4):
                await asyncio.gather(*(shown(other, post) for _ in range(10)), update(ada, post, content=str(n)))
                assert await shown(other, post) == str(n)
            await asyncio.gather(*(shown(other, post) for _ in range(10)), delete(ada, post))
            assert await shown(other, post) is None


@pytest.fixture(params=BACKENDS)
async def timed(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Client, FixedClock]]:
    clock = FixedClock()
    async with open_client(clock=clock, data_dir=tmp_path, **await backend(request.param, request, tmp_path)) as client:
        yield client, clock


class TestPurge:
    async def test_after_thirty_days_a_deleted_post_is_gone_for_good(self, timed: tuple[Client, FixedClock]) -> None:
        client, clock = timed
        await client.sign_up("ada")
        ada = await client.sign_in("ada")
        gone, kept = await publish(ada, "gone"), await publish(ada, "kept")
        await delete(ada, gone)

        clock.advance(RESTORABLE)
        ada = await client.sign_in("ada")
        assert (await restore(ada, gone))["errors"] == [{"code": "TOO_LATE", "field": "postId"}]
        assert await client.app.services.posts.purge_due() == 0
        clock.advance(timedelta(seconds=1))
        assert sum(await asyncio.gather(*(client.app.services.posts.purge_due() for _ in range(3)))) == 1

        left = await client.app.storage.posts.posts_by_ids([parse_post_id(gone), parse_post_id(kept)])
        assert set(left) == {parse_post_id(kept)}
        assert await listed(client, ada) == (["kept"], 1, 1)
        ada = await client.sign_in("ada")
        assert (await restore(ada, gone))["errors"] == NO_POST

    async def test_a_post_restored_in_time_stays(self, timed: tuple[Client, FixedClock]) -> None:
        client, clock = timed
        await client.sign_up("ada")
        ada = await client.sign_in("ada")
        post = await publish(ada, "first")
        await delete(ada, post)
        clock.advance(RESTORABLE - timedelta(seconds=1))
        assert (await restore(await client.sign_in("ada"), post))["success"]
        clock.advance(timedelta(days=2))
        assert await client.app.services.posts.purge_due() == 0
        assert await shown(client, post) == "first"


class TestAnAuthorsPosts:
    async def test_a_page_stays_where_it_is_while_the_author_writes(self, client: Client) -> None:
        ada, reader = await client.sign_up("ada"), await client.sign_up("reader")
        query = """query ($u: ID!, $after: String) {
          userPosts(userId: $u, first: 2, after: $after) { nodes { content } pageInfo { hasNextPage endCursor } }
        }"""
        for content in ("one", "two", "three"):
            await publish(ada, content)
        hidden = 'mutation { createPost(content: "for friends", visibility: FOLLOWERS) { success } }'
        await ada.run(hidden)

        first = (await reader.run(query, {"u": ada.user_id}))["userPosts"]
        await publish(ada, "four")
        after = {"u": ada.user_id, "after": first["pageInfo"]["endCursor"]}
        second = (await reader.run(query, after))["userPosts"]
        elsewhere = await reader.graphql(query, {**after, "u": reader.user_id})

        assert [node["content"] for node in first["nodes"]] == ["three", "two"]
        assert first["pageInfo"]["hasNextPage"]
        assert [node["content"] for node in second["nodes"]] == ["one"]
        assert not second["pageInfo"]["hasNextPage"]
        assert elsewhere.codes == ["INVALID_CURSOR"]
        own = (await ada.run(query, {"u": ada.user_id}))["userPosts"]["nodes"]
        assert [node["content"] for node in own] == ["four", "for friends"]
