"""What happens to jobs when brokers and workers fail; the same for every broker."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import dramatiq
import pytest
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.brokers.redis import RedisBroker

from socialfeed.adapters.dramatiq import DramatiqJobs, open_rabbitmq, open_redis_broker
from socialfeed.adapters.dramatiq import redis as redis_module
from socialfeed.adapters.dramatiq import worker as worker_module
from socialfeed.adapters.dramatiq.brokers import PatientRetries
from socialfeed.adapters.dramatiq.envelopes import envelope_to_wire
from socialfeed.application.ports.adapters import AdapterContext, Factory
from socialfeed.application.ports.jobs import Jobs, Queue
from socialfeed.domain.errors import Unavailable
from socialfeed.domain.events import Envelope
from socialfeed.testing.builders import Builder
from socialfeed.testing.clock import FixedClock
from socialfeed.testing.contracts.jobs import Stumbled, Workbench, WorkbenchJob
from socialfeed.testing.contracts.waiting import PATIENCE, eventually
from tests.integration.jobs.tollgate import Tollgate, tollgate

FACTORIES: dict[str, Factory[Jobs]] = {"redis": open_redis_broker, "rabbitmq": open_rabbitmq}


@pytest.fixture(params=["redis", pytest.param("rabbitmq", marks=pytest.mark.rabbitmq)])
def broker(request: pytest.FixtureRequest) -> tuple[Factory[Jobs], str]:
    """How to open a broker of a kind, and where one is."""
    fixture = {"redis": "redis_url", "rabbitmq": "amqp_url"}[request.param]
    return FACTORIES[request.param], request.getfixturevalue(fixture)


@pytest.fixture
def workbench() -> Workbench:
    return Workbench()


@pytest.fixture
def context(workbench: Workbench) -> AdapterContext:
    return AdapterContext(FixedClock(), Path(), jobs=workbench.table)


@pytest.fixture
async def gate_and_jobs(
    broker: tuple[Factory[Jobs], str], context: AdapterContext
) -> AsyncIterator[tuple[Tollgate, Jobs]]:
    open_broker, url = broker
    async with tollgate(url) as (gate, gated), open_broker(gated, context) as jobs:
        yield gate, jobs
        gate.thaw()


@pytest.fixture
def gate(gate_and_jobs: tuple[Tollgate, Jobs]) -> Tollgate:
    return gate_and_jobs[0]


@pytest.fixture
def jobs(gate_and_jobs: tuple[Tollgate, Jobs]) -> Jobs:
    return gate_and_jobs[1]


async def test_a_broker_that_is_not_there_is_unavailable_and_no_password_is_told(
    broker: tuple[Factory[Jobs], str], context: AdapterContext
) -> None:
    open_broker, url = broker
    async with tollgate(url) as (gate, gated):
        await gate.stop()
        with pytest.raises(Unavailable) as refused:
            async with open_broker(gated, context):
                raise AssertionError("opened")
    assert f"127.0.0.1:{gate.port}" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "guest" not in str(refused.value)


async def test_a_broker_that_goes_away_is_unavailable_until_it_is_back(
    gate: Tollgate, jobs: Jobs, workbench: Workbench
) -> None:
    make = Builder()
    first, lost, second = make.envelope(), make.envelope(), make.envelope()
    await jobs.submit("record_mail", first)
    await gate.stop()
    with pytest.raises(Unavailable):
        await jobs.submit("record_mail", lost)
    with pytest.raises(Unavailable):
        await jobs.check()

    await gate.start()
    await jobs.check()
    await jobs.submit("record_mail", second)
    async with jobs.work(2):
        await workbench.done("record_mail", first, second)


async def test_a_frozen_broker_is_unavailable_soon(gate: Tollgate, jobs: Jobs) -> None:
    make = Builder()
    await jobs.check()
    gate.freeze()
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(Unavailable):
            await jobs.submit("record_mail", make.envelope())
        with pytest.raises(Unavailable):
            await jobs.check()


async def test_a_lost_connection_costs_nothing_but_a_new_one(gate: Tollgate, jobs: Jobs, workbench: Workbench) -> None:
    make = Builder()
    envelopes = [make.envelope() for _ in range(8)]
    for envelope in envelopes:
        await gate.cut()
        await asyncio.sleep(0.01)
        await jobs.submit("record_mail", envelope)
    async with jobs.work(2):
        await workbench.done("record_mail", *envelopes)


async def test_a_worker_goes_on_after_the_broker_came_back(gate: Tollgate, jobs: Jobs, workbench: Workbench) -> None:
    make = Builder()
    before, after = make.envelope(), make.envelope()
    async with jobs.work(2):
        await jobs.submit("record_mail", before)
        await workbench.done("record_mail", before)
        await gate.stop()
        await asyncio.sleep(0.5)
        await gate.start()
        await jobs.submit("record_mail", after)
        await workbench.done("record_mail", after)


async def test_a_job_that_fails_while_the_broker_is_away_is_tried_again(
    broker: tuple[Factory[Jobs], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PatientRetries, "pause_seconds", 0.1)
    monkeypatch.setattr(redis_module, "HEARTBEAT_TIMEOUT_MS", 1_500)
    open_broker, url = broker
    tries: list[Envelope] = []

    async with tollgate(url) as (gate, gated):

        async def fall_with_the_broker(envelope: Envelope) -> None:
            tries.append(envelope)
            if len(tries) == 1:
                await gate.stop()
                raise Stumbled

        table = {"fall": WorkbenchJob("fall", Queue.MAIL, fall_with_the_broker)}
        async with open_broker(gated, AdapterContext(FixedClock(), Path(), jobs=table)) as jobs, jobs.work(1):
            await jobs.submit("fall", Builder().envelope())
            await eventually(lambda: truth(len(tries) == 1))
            await asyncio.sleep(0.5)
            await gate.start()
            await eventually(lambda: truth(len(tries) >= 2))


async def test_a_retry_that_waits_for_its_time_survives_a_broker_that_was_away(
    gate: Tollgate, jobs: Jobs, workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_module, "HEARTBEAT_TIMEOUT_MS", 1_500)
    envelope = Builder().envelope()
    async with jobs.work(1):
        await jobs.submit("stumble", envelope)
        await eventually(lambda: truth(workbench.tried == [("stumble", envelope)]))
        await asyncio.sleep(0.5)
        await gate.stop()
        await asyncio.sleep(0.5)
        await gate.start()
        await workbench.done("stumble", envelope)


async def test_a_job_that_outlasts_the_grace_of_a_stopping_worker_runs_again(
    broker: tuple[Factory[Jobs], str], context: AdapterContext, workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "GRACE_SECONDS", 0.3)
    open_broker, url = broker
    envelope = Builder().envelope()
    async with open_broker(url, context) as jobs:
        async with jobs.work(1):
            await jobs.submit("wait", envelope)
            await asyncio.wait_for(workbench.started.wait(), PATIENCE)
        assert workbench.ran == []
        workbench.gate.set()
        async with jobs.work(1):
            await workbench.done("wait", envelope)


async def test_the_jobs_of_a_killed_worker_run_on_another(
    broker: tuple[Factory[Jobs], str], context: AdapterContext, workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_module, "HEARTBEAT_TIMEOUT_MS", 1_500)
    open_broker, url = broker
    make = Builder()
    held, prefetched = make.envelope(), make.envelope()
    workbench.gate.set()
    async with open_broker(url, context) as jobs:
        await jobs.submit("wait", held)
        await jobs.submit("record_interactive", prefetched)
        killed = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-m", "tests.integration.jobs.doomed_worker", url], check=False
        )
        assert killed.returncode == -signal.SIGKILL
        async with jobs.work(2):
            await workbench.done("wait", held)
            await workbench.done("record_interactive", prefetched)


async def truth(value: bool) -> bool:
    return value


async def test_what_a_worker_cannot_use_ends_as_a_dead_letter_and_is_not_tried_again(
    broker: tuple[Factory[Jobs], str], context: AdapterContext, workbench: Workbench
) -> None:
    open_broker, url = broker
    make = Builder()
    good, wire = make.envelope(), envelope_to_wire(make.envelope())
    strange = [
        ("job_of_tomorrow", wire),
        ("record_interactive", wire | {"event": "event_of_tomorrow"}),
        ("record_interactive", wire | {"payload": {"field": "of tomorrow"}}),
        ("record_interactive", {}),
    ]
    async with open_broker(url, context) as jobs:
        assert isinstance(jobs, DramatiqJobs)
        queue = jobs._brokers.queue("interactive")
        for job, fields in strange:
            await asyncio.to_thread(jobs._broker.enqueue, dramatiq.Message(queue, job, (), fields, {}))
        await jobs.submit("refuse", make.envelope())
        async with jobs.work(1):
            await jobs.submit("record_interactive", good)
            await workbench.done("record_interactive", good)

            async def all_dead() -> bool:
                return await asyncio.to_thread(dead_letters, jobs._broker, queue) == len(strange)

            await eventually(all_dead)
    assert [job for job, _ in workbench.tried] == ["refuse", "record_interactive"]


def dead_letters(broker: dramatiq.Broker, queue: str) -> int:
    if isinstance(broker, RabbitmqBroker):
        return broker.get_queue_message_counts(queue)[2]
    assert isinstance(broker, RedisBroker)
    return int(broker.client.zcard(f"{broker.namespace}:{queue}.XQ"))
