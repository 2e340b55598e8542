"""Copies in a process that are never older than the shared cache."""

from collections.abc import Iterable
from typing import Protocol

from socialfeed.application.cache_use import cache_use
from socialfeed.application.ports.cache import Cache
from socialfeed.domain.errors import Unavailable


class Droppable(Protocol):
    def drop(self, keys: Iterable[str]) -> None: ...

    def clear(self) -> None: ...


class Watch:
    """The shared cache counts what is deleted from it. While its count is what it was, no copy is older than it; else
    it lists what was deleted, and that is dropped here, or everything is, where it cannot tell.
    """

    def __init__(self, cache: Cache, *copies: Droppable) -> None:
        self._cache = cache
        self._copies = list(copies)
        self._position: str | None = None
        self._drops = 0

    def look_after(self, copies: Droppable) -> None:
        """These, too, are dropped from now on."""
        self._copies.append(copies)

    @property
    def mark(self) -> int:
        """Taken before something is read; if it is another afterwards, what was read may be older than what was dropped
        in between, and must not be kept.
        """
        return self._drops

    async def catch_up(self) -> bool:
        """Whether copies may be used: everything that any process deleted before this call, or before the first of
        those whose use of caches is noted together, is dropped. While the cache does not answer nobody knows, so none
        may, and none is left.
        """
        use = cache_use()
        if use is not None and use.vouched is self and self._position is not None:
            return True
        since = self._position
        try:
            deletions = await self._cache.deletions(since)
        except Unavailable:
            self._position = None
            self._drop_all()
            return False
        if deletions.keys is None:
            self._position = deletions.position
            self._drop_all()
        elif deletions.keys:
            self.drop(deletions.keys)
            # Another call may have got further meanwhile, or lost its way. Dropping twice costs little.
            if self._position == since:
                self._position = deletions.position
        if use is not None:
            use.vouched = self
        return True

    def drop(self, keys: Iterable[str]) -> None:
        keys = list(keys)
        self._drops += 1
        for copies in self._copies:
            copies.drop(keys)

    def _drop_all(self) -> None:
        self._drops += 1
        for copies in self._copies:
            copies.clear()
