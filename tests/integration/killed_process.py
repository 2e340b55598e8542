"""Processes that commit an event and are killed before its job is through.

`python -m tests.integration.killed_process DATABASE_URL BROKER_URL WITNESS KILLS` forks so many, one after the other,
and `survived` is whoever comes after them. What the job does is as far from idempotent as can be: it writes a post of
the witness, with a new id, so that only the inbox keeps it from happening twice.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, TypeVar

from socialfeed.adapters.dramatiq import open_rabbitmq, open_redis_broker
from socialfeed.adapters.inprocess import open_inprocess
from socialfeed.adapters.sql import open_postgresql, open_sqlite
from socialfeed.adapters.system import SystemClock
from socialfeed.application.ports.adapters import AdapterContext, Factory
from socialfeed.application.ports.jobs import Jobs, Queue
from socialfeed.application.ports.storage import Storage
from socialfeed.application.work.relay import Relay
from socialfeed.domain.events import Envelope, PostPublished
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.post import Post
from socialfeed.domain.visibility import EVERY_VISIBILITY
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.jobs import WorkbenchJob
from socialfeed.testing.contracts.waiting import eventually

T = TypeVar("T")

JOB = "bear_witness"
SUBSCRIPTIONS = {PostPublished.name: (JOB,)}

STORAGES: dict[str, Factory[Storage]] = {"sqlite": open_sqlite, "postgresql": open_postgresql}
BROKERS: dict[str, Factory[Jobs]] = {"inprocess": open_inprocess, "redis": open_redis_broker, "amqp": open_rabbitmq}


class Moment(StrEnum):
    """When the process is killed."""

    BEFORE_SUBMIT = "after the commit, before the broker has the job"
    AFTER_SUBMIT = "after the broker has the job, before the event leaves the outbox"
    IN_THE_JOB = "in the job, before its transaction commits"


def moment_of(number: int) -> Moment:
    return list(Moment)[number % len(Moment)]


def event_of(number: int) -> Envelope:
    """The event that the process of this number commits; node numbers keep processes from making the same ids."""
    return Builder(node=number + 1).envelope()


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Witness:
    """The job's side: runs it, and counts how often it was asked to."""

    def __init__(self, storage: Storage, user_id: UserId, make: Builder, before_commit: Callable[[], None]) -> None:
        self.asked = 0
        self._storage = storage
        self._user_id = user_id
        self._make = make
        self._before_commit = before_commit

    async def __call__(self, envelope: Envelope) -> None:
        self.asked += 1
        async with self._storage.uow() as tx:
            if await tx.inbox.claim(envelope.id, JOB, SystemClock().now()):
                post_id, at = self._make.ids.post(), self._make.clock.now()
                await tx.posts.add(Post.write(post_id, self._user_id, content=str(envelope.id), at=at))
            self._before_commit()


@asynccontextmanager
async def opened(
    database_url: str, broker_url: str, make_witness: Callable[[Storage], Witness]
) -> AsyncIterator[tuple[Storage, Jobs, Witness]]:
    context = AdapterContext(SystemClock(), Path())
    async with _open(STORAGES, database_url, context) as storage:
        witness = make_witness(storage)
        table = {JOB: WorkbenchJob(JOB, Queue.INTERACTIVE, witness)}
        async with _open(BROKERS, broker_url, AdapterContext(SystemClock(), Path(), jobs=table)) as jobs:
            yield storage, jobs, witness


def _open(factories: dict[str, Factory[T]], url: str, context: AdapterContext) -> AbstractAsyncContextManager[T]:
    return factories[url.partition(":")[0]](url, context)


class Deadly:
    """Jobs whose submission is the last thing this process does."""

    def __init__(self, jobs: Jobs, moment: Moment) -> None:
        self._jobs = jobs
        self._moment = moment
        self.parked = jobs.parked

    async def submit(self, job: str, envelope: Envelope) -> None:
        if self._moment is Moment.BEFORE_SUBMIT:
            kill()
        await self._jobs.submit(job, envelope)
        if self._moment is Moment.AFTER_SUBMIT:
            kill()
        async with self._jobs.work(1):  # where it did not run here already, it does now
            await asyncio.sleep(60)

    def work(self, concurrency: int) -> AbstractAsyncContextManager[None]:
        return self._jobs.work(concurrency)

    async def check(self) -> None:
        await self._jobs.check()


async def commit_and_die(number: int, database_url: str, broker_url: str, witness_id: UserId) -> None:
    """A process that starts as after a crash, with what its predecessor left in the outbox, and then has one of its
    own.
    """
    moment = moment_of(number)
    make = Builder(node=100 + number)
    doomed = False

    def before_commit() -> None:
        if doomed and moment is Moment.IN_THE_JOB:
            kill()

    async with opened(database_url, broker_url, lambda storage: Witness(storage, witness_id, make, before_commit)) as (
        storage,
        jobs,
        _,
    ):
        await Relay(storage.outbox, jobs, SUBSCRIPTIONS).drain()
        async with storage.uow() as tx:
            await tx.users.add(make.user(username=f"user_{number}"))
            await tx.outbox.add(event_of(number))
        doomed = True
        await Relay(storage.outbox, Deadly(jobs, moment), SUBSCRIPTIONS).drain()


def main(database_url: str, broker_url: str, witness_id: str, kills: str) -> None:
    for number in range(int(kills)):
        child = os.fork()
        if child == 0:
            try:
                asyncio.run(commit_and_die(number, database_url, broker_url, UserId(int(witness_id))))
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
            sys.exit(f"process {number} was not killed {moment_of(number)}: status {status}")


class Outcome(NamedTuple):
    """What is there in the end; `events` and `effects` name the events, in order."""

    committed: int
    asked: int
    events: list[int]
    effects: list[int]


async def survived(database_url: str, broker_url: str, *, kills: int) -> Outcome:
    """Has so many processes killed, and does what they left. At most 100: one page of posts."""
    make = Builder()
    author = make.user()

    async with opened(database_url, broker_url, lambda storage: Witness(storage, author.id, make, lambda: None)) as (
        storage,
        jobs,
        witness,
    ):
        async with storage.uow() as tx:
            await tx.users.add(author)

        command = [sys.executable, "-m", "tests.integration.killed_process", database_url, broker_url, str(author.id)]
        killed = await asyncio.to_thread(
            subprocess.run, [*command, str(kills)], capture_output=True, text=True, check=False
        )
        assert killed.returncode == 0, killed.stderr

        relay = Relay(storage.outbox, jobs, SUBSCRIPTIONS)

        async def all_is_done() -> bool:
            await relay.drain()  # again and again: what failed for some other reason is due later
            return not await storage.outbox.backlog() and witness.asked >= deliveries_due(broker_url, kills)

        async with jobs.work(4):
            await eventually(all_is_done)

        names = [await storage.users.user_id_by_username(f"user_{number}") for number in range(kills)]
        return Outcome(
            kills - names.count(None),
            witness.asked,
            sorted(event_of(number).id for number in range(kills)),
            await effects(storage, author.id),
        )


def deliveries_due(broker_url: str, kills: int) -> int:
    """How often the survivor is asked at least. A broker that lives on has every event once from a process that found
    it in the outbox, and once from the process before if that came so far; none was acknowledged.
    """
    if broker_url.startswith("inprocess"):
        return 1
    return kills + sum(moment_of(number) is not Moment.BEFORE_SUBMIT for number in range(kills))


async def effects(storage: Storage, author_id: UserId) -> list[int]:
    """The event of each post that the job wrote."""
    page = await storage.posts.page_by_author(author_id, EVERY_VISIBILITY, limit=100, offset=0)
    posts = await storage.posts.posts_by_ids([*map(PostId, page.ids)])
    return sorted(int(post.content) for post in posts.values())


if __name__ == "__main__":
    main(*sys.argv[1:])
