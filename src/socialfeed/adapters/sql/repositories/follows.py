"""Who follows whom."""

from functools import cache

from sqlalchemy import Insert, bindparam, delete, select, update

from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.repositories.counters import Counting
from socialfeed.adapters.sql.rows.graph import FOLLOW, follow_from_row, follow_values
from socialfeed.adapters.sql.tables import follows
from socialfeed.domain.errors import UserNotFound
from socialfeed.domain.graph import Follow, Priority
from socialfeed.domain.ids import UserId

_IS_THIS = (follows.c.follower_id == bindparam("follower"), follows.c.followee_id == bindparam("followee"))
_STORED = select(*FOLLOW).where(*_IS_THIS)
_PRIORITIZE = update(follows).where(*_IS_THIS).values(priority=bindparam("value"))
_REMOVE = delete(follows).where(*_IS_THIS)


@cache
def _add(dialect: Dialect) -> Insert:
    return dialect.insert(follows).on_conflict_do_nothing(index_elements=["follower_id", "followee_id"])


class SqlFollows(Counting):
    __slots__ = ()

    async def add(self, follow: Follow) -> Follow:
        """Raises `UserNotFound`, too."""
        key = {"follower": follow.follower_id, "followee": follow.followee_id}
        async with self._connection.begin_nested():
            while not await self._run(_add(self._dialect), follow_values(follow)):
                if row := await self._first(_STORED, key):
                    return follow_from_row(row)
            await self._bump_both(follow.follower_id, follow.followee_id, 1)
        return follow

    async def remove(self, follower_id: UserId, followee_id: UserId) -> bool:
        removed = await self._run(_REMOVE, {"follower": follower_id, "followee": followee_id})
        if removed:
            await self._bump_both(follower_id, followee_id, -1)
        return bool(removed)

    async def prioritize(self, follower_id: UserId, followee_id: UserId, priority: Priority) -> bool:
        key = {"follower": follower_id, "followee": followee_id}
        return bool(await self._run(_PRIORITIZE, {**key, "value": int(priority)}))

    async def _bump_both(self, follower_id: UserId, followee_id: UserId, by: int) -> None:
        bumps = [(follower_id, "following"), (followee_id, "followers")]
        for user_id, counter in sorted(bumps):  # In the order in which all lock: two who follow each other meet here.
            if not await self._bump_user(user_id, counter, by):
                raise UserNotFound
