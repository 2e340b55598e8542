"""Likes: while what remembers their counts dies again and again, and the same one from everybody at once."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence

import pytest

from socialfeed.application.ports.activity import ActivityFilter
from socialfeed.domain.activity import Action
from socialfeed.domain.ids import PostId, UserId
from tests.integration.faults.servers import OwnRedis
from tests.integration.faults.verdict import Answer, Verdict
from tests.integration.faults.world import COUNTS, LIKE, UNLIKE, World, until
from tests.integration.product.storm import Pair, Step, steps

pytestmark = pytest.mark.faults

COMMANDS, USERS, POSTS = 10_000, 200, 50
AT_ONCE = 16
ALIVE, DEAD = 1.7, 0.3
"""Seconds: Redis is killed every other second."""

SAME = 500


class Crowd:
    """Sends what a storm of likes is made of, the copies of one command to one server after the other."""

    def __init__(self, world: World, addresses: Sequence[str]) -> None:
        self._world, self._addresses = world, addresses
        self.possible: dict[Pair, set[bool]] = {}
        """What the last acknowledgement of a pair says; a command that failed may have been done or not."""
        self.answers: list[Answer] = []

    async def rage(self, plan: Sequence[Step]) -> None:
        of_task: list[list[Step]] = [[] for _ in range(AT_ONCE)]
        for step in plan:
            of_task[hash(step.pair) % AT_ONCE].append(step)
        async with asyncio.TaskGroup() as group:
            for own in of_task:
                group.create_task(self._send(own))

    async def _send(self, own: Sequence[Step]) -> None:
        for step in own:
            done = await asyncio.gather(*(self._once(step, n) for n in range(step.copies)))
            before = self.possible.get(step.pair, {False})
            self.possible[step.pair] = {step.likes} if any(done) else before | {step.likes}

    async def _once(self, step: Step, number: int) -> bool:
        address = self._addresses[number % len(self._addresses)]
        operation = LIKE if step.likes else UNLIKE
        answer, found = await self._world.timed(address, step.pair.user, operation, post=str(step.pair.post))
        self.answers.append(answer)
        if answer.said != "OK":
            return False
        assert found["isLiked"] is step.likes
        return True


async def shown(world: World, address: str, author: UserId) -> dict[int, int]:
    said, found = await world.ask(address, None, COUNTS, author=str(author))
    assert said == "OK", said
    return {int(item["id"]): item["likesCount"] for item in found["items"]}


async def stored_pairs(world: World, posts: Sequence[PostId]) -> list[Pair]:
    engagement = world.client.app.storage.engagement
    return [Pair(user, post) for post in posts for user in await engagement.likers(post, limit=10_000)]


async def test_fault_1_likes_while_redis_is_killed_every_two_seconds(
    world: World, start_redis: Callable[..., OwnRedis], verdict: Verdict
) -> None:
    redis = start_redis()
    addresses = await world.serve(2, redis_url=redis.url)
    [author, *users] = await world.people(USERS + 1)
    posts = await world.crowd.posts(author, POSTS)
    crowd = Crowd(world, addresses)
    kills = 0

    async def kill_again_and_again() -> None:
        nonlocal kills
        while True:
            await asyncio.sleep(ALIVE)
            await asyncio.to_thread(redis.kill)
            kills += 1
            await asyncio.sleep(DEAD)
            await asyncio.to_thread(redis.start)

    killing = asyncio.create_task(kill_again_and_again())
    await crowd.rage(steps(users, posts, COMMANDS, random.Random(1)))
    killing.cancel()
    await asyncio.wait([killing])
    if not await asyncio.to_thread(redis.answers):
        await asyncio.to_thread(redis.start)

    rows = await stored_pairs(world, posts)
    totals = Counter(pair.post for pair in rows)
    expected = {post: totals[post] for post in posts}

    async def counters_are_right() -> bool:
        return [await shown(world, address, author) for address in addresses] == [expected] * len(addresses)

    took = await until(counters_are_right, within=90)
    acknowledged = sum(answer.said == "OK" for answer in crowd.answers)
    lost = [pair for pair, likes in crowd.possible.items() if (pair in set(rows)) not in likes]
    verdict.figures(f"acknowledged {acknowledged:,} of {COMMANDS:,} by two servers; Redis killed {kills} times")
    verdict.answers("likes and unlikes", crowd.answers)
    verdict.must("no acknowledged write lost", not lost, len(lost))
    verdict.must("no duplicate row", len(rows) == len(set(rows)), len(rows) - len(set(rows)))
    verdict.must("counters are the rows within 10 s", took <= 10, f"{took:.1f} s, {len(rows):,} rows")
    verdict.check()


async def test_fault_2_the_same_like_500_times_at_once(
    world: World, start_redis: Callable[..., OwnRedis], verdict: Verdict
) -> None:
    redis = start_redis()
    addresses = await world.serve(3, redis_url=redis.url)
    author, user = await world.people(2)
    [post] = await world.crowd.posts(author, 1)

    asked = [world.timed(addresses[n % 3], user, LIKE, post=str(post)) for n in range(SAME)]
    answers = [answer for answer, _ in await asyncio.gather(*asked)]

    rows = await stored_pairs(world, [post])

    async def counted_once() -> bool:
        return [await shown(world, address, author) for address in addresses] == [{post: 1}] * 3

    async def relayed() -> bool:
        return await world.client.app.storage.outbox.backlog() == 0

    counted = await until(counted_once, within=10)
    await until(relayed, within=10)
    liked = ActivityFilter(actor_id=user, action=Action.POST_LIKE)
    logged = await world.client.app.storage.activity.entries(liked, limit=100, before=None)
    verdict.answers(f"{SAME} likes of three servers", answers)
    verdict.must("one row", rows == [Pair(user, post)], len(rows))
    verdict.must("plus one, everywhere", counted <= 10, f"after {counted:.1f} s")
    verdict.must("every client is told that it likes", {answer.said for answer in answers} == {"OK"})
    verdict.must("one entry in the log, which is written with the event", len(logged) == 1, len(logged))
    verdict.figures("one notification: there are none yet; what will notify is the one event")
    verdict.check()
