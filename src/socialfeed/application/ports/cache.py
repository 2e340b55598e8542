"""Fast, forgetful memory. Everything here may be lost at any time; nothing here may be wrong."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from socialfeed.domain.engagement import Counts
from socialfeed.domain.ids import PostId


class Cache(Protocol):
    """Bytes under keys of at most 200 printable ASCII characters, with a life."""

    async def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        """What is there, in one round trip. A cache that does not answer has nothing: it never raises."""

    async def set_many(self, values: Mapping[str, bytes], ttl: timedelta) -> None:
        """Best effort: never raises."""

    async def delete_many(self, keys: Sequence[str]) -> None:
        """After it returns no reader gets the old value. Raises `Unavailable` if that cannot be promised."""


class CounterCache(Protocol):
    """Absolute counters, newest version wins."""

    async def get_many(self, ids: Sequence[PostId]) -> dict[PostId, Counts]:
        """Never raises; what is not known is left out."""

    async def put_many(self, counts: Mapping[PostId, Counts]) -> None:
        """Stores each unless a newer version is there. Best effort: never raises."""
