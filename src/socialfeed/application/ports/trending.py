"""Posts by recent reactions."""

from collections.abc import Sequence
from typing import Protocol

from socialfeed.domain.ranking import Window
from socialfeed.domain.trending import Limits, Reaction, Trend, Trendable

KEPT = 5_000
"""How many posts the order of each scope and window is kept for."""


class Trending(Protocol):
    """The books of `socialfeed.domain.trending`: scores by forward decay, as `socialfeed.domain.ranking` defines them.

    What nobody reacted to for `trending.LIFE` may be forgotten; taking reactions to it back changes nothing then.
    """

    async def add(self, post: Trendable, reactions: Sequence[Reaction], limits: Limits) -> None:
        """Reactions to one post, made or taken back: each counts as its id says, once, in whatever order they come,
        and however often. With all taken back a post is out of the order, and with some it stands where it would
        without them, whatever rounding would leave of its score. Of one person's reactions of a clock hour those
        count that come here first. Atomic for each reaction.

        The post stands in the scopes that were given last, and may stand in those of before: readers look again.
        """

    async def top(self, scope: str, window: Window, *, limit: int) -> list[Trend]:
        """The posts of the scope with the highest scores, highest first, equal ones by newest post. The order is the
        same at any moment: that is the point of forward decay.
        """

    async def clear(self) -> None:
        """Forgets everything. Reactions that come meanwhile may be forgotten, too, or not."""
