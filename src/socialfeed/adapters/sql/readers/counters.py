"""Whether counters say what is stored."""

from collections.abc import Sequence

from sqlalchemy import CTE, SelectBase, func, literal_column, select

from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.readers.base import Reader
from socialfeed.adapters.sql.rows.counts import selected_counts
from socialfeed.adapters.sql.tables import comments, counter_deltas, likes, post_counters, posts, shares
from socialfeed.application.ports.counters import Drift
from socialfeed.domain.engagement import Counts
from socialfeed.domain.ids import PostId


def _unfolded(_: Dialect, limit: int) -> SelectBase:
    return select(counter_deltas.c.post_id).distinct().limit(literal_column(str(limit)))


def comments_below(dialect: Dialect) -> CTE:
    """All comments on the posts that are bound as `ids`, deleted ones, too."""
    comment = comments.alias("comment")
    columns = (comment.c.id, comment.c.author_id, comment.c.deleted_at)
    first = select(comment.c.parent_id.label("post_id"), *columns)
    walked = first.where(dialect.any_of(comment.c.parent_id, "ids")).cte("thread", recursive=True)
    below = select(walked.c.post_id, *columns)
    return walked.union_all(below.join_from(walked, comment, comment.c.parent_id == walked.c.id))


def _counted(dialect: Dialect) -> SelectBase:
    """Counters, and the rows they count, at one moment."""
    post_id = post_counters.c.post_id
    thread = comments_below(dialect)
    standing = (
        select(thread.c.post_id, func.count().label("count"))
        .where(thread.c.deleted_at.is_(None))
        .group_by(thread.c.post_id)
        .cte("standing")
    )
    quote = posts.alias("quote")
    found = (
        select(func.count()).select_from(likes).where(likes.c.post_id == post_id),
        select(func.coalesce(func.sum(standing.c.count), 0)).where(standing.c.post_id == post_id),
        select(func.count()).select_from(shares).where(shares.c.post_id == post_id),
        select(func.count()).select_from(quote).where(quote.c.quote_of == post_id, quote.c.deleted_at.is_(None)),
    )
    rows = (each.correlate(post_counters).scalar_subquery() for each in found)
    return selected_counts(dialect, post_id, *rows).where(dialect.any_of(post_id, "ids"))


class SqlCounterReader(Reader):
    __slots__ = ()

    async def unfolded(self, *, limit: int) -> list[PostId]:
        return [PostId(row[0]) for row in await self._database.rows(_unfolded, limit)]

    async def drift(self, ids: Sequence[PostId]) -> list[Drift]:
        found = []
        for post_id, liked, commented, shared, quoted, *counts in await self._database.by_key(_counted, ids):
            counted = Counts(*counts)
            rows = counted._replace(likes=liked, comments=int(commented), shares=shared + quoted)
            if rows != counted:
                found.append(Drift(post_id, counted, rows))
        return sorted(found)
