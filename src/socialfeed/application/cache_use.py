"""What caches did for a part of a request, noted for whoever asks before it begins."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum


class CacheStatus(StrEnum):
    HIT = "HIT"
    """Every post and profile came from a cache."""
    MISS = "MISS"
    """Some had to be read from the database."""
    BYPASS = "BYPASS"
    """No cache was asked: there is none, or it does not answer."""


@dataclass(slots=True)
class CacheUse:
    """`seconds` is how long what was used would be used again at least, if nothing changed, and `database` the number
    of the one it was kept in: see `Cache.database`.
    """

    answered: bool = False
    read: bool = False
    seconds: float | None = None
    database: int | None = None
    vouched: object = None
    """Who asked, for all that is read here, whether copies hold."""

    def lives(self, seconds: float) -> None:
        self.seconds = seconds if self.seconds is None else min(self.seconds, seconds)

    @property
    def status(self) -> CacheStatus | None:
        """None where nothing was needed that is cached."""
        if self.answered:
            return CacheStatus.MISS if self.read else CacheStatus.HIT
        return CacheStatus.BYPASS if self.read else None


_current: ContextVar[CacheUse | None] = ContextVar("cache use", default=None)


@contextmanager
def noted_cache_use(use: CacheUse) -> Iterator[None]:
    """What is read within is noted there, what tasks read that begin within, too."""
    token = _current.set(use)
    try:
        yield
    finally:
        _current.reset(token)


def cache_use() -> CacheUse | None:
    """Where to note what is read here, if anybody asks."""
    return _current.get()
