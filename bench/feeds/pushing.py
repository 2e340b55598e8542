"""How fast posts come into timelines, and what those take in the server's memory."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import cast

from redis.asyncio import Redis

from bench.servers import load
from socialfeed.adapters.redis import timelines as adapter
from socialfeed.adapters.sql import SqlStorage, bulk
from socialfeed.adapters.system import SystemClock
from socialfeed.application.feeds import fan_out
from socialfeed.application.ports.timelines import KEPT, Entry, Timelines
from socialfeed.container import App
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.permissions import USER, Actor
from socialfeed.testing.builders import Builder

FOLLOWERS = 10_000
POSTS = 30
"""In a measurement of the rate."""

DELIVERIES_GOAL = 100_000
SECONDS_GOAL = 0.25
ENTRY_GOAL, TIMELINE_GOAL = 22, 9 * 1024

_IDLE = 2.5
"""Seconds before a post: longer than the longest pause of a relay that has nothing to do."""


@dataclass(frozen=True, slots=True)
class World:
    author: UserId
    followers: Sequence[UserId]
    """The newest follow first, which is the order of the fan-out."""
    archive: Sequence[PostId]


async def build(app: App, timelines: Timelines) -> World:
    """An author whose followers all have a full timeline, no two neighbours cut at the same push."""
    make = Builder(SystemClock(), node=236)
    author, other, *followers = (make.user() for _ in range(2 + FOLLOWERS))
    follows = [make.follow(follower, author) for follower in followers]
    await bulk.load(cast("SqlStorage", app.storage), users=[author, other, *followers], follows=follows)
    archive = [make.ids.post() for _ in range(KEPT + adapter.SLACK)]
    entries = [Entry(post_id, other.id) for post_id in archive]

    async def warm(number: int) -> None:
        owner = followers[number].id
        warming = await timelines.start_warming(owner)
        assert warming is not None
        await timelines.fill(owner, warming, entries[: KEPT + number % adapter.SLACK], entries[0].id)

    for number in range(FOLLOWERS):
        await warm(number)
    return World(author.id, [follower.id for follower in reversed(followers)], archive)


async def publish(app: App, world: World) -> PostId:
    post = await app.services.posts.create(Actor(world.author, USER.permissions), content="To all of you")
    return post.id


async def rate(app: App, world: World, rounds: int) -> bool:
    """The relay is drained by hand: what is timed begins with the events in the outbox, and ends with the last of them
    gone from there.
    """
    rates = []
    for _ in range(rounds):
        for _ in range(POSTS):
            await publish(app, world)
        started = perf_counter()
        await app.relay.drain()
        rates.append(POSTS * FOLLOWERS / (perf_counter() - started))
    holds = max(rates) >= DELIVERIES_GOAL
    print(
        f"  fan-out of {POSTS} posts to {FOLLOWERS:,} full timelines in jobs of {fan_out.CHUNK:,}: best of {rounds}"
        f" {max(rates):,.0f} deliveries/s, median {median(rates):,.0f}; goal {DELIVERIES_GOAL:,}:"
        f" {'yes' if holds else 'NO'}; load of the machine {load()}",
        flush=True,
    )
    return holds


async def delivery(app: App, world: World, timelines: Timelines, rounds: int) -> bool:
    """With a relay that has gone to rest: from when the author has the answer until the last follower has the post."""
    took = []
    for _ in range(rounds):
        await asyncio.sleep(_IDLE)
        started = perf_counter()
        post_id = await publish(app, world)
        answered = perf_counter()
        while not await _has(timelines, world.followers[-1], post_id):
            await asyncio.sleep(0.002)
        took.append(perf_counter() - answered)
        print(f"    published in {(answered - started) * 1000:.0f} ms, everywhere after {took[-1] * 1000:.0f} ms")
        for owner in world.followers[:: FOLLOWERS // 100]:
            assert await _has(timelines, owner, post_id), "a follower was passed over"
    holds = median(took) < SECONDS_GOAL
    print(
        f"  a post in {FOLLOWERS:,} timelines, idle: median {median(took) * 1000:.0f} ms, worst {max(took) * 1000:.0f};"
        f" goal {SECONDS_GOAL * 1000:.0f}: {'yes' if holds else 'NO'}; load of the machine {load()}",
        flush=True,
    )
    return holds


async def _has(timelines: Timelines, owner: UserId, post_id: PostId) -> bool:
    timeline = await timelines.read(owner)
    return timeline is not None and any(entry.id == post_id for entry in timeline.entries[:POSTS])


async def sizes(url: str, timelines: Timelines) -> bool:
    """Of one timeline with the least that a full one holds, and just before it is cut."""
    make = Builder(SystemClock(), node=235)
    owner, author = make.ids.user(), make.ids.user()
    entries = [Entry(make.ids.post(), author) for _ in range(KEPT + adapter.SLACK)]
    warming = await timelines.start_warming(owner)
    assert warming is not None
    await timelines.fill(owner, warming, entries[:KEPT], None)
    async with Redis.from_url(url) as client:
        [key] = [key async for key in client.scan_iter(match=f"*:{owner}", count=10_000)]
        full = int(await client.memory_usage(key, samples=0) or 0)
        for entry in entries[KEPT:]:
            await timelines.push(entry, [owner])
        longest = int(await client.memory_usage(key, samples=0) or 0)
        length = int(await client.llen(key)) - 1
    holds = full / KEPT <= ENTRY_GOAL and longest / length <= ENTRY_GOAL and longest <= TIMELINE_GOAL
    print(
        f"  a timeline of {KEPT}: {full:,} bytes, {full / KEPT:.1f} an entry; of {length}, before it is cut:"
        f" {longest:,}, {longest / length:.1f} an entry; goal {ENTRY_GOAL} and {TIMELINE_GOAL:,}:"
        f" {'yes' if holds else 'NO'}"
    )
    return holds
