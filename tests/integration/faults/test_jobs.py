"""Jobs, while those who run them are killed, and the broker between them and the outbox is away."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from socialfeed.adapters.redis import open_redis
from socialfeed.adapters.system import SystemClock
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.domain.ids import PostId, UserId
from socialfeed.testing.builders import Builder
from tests.integration.faults.servers import OwnRedis, Worker
from tests.integration.faults.verdict import Answer, Verdict
from tests.integration.faults.world import PAGE, PUBLISH, World, steadily, until
from tests.integration.jobs.tollgate import tollgate
from tests.integration.killed_process import survived

pytestmark = pytest.mark.faults

BROKERS = ["redis", pytest.param("rabbitmq", marks=pytest.mark.rabbitmq)]

JOBS, SENDING, KILL_EVERY = 5_000, 30, 5
"""Jobs, the seconds in which they are committed, and between two kills."""

LATE = 10
"""Seconds by which the worker comes late: so it has its hands full whenever it is killed."""

WITNESS_NODES = 201
"""Each worker makes ids of its own."""

AWAY, POSTS, AUTHORS, READERS, FOLLOWED = 60, 1_000, 20, 20, 5
COMMITS_OF_THE_KILLED = 100


@pytest.fixture(params=BROKERS)
def broker(request: pytest.FixtureRequest, start_redis: Callable[..., OwnRedis]) -> str:
    """The URL of a broker with nothing to do."""
    return str(request.getfixturevalue("amqp_url")) if request.param == "rabbitmq" else start_redis().url


@contextmanager
def killed_in_the_end(working: Worker) -> Iterator[Worker]:
    try:
        yield working
    finally:
        working.kill()


async def test_fault_7_a_worker_killed_every_five_seconds(world: World, broker: str, verdict: Verdict) -> None:
    [witness, *_] = await world.crowd.of(1)
    make = Builder(SystemClock(), node=WITNESS_NODES - 1)
    events: set[int] = set()

    async def commit(number: int) -> Answer:
        due, envelope = time.monotonic(), make.envelope()
        async with world.client.app.storage.uow() as tx:
            await tx.outbox.add(envelope)
        events.add(envelope.id)
        return Answer(due, time.monotonic() - due, "OK")

    async def kill_again_and_again() -> None:
        await asyncio.sleep(LATE)
        while True:
            working.start()
            await asyncio.sleep(KILL_EVERY)
            await asyncio.to_thread(working.kill)

    def command(number: int) -> Sequence[str]:
        module = "tests.integration.faults.witness_worker"
        node = WITNESS_NODES + number
        return [sys.executable, "-m", module, world.database_url, broker, str(witness.id), str(node)]

    def effects() -> Counter[int]:
        rows = world.rows("SELECT content, count(*) FROM posts WHERE author_id = %s GROUP BY content", witness.id)
        return Counter({int(content): count for content, count in rows})

    with killed_in_the_end(Worker(world.folder, {}, command)) as working:
        killing = asyncio.create_task(kill_again_and_again())
        answers = await steadily(commit, rate=JOBS / SENDING, seconds=SENDING)
        killing.cancel()
        await asyncio.wait([killing])
        await asyncio.to_thread(working.kill)
        working.start()

        async def all_is_done() -> bool:
            if await world.client.app.storage.outbox.backlog():
                return False
            return len(await asyncio.to_thread(effects)) >= len(events)

        took = await until(all_is_done, within=90)
        await asyncio.sleep(2)  # Whoever does something twice has had the time to.
    found = await asyncio.to_thread(effects)
    lost, twice = len(events - found.keys()), sum(count - 1 for count in found.values())
    verdict.figures(f"{len(events):,} jobs; workers killed {working.started - 1} times")
    verdict.answers("commits", answers)
    verdict.must("each effect exactly once", not lost and not twice, f"{lost} missing, {twice} too many")
    verdict.must("backlog 0 within 60 s", took <= 60, f"{took:.1f} s")
    verdict.check()


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
        settings = world.settings(broker_url=gated, redis_url=redis.url)
        with killed_in_the_end(Worker(world.folder, settings)) as working:
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
            there = {entry.id for entry in timeline.entries} if timeline else set()
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
