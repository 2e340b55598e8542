"""From the outbox to the jobs: every committed event reaches each job that follows it, at least once."""

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

from socialfeed.application.ports.jobs import Jobs, NotTaken
from socialfeed.application.ports.outbox import EVERYTHING, Claimed, Lane, OutboxRelay
from socialfeed.domain.errors import Rejected, Unavailable
from socialfeed.domain.events import Envelope

log = logging.getLogger(__name__)

IDLE_SECONDS = (0.2, 1.0)
"""The shortest and longest pause between two looks at an outbox with nothing due. `wake` ends a pause."""

TROUBLE_SECONDS = (0.2, 2.0)
"""The shortest and longest pause after storage or broker did not answer. Nothing ends it."""

PATIENCE_SECONDS = 1.0
"""A batch that takes longer goes on aside: where jobs run here, a video must not keep the next from being begun."""

ASIDE_MAX = 3
"""Batches at once besides the one that each lane has in turn: each holds a claim."""

EMPTY_SECONDS = 0.05
"""How long a lane in which nothing was due is left alone: what woke it was for another, more often than not."""


class Relay:
    """Claims events in batches, oldest first, and submits the jobs that `subscriptions` has for an event's name.

    Events of different `lanes` do not wait for each other. An event is done when all its jobs are submitted. When one
    cannot be, the event waits and later all its jobs are submitted again: they are idempotent. While the broker is away
    nothing is marked failed, so that no event waits longer than the broker does. A job that ran here and was `Rejected`
    is not tried again; an event whose job fails each time is parked by the outbox in the end, and holds up nothing.
    """

    def __init__(
        self,
        outbox: OutboxRelay,
        jobs: Jobs,
        subscriptions: Mapping[str, Sequence[str]],
        lanes: Sequence[Lane] = (EVERYTHING,),
        *,
        batch: int = 100,
        concurrency: int = 16,
    ) -> None:
        self._outbox = outbox
        self._jobs = jobs
        self._subscriptions = subscriptions
        self._batch = batch
        self._concurrency = concurrency
        self._aside: set[asyncio.Task[int]] = set()
        self._lanes = [_Lane(lane, self.relay_batch, self._aside) for lane in lanes]

    def wake(self) -> None:
        """Says that there may be something new. From the event loop's thread only."""
        for lane in self._lanes:
            lane.woken.set()

    async def hurry(self) -> None:
        """What failed is tried again now. Raises `Unavailable`."""
        await self._outbox.hurry()
        self.wake()

    async def run(self) -> None:
        """Relays until cancelled; no error ends it."""
        try:
            # Not a task group: it asks its tasks to end only once, which a driver may swallow.
            await asyncio.gather(*(lane.run() for lane in self._lanes))
        finally:
            await _ended(self._aside)

    async def drain(self) -> None:
        """Relays until nothing is due, what `run` has in hand included. Raises `Unavailable` when storage or broker
        do not answer.
        """
        while True:
            async with AsyncExitStack() as turns:
                for lane in self._lanes:
                    await turns.enter_async_context(lane.turn)
                relayed = await self.relay_batch(EVERYTHING)
            if not relayed and not self._aside:
                return
            if not relayed:
                await asyncio.wait(self._aside)

    async def relay_batch(self, lane: Lane) -> int:
        """How many events were claimed. Raises `Unavailable` as `drain` does."""
        interrupted: asyncio.CancelledError | None = None
        async with self._outbox.claim(self._batch, lane) as claimed:
            batch = _Batch(claimed, self._jobs, self._subscriptions)
            try:
                await batch.relay(self._concurrency)
            except asyncio.CancelledError as error:
                # An error would put back the whole batch. What is done is done, also when we are told to stop.
                interrupted = error
        if interrupted is not None:
            raise interrupted
        if batch.broker_error is not None:
            raise batch.broker_error
        return len(claimed.envelopes)


class _Lane:
    """One batch in turn, and those that took too long `aside`, which all lanes share."""

    def __init__(
        self, lane: Lane, relay_batch: Callable[[Lane], Coroutine[Any, Any, int]], aside: set[asyncio.Task[int]]
    ) -> None:
        self.turn = asyncio.Lock()
        self.woken = asyncio.Event()
        self._lane = lane
        self._relay_batch = relay_batch
        self._aside = aside

    async def run(self) -> None:
        idle, trouble = IDLE_SECONDS[0], TROUBLE_SECONDS[0]
        while True:
            self.woken.clear()
            try:
                relayed = await self._relay_in_turn()
            except Exception as error:
                if isinstance(error, Unavailable):
                    log.warning("events wait in the outbox: %s", error)
                else:
                    log.exception("events wait in the outbox")
                await asyncio.sleep(trouble)
                trouble = min(2 * trouble, TROUBLE_SECONDS[1])
                continue
            trouble = TROUBLE_SECONDS[0]
            if relayed:
                idle = IDLE_SECONDS[0]
            else:
                await self._pause(idle)
                idle = min(2 * idle, IDLE_SECONDS[1])

    async def _pause(self, seconds: float) -> None:
        if not self._lane.is_rest:
            await asyncio.sleep(EMPTY_SECONDS)
        try:
            async with asyncio.timeout(seconds):
                await self.woken.wait()
        except TimeoutError:
            pass

    async def _relay_in_turn(self) -> int:
        """How many events were claimed; 1 where nobody knows yet."""
        async with self.turn:
            batch = asyncio.create_task(self._relay_batch(self._lane))
            try:
                await asyncio.wait([batch], timeout=PATIENCE_SECONDS)
                while not batch.done() and len(self._aside) >= ASIDE_MAX:
                    await asyncio.wait([batch, *self._aside], return_when=asyncio.FIRST_COMPLETED)
            except asyncio.CancelledError:
                await _ended([batch])
                raise
            if batch.done():
                return batch.result()
            self._aside.add(batch)
            batch.add_done_callback(self._came_back)
            return 1

    def _came_back(self, batch: asyncio.Task[int]) -> None:
        self._aside.discard(batch)
        if not batch.cancelled() and (error := batch.exception()) is not None:
            log.warning("events wait in the outbox: %s", type(error).__name__)


class _Batch:
    """One claim at work."""

    def __init__(self, claimed: Claimed, jobs: Jobs, subscriptions: Mapping[str, Sequence[str]]) -> None:
        self.broker_error: Unavailable | None = None
        self._claimed = claimed
        self._jobs = jobs
        self._subscriptions = subscriptions

    async def relay(self, concurrency: int) -> None:
        """Starts the events in order, `concurrency` at once, until all are through or the broker is away."""
        waiting = iter(self._claimed.envelopes)
        async with asyncio.TaskGroup() as group:
            for _ in range(min(concurrency, len(self._claimed.envelopes))):
                group.create_task(self._take(waiting))

    async def _take(self, waiting: Iterator[Envelope]) -> None:
        for envelope in waiting:
            if self.broker_error is not None:
                return
            try:
                failures = await self._submit_all(envelope)
            except Unavailable as error:
                self.broker_error = error
                return
            if failures:
                reason = "; ".join(f"{job}: {type(error).__name__}" for job, error in failures.items())
                outage = all(isinstance(error, Unavailable) for error in failures.values())
                self._claimed.failed(envelope, reason, is_outage=outage)
            else:
                self._claimed.done(envelope)

    async def _submit_all(self, envelope: Envelope) -> dict[str, Exception]:
        """What went wrong, by job. Its details are for the log only: they may quote what a database should not keep.
        Raises `Unavailable` when the broker is away, which concerns every event and not this one.
        """
        failures: dict[str, Exception] = {}
        for job in self._subscriptions.get(envelope.event.name, ()):
            try:
                await self._jobs.submit(job, envelope)
            except Rejected as error:
                log.warning("job %s gives up on event %d: %s", job, envelope.id, error.code)
            except NotTaken:
                raise
            except Unavailable as error:
                # Either the broker is away, or a job that ran here misses something else. That happens to every job
                # at once, so none may cost a traceback: sixteen of them stop the requests for half a second.
                await self._jobs.check()
                log.warning("job %s for event %d waits: %s", job, envelope.id, error)
                failures[job] = error
            except Exception as error:
                log.exception("job %s for event %d is tried again later", job, envelope.id)
                failures[job] = error
        return failures


async def _ended(tasks: Collection[asyncio.Task[int]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
