"""The shared store is emptied, killed or frozen while people read, write, like and follow."""

import asyncio
import random
import re
import time
from collections.abc import Callable, Sequence
from datetime import datetime

import pytest

from socialfeed.domain.ids import PostId, UserId
from tests.integration.faults.servers import OwnRedis
from tests.integration.faults.verdict import Answer, Verdict, percentile
from tests.integration.faults.world import (
    COUNTS,
    FOLLOW,
    LIKE,
    PAGE,
    PUBLISH,
    UNFOLLOW,
    World,
    circle,
    steadily,
    until,
)

pytestmark = pytest.mark.faults

PEOPLE, FOLLOWED, OLD_POSTS = 60, 20, 4
READS, WRITES = 50, 12
"""A second: so many as a busy machine of two cores, which also has the load and the database, takes in its stride."""

SIGN_IN = "mutation ($name: String!) { tokenAuth(username: $name, password: $name) { success errors { code } } }"
FORGOT = "mutation ($name: String!) { requestPasswordReset(email: $name) { success errors { code } } }"
FROZEN, POINTS = 30, 300


class Traffic:
    """Readers and writers of one server."""

    def __init__(self, world: World, address: str, people: Sequence[UserId], posts: Sequence[PostId]) -> None:
        self._world, self._address = world, address
        self.people = people
        self._posts = list(posts)
        self._chance = random.Random(1)
        self.published: list[PostId] = []
        self.reads: list[Answer] = []
        self.writes: list[Answer] = []

    async def flow(self, seconds: float) -> None:
        reads, writes = await asyncio.gather(
            steadily(self._read, rate=READS, seconds=seconds), steadily(self._write, rate=WRITES, seconds=seconds)
        )
        self.reads += reads
        self.writes += writes

    async def warm(self) -> None:
        """Twice: what is read cold is rebuilt behind the reader's back."""
        for _ in range(2):
            for number in range(len(self.people)):
                await self._read(number)

    async def _read(self, number: int) -> Answer:
        reader = self.people[number % len(self.people)]
        answer, _ = await self._world.timed(self._address, reader, PAGE, page=1, size=10)
        return answer

    async def _write(self, number: int) -> Answer:
        who = self._chance.choice(self.people)
        match number % 4:
            case 0:
                answer, found = await self._world.timed(self._address, who, PUBLISH, content=f"Post {number}")
                if answer.said == "OK":
                    self.published.append(PostId(int(found["post"]["id"])))
                    self._posts.append(self.published[-1])
            case 1 if number % 8 == 1:
                whom = self._chance.choice([user for user in self.people if user != who])
                operation = self._chance.choice((FOLLOW, UNFOLLOW))
                answer, _ = await self._world.timed(self._address, who, operation, user=str(whom))
            case _:
                post = self._chance.choice(self._posts[-100:])
                answer, _ = await self._world.timed(self._address, who, LIKE, post=str(post))
        return answer


async def traffic(world: World, redis: OwnRedis) -> tuple[Traffic, str]:
    """With every timeline warm."""
    [address] = await world.serve(redis_url=redis.url)
    people = await world.people(PEOPLE)
    await world.crowd.follow(list(circle(people, FOLLOWED)))
    posts = [post for author in people for post in await world.crowd.posts(author, OLD_POSTS)]
    flowing = Traffic(world, address, people, posts)
    await flowing.warm()
    return flowing, address


@pytest.mark.parametrize("comes_back", ["empty", "as it was before"])
async def test_fault_3_redis_is_emptied_and_killed_under_load(
    comes_back: str, world: World, start_redis: Callable[..., OwnRedis], verdict: Verdict
) -> None:
    redis = start_redis() if comes_back == "empty" else start_redis("--save", "3600 1000000")
    flowing, address = await traffic(world, redis)
    if comes_back != "empty":
        await asyncio.to_thread(save, redis)
    await flowing.flow(5)
    calm = flowing.reads
    flowing.reads = []

    async def torment() -> None:
        for _ in range(4):
            await asyncio.to_thread(flush, redis)
            await asyncio.sleep(4)
            await asyncio.to_thread(redis.kill)
            await asyncio.sleep(1)
            await asyncio.to_thread(redis.start)
            await asyncio.sleep(3)

    await asyncio.gather(torment(), flowing.flow(34))

    async def right() -> bool:
        return not await world.wrong_feeds(address, flowing.people)

    settled = await until(right, within=30)
    again = await world.wrong_feeds(address, flowing.people)  # of timelines that are warm now
    rows = {post for feed in world.oracle(flowing.people).values() for post in feed}
    lost = set(flowing.published) - rows
    errors = [answer.said for answer in (*calm, *flowing.reads, *flowing.writes) if answer.said != "OK"]
    verdict.figures(f"emptied 4 times, killed 4 times within 34 s; {len(flowing.published)} posts acknowledged")
    verdict.answers("reads before", calm)
    verdict.answers("reads meanwhile", flowing.reads)
    verdict.answers("writes", flowing.writes)
    verdict.must("no error", not errors, len(errors))
    verdict.must("no lost post", not lost, len(lost))
    verdict.must("feeds and counters are what SQL says", settled <= 10 and not again, f"after {settled:.1f} s; {again}")
    verdict.must("reads under 100 ms at p99 while it warms", percentile(flowing.reads, 99) < 100)
    verdict.check()


def save(redis: OwnRedis) -> None:
    """What it comes back with whenever it is killed."""
    with redis.client() as client:
        client.save()


def flush(redis: OwnRedis) -> None:
    with redis.client() as client:
        client.flushall()


async def test_fault_4_redis_hangs_for_30_seconds(
    world: World, start_redis: Callable[..., OwnRedis], verdict: Verdict
) -> None:
    redis = start_redis()
    flowing, address = await traffic(world, redis)
    [guarded] = await world.serve(redis_url=redis.url, rate_limit="", anonymous_rate=f"{POINTS}/hour")
    doors: list[Answer] = []
    visits: list[Answer] = []

    async def knock() -> None:
        """Whoever cannot be counted is not let in; a visitor who asks for a lot is counted here."""
        await asyncio.sleep(3)
        for number in range(10):
            for operation in (SIGN_IN, FORGOT):
                answer, _ = await world.timed(guarded, None, operation, name=f"nobody_{number}@example.org")
                doors.append(answer)
        for _ in range(POINTS):
            answer, _ = await world.timed(guarded, None, COUNTS, author=str(flowing.people[0]))
            visits.append(answer)

    await flowing.flow(5)
    calm, flowing.reads = flowing.reads, []
    redis.freeze()
    frozen, at = time.monotonic(), datetime.now()  # noqa: DTZ005 - as the log has it
    await asyncio.gather(flowing.flow(FROZEN), knock())
    redis.thaw()
    thawed = time.monotonic()
    opened = (breaker_opened(world.said()) - at).total_seconds()

    hung = [*flowing.reads, *flowing.writes]
    after = [answer for answer in flowing.reads if answer.due - frozen >= 2]
    reads_open = [answer for answer in flowing.reads if answer.due - frozen >= opened]

    async def right() -> bool:
        return not await world.wrong_feeds(address, flowing.people)

    await until(right, within=90)
    settled = time.monotonic() - thawed
    verdict.figures(f"frozen for {FROZEN} s; {len(flowing.published)} posts acknowledged")
    verdict.answers("reads before", calm)
    verdict.answers("reads from the opening of the breaker on", reads_open)
    verdict.answers("reads from the second second on", after)
    verdict.answers("reads and writes meanwhile", hung)
    verdict.answers("log-ins and codes", doors)
    verdict.answers("visitors", visits)
    verdict.must("the breaker opens within 2 s", opened <= 2, f"{opened:.2f} s")
    verdict.must("p99 under 500 ms from then on", percentile(reads_open, 99) < 500)
    verdict.must("no error but where tries are counted", {answer.said for answer in hung} == {"OK"})
    verdict.must("log-ins and codes are refused", {answer.said for answer in doors} == {"UNAVAILABLE"})
    verdict.must("visitors are let in, and limited here", {answer.said for answer in visits} == {"OK", "RATE_LIMITED"})
    verdict.must("feeds and counters are what SQL says within 10 s of its return", settled <= 10, f"{settled:.1f} s")
    verdict.check()


def breaker_opened(log: str) -> datetime:
    """When the first line that says so was written."""
    line = next(line for line in log.splitlines() if "does not answer" in line and "Redis at" in line)
    moment = re.match(r"[\d-]+ [\d:]+[.,]\d+", line)
    assert moment, line
    return datetime.fromisoformat(moment[0].replace(",", "."))
