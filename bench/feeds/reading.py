"""What the first page of a home feed costs, against how many the reader follows."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from statistics import median, quantiles
from time import perf_counter

from bench.feeds.world import FOLLOWEES, QUIET_KIND, World, build
from bench.servers import load
from socialfeed.application.feeds.skeleton import HomeSkeleton
from socialfeed.container import App
from socialfeed.domain.ids import UserId
from socialfeed.domain.permissions import USER, Actor

PAGE = 10
GOAL = 1.1
"""The cost of a page for the one who follows most, by that for the one who follows fewest."""

Read = Callable[[App, UserId], Awaitable[int]]


async def user_feed(app: App, reader_id: UserId) -> int:
    page = await app.services.feeds.home_page(Actor(reader_id, USER.permissions), page=1, items_per_page=PAGE)
    return len(page.items)


async def home_feed(app: App, reader_id: UserId) -> int:
    return len((await app.services.feeds.home(Actor(reader_id, USER.permissions), first=PAGE)).nodes)


FORMS: dict[str, Read] = {"userFeed": user_feed, "homeFeed": home_feed}


async def measured(app: App, rounds: int) -> bool:
    """Prints a table; whether the goal is met."""
    world = await build(app)
    timelines = (app.shared or app.storage).timelines
    home = HomeSkeleton(timelines, app.storage.posts)
    for readers in world.readers.values():
        for reader_id in readers:
            await home.warm(reader_id)
    print(f"  first page of {PAGE}, warm timelines, {rounds} rounds; milliseconds; load of the machine {load()}")
    print(f"  {'':10}{'followees':>10}{'p50':>8}{'p99':>8}{'ratio':>8}  goal")
    holds = []
    for form, read in FORMS.items():
        took = await _timed(app, world, read, rounds)
        fewest = median(took[f"{FOLLOWEES[0]:,}"])
        for kind, timings in took.items():
            ratio = median(timings) / fewest
            verdict = ""
            if kind in (f"{FOLLOWEES[-1]:,}", QUIET_KIND):
                holds.append(ratio <= GOAL)
                verdict = "yes" if holds[-1] else "NO"
            p99 = quantiles(timings, n=100)[-1]
            print(f"  {form:10}{kind:>10}{median(timings):8.2f}{p99:8.2f}{ratio:8.2f}  {verdict}", flush=True)
    return all(holds)


async def _timed(app: App, world: World, read: Read, rounds: int) -> dict[str, list[float]]:
    """Milliseconds by kind; the readers of all kinds in random order, and once before to warm up."""
    chance = random.Random(9)
    every = [(kind, reader_id) for kind, readers in world.readers.items() for reader_id in readers]
    took: dict[str, list[float]] = {kind: [] for kind in world.readers}
    for number in range(rounds + 1):
        for kind, reader_id in chance.sample(every, len(every)):
            started = perf_counter()
            shown = await read(app, reader_id)
            if number:
                took[kind].append((perf_counter() - started) * 1000)
            assert shown == PAGE, f"{kind}: a page of {shown}"
        await asyncio.sleep(0)
    return took
