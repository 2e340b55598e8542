"""A server that hangs or is gone costs little, breaks nothing and is taken back when it returns."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
from redis import Redis

from socialfeed.adapters.redis import RedisStore, open_redis
from socialfeed.adapters.redis.breaker import FAILURES
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.limits import Limit
from socialfeed.application.ports.timelines import Entry, Warming
from socialfeed.domain.engagement import Counts
from socialfeed.domain.errors import Unavailable
from socialfeed.domain.ranking import Window
from socialfeed.domain.trending import EVERYWHERE, Limits, Reaction, Trendable
from socialfeed.testing import Builder
from socialfeed.testing.contracts.timelines import warm
from socialfeed.testing.contracts.waiting import eventually
from tests.integration.redis.conftest import OwnServer
from tests.integration.redis.proxy import Proxy

HOUR = timedelta(hours=1)
LIMIT = Limit(1_000, HOUR)


@pytest.fixture
async def disturbed(proxy: Proxy, redis_prefix: str, context: AdapterContext) -> AsyncIterator[RedisStore]:
    """A store behind the proxy, not much more patient than by default."""
    async with open_redis(f"redis://127.0.0.1:{proxy.port}?prefix={redis_prefix}&timeout=0.5", context) as store:
        yield store


@pytest.fixture
def make() -> Builder:
    return Builder()


def answers(store: RedisStore) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        try:
            await store.check()
        except Unavailable:
            return False
        return True

    return check


async def exhaust_patience(store: RedisStore) -> None:
    for _ in range(FAILURES):
        with pytest.raises(Unavailable):
            await store.check()


async def test_a_frozen_server_costs_the_time_out_and_then_nothing(
    own_server: OwnServer, context: AdapterContext
) -> None:
    async with open_redis(own_server.url, context) as store:
        await store.check()
        own_server.freeze()
        async with asyncio.timeout(10):  # For ever, were it not for the deadlines.
            for _ in range(200):
                with pytest.raises(Unavailable):
                    await store.limiter.hit("key", LIMIT)
                assert await store.cache.get_many(["key"]) == {}
        own_server.thaw()
        await eventually(answers(store))
        assert (await store.limiter.hit("another key", LIMIT)).allowed


async def test_after_a_few_failures_the_server_is_left_alone(proxy: Proxy, disturbed: RedisStore) -> None:
    proxy.mute = True
    await exhaust_patience(disturbed)
    seen = proxy.connections, proxy.requests
    for _ in range(50):
        with pytest.raises(Unavailable):
            await disturbed.limiter.hit("key", LIMIT)
        await disturbed.cache.fill_many({"key": b"value"}, HOUR)
    assert (proxy.connections, proxy.requests) == seen


async def test_a_server_that_returns_is_noticed(proxy: Proxy, disturbed: RedisStore) -> None:
    await proxy.close()
    await exhaust_patience(disturbed)
    await proxy.listen()
    await eventually(answers(disturbed))
    await disturbed.cache.fill_many({"key": b"value"}, HOUR)
    assert await disturbed.cache.get_many(["key"]) == {"key": b"value"}


async def test_a_restart_between_two_calls_is_not_noticed_at_all(proxy: Proxy, disturbed: RedisStore) -> None:
    await disturbed.cache.fill_many({"key": b"value"}, HOUR)
    await proxy.close()
    await proxy.listen()
    assert await disturbed.cache.get_many(["key"]) == {"key": b"value"}


@pytest.mark.parametrize("loss", ["mute", "cut_next"])
async def test_a_write_whose_answer_is_lost_is_made_again_by_nobody_but_the_caller_and_then_counts_once(
    loss: str, proxy: Proxy, disturbed: RedisStore, client: Redis, redis_prefix: str, make: Builder
) -> None:
    owner, entry = make.ids.user(), Entry(make.ids.post(), make.ids.user())
    await warm(disturbed.timelines, owner)
    setattr(proxy, loss, True)
    with pytest.raises(Unavailable):
        await disturbed.timelines.push(entry, [owner])
    [key] = client.keys(f"{redis_prefix}h2:{{*}}:{owner}")
    assert client.llen(key) == 1 + 1

    setattr(proxy, loss, False)
    await disturbed.timelines.push(entry, [owner])
    timeline = await disturbed.timelines.read(owner)
    assert timeline is not None
    assert list(timeline.entries) == [entry]


async def test_an_answer_that_comes_late_reaches_nobody_else(own_server: OwnServer, context: AdapterContext) -> None:
    """The connection on which it would come is given up with the question."""
    async with open_redis(f"{own_server.url}?timeout=0.5", context) as store:
        await store.cache.fill_many({"mine": b"mine", "yours": b"yours"}, HOUR)
        own_server.freeze()
        assert await store.cache.get_many(["mine"]) == {}
        own_server.thaw()
        await eventually(answers(store))
        for _ in range(20):
            assert await store.cache.get_many(["yours"]) == {"yours": b"yours"}


async def test_calls_that_are_cancelled_leave_every_connection_usable(store: RedisStore) -> None:
    await store.cache.fill_many({str(n): str(n).encode() for n in range(40)}, HOUR)

    async def reads(n: int) -> dict[str, bytes]:
        return await store.cache.get_many([str(n)])

    for _ in range(5):
        tasks = [asyncio.create_task(reads(n)) for n in range(40)]
        await asyncio.sleep(0.001)
        for task in tasks[::2]:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        for n, result in enumerate(results):
            assert isinstance(result, asyncio.CancelledError) or result in ({str(n): str(n).encode()}, {})
    for n in range(40):
        assert await reads(n) == {str(n): str(n).encode()}


async def test_without_a_server_what_may_be_forgotten_is_and_the_rest_says_so(
    proxy: Proxy, disturbed: RedisStore, make: Builder
) -> None:
    owner, post = make.ids.user(), make.ids.post()
    await proxy.close()
    assert await disturbed.cache.get_many(["key"]) == {}
    await disturbed.cache.fill_many({"key": b"value"}, HOUR)
    await disturbed.limiter.give_back("key", LIMIT)
    assert await disturbed.counters.get_many([post]) == {}
    for call in (
        disturbed.counters.put_many({post: Counts(1, 1, 1, 1)}),
        disturbed.cache.delete_many(["key"]),
        disturbed.cache.deletions(None),
        disturbed.limiter.hit("key", LIMIT),
        disturbed.timelines.push(Entry(post, owner), [owner]),
        disturbed.timelines.read(owner),
        disturbed.timelines.start_warming(owner),
        disturbed.timelines.fill(owner, Warming(1), [], None),
        disturbed.timelines.backfill(owner, [Entry(post, owner)]),
        disturbed.timelines.drop(owner),
        disturbed.trending.add(Trendable(post, (EVERYWHERE,)), [Reaction(make.ids.like(), owner)], Limits()),
        disturbed.trending.top(EVERYWHERE, Window.NOW, limit=10),
        disturbed.trending.clear(),
        disturbed.check(),
    ):
        with pytest.raises(Unavailable):
            await call


async def test_a_full_server_still_answers_readers(own_server: OwnServer, context: AdapterContext) -> None:
    async with open_redis(f"{own_server.url}?timeout=10", context) as store:
        await store.cache.fill_many({"old": b"1"}, HOUR)
        with Redis.from_url(own_server.url) as client:
            client.config_set("maxmemory", 1)
            client.config_set("maxmemory-policy", "noeviction")
        for _ in range(2 * FAILURES):
            await store.cache.fill_many({"new": b"2"}, HOUR)
            with pytest.raises(Unavailable):
                await store.limiter.hit("key", LIMIT)
            await store.limiter.give_back("key", LIMIT)
        assert await store.cache.get_many(["old", "new"]) == {"old": b"1"}
        with pytest.raises(Unavailable):
            await store.cache.delete_many(["old"])
        assert await store.cache.get_many(["old"]) == {}  # it cannot keep fillers out, but it shows nothing stale


async def test_who_keeps_copies_trusts_none_while_a_full_server_cannot_list_what_was_deleted(
    own_server: OwnServer, context: AdapterContext
) -> None:
    async with open_redis(f"{own_server.url}?timeout=10", context) as store:
        position = (await store.cache.deletions(None)).position
        with Redis.from_url(own_server.url) as client:
            client.config_set("maxmemory", 1)
            client.config_set("maxmemory-policy", "noeviction")
            assert await store.cache.deletions(position) == (position, ())
            with pytest.raises(Unavailable):
                await store.cache.delete_many(["old"])
            with pytest.raises(Unavailable):
                await store.cache.deletions(position)
            client.config_set("maxmemory", 0)
        assert (await store.cache.deletions(position)).keys is None


async def test_scripts_are_taught_again_to_a_server_that_forgot_them(
    own_server: OwnServer, context: AdapterContext
) -> None:
    async with open_redis(f"{own_server.url}?timeout=10", context) as store:
        verdicts = [await store.limiter.hit("key", Limit(3, HOUR))]
        with Redis.from_url(own_server.url) as client:
            client.script_flush()
        verdicts += [await store.limiter.hit("key", Limit(3, HOUR)) for _ in range(3)]
        assert [verdict.remaining for verdict in verdicts] == [2, 1, 0, 0]
        with Redis.from_url(own_server.url) as client:
            client.script_flush()
        await store.limiter.give_back("key", Limit(3, HOUR))
        assert (await store.limiter.hit("key", Limit(3, HOUR))).allowed
