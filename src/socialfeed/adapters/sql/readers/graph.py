"""Who follows whom."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, SelectBase, bindparam, literal_column, select

from socialfeed.adapters.sql.dialect import Dialect, Walk
from socialfeed.adapters.sql.readers.base import Reader
from socialfeed.adapters.sql.tables import follows
from socialfeed.domain.ids import UserId


def _followed_among(dialect: Dialect) -> SelectBase:
    return select(follows.c.followee_id).where(
        follows.c.follower_id == bindparam("follower", type_=BigInteger),
        dialect.any_of(follows.c.followee_id, "ids"),
    )


def _followers_after(dialect: Dialect, limit: int) -> SelectBase:
    followers = Walk(
        follows.c.followee_id,
        bindparam("followee", type_=BigInteger),
        follows.c.follower_id,
        bindparam("after", type_=BigInteger),
        newest_first=False,
    )
    return dialect.walked(select(follows.c.follower_id), followers).limit(literal_column(str(limit)))


class SqlGraphReader(Reader):
    __slots__ = ()

    async def followed_among(self, follower_id: UserId, user_ids: Sequence[UserId]) -> frozenset[UserId]:
        rows = await self._database.by_key(_followed_among, user_ids, follower=follower_id)
        return frozenset(UserId(followee) for (followee,) in rows)

    async def followers_after(self, followee_id: UserId, *, after: UserId | None, limit: int) -> list[UserId]:
        rows = await self._database.rows(_followers_after, limit, followee=followee_id, after=after or 0)
        return [UserId(follower) for (follower,) in rows]
