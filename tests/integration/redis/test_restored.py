"""A server that was killed and comes back with what it wrote to disk some time before."""

from collections.abc import Iterator
from datetime import timedelta
from os import getpid

import pytest

from socialfeed.adapters.redis import RedisStore, open_redis
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.timelines import Entry
from socialfeed.domain.engagement import Counts
from socialfeed.domain.errors import Unavailable
from socialfeed.testing import Builder
from socialfeed.testing.contracts.timelines import warm
from socialfeed.testing.contracts.waiting import eventually
from tests.integration.faults.servers import OwnRedis
from tests.services import Services

HOUR = timedelta(hours=1)


@pytest.fixture
def on_disk(services: Services) -> Iterator[OwnRedis]:
    server = OwnRedis(services, f"redis-on-disk-{getpid()}", "--save", "3600 1000000")
    yield server
    server.end()


async def killed(server: OwnRedis, store: RedisStore) -> None:
    """And back, and met again by who was connected."""
    server.kill()
    server.start()

    async def settled() -> bool:
        try:
            await store.settle()
        except Unavailable:
            return False
        return True

    await eventually(settled)


async def test_it_forgets_timelines_counters_and_values_that_lack_what_came_after(
    on_disk: OwnRedis, context: AdapterContext
) -> None:
    make = Builder()
    owner, post, entry = make.ids.user(), make.ids.post(), Entry(make.ids.post(), make.ids.user())
    async with open_redis(f"{on_disk.url}?timeout=10", context) as store:
        await store.settle()
        await warm(store.timelines, owner)
        await store.cache.fill_many({"key": b"old"}, HOUR)
        await store.counters.put_many({post: Counts(1, 1, 1, 1)})
        with on_disk.client() as client:
            client.save()
        await store.timelines.push(entry, [owner])

        await killed(on_disk, store)

        assert await store.timelines.read(owner) is None
        assert await store.cache.get_many(["key"]) == {}
        assert await store.counters.get_many([post]) == {}


async def test_what_is_kept_afterwards_stays(on_disk: OwnRedis, context: AdapterContext) -> None:
    owner = Builder().ids.user()
    async with open_redis(f"{on_disk.url}?timeout=10", context) as store:
        await store.settle()
        await warm(store.timelines, owner)
        with on_disk.client() as client:
            client.save()
        await killed(on_disk, store)
        await warm(store.timelines, owner)
        async with open_redis(f"{on_disk.url}?timeout=10", context) as another:
            await another.settle()
            await store.settle()
            assert await another.timelines.read(owner) is not None
