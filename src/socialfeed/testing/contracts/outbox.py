"""The outbox: every committed event is offered until it is marked done, by one relay at a time."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from socialfeed.application.ports.outbox import TRIES, Lane
from socialfeed.application.ports.storage import Storage
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
from socialfeed.testing.clock import FixedClock
from socialfeed.testing.contracts.given import Rollback, UsesStorage, cancelled_after, given_user, rolled_back
from socialfeed.testing.contracts.waiting import PATIENCE, eventually

PAUSE = timedelta(minutes=5)
"""The longest there is."""


class OutboxContract(UsesStorage):
    async def test_a_committed_event_is_offered_as_it_was_added(self, storage: Storage, make: Builder) -> None:
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
        await given_events(storage, *envelopes)
        assert await offered(storage) == envelopes

    async def test_an_empty_outbox_offers_nothing(self, storage: Storage) -> None:
        assert await offered(storage) == []
        assert await storage.outbox.backlog() == 0

    async def test_events_come_oldest_first_and_no_more_than_asked_for(self, storage: Storage, make: Builder) -> None:
        envelopes = [make.envelope() for _ in range(7)]
        await given_events(storage, *envelopes)
        assert await offered(storage, limit=3) == envelopes[:3]
        assert await relayed(storage, limit=3) == envelopes[:3]
        assert await relayed(storage, limit=10) == envelopes[3:]

    async def test_a_lane_has_the_events_of_its_names_and_another_the_rest(
        self, storage: Storage, make: Builder
    ) -> None:
        ids = make.ids
        follow, like, post = (
            make.envelope(event)
            for event in (
                UserFollowed(follower_id=ids.user(), followee_id=ids.user()),
                PostLiked(post_id=ids.post(), user_id=ids.user(), at_ms=1_767_606_600_123),
                PostPublished(post_id=ids.post(), author_id=ids.user()),
            )
        )
        await given_events(storage, follow, like, post)
        names = frozenset({UserFollowed.name, PostPublished.name})
        async with storage.outbox.claim(10, Lane(names, is_rest=False)) as named:
            assert list(named.envelopes) == [follow, post]
            async with storage.outbox.claim(10, Lane(names)) as others:
                assert list(others.envelopes) == [like]
        async with storage.outbox.claim(1, Lane(names, is_rest=False)) as first:
            assert list(first.envelopes) == [follow]
        async with storage.outbox.claim(10, Lane(is_rest=False)) as none:
            assert list(none.envelopes) == []
        assert await offered(storage) == [follow, like, post]

    async def test_an_event_marked_done_is_never_offered_again(self, storage: Storage, make: Builder) -> None:
        first, second = make.envelope(), make.envelope()
        await given_events(storage, first, second)
        async with storage.outbox.claim(10) as claimed:
            claimed.done(first)
        assert await storage.outbox.backlog() == 1
        assert await relayed(storage) == [second]
        assert await offered(storage) == []
        assert await storage.outbox.backlog() == 0

    async def test_an_unmarked_event_is_offered_again_at_once(self, storage: Storage, make: Builder) -> None:
        envelope = make.envelope()
        await given_events(storage, envelope)
        for _ in range(3):
            assert await offered(storage) == [envelope]
        assert await storage.outbox.backlog() == 1

    async def test_after_an_exception_all_are_offered_again_at_once(self, storage: Storage, make: Builder) -> None:
        envelopes = [make.envelope() for _ in range(3)]
        await given_events(storage, *envelopes)
        with pytest.raises(Rollback):
            await fail_while_relaying(storage, done=envelopes[:1], failed=envelopes[1:2])
        assert await offered(storage) == envelopes

    async def test_after_a_cancellation_all_are_offered_again_at_once(self, storage: Storage, make: Builder) -> None:
        envelopes = [make.envelope() for _ in range(2)]
        await given_events(storage, *envelopes)
        claimed_them, forever = asyncio.Event(), asyncio.Event()

        async def relay() -> None:
            async with storage.outbox.claim(10) as claimed:
                claimed.done(envelopes[0])
                claimed_them.set()
                await forever.wait()

        task = asyncio.create_task(relay())
        await asyncio.wait_for(claimed_them.wait(), PATIENCE)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await offered(storage) == envelopes

    async def test_an_uncommitted_event_is_never_offered(self, storage: Storage, make: Builder) -> None:
        async with rolled_back(storage) as tx:
            await tx.outbox.add(make.envelope())
            # A relay may have to wait for the writer, so it runs beside it.
            claiming = asyncio.create_task(offered(storage))
            await asyncio.sleep(0.05)
        assert await claiming == []
        await cancelled_after(storage, lambda tx: tx.outbox.add(make.envelope()))
        assert await offered(storage) == []
        assert await storage.outbox.backlog() == 0

    async def test_what_one_relay_holds_no_other_gets(self, storage: Storage, make: Builder) -> None:
        envelopes = [make.envelope() for _ in range(5)]
        await given_events(storage, *envelopes)
        async with storage.outbox.claim(2) as first:
            assert list(first.envelopes) == envelopes[:2]
            async with storage.outbox.claim(2) as second:
                assert list(second.envelopes) == envelopes[2:4]
                assert await offered(storage) == envelopes[4:]
                first.done(envelopes[0])
                second.done(envelopes[2])
        assert await offered(storage) == [envelopes[1], envelopes[3], envelopes[4]]

    async def test_a_held_claim_keeps_nobody_from_writing(self, storage: Storage, make: Builder) -> None:
        """A broker that takes its time to accept a batch must not stop the product."""
        first, second = make.envelope(), make.envelope()
        await given_events(storage, first)
        async with storage.outbox.claim(10) as claimed:
            await asyncio.wait_for(given_events(storage, second), PATIENCE)
            await asyncio.wait_for(given_user(storage, make), PATIENCE)
            claimed.done(first)
        assert await relayed(storage) == [second]

    async def test_many_relays_at_work_offer_each_event_once(self, storage: Storage, make: Builder) -> None:
        envelopes = [make.envelope() for _ in range(60)]
        await given_events(storage, *envelopes)
        seen: list[Envelope] = []

        async def relay() -> None:
            # An empty batch may mean that another relay holds the rest.
            while await storage.outbox.backlog():
                async with storage.outbox.claim(7) as claimed:
                    await asyncio.sleep(0)
                    for envelope in claimed.envelopes:
                        seen.append(envelope)
                        claimed.done(envelope)
                await asyncio.sleep(0)

        await asyncio.wait_for(asyncio.gather(*(relay() for _ in range(4))), PATIENCE)
        assert sorted(seen, key=lambda envelope: envelope.id) == envelopes

    async def test_events_written_while_relays_work_are_all_relayed(self, storage: Storage, make: Builder) -> None:
        envelopes = [make.envelope() for _ in range(30)]
        seen: list[Envelope] = []
        writing = asyncio.gather(*(given_events(storage, envelope) for envelope in envelopes))

        async def relay() -> None:
            while not writing.done() or await storage.outbox.backlog():
                seen.extend(await relayed(storage, limit=4))
                await asyncio.sleep(0.001)

        await asyncio.wait_for(asyncio.gather(writing, relay(), relay()), PATIENCE)
        assert sorted(seen, key=lambda envelope: envelope.id) == envelopes

    async def test_a_failed_event_is_kept_and_offered_again_later(self, storage: Storage, make: Builder) -> None:
        failing, other = make.envelope(), make.envelope()
        await given_events(storage, failing, other)
        await fail(storage, failing)
        assert await storage.outbox.backlog() == 2

        async def is_offered_again() -> bool:
            return failing in await offered(storage)

        await eventually(is_offered_again)
        assert await relayed(storage) == [failing, other]


class OutboxTimeContract(UsesStorage):
    """For storages that ask the clock of their `AdapterContext` when an event is due.

    Fixtures: `storage`, and `clock`, the `FixedClock` that it was opened with.
    """

    async def test_a_failed_event_waits_twice_as_long_each_time(
        self, storage: Storage, make: Builder, clock: FixedClock
    ) -> None:
        envelope = make.envelope()
        await given_events(storage, envelope)
        for seconds in (1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300):
            await fail(storage, envelope)
            clock.advance(timedelta(seconds=seconds - 0.5))
            assert await offered(storage) == []
            clock.advance(timedelta(seconds=0.5))
            assert await offered(storage) == [envelope]
        assert await relayed(storage) == [envelope]
        assert await storage.outbox.backlog() == 0

    async def test_a_failed_event_does_not_hold_up_the_others(
        self, storage: Storage, make: Builder, clock: FixedClock
    ) -> None:
        failing, other = make.envelope(), make.envelope()
        await given_events(storage, failing, other)
        await fail(storage, failing)
        assert await relayed(storage, limit=1) == [other]
        clock.advance(timedelta(seconds=1))
        assert await relayed(storage) == [failing]

    async def test_when_the_relay_hurries_what_was_put_off_is_due_but_not_what_others_hold_or_what_is_parked(
        self, storage: Storage, make: Builder, clock: FixedClock
    ) -> None:
        poison, held, failed = make.envelope(), make.envelope(), make.envelope()
        await given_parked(storage, clock, poison)
        await given_events(storage, held, failed)
        await fail(storage, failed)
        async with storage.outbox.claim(1) as claimed:
            assert list(claimed.envelopes) == [held]
            await asyncio.wait_for(storage.outbox.hurry(), PATIENCE)
            assert await relayed(storage) == [failed]
        assert await storage.outbox.parked.count() == 1

    async def test_an_event_that_fails_too_often_is_parked_and_the_others_are_not(
        self, storage: Storage, make: Builder, clock: FixedClock
    ) -> None:
        poison, other = make.envelope(), make.envelope()
        await given_events(storage, poison, other)
        for _ in range(TRIES - 1):
            await fail(storage, poison, clock)
        assert await storage.outbox.parked.count() == 0
        await fail(storage, poison, clock)
        assert await offered(storage) == [other]
        assert (await storage.outbox.backlog(), await storage.outbox.parked.count()) == (1, 1)
        [parked] = await storage.outbox.parked.oldest(limit=10)
        assert (parked.id, parked.event_id, parked.place) == (str(poison.id), poison.id, "outbox")
        assert (parked.work, parked.tries, parked.at) == (poison.event.name, TRIES, clock.now() - PAUSE)
        assert parked.reason == "the broker said no"

    async def test_an_event_is_not_parked_while_something_is_away(
        self, storage: Storage, make: Builder, clock: FixedClock
    ) -> None:
        envelope = make.envelope()
        await given_events(storage, envelope)
        for _ in range(2 * TRIES):
            await fail(storage, envelope, clock, is_outage=True)
        assert await storage.outbox.parked.count() == 0
        assert await relayed(storage) == [envelope]

    async def test_a_parked_event_is_offered_again_as_if_it_were_new(
        self, storage: Storage, make: Builder, clock: FixedClock
    ) -> None:
        poison = make.envelope()
        await given_parked(storage, clock, poison)
        assert await storage.outbox.parked.retry(str(poison.id))
        assert not await storage.outbox.parked.retry(str(poison.id))
        assert await offered(storage) == [poison]
        assert (await storage.outbox.backlog(), await storage.outbox.parked.count()) == (1, 0)
        for _ in range(TRIES - 1):
            await fail(storage, poison, clock)
        assert await storage.outbox.parked.count() == 0
        assert await relayed(storage) == [poison]

    async def test_a_discarded_event_is_gone(self, storage: Storage, make: Builder, clock: FixedClock) -> None:
        gone, kept = make.envelope(), make.envelope()
        await given_parked(storage, clock, gone, kept)
        assert await storage.outbox.parked.discard(str(gone.id))
        assert not await storage.outbox.parked.discard(str(gone.id))
        assert [parked.event_id for parked in await storage.outbox.parked.oldest(limit=10)] == [kept.id]
        assert await offered(storage) == []

    async def test_what_is_not_parked_is_neither_offered_anew_nor_discarded(
        self, storage: Storage, make: Builder, clock: FixedClock
    ) -> None:
        envelope = make.envelope()
        await given_events(storage, envelope)
        await fail(storage, envelope)
        for wrong in (str(envelope.id), "7", "", "0x1", "-1", "9" * 40, "\u0663"):
            assert not await storage.outbox.parked.retry(wrong)
            assert not await storage.outbox.parked.discard(wrong)
        assert await offered(storage) == []
        clock.advance(timedelta(seconds=1))
        assert await offered(storage) == [envelope]

    async def test_those_parked_first_are_listed_first_and_no_more_than_asked_for(
        self, storage: Storage, make: Builder, clock: FixedClock
    ) -> None:
        late, early = make.envelope(), make.envelope()
        await given_parked(storage, clock, early)
        await given_parked(storage, clock, late)
        listed = [parked.event_id for parked in await storage.outbox.parked.oldest(limit=10)]
        assert listed == [early.id, late.id]
        assert [parked.event_id for parked in await storage.outbox.parked.oldest(limit=1)] == [early.id]


async def given_events(storage: Storage, *envelopes: Envelope) -> None:
    async with storage.uow() as tx:
        for envelope in envelopes:
            await tx.outbox.add(envelope)


async def offered(storage: Storage, limit: int = 100) -> list[Envelope]:
    """What a relay is offered now; it marks nothing."""
    async with storage.outbox.claim(limit) as claimed:
        return list(claimed.envelopes)


async def relayed(storage: Storage, limit: int = 100) -> list[Envelope]:
    """What a relay is offered now; it marks all of it done."""
    async with storage.outbox.claim(limit) as claimed:
        for envelope in claimed.envelopes:
            claimed.done(envelope)
        return list(claimed.envelopes)


async def fail(
    storage: Storage, envelope: Envelope, clock: FixedClock | None = None, *, is_outage: bool = False
) -> None:
    """Claims everything that is due and marks this event failed; with a clock, then waits until it is due again."""
    async with storage.outbox.claim(100) as claimed:
        assert envelope in claimed.envelopes
        claimed.failed(envelope, "the broker said no", is_outage=is_outage)
    if clock is not None:
        clock.advance(PAUSE)


async def given_parked(storage: Storage, clock: FixedClock, *envelopes: Envelope) -> None:
    """Events that failed too often."""
    await given_events(storage, *envelopes)
    for envelope in envelopes:
        for _ in range(TRIES):
            await fail(storage, envelope, clock)


async def fail_while_relaying(storage: Storage, *, done: Sequence[Envelope], failed: Sequence[Envelope]) -> None:
    async with storage.outbox.claim(100) as claimed:
        for envelope in done:
            claimed.done(envelope)
        for envelope in failed:
            claimed.failed(envelope, "the broker said no")
        raise Rollback
