"""What answers with feeds say about the caches, and other answers do not."""

import re
from typing import Any

from socialfeed.application.cache_use import CacheStatus
from socialfeed.testing.client import Client, Response

FEED = "{ userFeed { items { id } } }"
NAMES = ("x-cache-status", "x-cache-ttl", "x-redis-db", "server-timing")


async def answer(client: Client, query: str, **variables: Any) -> Response:
    response = await client.request("POST", "/graphql", json={"query": query, "variables": variables})
    assert "errors" not in response.json(), response.body
    return response


async def test_a_feed_tells_whether_it_came_from_caches_which_and_for_how_long(client: Client) -> None:
    ada = await client.sign_up("ada")
    await ada.run('mutation { createPost(content: "Hello") { success } }')
    shared = client.app.shared
    for field in ("userFeed { items { id } }", "homeFeed { nodes { id } }"):
        headers = (await answer(ada, f"{{ {field} }}")).headers
        if shared is None:
            assert [headers.get(name) for name in NAMES[:3]] == [CacheStatus.BYPASS, None, None]
            continue
        assert headers["x-cache-status"] == CacheStatus.HIT  # who writes a post reads it
        assert 0 < int(headers["x-cache-ttl"]) <= 60
        assert headers["x-redis-db"] == str(shared.cache.database)
    assert re.fullmatch(r"feed;dur=\d+\.\d", headers["server-timing"])


async def test_what_was_changed_has_to_be_read(client: Client) -> None:
    ada = await client.sign_up("ada")
    created = await ada.run('mutation { createPost(content: "Hello") { post { id } } }')
    post_id = created["createPost"]["post"]["id"]
    await answer(ada, FEED)
    await client.app.services.posts._freshness.post_changed(int(post_id))  # type: ignore[arg-type]
    statuses = [(await answer(ada, FEED)).headers["x-cache-status"] for _ in range(2)]
    known = [CacheStatus.MISS, CacheStatus.HIT]
    assert statuses == ([CacheStatus.BYPASS] * 2 if client.app.shared is None else known)


async def test_other_answers_say_nothing_about_caches_nor_how_long_they_took(client: Client) -> None:
    """A post that is hidden cannot be told from one that never was, nor a sign-in that failed from another."""
    ada = await client.sign_up("ada")
    created = await ada.run('mutation { createPost(content: "Hello") { post { id } } }')
    post_id = created["createPost"]["post"]["id"]
    for query in (
        "query ($id: ID!) { post(id: $id) { id author { id } } }",
        "query ($id: ID!) { me { id } post(id: $id) { id } }",
    ):
        headers = (await answer(ada, query, id=post_id)).headers
        assert not set(NAMES) & set(headers)


async def test_a_post_asked_for_beside_a_feed_does_not_show_in_what_the_feed_says(client: Client) -> None:
    ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
    await ada.run('mutation { createPost(content: "Hello") { success } }')
    hidden = await bob.run('mutation { createPost(content: "Secret", visibility: MENTIONED) { post { id } } }')
    await answer(ada, FEED)
    both = "query ($id: ID!) { post(id: $id) { id } userFeed { items { id } } }"
    seen = {
        (await answer(ada, both, id=post_id)).headers["x-cache-status"]
        for post_id in (hidden["createPost"]["post"]["id"], str(client.app.services.posts._commands.ids.post()))
        for _ in range(2)
    }
    assert seen == {CacheStatus.BYPASS if client.app.shared is None else CacheStatus.HIT}
