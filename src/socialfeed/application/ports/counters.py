"""Keeping the counters of posts equal to what they count."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from socialfeed.domain.engagement import Counts
from socialfeed.domain.ids import PostId


class Drift(NamedTuple):
    """A post whose counters are not what its rows are. Shares are counted with the quotes that are not deleted."""

    post_id: PostId
    counted: Counts
    rows: Counts


class CounterReader(Protocol):
    async def unfolded(self, *, limit: int) -> list[PostId]:
        """Posts with changes that are kept beside their counters and wait to be folded; every reader of counts counts
        them already. A storage that counts in place has none.
        """

    async def drift(self, ids: Sequence[PostId]) -> list[Drift]:
        """Of these posts those that drifted, by ascending id, counters and rows seen at the same moment."""


class PostCounters(Protocol):
    """In a transaction."""

    async def fold(self, post_ids: Sequence[PostId]) -> int:
        """Folds what waits for these posts, but for those that others count just now; returns for how many it did.
        Changes neither counts nor versions. Any number of processes may fold at once.
        """

    async def recount(self, post_id: PostId) -> Counts:
        """Makes the counters what the rows are, under a newer version; whoever counts for the post waits until this
        transaction ends. Raises `PostNotFound`.
        """
