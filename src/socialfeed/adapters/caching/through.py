"""Reading one noun by id, from the nearest place that has it."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

import msgspec

from socialfeed.adapters.caching.copies import Copies
from socialfeed.adapters.caching.watch import Watch
from socialfeed.application.cache_use import cache_use
from socialfeed.application.ports.cache import Cache

K = TypeVar("K", bound=int)
V = TypeVar("V")

LIFE = timedelta(hours=1)
"""Of a value in the shared cache."""


@dataclass(frozen=True, slots=True)
class Noun(Generic[K, V]):
    """`version` is part of the keys in the shared cache: values written by another version of the code are not even
    looked at. `copied` and `shared` say which values are kept in this process, and there.
    """

    name: str
    version: int
    number: Callable[[int], K]
    kind: type[V]
    copied: Callable[[V], bool]
    shared: Callable[[V], bool]


class ReadThrough(Generic[K, V]):
    def __init__(
        self,
        noun: Noun[K, V],
        cache: Cache,
        copies: Copies[K, V],
        read: Callable[[Sequence[K]], Awaitable[dict[K, V]]],
    ) -> None:
        self._noun = noun
        self._cache = cache
        self._copies = copies
        self._read = read
        self._prefix = f"{noun.name}:{noun.version}:"
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(noun.kind).decode

    async def by_ids(self, ids: Sequence[K], watch: Watch | None) -> dict[K, V]:
        """Without a watch that has caught up copies are neither used nor kept."""
        if not ids:
            return {}
        if watch is None:
            return await self._load(ids)
        found, seconds = self._copies.get_many(ids)
        if use := cache_use():
            use.answered, use.database = True, self._cache.database
            use.lives(seconds)
        missing = [number for number in ids if number not in found] if len(found) < len(ids) else []
        if missing:
            mark = watch.mark
            loaded = await self._load(missing)
            if watch.mark == mark:
                copied = self._noun.copied
                self._copies.put_many({number: value for number, value in loaded.items() if copied(value)})
            found |= loaded
        return found

    async def _load(self, ids: Sequence[K]) -> dict[K, V]:
        keys = {f"{self._prefix}{number}": number for number in ids}
        cached = await self._cache.get_many(list(keys))
        found = {keys[key]: self._decode(value) for key, value in cached.items()}
        missing = [number for number in keys.values() if number not in found]
        if missing:
            if use := cache_use():
                use.read = True
            read = await self._read(missing)
            kept = {number: value for number, value in read.items() if self._noun.shared(value)}
            if kept:
                await self._cache.fill_many({f"{self._prefix}{n}": self._encode(v) for n, v in kept.items()}, LIFE)
            found |= read
        return found

    async def forget(self, number: int, watch: Watch) -> None:
        """After it returns nobody, in no process, gets what this was before. Raises `Unavailable`; then this process
        alone has forgotten.
        """
        keys = [f"{self._prefix}{number}"]
        try:
            await self._cache.delete_many(keys)
        finally:
            watch.drop(keys)

    def drop(self, keys: Iterable[str]) -> None:
        """The copies under these keys of the shared cache, those of other nouns left out."""
        start = len(self._prefix)
        self._copies.drop([self._noun.number(int(key[start:])) for key in keys if key.startswith(self._prefix)])

    def clear(self) -> None:
        self._copies.clear()
