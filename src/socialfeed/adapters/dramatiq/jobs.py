"""`Jobs` on any of Dramatiq's brokers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Generic, TypeVar, TypeVarTuple

import dramatiq
from dramatiq.errors import BrokerConnectionError

from socialfeed.adapters.dramatiq.brokers import B, Brokers
from socialfeed.adapters.dramatiq.dead_letters import DeadLetters
from socialfeed.adapters.dramatiq.envelopes import envelope_to_wire
from socialfeed.adapters.dramatiq.threads import DaemonThreads, attempt
from socialfeed.adapters.dramatiq.worker import CLOSE_SECONDS, working
from socialfeed.application.ports.jobs import JobTable, NotTaken, Queue
from socialfeed.domain.events import Envelope

THREADS = 4
"""Enough to hide the time a broker takes to answer, few enough to be no crowd of connections."""

PATIENCE_SECONDS = 5.0
"""How long `submit` and `check` may take, whatever the broker does."""

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


@asynccontextmanager
async def opened(brokers: Brokers[B], jobs: JobTable) -> AsyncIterator["DramatiqJobs[B]"]:
    """Raises `Unavailable` when the broker does not answer."""
    submitting = DramatiqJobs(brokers, jobs)
    try:
        await submitting.check()
        yield submitting
    finally:
        await submitting.close()


class DramatiqJobs(Generic[B]):
    """Submits from a few threads, since Dramatiq's brokers block. Messages are made without actors: a process that
    only submits needs to know the queue of a job, not the job.
    """

    def __init__(self, brokers: Brokers[B], jobs: JobTable, *, threads: int = THREADS) -> None:
        self._brokers = brokers
        self._jobs = jobs
        self._broker = brokers.submitter()
        self._threads = DaemonThreads(threads, "submit")
        queues = [brokers.queue(queue) for queue in Queue.ALL]
        self.parked = DeadLetters[B](brokers, self._broker, queues, frozenset(jobs), self._call)

    async def submit(self, job: str, envelope: Envelope) -> None:
        queue = self._brokers.queue(self._jobs[job].queue)
        message: dramatiq.Message[None] = dramatiq.Message(queue, job, (), envelope_to_wire(envelope), {})
        await self._call(self._broker.enqueue, message)

    def work(self, concurrency: int) -> AbstractAsyncContextManager[None]:
        return working(self._brokers, self._jobs, concurrency)

    async def check(self) -> None:
        await self._call(self._brokers.ping, self._broker)

    async def close(self) -> None:
        """Ends the threads and their connections."""
        self._threads.shutdown()
        await attempt(CLOSE_SECONDS, self._brokers.close, self._broker)

    async def _call(self, call: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)
        except TimeoutError as error:
            raise NotTaken(f"{self._brokers.place} does not answer.") from error
        except BrokerConnectionError as error:
            reason = type(error.__cause__ or error).__name__
            raise NotTaken(f"{self._brokers.place} cannot be used: {reason}.") from error
