import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

import pytest

from socialfeed.adapters.inprocess import NothingParked
from socialfeed.adapters.memory import MemoryStorage
from socialfeed.application.ports.jobs import NotTaken
from socialfeed.application.ports.outbox import EVERYTHING, TRIES, Claimed, Lane, OutboxRelay
from socialfeed.application.work import relay as relay_module
from socialfeed.application.work.relay import Relay
from socialfeed.domain.errors import PostNotFound, Unavailable
from socialfeed.domain.events import Envelope, Event, PostPublished, UserFollowed
from socialfeed.domain.ids import EventId
from socialfeed.testing.builders import Builder
from socialfeed.testing.clock import FixedClock

SUBSCRIPTIONS = {"post_published": ("fan_out", "index"), "user_followed": ("backfill",)}
Hook = Callable[[str, Envelope], None]


class ScriptedJobs:
    """A broker that notes what it is given. `on_submit` may raise; where `gate` is closed, `submit` waits."""

    parked = NothingParked()

    def __init__(self) -> None:
        self.submitted: list[tuple[str, EventId]] = []
        self.on_submit: Hook = lambda job, envelope: None
        self.away = False
        self.gate = asyncio.Event()
        self.gate.set()
        self.started: list[EventId] = []
        self.at_work = self.most_at_work = 0

    async def submit(self, job: str, envelope: Envelope) -> None:
        self.started.append(envelope.id)
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        try:
            await self.gate.wait()
            await asyncio.sleep(0)
            if self.away:
                raise Unavailable
            self.on_submit(job, envelope)
            self.submitted.append((job, envelope.id))
        finally:
            self.at_work -= 1

    def work(self, concurrency: int) -> AbstractAsyncContextManager[None]:
        raise AssertionError("a relay does not work")

    async def check(self) -> None:
        if self.away:
            raise Unavailable


class SomeAreSlow(ScriptedJobs):
    """Which wait until they may go on."""

    def __init__(self, slow: Collection[EventId]) -> None:
        super().__init__()
        self.slow = slow
        self.go_on = asyncio.Event()

    async def submit(self, job: str, envelope: Envelope) -> None:
        if envelope.id in self.slow:
            self.started.append(envelope.id)
            await self.go_on.wait()
        await super().submit(job, envelope)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def storage(clock: FixedClock) -> MemoryStorage:
    return MemoryStorage(clock)


@pytest.fixture
def jobs() -> ScriptedJobs:
    return ScriptedJobs()


@pytest.fixture
def relay(storage: MemoryStorage, jobs: ScriptedJobs) -> Relay:
    return Relay(storage.outbox, jobs, SUBSCRIPTIONS)


make = Builder()


def published() -> Event:
    return PostPublished(post_id=make.ids.post(), author_id=make.ids.user())


def followed() -> Event:
    return UserFollowed(follower_id=make.ids.user(), followee_id=make.ids.user())


async def commit(storage: MemoryStorage, *events: Event) -> list[EventId]:
    envelopes = [make.envelope(event) for event in events]
    async with storage.uow() as tx:
        for envelope in envelopes:
            await tx.outbox.add(envelope)
    return [envelope.id for envelope in envelopes]


@asynccontextmanager
async def running(relay: Relay) -> AsyncIterator["asyncio.Task[None]"]:
    task = asyncio.create_task(relay.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


async def test_every_event_reaches_each_job_that_follows_it_and_leaves_the_outbox(
    relay: Relay, storage: MemoryStorage, jobs: ScriptedJobs
) -> None:
    post, follow = await commit(storage, published(), followed())
    await relay.drain()

    assert sorted(jobs.submitted) == [("backfill", follow), ("fan_out", post), ("index", post)]
    assert await storage.outbox.backlog() == 0


async def test_an_event_that_no_job_follows_leaves_the_outbox(storage: MemoryStorage, jobs: ScriptedJobs) -> None:
    await commit(storage, published())
    await Relay(storage.outbox, jobs, {}).drain()

    assert await storage.outbox.backlog() == 0


async def test_events_start_in_order_and_no_more_at_once_than_allowed(
    storage: MemoryStorage, jobs: ScriptedJobs
) -> None:
    events = await commit(storage, *(followed() for _ in range(20)))
    await Relay(storage.outbox, jobs, SUBSCRIPTIONS, batch=7, concurrency=3).drain()

    assert jobs.started == events
    assert jobs.most_at_work == 3


async def test_a_slow_event_does_not_hold_up_those_beside_it(storage: MemoryStorage) -> None:
    slow, *others = await commit(storage, *(followed() for _ in range(9)))
    jobs = SomeAreSlow({slow})
    draining = asyncio.create_task(Relay(storage.outbox, jobs, SUBSCRIPTIONS, concurrency=2).drain())
    await until(lambda: len(jobs.submitted) == len(others))
    jobs.go_on.set()
    await draining

    assert [event for _, event in jobs.submitted] == [*others, slow]


async def test_an_event_whose_job_fails_is_tried_again_with_all_its_jobs_while_others_go_on(
    relay: Relay, storage: MemoryStorage, jobs: ScriptedJobs, clock: FixedClock
) -> None:
    failing, other = await commit(storage, published(), followed())

    def fail(job: str, envelope: Envelope) -> None:
        if job == "fan_out":
            raise RuntimeError("a bug")

    jobs.on_submit = fail
    await relay.drain()
    assert jobs.submitted == [("backfill", other), ("index", failing)]
    assert await storage.outbox.backlog() == 1

    jobs.on_submit = lambda job, envelope: None
    jobs.submitted.clear()
    await relay.drain()
    assert jobs.submitted == []
    clock.advance(timedelta(seconds=1))
    await relay.drain()
    assert jobs.submitted == [("fan_out", failing), ("index", failing)]
    assert await storage.outbox.backlog() == 0


async def test_a_job_that_refuses_an_event_for_good_is_not_tried_again(
    relay: Relay, storage: MemoryStorage, jobs: ScriptedJobs
) -> None:
    (post,) = await commit(storage, published())

    def refuse(job: str, envelope: Envelope) -> None:
        if job == "fan_out":
            raise PostNotFound

    jobs.on_submit = refuse
    await relay.drain()

    assert jobs.submitted == [("index", post)]
    assert await storage.outbox.backlog() == 0


async def test_a_job_that_misses_something_delays_its_own_event_only(
    relay: Relay, storage: MemoryStorage, jobs: ScriptedJobs, caplog: pytest.LogCaptureFixture
) -> None:
    """The job ran here and the mail server was away, say: the broker is not at fault."""
    events = await commit(storage, *(followed() for _ in range(30)))

    def miss(job: str, envelope: Envelope) -> None:
        if envelope.id == events[0]:
            raise Unavailable

    jobs.on_submit = miss
    await relay.drain()

    assert [event for _, event in jobs.submitted] == events[1:]
    assert await storage.outbox.backlog() == 1
    [line] = caplog.records
    assert line.exc_info is None, "tracebacks of all jobs at once would stop the process"


async def fail_each_time(relay: Relay, clock: FixedClock, times: int) -> None:
    for _ in range(times):
        await relay.drain()
        clock.advance(timedelta(minutes=5))


async def test_an_event_whose_job_fails_each_time_is_parked_and_holds_up_nothing(
    relay: Relay, storage: MemoryStorage, jobs: ScriptedJobs, clock: FixedClock
) -> None:
    poison, post = await commit(storage, followed(), published())

    def fail(job: str, envelope: Envelope) -> None:
        if envelope.id == poison:
            raise RuntimeError("with the password hunter2 in it")

    jobs.on_submit = fail
    await fail_each_time(relay, clock, TRIES + 3)
    assert jobs.started.count(poison) == TRIES
    assert jobs.submitted == [("fan_out", post), ("index", post)]
    assert await storage.outbox.backlog() == 0
    [parked] = await storage.outbox.parked.oldest(limit=10)
    assert (parked.event_id, parked.work, parked.tries) == (poison, "user_followed", TRIES)
    assert parked.reason == "backfill: RuntimeError"


async def test_an_event_waits_as_long_as_what_its_job_misses_is_away(
    relay: Relay, storage: MemoryStorage, jobs: ScriptedJobs, clock: FixedClock
) -> None:
    [event] = await commit(storage, followed())

    def miss(job: str, envelope: Envelope) -> None:
        raise Unavailable

    jobs.on_submit = miss
    await fail_each_time(relay, clock, 3 * TRIES)
    assert await storage.outbox.parked.count() == 0

    jobs.on_submit = lambda job, envelope: None
    await relay.drain()
    assert jobs.submitted == [("backfill", event)]


async def test_while_the_broker_is_away_events_wait_unharmed_and_leave_at_once_when_it_is_back(
    relay: Relay, storage: MemoryStorage, jobs: ScriptedJobs
) -> None:
    events = await commit(storage, *(followed() for _ in range(5)))
    jobs.away = True
    for _ in range(3):
        with pytest.raises(Unavailable):
            await relay.drain()
    assert await storage.outbox.backlog() == 5

    jobs.away = False
    await relay.drain()
    assert [event for _, event in jobs.submitted] == events


async def test_while_a_broker_that_answers_takes_nothing_events_wait_unharmed_too(
    relay: Relay, storage: MemoryStorage, jobs: ScriptedJobs
) -> None:
    events = await commit(storage, *(followed() for _ in range(5)))

    def refuse(job: str, envelope: Envelope) -> None:
        raise NotTaken

    jobs.on_submit = refuse
    for _ in range(3):
        with pytest.raises(NotTaken):
            await relay.drain()

    jobs.on_submit = lambda job, envelope: None
    await relay.drain()
    assert [event for _, event in jobs.submitted] == events


async def test_what_the_broker_took_before_it_went_away_is_not_given_to_it_again(
    storage: MemoryStorage, jobs: ScriptedJobs
) -> None:
    events = await commit(storage, *(followed() for _ in range(5)))

    def go_away(job: str, envelope: Envelope) -> None:
        if envelope.id == events[2]:
            jobs.away = True
            raise Unavailable

    jobs.on_submit = go_away
    relay = Relay(storage.outbox, jobs, SUBSCRIPTIONS, concurrency=1)
    with pytest.raises(Unavailable):
        await relay.drain()
    jobs.away = False
    jobs.on_submit = lambda job, envelope: None
    await relay.drain()

    assert [event for _, event in jobs.submitted] == events


async def test_a_running_relay_finds_what_other_processes_commit(
    relay: Relay, storage: MemoryStorage, jobs: ScriptedJobs
) -> None:
    async with running(relay):
        await asyncio.sleep(0.01)
        events = await commit(storage, followed())
        await until(lambda: [event for _, event in jobs.submitted] == events)


async def test_a_wake_up_spares_an_event_the_pause(
    relay: Relay, storage: MemoryStorage, jobs: ScriptedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "IDLE_SECONDS", (3600.0, 3600.0))
    async with running(relay):
        for _ in range(3):
            await asyncio.sleep(0.01)
            (event,) = await commit(storage, followed())
            relay.wake()
            await until(lambda event=event: ("backfill", event) in jobs.submitted)  # type: ignore[misc]


async def test_a_wake_up_during_a_batch_is_not_lost(
    relay: Relay, storage: MemoryStorage, jobs: ScriptedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "IDLE_SECONDS", (3600.0, 3600.0))
    await commit(storage, followed())
    jobs.gate.clear()
    async with running(relay):
        await until(lambda: jobs.at_work == 1)
        (late,) = await commit(storage, followed())
        relay.wake()
        jobs.gate.set()
        await until(lambda: ("backfill", late) in jobs.submitted)


async def test_a_running_relay_survives_an_absent_broker_and_every_error(
    storage: MemoryStorage, jobs: ScriptedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "TROUBLE_SECONDS", (0.001, 0.001))
    outbox = Stumbling(storage.outbox, Unavailable(), RuntimeError("a bug"), Unavailable())
    relay = Relay(outbox, jobs, SUBSCRIPTIONS)
    jobs.away = True
    events = await commit(storage, followed(), followed())
    async with running(relay) as task:
        await until(lambda: len(jobs.started) > 4)
        jobs.away = False
        await until(lambda: [event for _, event in jobs.submitted] == events)
        assert not task.done()
    assert outbox.errors == []


async def test_a_stopped_relay_does_nothing_twice_that_it_did_and_keeps_what_it_did_not(
    storage: MemoryStorage, jobs: ScriptedJobs
) -> None:
    done, cut_short, untouched = await commit(storage, followed(), followed(), followed())

    def then_close_the_gate(job: str, envelope: Envelope) -> None:
        jobs.gate.clear()

    jobs.on_submit = then_close_the_gate
    async with running(Relay(storage.outbox, jobs, SUBSCRIPTIONS, concurrency=1)):
        await until(lambda: jobs.started == [done, cut_short])
    jobs.gate.set()
    jobs.on_submit = lambda job, envelope: None
    await Relay(storage.outbox, jobs, SUBSCRIPTIONS).drain()

    assert [event for _, event in jobs.submitted] == [done, cut_short, untouched]


async def test_draining_waits_for_what_the_running_relay_has_in_hand(
    relay: Relay, storage: MemoryStorage, jobs: ScriptedJobs
) -> None:
    (event,) = await commit(storage, followed())
    jobs.gate.clear()
    async with running(relay):
        await until(lambda: jobs.at_work == 1)
        draining = asyncio.create_task(relay.drain())
        await asyncio.sleep(0.01)
        assert not draining.done()
        jobs.gate.set()
        await draining
        assert jobs.submitted == [("backfill", event)]


async def test_a_slow_event_does_not_hold_up_those_that_come_later(
    storage: MemoryStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "PATIENCE_SECONDS", 0.001)
    (slow,) = await commit(storage, followed())
    jobs = SomeAreSlow({slow})
    relay = Relay(storage.outbox, jobs, SUBSCRIPTIONS)
    async with running(relay):
        await until(lambda: jobs.started == [slow])
        (late,) = await commit(storage, followed())
        await until(lambda: jobs.submitted == [("backfill", late)])
        assert await storage.outbox.backlog() == 1

        draining = asyncio.create_task(relay.drain())
        await asyncio.sleep(0.01)
        assert not draining.done()
        jobs.go_on.set()
        await draining

        assert jobs.submitted == [("backfill", late), ("backfill", slow)]
        assert await storage.outbox.backlog() == 0


async def test_so_many_batches_take_long_at_once_and_no_more(
    storage: MemoryStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "PATIENCE_SECONDS", 0.001)
    events = await commit(storage, *(followed() for _ in range(9)))
    jobs = SomeAreSlow(events)
    async with running(Relay(storage.outbox, jobs, SUBSCRIPTIONS, batch=1)):
        await until(lambda: len(jobs.started) == relay_module.ASIDE_MAX + 1)
        await asyncio.sleep(0.05)
        assert len(jobs.started) == relay_module.ASIDE_MAX + 1
        jobs.go_on.set()
        await until(lambda: len(jobs.submitted) == 9)


LANES = (Lane(frozenset({"post_published"})), Lane(frozenset({"post_published"}), is_rest=False))


async def test_a_backlog_in_one_lane_holds_up_nothing_in_another(
    storage: MemoryStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "PATIENCE_SECONDS", 0.001)
    posts = await commit(storage, *(published() for _ in range(50)))
    jobs = SomeAreSlow(posts)
    relay = Relay(storage.outbox, jobs, SUBSCRIPTIONS, LANES, batch=5)
    async with running(relay):
        await until(lambda: len(jobs.started) == (relay_module.ASIDE_MAX + 1) * 5)
        for _ in range(3):
            (follow,) = await commit(storage, followed())
            relay.wake()
            await until(lambda follow=follow: ("backfill", follow) in jobs.submitted)  # type: ignore[misc]
        assert {event for _, event in jobs.submitted}.isdisjoint(posts)
        jobs.go_on.set()
        await until(lambda: len(jobs.submitted) == 3 + 2 * 50)


async def test_draining_takes_every_lane(storage: MemoryStorage, jobs: ScriptedJobs) -> None:
    await commit(storage, published(), followed())
    await Relay(storage.outbox, jobs, SUBSCRIPTIONS, LANES).drain()
    assert await storage.outbox.backlog() == 0


async def test_a_stopped_relay_keeps_what_took_too_long(
    storage: MemoryStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "PATIENCE_SECONDS", 0.001)
    slow, other = await commit(storage, followed(), followed())
    jobs = SomeAreSlow({slow})
    async with running(Relay(storage.outbox, jobs, SUBSCRIPTIONS)):
        await until(lambda: jobs.submitted == [("backfill", other)])
        (late,) = await commit(storage, followed())
        await until(lambda: len(jobs.submitted) == 2)
    assert await storage.outbox.backlog() == 1
    jobs.go_on.set()
    await Relay(storage.outbox, jobs, SUBSCRIPTIONS).drain()
    assert [event for _, event in jobs.submitted] == [other, late, slow]


class Stumbling:
    """An outbox that raises each of the errors once before it works."""

    def __init__(self, outbox: OutboxRelay, *errors: Exception) -> None:
        self.errors = list(errors)
        self._outbox = outbox
        self.parked = outbox.parked

    @asynccontextmanager
    async def claim(self, limit: int, lane: Lane = EVERYTHING) -> AsyncIterator[Claimed]:
        if self.errors:
            raise self.errors.pop(0)
        async with self._outbox.claim(limit, lane) as claimed:
            yield claimed

    async def hurry(self) -> None:
        await self._outbox.hurry()

    async def backlog(self) -> int:
        return await self._outbox.backlog()
