"""The relay's side of the outbox."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from heapq import nsmallest
from typing import NamedTuple

from socialfeed.adapters.memory.tables import Table
from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.outbox import Claimed
from socialfeed.domain.events import Envelope
from socialfeed.domain.ids import EventId

FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=1), timedelta(minutes=5)


class _Retry(NamedTuple):
    delay: timedelta
    due: datetime


class MemoryClaim:
    """A batch, and what the relay said about it."""

    def __init__(self, envelopes: Sequence[Envelope]) -> None:
        self.envelopes = envelopes
        self.marked_done: set[EventId] = set()
        self.marked_failed: set[EventId] = set()

    def done(self, envelope: Envelope) -> None:
        self.marked_done.add(envelope.id)

    def failed(self, envelope: Envelope, reason: str) -> None:
        self.marked_failed.add(envelope.id)


class MemoryOutbox:
    """Works on the committed outbox directly: a row there is never changed by a transaction again."""

    def __init__(self, table: Table[EventId, Envelope], clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._held: set[EventId] = set()
        self._retries: dict[EventId, _Retry] = {}

    @asynccontextmanager
    async def claim(self, limit: int) -> AsyncIterator[Claimed]:
        now = self._clock.now()
        ids = nsmallest(limit, (event_id for event_id in self._table.rows if self._is_free(event_id, now)))
        claim = MemoryClaim([self._table.rows[event_id] for event_id in ids])
        self._held.update(ids)
        try:
            yield claim
            self._settle(claim)
        finally:
            self._held.difference_update(ids)

    async def backlog(self) -> int:
        return len(self._table.rows)

    def _is_free(self, event_id: EventId, now: datetime) -> bool:
        retry = self._retries.get(event_id)
        return event_id not in self._held and (retry is None or retry.due <= now)

    def _settle(self, claim: MemoryClaim) -> None:
        for event_id in claim.marked_done:
            self._table.remove(event_id)
            self._retries.pop(event_id, None)
        now = self._clock.now()
        for event_id in claim.marked_failed - claim.marked_done:
            before = self._retries.get(event_id)
            delay = FIRST_DELAY if before is None else min(before.delay * 2, LONGEST_DELAY)
            self._retries[event_id] = _Retry(delay, now + delay)
