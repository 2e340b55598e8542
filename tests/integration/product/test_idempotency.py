"""Requests that are sent again."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from socialfeed.testing.client import Client, open_client
from socialfeed.testing.clock import FixedClock
from tests.integration.product.conftest import BACKENDS, backend
from tests.integration.product.test_posts import delete

CREATE = """mutation ($c: String!, $k: String, $v: Visibility! = PUBLIC) {
  createPost(content: $c, idempotencyKey: $k, visibility: $v) {
    post { id content createdAt author { username } } success message errors { code field }
  }
}"""
REUSED = [{"code": "IDEMPOTENCY_KEY_REUSED", "field": "idempotencyKey"}]
NO_POST = [{"code": "POST_NOT_FOUND", "field": "postId"}]


async def create(client: Client, content: str, key: str | None, **options: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.run(CREATE, {"c": content, "k": key, **options}))["createPost"]
    return answer


async def written(author: Client) -> tuple[int, int]:
    """How many posts the author's page has, and how many the profile says."""
    query = "query ($u: ID!) { postsByUser(userId: $u) { items { id } } user(id: $u) { postsCount } }"
    data = await author.run(query, {"u": author.user_id})
    return len(data["postsByUser"]["items"]), data["user"]["postsCount"]


async def test_fault_10_fifty_parallel_retries_give_one_post_and_the_same_body(client: Client) -> None:
    ada = await client.sign_up("ada")

    answers = await asyncio.gather(*(create(ada, "once", "key 1") for _ in range(50)))

    assert answers[0]["success"]
    assert all(answer == answers[0] for answer in answers)
    assert await written(ada) == (1, 1)
    await client.settle()
    assert await create(ada, "once", "key 1") == answers[0]
    log = await ada.run("{ myActivity { nodes { action } } }")
    assert [entry["action"] for entry in log["myActivity"]["nodes"]].count("post:create") == 1


async def test_fault_10_of_parallel_requests_with_one_key_one_is_done_and_the_others_are_told(client: Client) -> None:
    ada = await client.sign_up("ada")

    answers = await asyncio.gather(*(create(ada, f"number {n % 5}", "key") for n in range(50)))

    done = [answer for answer in answers if answer["success"]]
    assert len(done) == 10
    assert all(answer == done[0] for answer in done)
    assert all(answer["errors"] == REUSED for answer in answers if not answer["success"])
    assert await written(ada) == (1, 1)


async def test_fault_10_retries_in_several_processes_give_one_post(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    settings = await backend("postgres+valkey", request, tmp_path)
    async with open_client(**settings) as one, open_client(**settings) as other:
        ada = await one.sign_up("ada")
        there = Client(other.app, other.asgi, ada.token, ada.user_id)

        answers = await asyncio.gather(*(create((ada, there)[n % 2], "once", "key") for n in range(50)))

        assert all(answer == answers[0] for answer in answers)
        assert await written(ada) == (1, 1)


async def test_fault_10_changed_parameters_are_an_error(client: Client) -> None:
    ada = await client.sign_up("ada")
    await create(ada, "once", "key")
    assert (await create(ada, "twice", "key"))["errors"] == REUSED
    assert (await create(ada, "once", "key", v="UNLISTED"))["errors"] == REUSED
    assert await written(ada) == (1, 1)


async def test_keys_of_others_and_requests_without_a_key_are_apart(client: Client) -> None:
    ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
    ids = {
        (await create(author, "once", key))["post"]["id"] for author in (ada, bob) for key in ("key", "Key", None, None)
    }
    assert len(ids) == 8


async def test_a_refused_request_leaves_its_key_free(client: Client) -> None:
    ada = await client.sign_up("ada")
    assert (await create(ada, "", "key"))["errors"] == [{"code": "TOO_SHORT", "field": "content"}]
    assert (await create(ada, "better", "key"))["success"]


@pytest.mark.parametrize("key", ["", "x" * 101, "naïve", "a\tb"])
async def test_what_is_no_key_is_refused(client: Client, key: str) -> None:
    ada = await client.sign_up("ada")
    refused = await create(ada, "once", key)
    assert refused["errors"] == [{"code": "INVALID_IDEMPOTENCY_KEY", "field": "idempotencyKey"}]
    assert await written(ada) == (0, 0)


async def test_a_retry_does_not_bring_back_what_was_deleted(client: Client) -> None:
    ada = await client.sign_up("ada")
    post = (await create(ada, "once", "key"))["post"]["id"]
    await delete(ada, post)
    assert (await create(ada, "once", "key"))["errors"] == NO_POST
    assert await written(ada) == (0, 0)


@pytest.fixture(params=BACKENDS)
async def timed(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Client, FixedClock]]:
    clock = FixedClock()
    async with open_client(clock=clock, data_dir=tmp_path, **await backend(request.param, request, tmp_path)) as client:
        yield client, clock


async def test_fault_10_a_key_is_kept_for_24_hours(timed: tuple[Client, FixedClock]) -> None:
    client, clock = timed
    first = (await create(await client.sign_up("ada"), "once", "key"))["post"]["id"]

    clock.advance(timedelta(hours=24) - timedelta(seconds=1))
    assert await client.app.services.once.forget_old() == 0
    ada = await client.sign_in("ada")
    assert (await create(ada, "once", "key"))["post"]["id"] == first

    clock.advance(timedelta(seconds=1))
    second = await create(ada, "another", "key")
    assert second["post"]["id"] != first
    clock.advance(timedelta(hours=24, seconds=1))
    assert sum(await asyncio.gather(*(client.app.services.once.forget_old() for _ in range(3)))) == 1
    assert await client.app.services.once.forget_old() == 0
