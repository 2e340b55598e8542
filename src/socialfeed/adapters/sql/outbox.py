"""The relay's side of the outbox: claiming events, and deleting or putting them back.

Postgres locks what a relay claims, in a transaction that stays open. SQLite has one writer at a time, and a claim that
held it would stop the very jobs it waits for; there a file lock makes one process the relay, which then remembers what
its claims hold. Either lock is gone the moment its process is.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Select, SelectBase, bindparam, delete, func, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from socialfeed.adapters.sql.columns import Moment
from socialfeed.adapters.sql.database import Database
from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.parked import SqlParked
from socialfeed.adapters.sql.rows import Row
from socialfeed.adapters.sql.rows.messages import ENVELOPE, envelope_from_row
from socialfeed.adapters.sql.tables import inbox, outbox
from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.outbox import EVERYTHING, TRIES, Lane
from socialfeed.domain.events import Envelope

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=5)
ERROR_MAX = 500

REMEMBERED = timedelta(days=30)
"""How long the inbox knows what was consumed: far beyond any redelivery."""

FORGET_EVERY = timedelta(hours=1)

_IS_OFFERED = outbox.c.parked_at.is_(None)
_IS_DUE = or_(outbox.c.retry_at.is_(None), outbox.c.retry_at <= bindparam("now", type_=Moment))
_DUE = select(*ENVELOPE, outbox.c.attempts).where(_IS_OFFERED, _IS_DUE).order_by(outbox.c.id).limit(bindparam("limit"))
_DELETE = delete(outbox).where(outbox.c.id == bindparam("event"))
_PUT_BACK = update(outbox).where(outbox.c.id == bindparam("event"))
_PUT_OFF = select(outbox.c.id).where(_IS_OFFERED, outbox.c.retry_at.is_not(None)).with_for_update(skip_locked=True)
_HURRY = update(outbox).where(outbox.c.id.in_(_PUT_OFF)).values(retry_at=None)
_FORGET = delete(inbox).where(inbox.c.at < bindparam("before", type_=Moment))


def _due(dialect: Dialect, is_rest: bool) -> Select[Any]:
    is_named = dialect.any_of(outbox.c.name, "names")
    return _DUE.where(not_(is_named) if is_rest else is_named)


def _waiting(_: Dialect) -> SelectBase:
    return select(func.count()).select_from(outbox).where(_IS_OFFERED)


class Batch:
    """The `Claimed` of either relay. An event that this version cannot read is not offered, but put back for later."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.envelopes: list[Envelope] = []
        self._attempts: dict[int, int] = {}
        self._done: list[int] = []
        self._failed: dict[int, str] = {}
        self._outages: set[int] = set()
        for *row, attempts in rows:
            self._attempts[row[0]] = attempts
            try:
                self.envelopes.append(envelope_from_row(row))
            except (KeyError, TypeError, ValueError) as error:
                self._failed[row[0]] = f"Unknown event: {error}"

    def done(self, envelope: Envelope) -> None:
        self._done.append(envelope.id)

    def failed(self, envelope: Envelope, reason: str, *, is_outage: bool = False) -> None:
        self._failed[envelope.id] = reason
        if is_outage:
            self._outages.add(envelope.id)

    @property
    def ids(self) -> frozenset[int]:
        return frozenset(self._attempts)

    @property
    def is_marked(self) -> bool:
        return bool(self._done or self._failed)

    async def settle(self, connection: AsyncConnection, now: datetime) -> None:
        """Deletes and puts back what was marked so."""
        if self._done:
            await connection.execute(_DELETE, [{"event": event_id} for event_id in self._done])
        if self._failed:
            await connection.execute(_PUT_BACK, [self._later(event_id, now) for event_id in self._failed])

    def _later(self, event_id: int, now: datetime) -> dict[str, object]:
        attempts = self._attempts[event_id] + 1
        pause = min(FIRST_PAUSE * 2 ** min(attempts - 1, 16), LONGEST_PAUSE)
        return {
            "event": event_id,
            "attempts": attempts,
            "retry_at": now + pause,
            "last_error": self._failed[event_id].replace("\0", "")[:ERROR_MAX],
            "parked_at": now if attempts >= TRIES and event_id not in self._outages else None,
        }


class _SqlRelay:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._forget_at = clock.now()
        self.parked = SqlParked(database)

    async def hurry(self) -> None:
        async with self._database.begin() as connection:
            await connection.execute(_HURRY)

    async def backlog(self) -> int:
        [(waiting,)] = await self._database.rows(_waiting)
        return int(waiting)

    async def _tidy(self) -> None:
        """Forgets what was consumed long ago, now and then."""
        now = self._clock.now()
        if now >= self._forget_at:
            self._forget_at = now + FORGET_EVERY
            async with self._database.begin() as connection:
                await connection.execute(_FORGET, {"before": now - REMEMBERED})


class PostgresRelay(_SqlRelay):
    """Relays of all processes work side by side: each skips the rows that others hold."""

    @asynccontextmanager
    async def claim(self, limit: int, lane: Lane = EVERYTHING) -> AsyncIterator[Batch]:
        await self._tidy()
        due_and_free = _due(self._database.dialect, lane.is_rest).with_for_update(skip_locked=True)
        async with self._database.begin() as connection:
            values = {"now": self._clock.now(), "limit": limit, "names": sorted(lane.names)}
            due = await connection.execute(due_and_free, values)
            batch = Batch(due.all())
            yield batch
            await batch.settle(connection, self._clock.now())


class SqliteRelay(_SqlRelay):
    """The process that holds the lock file relays; in the others every claim is empty."""

    def __init__(self, database: Database, clock: Clock, lock_file: Path) -> None:
        super().__init__(database, clock)
        self._lock_file = lock_file
        self._lock: int | None = None
        self._claims = 0
        self._taking = asyncio.Lock()
        self._held: set[int] = set()

    @asynccontextmanager
    async def claim(self, limit: int, lane: Lane = EVERYTHING) -> AsyncIterator[Batch]:
        await self._tidy()
        with self._relaying() as is_relay:
            batch = await self._take(limit, lane) if is_relay else Batch([])
            try:
                yield batch
                if batch.is_marked:
                    async with self._database.begin() as connection:
                        await batch.settle(connection, self._clock.now())
            finally:
                self._held -= batch.ids

    async def _take(self, limit: int, lane: Lane) -> Batch:
        async with self._taking:
            # What is held now counts as held even if it is let go during the read, which may not see the end of it.
            held = self._held.copy()
            now, names = self._clock.now(), sorted(lane.names)
            rows = await self._database.rows(_due, lane.is_rest, now=now, limit=limit + len(held), names=names)
            batch = Batch([row for row in rows if row[0] not in held][:limit])
            self._held |= batch.ids
            return batch

    @contextmanager
    def _relaying(self) -> Iterator[bool]:
        """Holds the lock file as long as any claim of this process is open."""
        if self._lock is None:
            self._lock = _locked(self._lock_file)
        if self._lock is None:
            yield False
            return
        self._claims += 1
        try:
            yield True
        finally:
            self._claims -= 1
            if not self._claims:
                os.close(self._lock)
                self._lock = None


def _locked(path: Path) -> int | None:
    """The descriptor that holds the lock, or None if another process does."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
