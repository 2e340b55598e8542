"""Fast, forgetful memory. Everything here may be lost at any time; nothing here may be wrong."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple, Protocol

from socialfeed.domain.engagement import Counts
from socialfeed.domain.ids import PostId

FENCE = timedelta(seconds=30)
"""How long a deletion keeps fillers out: longer than any read takes."""


DELETIONS = 1_000
"""How many deletions a cache can list at least, and about as many as it keeps."""


class Deletions(NamedTuple):
    """Where a cache stands, as it alone understands it, and what was deleted on the way there: None where it cannot
    tell, so that it may have been anything.
    """

    position: str
    keys: Sequence[str] | None = ()


class Cache(Protocol):
    """Bytes under keys of at most 200 printable ASCII characters, with a life. Values are never empty."""

    @property
    def database(self) -> int | None:
        """The number of the database of the server it is kept in; None where there is no such thing."""

    async def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        """What is there, in one round trip. A cache that does not answer has nothing: it never raises."""

    async def fill_many(self, values: Mapping[str, bytes], ttl: timedelta) -> None:
        """Keeps what was just read elsewhere, where there is nothing and nothing was deleted within `FENCE`: a value
        read before the deletion but filled in after it must not come back. Best effort: never raises.
        """

    async def delete_many(self, keys: Sequence[str]) -> None:
        """After it returns no reader gets the old value, and every `deletions` that begins tells of it. Raises
        `Unavailable` if that cannot be promised.
        """

    async def deletions(self, since: str | None) -> Deletions:
        """For those who keep copies of what they read: what `delete_many` deleted, in any process, since the cache
        stood at the position that an earlier call gave; with None it cannot tell. What was lost is no deletion. One
        round trip while there is none. Raises `Unavailable`.
        """

    async def flush(self) -> int:
        """Forgets every value, and has those who keep copies forget them, while everybody goes on working: nothing that
        was deleted comes back. Returns how many there were, about. Raises `Unavailable`.
        """


class CounterCache(Protocol):
    """Absolute counters, newest version wins."""

    async def get_many(self, ids: Sequence[PostId]) -> dict[PostId, Counts]:
        """Never raises; what is not known is left out."""

    async def put_many(self, counts: Mapping[PostId, Counts]) -> None:
        """Stores each unless a newer version is there. After it returns no reader gets an older one. Raises
        `Unavailable` if that cannot be promised.
        """

    async def flush(self) -> int:
        """Forgets all of them, while everybody goes on working: whoever read counters just before may put those back
        for a minute at most. Returns how many there were, about. Raises `Unavailable`.
        """
