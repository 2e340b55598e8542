"""Jobs without a broker: they run where they are submitted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.jobs import JobTable
from socialfeed.application.ports.parked import Parked
from socialfeed.domain.events import Envelope


@asynccontextmanager
async def open_inprocess(url: str, context: AdapterContext) -> AsyncIterator["InProcessJobs"]:
    """`inprocess://`: no options."""
    if url not in ("inprocess:", "inprocess://"):
        raise ValueError("Jobs in this process take no options: write inprocess://")
    yield InProcessJobs(context.jobs)


class InProcessJobs:
    """Runs a job on this event loop before `submit` returns. Nothing is kept here, so nothing is lost when the
    process dies: the event leaves the outbox only afterwards.
    """

    def __init__(self, jobs: JobTable) -> None:
        self._jobs = jobs
        self.parked = NothingParked()

    async def submit(self, job: str, envelope: Envelope) -> None:
        await self._jobs[job].handler(envelope)

    @asynccontextmanager
    async def work(self, concurrency: int) -> AsyncIterator[None]:
        """Nothing waits here."""
        yield

    async def check(self) -> None:
        """There is nothing that could be away."""


class NothingParked:
    """What fails here stays an event in the outbox, and is parked there."""

    async def count(self) -> int:
        return 0

    async def oldest(self, *, limit: int) -> list[Parked]:
        return []

    async def retry(self, parked_id: str) -> bool:
        return False

    async def discard(self, parked_id: str) -> bool:
        return False
