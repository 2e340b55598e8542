"""Counters in memory: moved in place, so nothing waits to be folded."""

from collections.abc import Sequence
from dataclasses import dataclass

from socialfeed.adapters.memory.counting import counts_of
from socialfeed.adapters.memory.database import Changes, Database
from socialfeed.application.ports.counters import Drift
from socialfeed.domain.engagement import Counts
from socialfeed.domain.ids import PostId


@dataclass(frozen=True, slots=True)
class MemoryCounterReader:
    database: Database

    async def unfolded(self, *, limit: int) -> list[PostId]:
        return []

    async def drift(self, ids: Sequence[PostId]) -> list[Drift]:
        counts, changes = self.database.counts.by_keys(ids), Changes(self.database)
        both = (Drift(post_id, counted, rows(changes, post_id, counted.version)) for post_id, counted in counts.items())
        return sorted(drift for drift in both if drift.counted != drift.rows)


@dataclass(frozen=True, slots=True)
class MemoryCounters:
    changes: Changes

    async def fold(self, post_ids: Sequence[PostId]) -> int:
        return 0

    async def recount(self, post_id: PostId) -> Counts:
        counts = rows(self.changes, post_id, counts_of(self.changes, post_id).version + 1)
        self.changes.counts.put(post_id, counts)
        return counts


def rows(changes: Changes, post_id: PostId, version: int) -> Counts:
    """What there is to be counted."""
    data = changes.database
    comments = changes.comments.matching(data.comments_by_post, post_id)
    quotes = changes.posts.matching(data.posts_by_quoted, post_id)
    return Counts(
        len(changes.likes.matching(data.likes_by_post, post_id)),
        sum(not comment.is_deleted for comment in comments),
        len(changes.shares.matching(data.shares_by_post, post_id)) + sum(not quote.is_deleted for quote in quotes),
        version,
    )
