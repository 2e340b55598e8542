"""Likes of one post on Postgres: `python -m bench.hot_post`.

Three layers, each with deltas beside the row that counts the post and without, in the same run and by the same code:
without them, the function that counts waits for the row.

  database    the statement of a like, from pgbench on 40 connections, as four processes have; "many posts" is one for
              each connection, which is what the machine commits where no row is hot
  repository  `tx.likes.add` in a transaction, in two processes of 10 connections; "as sent" is with the event and the
              entry of the activity log that belong to a like
  service     `Engagement.like`, in the same way

Afterwards deltas are folded, and counters compared with acknowledged likes and with rows. Jobs are not run meanwhile.

Goals: 5,000 likes/s by the database, and no drift.
"""

import argparse
import asyncio
import multiprocessing
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, cast

import psycopg

from bench.servers import POSTGRES, Settings, backends, load, services
from socialfeed.adapters.sql import SqlStorage, bulk
from socialfeed.adapters.sql.postgres import DIALECT
from socialfeed.adapters.sql.repositories.reactions import _add_and_count
from socialfeed.adapters.sql.tables import likes
from socialfeed.adapters.system import SystemClock
from socialfeed.container import App, open_app
from socialfeed.domain.activity import Action, Activity, Outcome
from socialfeed.domain.engagement import Like
from socialfeed.domain.events import Envelope, PostLiked
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.permissions import USER, Actor
from socialfeed.domain.post import Post
from socialfeed.domain.user import User
from socialfeed.settings import Settings as AppSettings
from socialfeed.testing.builders import Builder

SECONDS, ROUNDS = 5, 1
PROCESSES, CONNECTIONS = 2, 10
CLIENTS = 40
USERS = 30_000
GOAL = 5_000

Likes = Callable[[App, Builder, PostId, UserId], Awaitable[object]]


async def by_repository(app: App, make: Builder, post_id: PostId, user_id: UserId) -> None:
    async with app.storage.uow() as tx:
        await tx.likes.add(Like(make.ids.like(), post_id, user_id, make.clock.now()))


async def as_sent(app: App, make: Builder, post_id: PostId, user_id: UserId) -> None:
    async with app.storage.uow() as tx:
        await tx.likes.add(Like(make.ids.like(), post_id, user_id, make.clock.now()))
        await tx.outbox.add(Envelope(make.ids.event(), PostLiked(post_id, user_id, 0), make.clock.now()))
        await tx.activity.add(
            Activity(make.ids.activity(), user_id, Action.POST_LIKE, Outcome.DONE, post_id, "192.0.2.7", {})
        )


async def by_service(app: App, _: Builder, post_id: PostId, user_id: UserId) -> None:
    await app.services.engagement.like(Actor(user_id, USER.permissions), post_id)


LAYERS: dict[str, Likes] = {"repository": by_repository, "repository, as sent": as_sent, "service": by_service}


def crew(settings: Settings, folder: str, number: int, orders: Connection) -> None:
    """A process of those who like: takes the name of a layer, a post and users, and says how many liked."""

    async def run() -> None:
        async with open_app(AppSettings(data_dir=Path(folder), **settings), relay=False) as app:
            make = Builder(SystemClock(), node=240 + number)
            while (order := await asyncio.to_thread(orders.recv)) is not None:
                layer, post_id, users = order
                orders.send(await liked(app, make, LAYERS[layer], post_id, users))

    asyncio.run(run())


async def liked(app: App, make: Builder, like: Likes, post_id: PostId, users: Sequence[UserId]) -> int:
    waiting, ends, done = iter(users), perf_counter() + SECONDS, 0

    async def one_after_another() -> None:
        nonlocal done
        for user_id in waiting:
            if perf_counter() > ends:
                return
            await like(app, make, post_id, user_id)
            done += 1

    await asyncio.gather(*(one_after_another() for _ in range(CONNECTIONS)))
    return done


class Bench:
    def __init__(self, app: App, url: str, pgbench: str, users: Sequence[User], crews: Sequence[Connection]) -> None:
        self.app = app
        self.url = url
        self._pgbench = pgbench
        self._users = users
        self._crews = crews
        self._make = Builder(SystemClock(), node=239)
        self.acknowledged: dict[PostId, int] = {}

    async def posts(self, number: int) -> list[Post]:
        made = [self._make.post(self._users[0]) for _ in range(number)]
        async with self.app.storage.uow() as tx:
            for post in made:
                await tx.posts.add(post)
        return made

    async def by_database(self, *, posts: int = 1) -> float:
        """Likes a second, of one post or one for each connection."""
        made = await self.posts(posts)
        text = str(_add_and_count(DIALECT, likes).compile(dialect=DIALECT.compiler))
        values = dict(zip(("param_1", "param_2", "param_3"), (1, 0, 0), strict=True))
        text = re.sub(r"%\((param_\d)\)s", lambda found: str(values[found[1]]), text)
        text = text.replace("%(created_at)s", "now()").replace("\n", " ")
        text = re.sub(r"%\((\w+)\)s", r":\1", text)
        # Chosen by pgbench itself: a statement that chose it would be a second one for each like.
        cases = " ".join(f"when :client_id % {posts} = {n} then {post.id}" for n, post in enumerate(made))
        script = f"\\set user_id random(1, {2**62})\n\\set id :user_id\n\\set post_id case {cases} end\n{text};\n"
        command = [self._pgbench, "-n", "-M", "prepared", "-c", str(CLIENTS), "-T", str(SECONDS), "-f", "/dev/stdin"]
        ran = await asyncio.to_thread(
            subprocess.run, [*command, self.url], input=script, capture_output=True, text=True, check=True
        )
        if posts == 1:
            self.acknowledged[made[0].id] = int(_figure(r"actually processed: (\d+)", ran.stdout))
        return _figure(r"tps = ([\d.]+)", ran.stdout)

    async def by(self, layer: str) -> float:
        [post] = await self.posts(1)
        for number, crew in enumerate(self._crews):
            crew.send((layer, post.id, [user.id for user in self._users[number::PROCESSES]]))
        done = sum([int(await asyncio.to_thread(crew.recv)) for crew in self._crews])
        self.acknowledged[post.id] = done
        return done / SECONDS

    async def drift(self) -> list[str]:
        """Once all is folded."""
        while await self.app.storage.counters.unfolded(limit=1):
            await self.app.counter_upkeep.fold()
        wrong = [str(each) async for _, found in self.app.counter_upkeep.compared() for each in found]
        counts = await self.app.storage.posts.counts(list(self.acknowledged))
        lost = {post_id: (counts[post_id].likes, done) for post_id, done in self.acknowledged.items()}
        return wrong + [f"{post_id}: {n} counted, {done} done" for post_id, (n, done) in lost.items() if n != done]


def _figure(pattern: str, text: str) -> float:
    [found] = re.findall(pattern, text)
    return float(found)


async def with_deltas(url: str, definition: str) -> None:
    await asyncio.to_thread(_execute, url, definition)


async def in_one_row(url: str, definition: str) -> None:
    """The row is waited for, and then always there."""
    await asyncio.to_thread(_execute, url, definition.replace(" SKIP LOCKED", "", 1))


def _execute(url: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


async def report(bench: Bench, rounds: int) -> bool:
    [(definition,)] = _execute(bench.url, "SELECT pg_get_functiondef('count_post'::regproc)")
    [[commit]], [[fsync]] = _execute(bench.url, "SHOW synchronous_commit"), _execute(bench.url, "SHOW fsync")
    print(f"likes/s, medians of {rounds}; synchronous_commit {commit}, fsync {fsync}, load of the machine {load()}")
    print(f"  {'':22}{'one row':>9}{'deltas':>9}{'ratio':>7}")
    rates: dict[str, tuple[list[float], list[float]]] = {}
    many = []
    for _ in range(rounds):
        many.append(await bench.by_database(posts=CLIENTS))
        for layer in ("database", *LAYERS):
            found = rates.setdefault(layer, ([], []))
            for rate, prepare in zip(found, (in_one_row, with_deltas), strict=True):
                await prepare(bench.url, definition)
                rate.append(await (bench.by_database() if layer == "database" else bench.by(layer)))
    for layer, (one_row, deltas) in rates.items():
        ratio = median(d / o for d, o in zip(deltas, one_row, strict=True))
        print(f"  {layer:22}{median(one_row):9,.0f}{median(deltas):9,.0f}{ratio:7.2f}")
    hot = rates["database"][1]
    share = median(one / each for one, each in zip(hot, many, strict=True))
    print(f"  database, many posts: {median(many):,.0f}; one hot post takes {share:.0%} of that")
    drift = await bench.drift()
    print(f"  drift after folding {sum(bench.acknowledged.values()):,} likes: {'; '.join(drift) or 'none'}")
    holds = median(hot) >= GOAL and not drift
    print(f"  at least {GOAL:,} likes/s of one post and no drift: {'yes' if holds else 'NO'}, machine's load {load()}")
    return holds


async def measured(settings: Settings, folder: str, pgbench: str, rounds: int) -> bool:
    context = multiprocessing.get_context("spawn")
    pipes = [context.Pipe() for _ in range(PROCESSES)]
    crews = [
        context.Process(target=crew, args=(settings, folder, number, there)) for number, (_, there) in enumerate(pipes)
    ]
    async with open_app(AppSettings(data_dir=Path(folder), **settings), relay=False) as app:
        make = Builder(SystemClock(), node=238)
        users = [make.user() for _ in range(USERS)]
        await bulk.load(cast("SqlStorage", app.storage), users=users)
        folding = asyncio.create_task(app.counter_upkeep.run())
        for process in crews:
            process.start()
        for _, there in pipes:
            there.close()  # So that a crew which dies is noticed.
        try:
            here = [mine for mine, _ in pipes]
            return await report(Bench(app, settings["database_url"], pgbench, users, here), rounds)
        finally:
            for mine, _ in pipes:
                mine.send(None)
            for process in crews:
                await asyncio.to_thread(process.join)
            folding.cancel()


def find_pgbench() -> str | None:
    """Beside the server's programs, where they are not on the path."""
    beside = sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench"))
    return shutil.which("pgbench") or (str(beside[-1]) if beside else None)


async def main(rounds: int) -> int:
    pgbench = find_pgbench()
    if pgbench is None:
        print("pgbench is needed, which comes with the server.")
        return 2
    with services() as found, tempfile.TemporaryDirectory(prefix="socialfeed-bench-") as folder:
        async with backends(POSTGRES, found, Path(folder)) as settings:
            if settings is None:
                print(f"{POSTGRES}: not measured, no such servers here")
                return 2
            return 0 if await measured(settings, folder, pgbench, rounds) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    sys.exit(asyncio.run(main(parser.parse_args().rounds)))
