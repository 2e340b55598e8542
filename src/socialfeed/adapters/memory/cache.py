"""Caches bounded by size: what was used least recently goes first."""

from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from socialfeed.application.ports.cache import DELETIONS, FENCE, Deletions
from socialfeed.application.ports.clock import Clock
from socialfeed.domain.engagement import Counts
from socialfeed.domain.ids import PostId

MAX_BYTES = 64 * 1024 * 1024
MAX_POSTS = 100_000
_OVERHEAD = 200
"""What an entry costs beside its key and value, in bytes, roughly."""


class _Value(NamedTuple):
    content: bytes
    until: datetime


class MemoryCache:
    database = None

    def __init__(self, clock: Clock, *, max_bytes: int = MAX_BYTES) -> None:
        self._clock = clock
        self._max = max_bytes
        self._size = 0
        self._values: OrderedDict[str, _Value] = OrderedDict()
        # By when they end. Apart from the values: a full cache may forget those, but no fence before its time.
        self._fences: OrderedDict[str, datetime] = OrderedDict()
        self._deleted: deque[str] = deque(maxlen=DELETIONS)
        self._deletions = 0

    def __len__(self) -> int:
        return len(self._values)

    async def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        now = self._clock.now()
        found: dict[str, bytes] = {}
        for key in keys:
            value = self._values.get(key)
            if value is None:
                continue
            if value.until <= now:
                self._remove(key)
                continue
            self._values.move_to_end(key)
            found[key] = value.content
        return found

    async def fill_many(self, values: Mapping[str, bytes], ttl: timedelta) -> None:
        now = self._clock.now()
        self._drop_fences(now)
        for key, content in values.items():
            present = self._values.get(key)
            if key in self._fences or (present is not None and now < present.until):
                continue
            self._remove(key)
            self._values[key] = _Value(content, now + ttl)
            self._size += _size(key, content)
        while self._size > self._max:
            self._remove(next(iter(self._values)))

    async def delete_many(self, keys: Sequence[str]) -> None:
        now = self._clock.now()
        self._drop_fences(now)
        for key in keys:
            self._remove(key)
            self._fences[key] = now + FENCE
            self._fences.move_to_end(key)
        self._deleted.extend(keys)
        self._deletions += len(keys)

    async def deletions(self, since: str | None) -> Deletions:
        position = str(self._deletions)
        if since is None:
            return Deletions(position, None)
        missed = self._deletions - int(since)
        kept = len(self._deleted)
        return Deletions(position, None if missed > kept else list(islice(self._deleted, kept - missed, kept)))

    async def flush(self) -> int:
        number = len(self._values)
        self._values.clear()
        self._size = 0
        self._deletions += DELETIONS + 1  # More than anybody could be told of.
        return number

    def _drop_fences(self, now: datetime) -> None:
        while self._fences and next(iter(self._fences.values())) <= now:
            self._fences.popitem(last=False)

    def _remove(self, key: str) -> None:
        value = self._values.pop(key, None)
        if value is not None:
            self._size -= _size(key, value.content)


def _size(key: str, content: bytes) -> int:
    return len(key) + len(content) + _OVERHEAD


class MemoryCounterCache:
    def __init__(self, *, max_posts: int = MAX_POSTS) -> None:
        self._max = max_posts
        self._counts: OrderedDict[PostId, Counts] = OrderedDict()

    def __len__(self) -> int:
        return len(self._counts)

    async def get_many(self, ids: Sequence[PostId]) -> dict[PostId, Counts]:
        found = {post_id: self._counts[post_id] for post_id in ids if post_id in self._counts}
        for post_id in found:
            self._counts.move_to_end(post_id)
        return found

    async def put_many(self, counts: Mapping[PostId, Counts]) -> None:
        for post_id, new in counts.items():
            old = self._counts.get(post_id)
            if old is None or old.version < new.version:
                self._counts[post_id] = new
        while len(self._counts) > self._max:
            self._counts.popitem(last=False)

    async def flush(self) -> int:
        number = len(self._counts)
        self._counts.clear()
        return number
