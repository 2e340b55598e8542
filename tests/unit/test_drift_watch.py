"""Counters compared in passing, and what metrics then say."""

import random
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from socialfeed.adapters.memory import MemoryStorage
from socialfeed.adapters.memory.metrics import MemoryMetrics
from socialfeed.application.work.drift import SAMPLE, DriftWatch
from socialfeed.domain.engagement import Counts
from socialfeed.domain.ids import PostId
from socialfeed.testing import Builder, FixedClock
from socialfeed.testing.contracts.given import given_posts, given_users

COMPARED, DRIFTED = ("socialfeed_counters_compared_total",), ("socialfeed_counters_drifted_total",)


@dataclass
class World:
    """Hundred posts of as many days."""

    clock: FixedClock = field(default_factory=FixedClock)
    metrics: MemoryMetrics = field(default_factory=MemoryMetrics)
    posts: list[PostId] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.storage = MemoryStorage(self.clock)
        self.watch = DriftWatch(self.storage.counters, self.storage.posts, self.clock, self.metrics, random.Random(1))

    async def populate(self) -> None:
        make = Builder(self.clock)
        author = make.user()
        await given_users(self.storage, author)
        for _ in range(100):
            post = make.post(author)
            await given_posts(self.storage, post)
            self.posts.append(post.id)
            self.clock.advance(timedelta(days=1))

    def miscount(self, post_id: PostId) -> None:
        self.storage.counters.database.counts.rows[post_id] = Counts(likes=7, version=7)


@pytest.fixture
async def world() -> World:
    world = World()
    await world.populate()
    return world


async def test_without_posts_there_is_nothing_to_compare() -> None:
    world = World()
    assert await world.watch.sample() == 0
    assert world.metrics.values[COMPARED] == 0


async def test_a_sample_is_bounded_and_counters_that_are_right_are_no_drift(world: World) -> None:
    for _ in range(10):
        before = world.metrics.values[COMPARED]
        assert await world.watch.sample() == 0
        assert 1 <= world.metrics.values[COMPARED] - before <= SAMPLE
    assert world.metrics.values[DRIFTED] == 0


@pytest.mark.parametrize("place", [0, 50, 99])
async def test_a_counter_that_drifted_is_found_in_time_wherever_it_is(world: World, place: int) -> None:
    world.miscount(world.posts[place])
    found = [await world.watch.sample() for _ in range(300)]
    assert set(found) == {0, 1}
    assert world.metrics.values[DRIFTED] == sum(found)
