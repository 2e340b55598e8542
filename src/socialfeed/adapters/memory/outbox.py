"""The relay's side of the outbox."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from heapq import nsmallest
from typing import NamedTuple

from socialfeed.adapters.memory.tables import Table
from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.outbox import EVERYTHING, TRIES, Claimed, Lane
from socialfeed.application.ports.parked import Parked
from socialfeed.domain.events import Envelope
from socialfeed.domain.ids import EventId

FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=1), timedelta(minutes=5)


class _Failure(NamedTuple):
    reason: str
    is_outage: bool


class _Retry(NamedTuple):
    delay: timedelta
    due: datetime
    tries: int
    reason: str


class MemoryClaim:
    """A batch, and what the relay said about it."""

    def __init__(self, envelopes: Sequence[Envelope]) -> None:
        self.envelopes = envelopes
        self.marked_done: set[EventId] = set()
        self.marked_failed: dict[EventId, _Failure] = {}

    def done(self, envelope: Envelope) -> None:
        self.marked_done.add(envelope.id)

    def failed(self, envelope: Envelope, reason: str, *, is_outage: bool = False) -> None:
        self.marked_failed[envelope.id] = _Failure(reason, is_outage)


class MemoryOutbox:
    """Works on the committed outbox directly: a row there is never changed by a transaction again."""

    def __init__(self, table: Table[EventId, Envelope], clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._held: set[EventId] = set()
        self._retries: dict[EventId, _Retry] = {}
        self.parked = MemoryParked(table, self._retries)

    @asynccontextmanager
    async def claim(self, limit: int, lane: Lane = EVERYTHING) -> AsyncIterator[Claimed]:
        now, rows = self._clock.now(), self._table.rows
        of_lane = (event_id for event_id, row in rows.items() if (row.event.name in lane.names) != lane.is_rest)
        ids = nsmallest(limit, (event_id for event_id in of_lane if self._is_free(event_id, now)))
        claim = MemoryClaim([self._table.rows[event_id] for event_id in ids])
        self._held.update(ids)
        try:
            yield claim
            self._settle(claim)
        finally:
            self._held.difference_update(ids)

    async def hurry(self) -> None:
        now = self._clock.now()
        for event_id in self._retries.keys() - self._held:
            self._retries[event_id] = self._retries[event_id]._replace(due=now)

    async def backlog(self) -> int:
        return len(self._table.rows) - len(self.parked.events)

    def _is_free(self, event_id: EventId, now: datetime) -> bool:
        if event_id in self._held or event_id in self.parked.events:
            return False
        retry = self._retries.get(event_id)
        return retry is None or retry.due <= now

    def _settle(self, claim: MemoryClaim) -> None:
        for event_id in claim.marked_done:
            self._table.remove(event_id)
            self._retries.pop(event_id, None)
        now = self._clock.now()
        for event_id, failure in claim.marked_failed.items():
            if event_id in claim.marked_done:
                continue
            before = self._retries.get(event_id)
            delay = FIRST_DELAY if before is None else min(before.delay * 2, LONGEST_DELAY)
            tries = 1 if before is None else before.tries + 1
            self._retries[event_id] = _Retry(delay, now + delay, tries, failure.reason)
            if tries >= TRIES and not failure.is_outage:
                self.parked.events[event_id] = now


class MemoryParked:
    def __init__(self, table: Table[EventId, Envelope], retries: dict[EventId, _Retry]) -> None:
        self.events: dict[EventId, datetime] = {}
        self._table = table
        self._retries = retries

    async def count(self) -> int:
        return len(self.events)

    async def oldest(self, *, limit: int) -> list[Parked]:
        return [self._shown(event_id, at) for event_id, at in list(self.events.items())[:limit]]

    async def retry(self, parked_id: str) -> bool:
        return self._let_go(parked_id) is not None

    async def discard(self, parked_id: str) -> bool:
        event_id = self._let_go(parked_id)
        if event_id is None:
            return False
        self._table.remove(event_id)
        return True

    def _let_go(self, parked_id: str) -> EventId | None:
        event_id = next((event_id for event_id in self.events if str(event_id) == parked_id), None)
        if event_id is not None:
            del self.events[event_id]
            self._retries.pop(event_id, None)
        return event_id

    def _shown(self, event_id: EventId, at: datetime) -> Parked:
        retry, name = self._retries[event_id], self._table.rows[event_id].event.name
        return Parked(str(event_id), "outbox", name, event_id, retry.tries, at, retry.reason)
