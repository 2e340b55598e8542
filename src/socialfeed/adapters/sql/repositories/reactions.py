"""Likes and shares: at most one of each per user and post."""

from functools import cache
from typing import Any, ClassVar, Generic, TypeVar, cast

from sqlalchemy import Insert, Select, Table, bindparam, delete, select
from sqlalchemy.sql.dml import ReturningDelete

from socialfeed.adapters.sql import tables
from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.repositories.counters import Counting
from socialfeed.adapters.sql.rows import Row
from socialfeed.adapters.sql.rows.reactions import REACTION, like_from_row, reaction_values, share_from_row
from socialfeed.domain.engagement import Counts, Like, Share
from socialfeed.domain.errors import PostNotFound
from socialfeed.domain.ids import PostId, UserId

R = TypeVar("R", Like, Share)


@cache
def _add(dialect: Dialect, table: Table) -> Insert:
    return dialect.insert(table).on_conflict_do_nothing(index_elements=["post_id", "user_id"])


@cache
def _stored(table: Table) -> Select[Any]:
    columns = (table.c[name] for name in REACTION)
    return select(*columns).where(table.c.post_id == bindparam("post"), table.c.user_id == bindparam("user"))


@cache
def _remove(table: Table) -> ReturningDelete[*tuple[Any, ...]]:
    columns = (table.c[name] for name in REACTION)
    removal = delete(table).where(table.c.post_id == bindparam("post"), table.c.user_id == bindparam("user"))
    return removal.returning(*columns)


class _SqlReactions(Counting, Generic[R]):
    __slots__ = ()

    _table: ClassVar[Table]

    @staticmethod
    def _from_row(row: Row) -> R:
        raise NotImplementedError

    async def add(self, reaction: R) -> tuple[R, Counts]:
        key = {"post": reaction.post_id, "user": reaction.user_id}
        # Whoever runs into another's reaction and finds it taken back a moment later tries again: each turn means
        # that somebody else got on.
        while not await self._run(_add(self._dialect, self._table), reaction_values(reaction)):
            if row := await self._first(_stored(self._table), key):
                return self._from_row(row), await self._counts(reaction.post_id)
        counts = await self._bump_post(reaction.post_id, self._table.name, 1)
        if counts is None:
            await self._run(_remove(self._table), key)
            raise PostNotFound
        return reaction, counts

    async def remove(self, post_id: PostId, user_id: UserId) -> tuple[R | None, Counts]:
        row = await self._first(_remove(self._table), {"post": post_id, "user": user_id})
        if row is None:
            return None, await self._counts(post_id)
        counts = await self._bump_post(post_id, self._table.name, -1)
        return self._from_row(row), cast("Counts", counts)


class SqlLikes(_SqlReactions[Like]):
    __slots__ = ()

    _table = tables.likes
    _from_row = staticmethod(like_from_row)


class SqlShares(_SqlReactions[Share]):
    __slots__ = ()

    _table = tables.shares
    _from_row = staticmethod(share_from_row)
