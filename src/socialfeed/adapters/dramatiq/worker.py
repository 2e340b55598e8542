"""A Dramatiq worker that runs its jobs on an event loop."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import dramatiq

from socialfeed.adapters.dramatiq.brokers import B, Brokers
from socialfeed.adapters.dramatiq.envelopes import envelope_from_wire
from socialfeed.adapters.dramatiq.threads import attempt
from socialfeed.application.ports.jobs import Job, JobTable, Queue
from socialfeed.domain.errors import Rejected
from socialfeed.domain.events import Envelope

log = logging.getLogger(__name__)

POLL_MS = 250
"""The longest pause between two looks at an idle queue, where the broker does not push."""

JOB_SECONDS = 600.0
"""How long a job may run."""

GRACE_SECONDS = 10.0
"""How long jobs may go on when the worker stops. Then they fail, and will be tried again."""

FAILING_SECONDS = 1.0
CLOSE_SECONDS = 1.5

_PRIORITIES = {queue: number for number, queue in enumerate(Queue.ALL)}


@asynccontextmanager
async def working(brokers: Brokers[B], jobs: JobTable, concurrency: int) -> AsyncIterator[None]:
    """Dramatiq's threads only carry messages: each gives its job to this loop, where the handlers' adapters live, and
    waits. So there are as many threads as jobs may run at once.
    """
    running = _Running(asyncio.get_running_loop())
    broker = brokers.consumer()
    for job in jobs.values():
        dramatiq.Actor(
            running.actor(job),
            broker=broker,
            actor_name=job.name,
            queue_name=brokers.queue(job.queue),
            priority=_PRIORITIES.get(job.queue, len(_PRIORITIES)),
            options={"throws": Rejected},
        )
    worker = dramatiq.Worker(broker, worker_timeout=POLL_MS, worker_threads=concurrency)
    worker.start()
    try:
        yield
    finally:
        out_of_time = asyncio.get_running_loop().call_later(GRACE_SECONDS, running.stop)
        for_threads = GRACE_SECONDS + FAILING_SECONDS
        await attempt(for_threads + CLOSE_SECONDS, worker.stop, int(1000 * for_threads))
        out_of_time.cancel()
        await attempt(CLOSE_SECONDS, brokers.close, broker)


class _Running:
    """The jobs that run on one loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._deadlines: set[asyncio.Timeout] = set()

    def actor(self, job: Job) -> Callable[..., None]:
        """What Dramatiq calls, in one of its threads, with a message's fields."""

        def act(**wire: Any) -> None:
            asyncio.run_coroutine_threadsafe(self._run(job, wire), self._loop).result()

        return act

    def stop(self) -> None:
        """Lets every job fail now."""
        for deadline in self._deadlines:
            if not deadline.expired():
                deadline.reschedule(self._loop.time())

    async def _run(self, job: Job, wire: dict[str, Any]) -> None:
        deadline = asyncio.timeout(JOB_SECONDS)
        self._deadlines.add(deadline)
        try:
            envelope = envelope_from_wire(wire)
            async with deadline:
                await self._handle(job, envelope)
        finally:
            self._deadlines.discard(deadline)

    async def _handle(self, job: Job, envelope: Envelope) -> None:
        try:
            await job.handler(envelope)
        except Rejected as error:
            # It is over, which nobody need look at: dead letters are those that something is wrong with.
            log.warning("job %s gives up on event %s: %s", job.name, envelope.id, error.code)
