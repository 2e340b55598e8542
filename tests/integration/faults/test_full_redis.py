"""The broker's Redis has no room left: what is new waits in the outbox, what it has goes on."""

import asyncio
from collections.abc import Callable

import pytest

from socialfeed.domain.ids import PostId
from tests.integration.faults.servers import OwnRedis, Worker
from tests.integration.faults.verdict import Answer, Verdict
from tests.integration.faults.world import PUBLISH, World, steadily, until

pytestmark = pytest.mark.faults

QUEUED, NEW = 200, 200


async def test_fault_16_the_redis_of_the_broker_is_full(
    world: World, start_redis: Callable[..., OwnRedis], verdict: Verdict
) -> None:
    """What is counted is how many posts the jobs have put into the search index, which lies in the database."""
    redis = start_redis()
    [address] = await world.serve(broker_url=redis.url)
    people = await world.people(10)
    backlog = world.client.app.storage.outbox.backlog
    published: list[PostId] = []

    async def publish(number: int) -> Answer:
        answer, found = await world.timed(address, people[number % 10], PUBLISH, content=f"Post {number}")
        if answer.said == "OK":
            published.append(PostId(int(found["post"]["id"])))
        return answer

    async def is_empty() -> bool:
        return await backlog() == 0

    async def queued_ones_are_done() -> bool:
        return await asyncio.to_thread(indexed, world) >= QUEUED

    async def all_are_done() -> bool:
        return await asyncio.to_thread(indexed, world) >= QUEUED + NEW

    before = await steadily(publish, rate=50, seconds=QUEUED / 50)
    await until(is_empty, within=30)
    await asyncio.to_thread(limit, redis, 1)
    working = Worker(world.folder, world.settings(broker_url=redis.url))
    working.start()
    try:
        meanwhile = await steadily(publish, rate=25, seconds=NEW / 25)
        ran = await until(queued_ones_are_done, within=30)
        waiting = await backlog()
        dead = await asyncio.to_thread(indexed, world) - QUEUED
        await asyncio.to_thread(limit, redis, 0)
        drained = await until(is_empty, within=30)
        done = drained + await until(all_are_done, within=30)
    finally:
        working.kill()
    verdict.figures(f"{QUEUED} posts queued before, {NEW} published while there was no room")
    verdict.answers("posts before", before)
    verdict.answers("posts meanwhile", meanwhile)
    verdict.must("all accepted", len(published) == QUEUED + NEW, len(published))
    verdict.must("new work waits in the outbox", waiting == NEW and not dead, f"{waiting} events")
    verdict.must("queued work still runs", ran < float("inf"), f"all of it {ran:.1f} s after the last post")
    verdict.must("all is done once there is room", done < float("inf"), f"{drained:.1f} s, {done:.1f} s")
    verdict.check()


def indexed(world: World) -> int:
    [(number,)] = world.rows("SELECT count(*) FROM post_search")
    return int(number)


def limit(redis: OwnRedis, bytes_: int) -> None:
    """1: there is no room for anything new; 0: as much as there is."""
    with redis.client() as client:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", bytes_)
