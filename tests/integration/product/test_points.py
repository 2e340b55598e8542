"""Points: what clients may ask for, and what they are told of it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from socialfeed.testing.client import Client, Response, open_client
from socialfeed.testing.clock import FixedClock
from tests.integration.redis.proxy import open_proxy

TRENDING = {"query": "{ trendingPosts(itemsPerPage: 50) { items { id author { id } } } }"}
"""May hold 100 objects, and holds none."""

NOTHING = {"query": "{ __typename }"}


@pytest.fixture(params=["memory", "valkey"])
def store(request: pytest.FixtureRequest) -> dict[str, Any]:
    return {"redis_url": request.getfixturevalue("redis_url")} if request.param == "valkey" else {}


@pytest.fixture
async def limited(store: dict[str, Any]) -> AsyncIterator[Client]:
    async with open_client(rate_limit=None, anonymous_rate="20/day", api_rate="50/day", **store) as client:
        yield client


async def ask(client: Client, operation: dict[str, Any]) -> Response:
    return await client.request("POST", "/graphql", json=operation)


async def test_an_answer_tells_what_it_cost_and_what_is_left(limited: Client) -> None:
    answer = await ask(limited, TRENDING)

    assert answer.json()["extensions"] == {
        "cost": {"requested": 10, "actual": 1, "remaining": 19, "limit": 20, "restoreRate": 0}
    }
    assert answer.headers["ratelimit-policy"] == '"points";q=20;w=86400'
    assert answer.headers["ratelimit"].startswith('"points";r=19;t=')


async def test_what_an_answer_does_not_hold_is_given_back(limited: Client) -> None:
    answers = [await ask(limited, TRENDING) for _ in range(10)]

    assert [answer.json()["extensions"]["cost"]["remaining"] for answer in answers] == list(range(19, 9, -1))
    beyond = await ask(limited, {"query": TRENDING["query"].replace("50", "100")})
    assert beyond.status == 429


async def test_who_has_no_points_left_is_told_when_to_come_back(limited: Client) -> None:
    for _ in range(20):
        assert (await ask(limited, NOTHING)).status == 200

    refused = await ask(limited, NOTHING)

    assert refused.status == 429
    (error,) = refused.json()["errors"]
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert refused.headers["retry-after"] == str(error["extensions"]["retryAfter"])
    assert int(refused.headers["retry-after"]) <= 86_400 / 20 + 1
    assert refused.json()["extensions"]["cost"]["remaining"] == 0
    assert "data" not in refused.json()


async def test_an_account_has_points_of_its_own_wherever_it_is(limited: Client) -> None:
    ada = await limited.sign_up("ada")
    for _ in range(20):
        await ask(limited, NOTHING)
    elsewhere = replace(ada, address="192.0.2.7")

    here, there = await ask(ada, NOTHING), await ask(elsewhere, NOTHING)

    assert [here.status, there.status] == [200, 200]
    assert there.json()["extensions"]["cost"] == {
        "requested": 1,
        "actual": 1,
        "remaining": 48,
        "limit": 50,
        "restoreRate": 0.001,
    }


async def test_two_hundred_at_once_on_a_limit_of_a_hundred_let_a_hundred_pass(store: dict[str, Any]) -> None:
    async with open_client(rate_limit="100/day", **store) as client:
        answers = await asyncio.gather(*(ask(client, NOTHING) for _ in range(200)))

    assert sorted(answer.status for answer in answers) == [200] * 100 + [429] * 100


async def test_a_client_that_waits_as_told_passes_at_its_first_try() -> None:
    clock = FixedClock()
    async with open_client(clock=clock, rate_limit="3/minute") as client:
        for _ in range(5):
            while (answer := await ask(client, NOTHING)).status == 200:
                pass
            clock.advance(timedelta(seconds=int(answer.headers["retry-after"])))
            assert (await ask(client, NOTHING)).status == 200


async def test_a_client_that_waits_as_told_passes_at_its_first_try_by_the_stores_clock(redis_url: str) -> None:
    async with open_client(redis_url=redis_url, rate_limit="2/second") as client:
        while (answer := await ask(client, NOTHING)).status == 200:
            pass
        await asyncio.sleep(int(answer.headers["retry-after"]))

        assert (await ask(client, NOTHING)).status == 200


async def test_one_that_costs_more_than_all_points_passes_where_none_was_spent() -> None:
    async with open_client(rate_limit="5/day") as client:
        full = await ask(client, TRENDING)
        rest = await ask(client, TRENDING)

    assert (full.status, rest.status) == (200, 429)


async def test_without_limits_nothing_is_told() -> None:
    async with open_client() as client:
        answer = await ask(client, NOTHING)

    assert list(answer.json()) == ["data"]
    assert "ratelimit" not in answer.headers


async def test_while_the_store_is_away_each_process_counts_by_itself(redis_server: str, redis_prefix: str) -> None:
    async with open_proxy(redis_server) as proxy:
        way = f"redis://127.0.0.1:{proxy.port}?prefix={redis_prefix}&timeout=5"
        async with open_client(rate_limit="3/day", redis_url=way) as client:
            await proxy.close()

            statuses = [(await ask(client, NOTHING)).status for _ in range(5)]

    assert statuses == [200, 200, 200, 429, 429]
