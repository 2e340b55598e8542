"""Posts with what was uploaded for them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from socialfeed.testing.client import Client
from tests.integration.product.test_media import upload
from tests.integration.product.test_post_options import change
from tests.integration.product.test_social import follow
from tests.uploads import picture

CREATE = """mutation ($m: [ID!]! = [], $k: String, $t: DateTime, $v: Visibility! = PUBLIC) {
  createPost(content: "Look", mediaIds: $m, idempotencyKey: $k, scheduledAt: $t, visibility: $v) {
    post { id media { id status altText } } draft { id } success errors { code field }
  }
}"""
READ = "query ($i: ID!) { post(id: $i) { media { id status url altText } } }"
UPDATE = """mutation ($i: ID!, $m: [ID!], $c: String) {
  updatePost(postId: $i, mediaIds: $m, content: $c) {
    post { content media { id } editedAt edits { content } } success errors { code field }
  }
}"""
FEED = "{ homeFeed { nodes { media { id } } } }"


async def create(client: Client, media: list[str], **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.run(CREATE, {"m": media, **more}))["createPost"]
    return answer


async def pictures(client: Client, number: int) -> list[str]:
    content = picture("image/png", (20, 10))
    return [await upload(client, content, f"Picture {n}") for n in range(number)]


async def test_a_post_has_its_media_in_the_order_given_wherever_it_is_shown(client: Client) -> None:
    ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
    await follow(bob, ada)
    first, second = await pictures(ada, 2)

    created = await create(ada, [second, first])

    assert [media["id"] for media in created["post"]["media"]] == [second, first]
    assert {media["status"] for media in created["post"]["media"]} == {"PENDING"}
    await create(ada, [])
    await client.settle()
    shown = (await bob.run(READ, {"i": created["post"]["id"]}))["post"]["media"]
    assert [(media["id"], media["status"], media["altText"]) for media in shown] == [
        (second, "READY", "Picture 1"),
        (first, "READY", "Picture 0"),
    ]
    feed = (await bob.run(FEED))["homeFeed"]["nodes"]
    assert [[media["id"] for media in node["media"]] for node in feed] == [[], [second, first]]


async def test_a_post_takes_no_media_that_it_may_not_have_and_is_not_made(client: Client) -> None:
    ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
    (theirs,) = await pictures(bob, 1)
    mine = await pictures(ada, 5)
    await create(ada, [mine[0]])
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    for media, more, code in (
        ([theirs], {}, "MEDIA_NOT_FOUND"),
        ([mine[1], mine[0]], {}, "MEDIA_ATTACHED"),
        ([mine[1], mine[1]], {}, "DUPLICATE_MEDIA"),
        (["1"], {}, "INVALID_ID"),
        ([mine[1], mine[0]], {"t": soon}, "MEDIA_ATTACHED"),
        ([theirs], {"t": soon}, "MEDIA_NOT_FOUND"),
    ):
        refused = await create(ada, media, **more)
        assert refused["errors"] == [{"code": code, "field": "mediaIds"}]
    page = await ada.run("query ($u: ID!) { postsByUser(userId: $u) { totalItems } }", {"u": ada.user_id})
    assert page["postsByUser"]["totalItems"] == 1
    assert (await create(ada, mine[1:]))["success"]


async def test_the_media_of_a_post_are_changed_as_an_edit(client: Client) -> None:
    ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
    first, second, third = await pictures(ada, 3)
    (theirs,) = await pictures(bob, 1)
    post = (await create(ada, [first, second]))["post"]["id"]
    await client.settle()

    same = (await ada.run(UPDATE, {"i": post, "m": [first, second]}))["updatePost"]["post"]
    assert (same["editedAt"], same["edits"]) == (None, [])
    changed = (await ada.run(UPDATE, {"i": post, "m": [third, second]}))["updatePost"]["post"]
    assert changed["media"] == [{"id": third}, {"id": second}]
    assert (changed["editedAt"] is not None, changed["edits"]) == (True, [{"content": "Look"}])
    refused = (await ada.run(UPDATE, {"i": post, "m": [theirs], "c": "Not this"}))["updatePost"]
    assert refused["errors"] == [{"code": "MEDIA_NOT_FOUND", "field": "mediaIds"}]
    assert (await bob.graphql(UPDATE, {"i": post, "m": []})).codes == ["FORBIDDEN"]
    kept = (await ada.run(UPDATE, {"i": post, "c": "Hm"}))["updatePost"]["post"]
    assert (kept["content"], kept["media"], len(kept["edits"])) == ("Hm", changed["media"], 2)
    assert (await create(ada, [first]))["success"]
    log = await ada.run("{ myActivity { nodes { action } } }")
    assert [node["action"] for node in log["myActivity"]["nodes"]].count("post:update") == 2


async def test_a_search_learns_that_the_media_of_a_post_are_others(client: Client) -> None:
    ada = await client.sign_up("ada")
    post = (await create(ada, []))["post"]["id"]
    search = '{ searchPosts(query: "look", hasMedia: true, sort: RECENT) { nodes { id } } }'
    for media, expected in ((await pictures(ada, 1), [{"id": post}]), ([], [])):
        await ada.run(UPDATE, {"i": post, "m": media})
        await client.settle()
        assert (await ada.run(search))["searchPosts"]["nodes"] == expected


async def test_of_posts_that_want_the_same_media_at_once_one_is_made(client: Client) -> None:
    ada = await client.sign_up("ada")
    media = await pictures(ada, 2)
    answers = await asyncio.gather(*(create(ada, media[:: 1 if n % 2 else -1]) for n in range(10)))
    assert [answer["success"] for answer in answers].count(True) == 1
    assert all(answer["errors"][0]["code"] == "MEDIA_ATTACHED" for answer in answers if not answer["success"])


async def test_fault_10_a_post_with_media_that_is_sent_again_is_made_once(client: Client) -> None:
    ada = await client.sign_up("ada")
    media = await pictures(ada, 2)
    answers = await asyncio.gather(*(create(ada, media, k="key") for _ in range(20)))
    assert answers[0]["success"]
    assert all(answer == answers[0] for answer in answers)
    assert (await create(ada, media[:1], k="key"))["errors"][0]["code"] == "IDEMPOTENCY_KEY_REUSED"


async def test_33_the_media_of_a_hidden_post_are_hidden(client: Client) -> None:
    ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
    (media,) = await pictures(ada, 1)
    post = (await create(ada, [media], v="FOLLOWERS"))["post"]["id"]
    alone = "query ($i: ID!) { media(id: $i) { id } }"
    assert (await bob.run(READ, {"i": post}))["post"] is None
    assert (await bob.run(alone, {"i": media}))["media"] is None
    await change(ada, post, v="PUBLIC")
    assert (await bob.run(alone, {"i": media}))["media"] == {"id": media}
