"""What decides which posts come first where a reader asks for more than their age."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple, Protocol

from socialfeed.domain.engagement import Counts
from socialfeed.domain.graph import Priority
from socialfeed.domain.ids import PostId, UserId

CONTENDERS_MAX = 400
"""So many posts are ranked at once, at most."""

_NO_TERMS: Mapping[str, float] = MappingProxyType({})


class Contender(NamedTuple):
    """A post that the reader may see, and what speaks for it. Where it came by a share, `created_at` is the moment of
    that, and `priority` says how much the reader cares for who shared.
    """

    post_id: PostId
    author_id: UserId
    created_at: datetime
    counts: Counts
    priority: Priority
    """How much the reader cares for the author."""
    affinity: int
    """How many posts of the author, of those ranked together, the reader liked, shared or bookmarked."""
    is_followed: bool
    is_own: bool


class Ranked(NamedTuple):
    """`terms` are the values that made the score, by name, as they are shown to the reader: nothing secret."""

    post_id: PostId
    score: float | None = None
    terms: Mapping[str, float] = _NO_TERMS


class Ranker(Protocol):
    async def rank(self, reader_id: UserId, contenders: Sequence[Contender], at: datetime) -> list[Ranked]:
        """The contenders, at most `CONTENDERS_MAX` and in any order, best first as of `at`. Each once; those that it
        leaves out are not shown. The same for the same input, whatever the order that comes in. Scores are finite.
        Raises `Unavailable` where something it depends on does not answer.
        """
