"""Fast, forgetful memory. Everything here may be lost at any time; nothing here may be wrong."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from socialfeed.domain.engagement import Counts
from socialfeed.domain.ids import PostId

FENCE = timedelta(seconds=30)
"""How long a deletion keeps fillers out: longer than any read takes."""


class Cache(Protocol):
    """Bytes under keys of at most 200 printable ASCII characters, with a life. Values are never empty."""

    async def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        """What is there, in one round trip. A cache that does not answer has nothing: it never raises."""

    async def fill_many(self, values: Mapping[str, bytes], ttl: timedelta) -> None:
        """Keeps what was just read elsewhere, where there is nothing and nothing was deleted within `FENCE`: a value
        read before the deletion but filled in after it must not come back. Best effort: never raises.
        """

    async def delete_many(self, keys: Sequence[str]) -> None:
        """After it returns no reader gets the old value. Raises `Unavailable` if that cannot be promised."""


class CounterCache(Protocol):
    """Absolute counters, newest version wins."""

    async def get_many(self, ids: Sequence[PostId]) -> dict[PostId, Counts]:
        """Never raises; what is not known is left out."""

    async def put_many(self, counts: Mapping[PostId, Counts]) -> None:
        """Stores each unless a newer version is there. Best effort: never raises."""
