"""Dead letters as operators see them; the same for every broker."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import dramatiq
import pytest

from socialfeed.adapters.dramatiq import DramatiqJobs, open_rabbitmq, open_redis_broker
from socialfeed.adapters.dramatiq import brokers as brokers_module
from socialfeed.adapters.dramatiq.envelopes import envelope_to_wire
from socialfeed.application.ports.adapters import AdapterContext, Factory
from socialfeed.application.ports.jobs import Jobs, Queue
from socialfeed.application.ports.parked import Parked
from socialfeed.domain.events import Envelope
from socialfeed.testing.builders import Builder
from socialfeed.testing.clock import FixedClock
from socialfeed.testing.contracts.jobs import WorkbenchJob
from socialfeed.testing.contracts.waiting import eventually

FACTORIES: dict[str, Factory[Jobs]] = {"redis": open_redis_broker, "rabbitmq": open_rabbitmq}
SECRET = "hunter2"


class Cure:
    """Jobs that fail until they are cured."""

    def __init__(self) -> None:
        self.is_found = False
        self.tried: list[Envelope] = []
        self.healed: list[Envelope] = []

    async def handle(self, envelope: Envelope) -> None:
        self.tried.append(envelope)
        if not self.is_found:
            raise RuntimeError(f"the password is {SECRET}: oh no")
        self.healed.append(envelope)


@pytest.fixture
def cure() -> Cure:
    return Cure()


@pytest.fixture(params=["redis", pytest.param("rabbitmq", marks=pytest.mark.rabbitmq)])
async def jobs(
    request: pytest.FixtureRequest, cure: Cure, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[DramatiqJobs[dramatiq.Broker]]:
    monkeypatch.setattr(brokers_module, "TRIES", 2)
    monkeypatch.setattr(brokers_module, "MIN_BACKOFF_MS", 10)
    url = request.getfixturevalue({"redis": "redis_url", "rabbitmq": "amqp_url"}[request.param])
    table = {f"fail_{queue}": WorkbenchJob(f"fail_{queue}", queue, cure.handle) for queue in Queue.ALL}
    async with FACTORIES[request.param](url, AdapterContext(FixedClock(), Path(), jobs=table)) as jobs:
        assert isinstance(jobs, DramatiqJobs)
        yield jobs


async def parked_after_work(jobs: Jobs, number: int) -> list[Parked]:
    async def all_there() -> bool:
        return await jobs.parked.count() == number

    async with jobs.work(2):
        await eventually(all_there)
    return await jobs.parked.oldest(limit=100)


async def test_a_broker_with_nothing_parked_says_so(jobs: Jobs) -> None:
    assert await jobs.parked.count() == 0
    assert await jobs.parked.oldest(limit=10) == []
    assert not await jobs.parked.retry("7")
    assert not await jobs.parked.discard("7")


async def test_a_job_that_fails_each_time_is_parked_and_listed_without_what_it_said(jobs: Jobs, cure: Cure) -> None:
    envelopes = [Builder().envelope() for _ in Queue.ALL]
    for queue, envelope in zip(Queue.ALL, envelopes, strict=True):
        await jobs.submit(f"fail_{queue}", envelope)
    parked = await parked_after_work(jobs, len(envelopes))

    assert [one.work for one in parked] == [f"fail_{queue}" for queue in Queue.ALL]
    assert [one.event_id for one in parked] == [envelope.id for envelope in envelopes]
    for one, queue in zip(parked, Queue.ALL, strict=True):
        assert one.place.endswith(queue)
        assert (one.tries, one.reason) == (2, "RuntimeError")
        assert SECRET not in str(one)
    assert len(cure.tried) == 2 * len(envelopes)
    assert [one.work for one in await jobs.parked.oldest(limit=2)] == [one.work for one in parked[:2]]


async def test_a_parked_job_runs_once_more_when_it_is_told_to_and_is_parked_no_more(jobs: Jobs, cure: Cure) -> None:
    make = Builder()
    envelopes = [make.envelope() for _ in range(3)]
    for envelope in envelopes:
        await jobs.submit("fail_mail", envelope)
    parked = await parked_after_work(jobs, 3)
    chosen = next(one for one in parked if one.event_id == envelopes[1].id)

    assert await jobs.parked.retry(chosen.id)
    assert not await jobs.parked.retry(chosen.id)
    assert {one.event_id for one in await jobs.parked.oldest(limit=10)} == {envelopes[0].id, envelopes[2].id}
    cure.is_found = True
    async with jobs.work(2):
        await eventually(lambda: _is(cure.healed, [envelopes[1]]))


async def test_a_job_that_is_tried_again_has_all_its_tries(jobs: Jobs, cure: Cure) -> None:
    await jobs.submit("fail_mail", Builder().envelope())
    for _ in range(2):
        cure.tried.clear()
        [parked] = await parked_after_work(jobs, 1)
        assert (parked.tries, len(cure.tried)) == (2, 2)
        assert await jobs.parked.retry(parked.id)


async def test_a_discarded_job_is_gone(jobs: Jobs, cure: Cure) -> None:
    make = Builder()
    gone, kept = make.envelope(), make.envelope()
    for envelope in (gone, kept):
        await jobs.submit("fail_fanout", envelope)
    parked = {one.event_id: one for one in await parked_after_work(jobs, 2)}
    assert await jobs.parked.discard(parked[gone.id].id)
    assert not await jobs.parked.discard(parked[gone.id].id)
    assert [one.event_id for one in await jobs.parked.oldest(limit=10)] == [kept.id]
    assert await jobs.parked.count() == 1


async def test_what_no_worker_can_read_is_parked_at_once_and_says_why(
    jobs: DramatiqJobs[dramatiq.Broker], cure: Cure
) -> None:
    queue = jobs._brokers.queue(Queue.MAIL)
    wire = envelope_to_wire(Builder().envelope())
    for job, fields in (("job_of_tomorrow", wire), ("fail_mail", wire | {"event": "event_of_tomorrow"})):
        await asyncio.to_thread(jobs._broker.enqueue, dramatiq.Message(queue, job, (), fields, {}))

    parked = {one.work: one for one in await parked_after_work(jobs, 2)}
    assert parked["job_of_tomorrow"].reason == "unknown job"
    assert parked["fail_mail"].reason == "unreadable event"
    assert {one.event_id for one in parked.values()} == {wire["id"]}
    assert {one.tries for one in parked.values()} == {1}
    assert cure.tried == []


async def _is(found: list[Envelope], wanted: list[Envelope]) -> bool:
    return found == wanted
