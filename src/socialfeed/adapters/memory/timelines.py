"""Home timelines of those who read lately."""

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.timelines import KEPT, Entry, Timeline, Warming
from socialfeed.domain.ids import EntryId, UserId

WARMING = timedelta(seconds=30)
LIFE = timedelta(days=7)
MAX_TIMELINES = 100_000
"""Beyond these, who has read least recently goes cold. About 40 KB each when full."""


@dataclass(slots=True)
class _Kept:
    """`entries` are ascending, so that the usual push is an append. It ends, by itself, at `until`. `warming` is None
    once it is warm; `name` is the warming that it began with.
    """

    name: Warming

    until: datetime
    warming: Warming | None
    entries: list[Entry] = field(default_factory=list)
    floor: EntryId | None = None
    changes: int = 0

    def add(self, entries: Iterable[Entry]) -> None:
        """Those at or above the floor: below it the timeline promises nothing."""
        self.changes += 1
        kept = self.entries
        for entry in entries:
            if self.floor is not None and entry.id < self.floor:
                continue
            place = bisect_left(kept, entry.id, key=_id_of)
            if place == len(kept) or kept[place].id != entry.id:
                kept.insert(place, entry)
        if len(kept) > KEPT:
            del kept[:-KEPT]
            self.floor = kept[0].id

    def raise_floor(self, floor: EntryId | None) -> None:
        if floor is not None and (self.floor is None or floor > self.floor):
            self.floor = floor
            del self.entries[: bisect_left(self.entries, floor, key=_id_of)]


class MemoryTimelines:
    """No method suspends, so each is atomic."""

    def __init__(self, clock: Clock, *, max_timelines: int = MAX_TIMELINES) -> None:
        self._clock = clock
        self._max = max_timelines
        # The least recently read first.
        self._kept: OrderedDict[UserId, _Kept] = OrderedDict()
        self._warmings = count(1)

    def __len__(self) -> int:
        return len(self._kept)

    async def push(self, entry: Entry, owners: Sequence[UserId]) -> None:
        now = self._clock.now()
        for owner in owners:
            kept = self._alive(owner, now)
            if kept is not None:
                kept.add([entry])

    async def read(self, owner: UserId, *, renew: bool = True) -> Timeline | None:
        now = self._clock.now()
        kept = self._alive(owner, now)
        if kept is None or kept.warming is not None:
            return None
        if renew:
            kept.until = now + LIFE
            self._kept.move_to_end(owner)
        return Timeline(kept.entries[::-1], kept.floor)

    async def version(self, owner: UserId) -> bytes | None:
        if await self.read(owner) is None:
            return None
        kept = self._kept[owner]
        return b"%d:%d" % (kept.name, kept.changes)

    async def owners(self) -> AsyncIterator[Sequence[UserId]]:
        now = self._clock.now()
        yield [owner for owner in list(self._kept) if self._alive(owner, now) is not None]

    async def start_warming(self, owner: UserId) -> Warming | None:
        now = self._clock.now()
        if self._alive(owner, now) is not None:
            return None
        warming = Warming(next(self._warmings))
        self._kept[owner] = _Kept(warming, now + WARMING, warming)
        if len(self._kept) > self._max:
            self._kept.popitem(last=False)
        return warming

    async def fill(self, owner: UserId, warming: Warming, entries: Sequence[Entry], floor: EntryId | None) -> None:
        now = self._clock.now()
        kept = self._alive(owner, now)
        if kept is None or kept.warming != warming:
            return
        kept.raise_floor(floor)
        kept.add(entries)
        kept.warming, kept.until = None, now + LIFE

    async def backfill(self, owner: UserId, entries: Sequence[Entry]) -> None:
        kept = self._alive(owner, self._clock.now())
        if kept is not None:
            kept.add(entries)

    async def drop(self, owner: UserId) -> None:
        self._kept.pop(owner, None)

    def _alive(self, owner: UserId, now: datetime) -> _Kept | None:
        kept = self._kept.get(owner)
        if kept is not None and kept.until <= now:
            del self._kept[owner]
            return None
        return kept


def _id_of(entry: Entry) -> EntryId:
    return entry.id
