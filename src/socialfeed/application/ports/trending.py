"""Posts by recent reactions."""

from datetime import datetime
from typing import Protocol

from socialfeed.domain.ids import EventId, PostId

KEPT = 5_000
"""How many posts the order is kept for."""


class Trending(Protocol):
    """Scores by forward decay (`socialfeed.domain.ranking`)."""

    async def add(self, event_id: EventId, post_id: PostId, weight: float, at: datetime) -> None:
        """Adds a reaction made at `at`; a negative weight takes back exactly what the positive one added at the same
        `at`, whichever of the two comes first: with all its reactions taken back a post is out of the order, whatever
        rounding would leave of its score. Idempotent by event id for at least a day.
        """

    async def top(self, *, limit: int, at: datetime) -> list[PostId]:
        """The highest scores above zero as of `at`, highest first, equal ones by newest post."""
