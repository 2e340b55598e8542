"""What a viewer did, and who did it."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, Select, SelectBase, Table, bindparam, literal_column, select, union_all

from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.readers.base import Reader
from socialfeed.adapters.sql.tables import bookmarks, likes, shares
from socialfeed.domain.engagement import Engaged
from socialfeed.domain.ids import PostId, UserId

_LIKED, _SHARED, _BOOKMARKED = 0, 1, 2


def _engaged(dialect: Dialect) -> SelectBase:
    def of(reactions: Table, kind: int) -> Select[int, int]:
        return select(reactions.c.post_id, literal_column(str(kind))).where(
            reactions.c.user_id == bindparam("viewer", type_=BigInteger),
            dialect.any_of(reactions.c.post_id, "posts"),
        )

    return union_all(of(likes, _LIKED), of(shares, _SHARED), of(bookmarks, _BOOKMARKED))


def _likers(_: Dialect, limit: int) -> SelectBase:
    found = select(likes.c.user_id).where(
        likes.c.post_id == bindparam("post", type_=BigInteger), likes.c.user_id > bindparam("after", type_=BigInteger)
    )
    return found.order_by(likes.c.user_id).limit(literal_column(str(limit)))


class SqlEngagementReader(Reader):
    __slots__ = ()

    async def engaged(self, viewer_id: UserId, post_ids: Sequence[PostId]) -> dict[PostId, Engaged]:
        if not post_ids:
            return {}
        rows = await self._database.rows(_engaged, viewer=viewer_id, posts=list(post_ids))
        done = {(post_id, kind) for post_id, kind in rows}
        kinds = (_LIKED, _SHARED, _BOOKMARKED)
        return {post_id: Engaged(*((post_id, kind) in done for kind in kinds)) for post_id, _ in done}

    async def likers(self, post_id: PostId, *, limit: int, after: UserId | None = None) -> list[UserId]:
        rows = await self._database.rows(_likers, limit, post=post_id, after=after or 0)
        return [UserId(row[0]) for row in rows]
