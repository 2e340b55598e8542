"""What a viewer did, and who did it."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, ColumnElement, SelectBase, Table, bindparam, exists, literal_column, select

from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.readers.base import Reader
from socialfeed.adapters.sql.rows.counts import selected_counts
from socialfeed.adapters.sql.tables import bookmarks, likes, post_counters, shares
from socialfeed.domain.engagement import Counts, Engaged, Reactions
from socialfeed.domain.ids import PostId, UserId


def _reactions(dialect: Dialect) -> SelectBase:
    post_id, viewer = post_counters.c.post_id, bindparam("viewer", type_=BigInteger)

    def did(reactions: Table) -> ColumnElement[bool]:
        found = exists().where(reactions.c.post_id == post_id, reactions.c.user_id == viewer)
        return found.correlate(post_counters).label(reactions.name)

    return selected_counts(dialect, post_id, did(likes), did(shares), did(bookmarks)).where(
        dialect.any_of(post_id, "ids")
    )


def _likers(_: Dialect, limit: int) -> SelectBase:
    found = select(likes.c.user_id).where(
        likes.c.post_id == bindparam("post", type_=BigInteger), likes.c.user_id > bindparam("after", type_=BigInteger)
    )
    return found.order_by(likes.c.user_id).limit(literal_column(str(limit)))


class SqlEngagementReader(Reader):
    __slots__ = ()

    async def reactions(self, viewer_id: UserId, post_ids: Sequence[PostId]) -> dict[PostId, Reactions]:
        rows = await self._database.by_key(_reactions, post_ids, viewer=viewer_id)
        return {
            post_id: Reactions(Counts(*counts), Engaged(bool(liked), bool(shared), bool(bookmarked)))
            for post_id, liked, shared, bookmarked, *counts in rows
        }

    async def likers(self, post_id: PostId, *, limit: int, after: UserId | None = None) -> list[UserId]:
        rows = await self._database.rows(_likers, limit, post=post_id, after=after or 0)
        return [UserId(row[0]) for row in rows]
