"""Jobs: once submitted, a job runs; at least once, whatever fails on the way."""

import asyncio
import contextlib
from dataclasses import dataclass, field

import pytest

from socialfeed.application.ports.jobs import Handler, Jobs, JobTable, Queue
from socialfeed.domain.errors import Rejected
from socialfeed.domain.events import (
    CommentAdded,
    Envelope,
    PostLiked,
    PostPublished,
    PostShared,
    UserFollowed,
    VerificationRequested,
)
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.waiting import PATIENCE, eventually


class Stumbled(Exception):
    """What a job of the workbench raises when it is to be tried again."""


@dataclass(frozen=True)
class WorkbenchJob:
    name: str
    queue: str
    handler: Handler


@dataclass
class Workbench:
    """Jobs to try an adapter with, and what they did.

    `record_<queue>` succeeds. `stumble` fails the first time it gets an envelope. `refuse` always raises `Rejected`.
    `wait` waits for `gate`.
    """

    ran: list[tuple[str, Envelope]] = field(default_factory=list)
    """Each successful run."""
    tried: list[tuple[str, Envelope]] = field(default_factory=list)
    """Each run."""
    loops: set[asyncio.AbstractEventLoop] = field(default_factory=set)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def table(self) -> JobTable:
        """What the adapter under test is to be opened with."""
        kinds = [*((f"record_{queue}", queue) for queue in Queue.ALL)]
        kinds += [(name, Queue.INTERACTIVE) for name in ("stumble", "refuse", "wait")]
        return {name: WorkbenchJob(name, queue, self._handler(name)) for name, queue in kinds}

    def results(self, job: str) -> list[Envelope]:
        """The envelopes with which the job succeeded, in order."""
        return [envelope for name, envelope in self.ran if name == job]

    async def done(self, job: str, *envelopes: Envelope) -> None:
        """Waits until the job succeeded with each of the envelopes."""

        async def all_there() -> bool:
            return all((job, envelope) in self.ran for envelope in envelopes)

        await eventually(all_there)

    def _handler(self, name: str) -> Handler:
        async def handle(envelope: Envelope) -> None:
            self.loops.add(asyncio.get_running_loop())
            first = (name, envelope) not in self.tried
            self.tried.append((name, envelope))
            if name == "stumble" and first:
                raise Stumbled
            if name == "refuse":
                raise Rejected
            if name == "wait":
                self.started.set()
                await self.gate.wait()
            self.ran.append((name, envelope))

        return handle


class JobsContract:
    """Fixture: `jobs`, opened with `AdapterContext.jobs` set to the table of the fixture `workbench`, with no jobs
    waiting.
    """

    @pytest.fixture
    def make(self) -> Builder:
        return Builder()

    @pytest.fixture
    def workbench(self) -> Workbench:
        return Workbench()

    async def test_it_answers(self, jobs: Jobs) -> None:
        await jobs.check()

    async def test_a_job_gets_its_envelope_as_it_was_submitted(
        self, jobs: Jobs, workbench: Workbench, make: Builder
    ) -> None:
        ids, ms = make.ids, 1_767_606_600_123
        user, post = ids.user(), ids.post()
        envelopes = [
            make.envelope(event)
            for event in (
                VerificationRequested(user_id=user),
                PostPublished(post_id=post, author_id=user),
                PostLiked(post_id=post, user_id=user, at_ms=ms),
                PostShared(post_id=post, user_id=user, at_ms=ms, sign=-1),
                CommentAdded(post_id=post, user_id=user, at_ms=ms, comment_id=ids.comment()),
                UserFollowed(follower_id=user, followee_id=ids.user()),
            )
        ]
        async with jobs.work(4):
            for envelope in envelopes:
                await jobs.submit("record_interactive", envelope)
            await workbench.done("record_interactive", *envelopes)

    @pytest.mark.parametrize("queue", Queue.ALL)
    async def test_every_queue_is_worked_on(self, jobs: Jobs, workbench: Workbench, make: Builder, queue: str) -> None:
        envelope = make.envelope()
        async with jobs.work(2):
            await jobs.submit(f"record_{queue}", envelope)
            await workbench.done(f"record_{queue}", envelope)

    async def test_handlers_run_on_the_event_loop_of_who_works(
        self, jobs: Jobs, workbench: Workbench, make: Builder
    ) -> None:
        envelopes = [make.envelope() for _ in range(5)]
        async with jobs.work(2):
            for envelope in envelopes:
                await jobs.submit("record_fanout", envelope)
            await workbench.done("record_fanout", *envelopes)
        assert workbench.loops == {asyncio.get_running_loop()}

    async def test_a_job_submitted_while_nobody_works_runs_later(
        self, jobs: Jobs, workbench: Workbench, make: Builder
    ) -> None:
        envelopes = [make.envelope() for _ in range(3)]
        for envelope in envelopes:
            await jobs.submit("record_mail", envelope)
        for _ in range(2):
            async with jobs.work(2):
                await workbench.done("record_mail", *envelopes)

    async def test_many_simultaneous_jobs_all_run(self, jobs: Jobs, workbench: Workbench, make: Builder) -> None:
        envelopes = [make.envelope() for _ in range(60)]
        async with jobs.work(8):
            await asyncio.gather(*(jobs.submit("record_fanout", envelope) for envelope in envelopes))
            await workbench.done("record_fanout", *envelopes)

    async def test_a_job_that_failed_runs_again(self, jobs: Jobs, workbench: Workbench, make: Builder) -> None:
        """Where the job ran in `submit`, who submits hears of the failure and tries again, as the relay does."""
        envelope = make.envelope()
        async with jobs.work(2):
            try:
                await jobs.submit("stumble", envelope)
            except Stumbled:
                await jobs.submit("stumble", envelope)
            await workbench.done("stumble", envelope)
        assert workbench.tried.count(("stumble", envelope)) >= 2

    async def test_a_job_that_is_refused_does_not_stop_the_others(
        self, jobs: Jobs, workbench: Workbench, make: Builder
    ) -> None:
        refused, other = make.envelope(), make.envelope()
        async with jobs.work(1):
            with contextlib.suppress(Rejected):
                await jobs.submit("refuse", refused)
            await jobs.submit("record_interactive", other)
            await workbench.done("record_interactive", other)
        assert workbench.results("refuse") == []

    async def test_a_running_job_may_end_before_the_worker_does(
        self, jobs: Jobs, workbench: Workbench, make: Builder
    ) -> None:
        envelope = make.envelope()
        async with jobs.work(2):
            submitting = asyncio.create_task(jobs.submit("wait", envelope))
            await asyncio.wait_for(workbench.started.wait(), PATIENCE)
            asyncio.get_running_loop().call_later(0.1, workbench.gate.set)
        await submitting
        assert workbench.results("wait") == [envelope]

    async def test_a_job_that_waits_does_not_hold_up_the_others(
        self, jobs: Jobs, workbench: Workbench, make: Builder
    ) -> None:
        slow, quick = make.envelope(), make.envelope()
        async with jobs.work(2):
            submitting = asyncio.create_task(jobs.submit("wait", slow))
            await asyncio.wait_for(workbench.started.wait(), PATIENCE)
            await jobs.submit("record_interactive", quick)
            await workbench.done("record_interactive", quick)
            workbench.gate.set()
            await workbench.done("wait", slow)
        await submitting
