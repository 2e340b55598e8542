"""What people wait for does not wait behind what they do not; the same for every broker, and for none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from socialfeed.adapters.dramatiq import open_rabbitmq, open_redis_broker
from socialfeed.adapters.inprocess import open_inprocess
from socialfeed.adapters.memory import MemoryStorage
from socialfeed.application.ports.adapters import AdapterContext, Factory
from socialfeed.application.ports.jobs import Jobs, Queue
from socialfeed.application.work.background import in_background
from socialfeed.application.work.reactions import Reaction, lanes, subscriptions
from socialfeed.application.work.relay import Relay
from socialfeed.domain.events import Envelope, FanOutContinued, PostPublished, UserFollowed
from socialfeed.testing.builders import Builder
from socialfeed.testing.clock import FixedClock
from socialfeed.testing.contracts.waiting import PATIENCE

FACTORIES: dict[str, Factory[Jobs]] = {
    "inprocess": open_inprocess,
    "redis": open_redis_broker,
    "rabbitmq": open_rabbitmq,
}
BACKLOG = 400


@pytest.fixture(params=["inprocess", "redis", pytest.param("rabbitmq", marks=pytest.mark.rabbitmq)])
def broker(request: pytest.FixtureRequest) -> tuple[Factory[Jobs], str]:
    """How to open a broker of a kind, and where one is."""
    fixture = {"redis": "redis_url", "rabbitmq": "amqp_url"}.get(request.param)
    return FACTORIES[request.param], request.getfixturevalue(fixture) if fixture else "inprocess://"


class Crowd:
    """Fan-outs that take their time, and backfills that are quick."""

    def __init__(self) -> None:
        self.fanned_out = 0
        self.begun = asyncio.Event()
        self.backfilled = asyncio.Event()
        self.table = {
            "fan_out": Reaction("fan_out", Queue.FANOUT, (PostPublished, FanOutContinued), self._fan_out),
            "backfill": Reaction("backfill", Queue.INTERACTIVE, (UserFollowed,), self._backfill),
        }

    async def _fan_out(self, _: Envelope) -> None:
        self.begun.set()
        await asyncio.sleep(0.05)
        self.fanned_out += 1

    async def _backfill(self, _: Envelope) -> None:
        self.backfilled.set()


@asynccontextmanager
async def working(broker: tuple[Factory[Jobs], str], crowd: Crowd) -> AsyncIterator[tuple[MemoryStorage, Relay]]:
    """Everything between the outbox and the jobs, at work."""
    open_broker, url = broker
    clock = FixedClock()
    storage = MemoryStorage(clock)
    async with open_broker(url, AdapterContext(clock, Path(), jobs=crowd.table)) as jobs, jobs.work(4):
        relay = Relay(storage.outbox, jobs, subscriptions(crowd.table), lanes(crowd.table), batch=20, concurrency=4)
        async with in_background(relay.run()):
            yield storage, relay


async def commit(storage: MemoryStorage, *envelopes: Envelope) -> None:
    async with storage.uow() as tx:
        for envelope in envelopes:
            await tx.outbox.add(envelope)


async def test_what_somebody_waits_for_does_not_wait_behind_a_backlog_of_fan_outs(
    broker: tuple[Factory[Jobs], str],
) -> None:
    make, crowd = Builder(), Crowd()
    posts = [make.envelope(PostPublished(make.ids.post(), make.ids.user())) for _ in range(BACKLOG)]
    follow = make.envelope(UserFollowed(make.ids.user(), make.ids.user()))
    async with working(broker, crowd) as (storage, relay):
        await commit(storage, *posts)
        relay.wake()
        await asyncio.wait_for(crowd.begun.wait(), PATIENCE)
        await commit(storage, follow)
        relay.wake()
        await asyncio.wait_for(crowd.backfilled.wait(), PATIENCE)
        assert crowd.fanned_out < BACKLOG // 2
