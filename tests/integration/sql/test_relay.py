"""Relays of several processes, and what they find in the outbox that they do not know."""

import asyncio
import sys
from datetime import timedelta

import pytest

from socialfeed.adapters.sql import SqlStorage, open_sqlite
from socialfeed.adapters.sql.outbox import FORGET_EVERY, REMEMBERED
from socialfeed.adapters.sql.tables import outbox
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.outbox import TRIES
from socialfeed.domain.events import Envelope
from socialfeed.testing.builders import Builder
from socialfeed.testing.clock import FixedClock
from socialfeed.testing.contracts.outbox import PAUSE, given_events, offered, relayed
from socialfeed.testing.contracts.waiting import eventually

HOLD_A_CLAIM = """
import asyncio, sys
from pathlib import Path
from socialfeed.adapters import sql
from socialfeed.adapters.system import SystemClock
from socialfeed.application.ports.adapters import AdapterContext

async def main(url):
    open_it = sql.open_sqlite if url.startswith("sqlite:") else sql.open_postgresql
    async with open_it(url, AdapterContext(SystemClock(), Path("."))) as storage, storage.outbox.claim(10) as claimed:
        for envelope in claimed.envelopes:
            claimed.done(envelope)
        print(len(claimed.envelopes), flush=True)
        await asyncio.Event().wait()

asyncio.run(main(sys.argv[1]))
"""


async def test_what_a_killed_process_held_is_offered_again(storage: SqlStorage, url: str, make: Builder) -> None:
    events = [make.envelope() for _ in range(3)]
    await given_events(storage, *events)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLD_A_CLAIM, url, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert (await process.stdout.readline()).strip() == b"3"
        assert await offered(storage) == []
    finally:
        process.kill()
        await process.communicate()

    async def all_are_offered() -> bool:
        return await offered(storage) == events

    await eventually(all_are_offered)


async def test_on_sqlite_one_process_relays_at_a_time(sqlite_url: str, context: AdapterContext, make: Builder) -> None:
    events = [make.envelope() for _ in range(4)]
    async with open_sqlite(sqlite_url, context) as one, open_sqlite(sqlite_url, context) as other:
        await given_events(one, *events)
        async with one.outbox.claim(2) as claimed:
            assert claimed.envelopes == events[:2]
            assert await offered(other) == []
            assert await offered(one) == events[2:]
            # The end of a claim inside another does not let the lock go.
            assert await offered(other) == []
        assert await offered(other) == events


async def test_an_event_of_a_newer_version_is_kept_for_later_and_holds_up_nothing(
    storage: SqlStorage, make: Builder
) -> None:
    strange, extended, known = make.envelope(), make.envelope(), make.envelope()
    await given_events(storage, strange, extended, known)
    async with storage.database.begin() as connection:
        await connection.execute(outbox.update().where(outbox.c.id == strange.id).values(name="post_glittered"))
        await connection.execute(outbox.update().where(outbox.c.id == extended.id).values(payload='{"glitter": 1}'))
    assert await offered(storage) == [known]
    assert await relayed(storage, limit=1) == [known]
    assert await storage.outbox.backlog() == 2
    async with storage.database.begin() as connection:
        row = (await connection.execute(outbox.select().where(outbox.c.id == strange.id))).one()
    assert (row.attempts, row.last_error) == (1, "Unknown event: 'post_glittered'")


class TestTime:
    @pytest.fixture
    def clock(self) -> FixedClock:
        return FixedClock()

    @pytest.mark.parametrize(
        ("values", "reason"),
        [
            ({"name": "post_glittered"}, "Unknown event: 'post_glittered'"),
            ({"payload": "{"}, "Unknown event: Expecting property name"),
        ],
    )
    async def test_an_event_that_nobody_can_read_is_parked_and_others_are_relayed_meanwhile(
        self, storage: SqlStorage, make: Builder, clock: FixedClock, values: dict[str, str], reason: str
    ) -> None:
        strange = make.envelope()
        await given_events(storage, strange)
        async with storage.database.begin() as connection:
            await connection.execute(outbox.update().where(outbox.c.id == strange.id).values(**values))
        for _ in range(TRIES):
            known = make.envelope()
            await given_events(storage, known)
            assert await relayed(storage) == [known]
            clock.advance(PAUSE)
        [parked] = await storage.outbox.parked.oldest(limit=10)
        assert (parked.event_id, parked.tries) == (strange.id, TRIES)
        assert parked.reason.startswith(reason)
        assert await storage.outbox.backlog() == 0

    async def test_the_inbox_forgets_after_a_month(self, storage: SqlStorage, make: Builder, clock: FixedClock) -> None:
        event = make.envelope()
        await claim(storage, event, clock)
        clock.advance(REMEMBERED - timedelta(days=1))
        await offered(storage)
        assert await is_remembered(storage, event)
        clock.advance(timedelta(days=1) + FORGET_EVERY)
        await offered(storage)
        assert not await is_remembered(storage, event)


async def claim(storage: SqlStorage, event: Envelope, clock: FixedClock) -> None:
    async with storage.uow() as tx:
        assert await tx.inbox.claim(event.id, "mail", clock.now())


async def is_remembered(storage: SqlStorage, event: Envelope) -> bool:
    async with storage.uow() as tx:
        return await tx.inbox.seen(event.id, "mail")
