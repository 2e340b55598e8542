"""Two processes over one database and one Redis: what changes in one has changed in the other."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from socialfeed.testing.client import Client, open_client
from tests.integration.redis.proxy import Proxy, open_proxy

POST = "query ($id: ID!) { post(id: $id) { content author { bio } } }"
FEED = "{ userFeed { items { content author { bio } } totalItems } }"


class Processes(NamedTuple):
    """Ada, who reads in both, and `way`, by which the second gets to Redis."""

    here: Client
    there: Client
    way: Proxy


@pytest.fixture
async def ada(
    migrated_postgres_url: str, redis_server: str, redis_prefix: str, redis_url: str, tmp_path: Path
) -> AsyncIterator[Processes]:
    async with (
        open_proxy(redis_server) as way,
        open_client(database_url=migrated_postgres_url, redis_url=redis_url, data_dir=tmp_path) as here,
        open_client(
            database_url=migrated_postgres_url,
            redis_url=f"redis://127.0.0.1:{way.port}?prefix={redis_prefix}&timeout=1",
            data_dir=tmp_path,
        ) as there,
    ):
        ada = await here.sign_up("ada")
        yield Processes(ada, replace(ada, app=there.app, asgi=there.asgi), way)


async def written(client: Client, content: str) -> str:
    data = await client.run(
        "mutation ($c: String!) { createPost(content: $c) { post { id } } }",
        {"c": content},
    )
    await client.settle()
    return str(data["createPost"]["post"]["id"])


async def seen(client: Client) -> list[str]:
    return [item["content"] for item in (await client.run(FEED))["userFeed"]["items"]]


async def test_a_post_deleted_here_is_gone_from_the_very_next_read_there_and_back_when_restored(
    ada: Processes,
) -> None:
    post_id = await written(ada.here, "Hello")
    for _ in range(2):
        assert await seen(ada.here) == await seen(ada.there) == ["Hello"]
    for client in (ada.here, ada.there):
        await client.run("mutation ($id: ID!) { deletePost(postId: $id) { success } }", {"id": post_id})
        assert await seen(ada.there) == await seen(ada.here) == []
        assert (await ada.there.run(POST, {"id": post_id}))["post"] is None
        await client.run("mutation ($id: ID!) { restorePost(postId: $id) { success } }", {"id": post_id})
        assert await seen(ada.there) == await seen(ada.here) == ["Hello"]


async def test_a_profile_changed_here_is_the_new_one_there(ada: Processes) -> None:
    post_id = await written(ada.here, "Hello")
    for bio in ("One.", "Two.", "Three."):
        await ada.here.run("mutation ($b: String!) { updateProfile(bio: $b) { success } }", {"b": bio})
        for client in (ada.there, ada.here):
            assert (await client.run(POST, {"id": post_id}))["post"]["author"]["bio"] == bio


async def test_a_process_that_is_cut_off_reads_from_the_database_and_nothing_old_when_it_is_back(
    ada: Processes,
) -> None:
    post_id = await written(ada.here, "Hello")
    assert await seen(ada.there) == ["Hello"]
    await ada.way.close()
    await edited(ada.here, post_id, "While it was away")
    assert await seen(ada.there) == ["While it was away"]
    await ada.way.listen()
    await edited(ada.here, post_id, "When it was back")
    for _ in range(2):
        assert await seen(ada.there) == ["When it was back"]


async def test_what_a_process_changed_while_it_was_cut_off_is_everywhere_once_its_job_has_run(ada: Processes) -> None:
    post_id = await written(ada.here, "Hello")
    assert await seen(ada.here) == ["Hello"]
    await ada.way.close()
    await edited(ada.there, post_id, "Changed over there")
    assert await seen(ada.there) == ["Changed over there"]
    await ada.here.settle()  # any process runs the job
    assert await seen(ada.here) == ["Changed over there"]


async def edited(client: Client, post_id: str, content: str) -> None:
    answer = await client.run(
        "mutation ($id: ID!, $c: String!) { updatePost(postId: $id, content: $c) { success } }",
        {"id": post_id, "c": content},
    )
    assert answer["updatePost"]["success"]
