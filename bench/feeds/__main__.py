"""Home feeds: `python -m bench.feeds`.

  reading   the first page, by number (`userFeed`) and by cursor (`homeFeed`), for readers who follow 10, 100, 1,000
            and 5,000 who write, and 30 who wrote long ago; on SQLite, on Postgres, and on Postgres with timelines in
            Valkey; all kinds of readers in random order, straight into the services
  pushing   on Postgres and a Valkey of our own: posts fanned out to 10,000 followers whose timelines are full, from
            the outbox through the jobs, which run in this process; how soon an idle system has a post in all of them;
            and the bytes of a timeline
  likes     of one post on Postgres: `bench.hot_post`

Goals: a page costs at most 1.1 times as much for who follows 5,000, or 30 who are quiet, as for who follows 10; 100,000
deliveries/s; 250 ms; 22 bytes an entry and 9 KB a timeline; 5,000 likes/s and no drift.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

from tests.services import Missing, Services, redis

from bench import hot_post
from bench.feeds import pushing, reading
from bench.servers import PATIENCE, POSTGRES, SQLITE, Settings, backends, services
from socialfeed.container import open_app
from socialfeed.settings import Settings as AppSettings

READ_ROUNDS, PUSH_ROUNDS, DELIVERIES = 25, 3, 5
POSTGRES_ALONE = "Postgres"


async def read(found: Services, rounds: int) -> list[bool]:
    holds = []
    for name in (SQLITE, POSTGRES_ALONE, POSTGRES):
        print(f"{name}: reading", flush=True)

        async def measure(settings: Settings, folder: Path, name: str = name) -> bool:
            if name == POSTGRES_ALONE:
                settings = {"database_url": settings["database_url"]}
            async with open_app(AppSettings(data_dir=folder, **settings), relay=False) as app:
                return await reading.measured(app, rounds)

        holds.append(await _on(SQLITE if name == SQLITE else POSTGRES, found, measure))
    return holds


async def push(found: Services, rounds: int) -> list[bool]:
    print(f"{POSTGRES}: pushing", flush=True)
    server = redis.start(redis.own_binary(), found.launcher("valkey-of-feeds"))

    async def measure(settings: Settings, folder: Path) -> bool:
        chosen = AppSettings(data_dir=folder, **{**settings, "redis_url": f"{server}?{PATIENCE}"})
        async with open_app(chosen, relay=False) as app:
            timelines = app.shared.timelines if app.shared else app.storage.timelines
            holds = [await pushing.sizes(server, timelines)]
            world = await pushing.build(app, timelines)
            holds.append(await pushing.rate(app, world, rounds))
        async with open_app(chosen) as app:
            timelines = app.shared.timelines if app.shared else app.storage.timelines
            holds.append(await pushing.delivery(app, world, timelines, DELIVERIES))
        return all(holds)

    return [await _on(POSTGRES, found, measure)]


async def _on(name: str, found: Services, measure: Callable[[Settings, Path], Awaitable[bool]]) -> bool:
    """Whether the goals are met; not, where the servers are not to be had."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="socialfeed-bench-")))
        settings = await stack.enter_async_context(backends(name, found, folder))
        if settings is None:
            print(f"  {name}: not measured, no such servers here")
            return False
        return await measure(settings, folder)


async def main(parts: list[str], read_rounds: int, push_rounds: int) -> int:
    holds: list[bool] = []
    with services() as found:
        try:
            if "reading" in parts:
                holds += await read(found, read_rounds)
            if "pushing" in parts:
                holds += await push(found, push_rounds)
        except Missing as error:
            print(f"not measured: {error}")
            return 2
    if "likes" in parts:
        print(f"{POSTGRES_ALONE}: likes of one post", flush=True)
        holds.append(await hot_post.main(hot_post.ROUNDS) == 0)
    print(f"every goal is met: {'yes' if all(holds) else 'NO'}")
    return 0 if all(holds) else 1


PARTS = ("reading", "pushing", "likes")

if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m bench.feeds", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=PARTS, help="one part")
    parser.add_argument("--read-rounds", type=int, default=READ_ROUNDS)
    parser.add_argument("--push-rounds", type=int, default=PUSH_ROUNDS)
    chosen = parser.parse_args()
    parts = [chosen.only] if chosen.only else list(PARTS)
    sys.exit(asyncio.run(main(parts, chosen.read_rounds, chosen.push_rounds)))
