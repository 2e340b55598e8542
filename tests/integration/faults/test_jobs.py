"""Jobs, while those who run them are killed, and the broker between them and the outbox is away."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from socialfeed.adapters.redis import open_redis
from socialfeed.adapters.system import SystemClock
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.domain.ids import PostId, UserId
from tests.integration.faults.servers import OwnRedis, Worker
from tests.integration.faults.verdict import Answer, Verdict
from tests.integration.faults.world import LIKE, PAGE, PUBLISH, World, steadily, until
from tests.integration.jobs.tollgate import tollgate
from tests.integration.killed_process import survived

pytestmark = pytest.mark.faults

BROKERS = ["redis", pytest.param("rabbitmq", marks=pytest.mark.rabbitmq)]

LIKES, LIKED_POSTS, LIKERS = 2_500, 50, 50
LIKES_A_SECOND, KILL_EVERY = 75, 5
"""Each like makes two jobs."""

LATE = 10
"""Seconds by which the worker comes late: so it has its hands full whenever it is killed."""

AWAY, POSTS, AUTHORS, READERS, FOLLOWED = 60, 1_000, 20, 20, 5
COMMITS_OF_THE_KILLED = 100


@pytest.fixture(params=BROKERS)
def broker(request: pytest.FixtureRequest, start_redis: Callable[..., OwnRedis]) -> str:
    """The URL of a broker with nothing to do."""
    return str(request.getfixturevalue("amqp_url")) if request.param == "rabbitmq" else start_redis().url


@contextmanager
def killed_in_the_end(folder: Path, **settings: str) -> Iterator[Worker]:
    working = Worker(folder, **settings)
    try:
        yield working
    finally:
        working.kill()


async def test_fault_7_a_worker_killed_every_five_seconds(
    world: World, broker: str, start_redis: Callable[..., OwnRedis], verdict: Verdict
) -> None:
    """The effect of a job is what it adds to a post's weight in the trend: done twice, it would count twice."""
    redis = start_redis()
    [address] = await world.serve(broker_url=broker, redis_url=redis.url)
    [author, *users] = await world.people(LIKERS + 1)
    posts = await world.crowd.posts(author, LIKED_POSTS)

    async def like(number: int) -> Answer:
        user, post = users[number % LIKERS], posts[number // LIKERS]
        answer, _ = await world.timed(address, user, LIKE, post=str(post))
        return answer

    async def kill_again_and_again() -> None:
        await asyncio.sleep(LATE)
        while True:
            working.start()
            await asyncio.sleep(KILL_EVERY)
            await asyncio.to_thread(working.kill)

    with killed_in_the_end(world.folder, **world.settings(broker_url=broker, redis_url=redis.url)) as working:
        killing = asyncio.create_task(kill_again_and_again())
        answers = await steadily(like, rate=LIKES_A_SECOND, seconds=LIKES / LIKES_A_SECOND)
        killing.cancel()
        await asyncio.wait([killing])
        await asyncio.to_thread(working.kill)
        working.start()
        acknowledged = sum(answer.said == "OK" for answer in answers)

        async def all_is_done() -> bool:
            if await world.client.app.storage.outbox.backlog():
                return False
            return sum((await asyncio.to_thread(weights, redis)).values()) >= acknowledged

        took = await until(all_is_done, within=90)
        await asyncio.sleep(2)  # Whoever did something twice has had the time to.
    trend = await asyncio.to_thread(weights, redis)
    lost = sum(max(0, LIKERS - trend.get(post, 0)) for post in posts)
    twice = sum(max(0, trend.get(post, 0) - LIKERS) for post in posts)
    verdict.figures(f"{2 * acknowledged:,} jobs; workers killed {working.started - 1} times")
    verdict.answers("likes", answers)
    verdict.must("each effect exactly once", not lost and not twice, f"{lost:g} missing, {twice:g} too many")
    verdict.must("backlog 0 within 60 s", took <= 60, f"{took:.1f} s")
    verdict.check()


def weights(redis: OwnRedis) -> dict[PostId, float]:
    with redis.client() as client:
        found = client.hgetall("sf:t:{t}:weights")
    return {PostId(int.from_bytes(name)): float(value) for name, value in found.items() if len(name) == 8}


async def test_fault_8_the_broker_is_away_for_a_minute(
    world: World, broker: str, start_redis: Callable[..., OwnRedis], verdict: Verdict
) -> None:
    redis = start_redis()
    people = await world.people(AUTHORS + READERS)
    authors, readers = people[:AUTHORS], people[AUTHORS:]
    follows = [(reader, authors[(n + step) % AUTHORS]) for n, reader in enumerate(readers) for step in range(FOLLOWED)]
    await world.crowd.follow(follows)
    published: dict[UserId, set[PostId]] = {author: set() for author in authors}

    async with tollgate(broker) as (gate, gated):
        [address] = await world.serve(broker_url=gated, redis_url=redis.url)
        with killed_in_the_end(world.folder, **world.settings(broker_url=gated, redis_url=redis.url)) as working:
            working.start()
            await asyncio.to_thread(working.wait)
            for reader in readers:
                await world.ask(address, reader, PAGE, page=1, size=10)  # so that the timeline is warm

            async def publish(number: int) -> Answer:
                author = authors[number % AUTHORS]
                answer, found = await world.timed(address, author, PUBLISH, content=f"Post {number}")
                if answer.said == "OK":
                    published[author].add(PostId(int(found["post"]["id"])))
                return answer

            await gate.stop()
            away = asyncio.create_task(asyncio.sleep(AWAY))
            answers = await steadily(publish, rate=POSTS / (AWAY - 5), seconds=AWAY - 5)
            await away
            waiting = await world.client.app.storage.outbox.backlog()
            await gate.start()

            async def drained() -> bool:
                return await world.client.app.storage.outbox.backlog() == 0

            async def delivered() -> bool:
                return not await undelivered(redis, follows, published)

            took = await until(drained, within=60)
            arrived = took + await until(delivered, within=60)
    missing = await undelivered(redis, follows, published)
    accepted = sum(len(posts) for posts in published.values())
    verdict.figures(f"{urlsplit(broker).scheme}: away for {AWAY} s; {waiting:,} events waited in the outbox")
    verdict.answers("posts", answers)
    verdict.must("all accepted", accepted == POSTS, f"{accepted:,} of {POSTS:,}")
    verdict.must("outbox drained within 30 s", took <= 30, f"{took:.1f} s")
    verdict.must("all delivered", not missing, f"{missing} of {accepted * FOLLOWED:,} missing after {arrived:.1f} s")
    verdict.check()


async def undelivered(
    redis: OwnRedis, follows: Sequence[tuple[UserId, UserId]], published: dict[UserId, set[PostId]]
) -> int:
    """How many posts are not in the timelines of their authors' followers."""
    async with open_redis(f"{redis.url}?timeout=5", AdapterContext(SystemClock(), Path())) as store:
        missing = 0
        for reader in {reader for reader, _ in follows}:
            timeline = await store.timelines.read(reader)
            there = {entry.post_id for entry in timeline.entries} if timeline else set()
            due = [post for follower, author in follows if follower == reader for post in published[author]]
            missing += sum(post not in there for post in due)
    return missing


async def test_fault_9_killed_between_commit_and_enqueue_a_hundred_times(
    migrated_postgres_url: str, broker: str, verdict: Verdict
) -> None:
    outcome = await survived(migrated_postgres_url, broker, kills=COMMITS_OF_THE_KILLED)
    verdict.figures(f"{COMMITS_OF_THE_KILLED} processes killed; {outcome.asked} deliveries to those who came after")
    verdict.must("each of them had committed", outcome.committed == COMMITS_OF_THE_KILLED, outcome.committed)
    verdict.must("100 effects", outcome.effects == outcome.events, f"{len(outcome.effects)}, of each event one")
    verdict.check()
