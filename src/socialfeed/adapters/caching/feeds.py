"""Home feeds as they were judged a moment ago: which entries are shown, of hundreds that were looked at."""

import time
from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, NamedTuple, cast

from socialfeed.adapters.caching.contents import POSTS, PROFILES
from socialfeed.adapters.caching.copies import Copies
from socialfeed.adapters.caching.standings import PREFIX as STANDINGS
from socialfeed.adapters.caching.watch import Watch
from socialfeed.application.ports.cache import DELETIONS, Cache
from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.feed_copies import Listed, Look, Ticket
from socialfeed.application.ports.timelines import VersionedTimelines
from socialfeed.domain.errors import Unavailable
from socialfeed.domain.ids import EntryId, UserId

LEFT_TO_READERS: Final = "pulled:1"
"""Forgotten when something is not pushed but left to readers, whose feeds it is in without their timelines changing."""

FEED_LIFE: Final = 600.0
"""Seconds: readers come back after minutes. A change that its process did not live to tell, a job tells long before.
"""

_POSTS: Final = f"{POSTS.name}:{POSTS.version}:"
_PROFILES: Final = f"{PROFILES.name}:{PROFILES.version}:"


class _Start(NamedTuple):
    """What a ticket stands for."""

    version: bytes
    mark: int


@dataclass(frozen=True, slots=True)
class _Kept:
    """`rests_on` is ascending. `seen` is how many drops have been looked through."""

    listed: Listed
    version: bytes
    rests_on: Sequence[int]
    seen: int

    def survives(self, key: str, reader_id: UserId) -> bool:
        number = key.rpartition(":")[2]
        if key.startswith(STANDINGS):
            return int(number) != reader_id
        if key.startswith(_PROFILES):
            # Who wrote what others shared is not known here.
            return not self.listed.shared and not self._rests_on(int(number))
        return not key.startswith(_POSTS) or not self._rests_on(int(number))

    def _rests_on(self, number: int) -> bool:
        place = bisect_left(self.rests_on, number)
        return place < len(self.rests_on) and self.rests_on[place] == number


class CachedFeeds:
    """`FeedCopies` of this process. A copy holds while the timeline is what it was and nothing was deleted from the
    shared cache that it rests on, which is found out when it is asked for next, from a list of the last drops.
    """

    def __init__(
        self,
        timelines: VersionedTimelines,
        cache: Cache,
        watch: Watch,
        clock: Clock,
        *,
        life: float,
        max_bytes: int,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._timelines = timelines
        self._cache = cache
        self._watch = watch
        self._clock = clock
        self._copies = Copies[UserId, _Kept](feed_size, max_bytes, life, now)
        self._drops: deque[str] = deque(maxlen=2 * DELETIONS)  # what this process forgets it is also told of
        self._dropped = 0
        watch.look_after(self)

    async def look(self, reader_id: UserId) -> Look:
        if not await self._watch.catch_up():
            return Look()
        mark = self._watch.mark
        try:
            version = await self._timelines.version(reader_id)
        except Unavailable:
            return Look()
        if version is None:
            return Look()
        listed = self._holding(reader_id, version)
        return Look(listed, None if listed else cast("Ticket", _Start(version, mark)))

    def keep(self, reader_id: UserId, ticket: Ticket, listed: Listed, rests_on: Collection[int]) -> None:
        start = cast("_Start", ticket)
        if self._watch.mark != start.mark:
            return
        entries = cast("Sequence[EntryId]", array("q", listed.entries))
        kept = _Kept(replace(listed, entries=entries), start.version, array("q", sorted(set(rests_on))), self._dropped)
        self._copies.put_many({reader_id: kept})

    async def left_to_readers(self) -> None:
        """After it returns no copy holds, in no process. Raises `Unavailable` if that cannot be promised."""
        try:
            await self._cache.delete_many([LEFT_TO_READERS])
        finally:
            self._watch.drop([LEFT_TO_READERS])

    def drop(self, keys: Iterable[str]) -> None:
        for key in keys:
            if key == LEFT_TO_READERS:
                self.clear()
            self._drops.append(key)
            self._dropped += 1

    def clear(self) -> None:
        self._copies.clear()

    def _holding(self, reader_id: UserId, version: bytes) -> Listed | None:
        kept = self._copies.get_many([reader_id])[0].get(reader_id)
        if kept is None or kept.version != version:
            return None
        missed = self._dropped - kept.seen
        if missed > len(self._drops):
            return None
        if kept.listed.until is not None and kept.listed.until <= self._clock.now():
            return None
        if missed:
            newest = islice(reversed(self._drops), missed)
            if not all(kept.survives(key, reader_id) for key in newest):
                self._copies.drop([reader_id])
                return None
            # It does not live any longer for having been looked at.
            self._copies.replace(reader_id, replace(kept, seen=self._dropped))
        return kept.listed


def feed_size(kept: _Kept) -> int:
    """Bytes of memory, roughly and rather too many."""
    return 500 + 8 * (len(kept.listed.entries) + len(kept.rests_on)) + 250 * len(kept.listed.shared)
