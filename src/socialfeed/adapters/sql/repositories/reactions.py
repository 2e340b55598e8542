"""Likes and shares: at most one of each per user and post."""

from functools import cache
from typing import Any, ClassVar, Generic, TypeVar, cast

from sqlalchemy import (
    CTE,
    ColumnElement,
    Insert,
    Integer,
    Select,
    Table,
    bindparam,
    delete,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.sql.dml import ReturningDelete

from socialfeed.adapters.sql import tables
from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.repositories.counters import Counting, count_post
from socialfeed.adapters.sql.rows import Row
from socialfeed.adapters.sql.rows.counts import COUNTS
from socialfeed.adapters.sql.rows.reactions import REACTION, like_from_row, reaction_values, share_from_row
from socialfeed.domain.engagement import Counts, Like, Share
from socialfeed.domain.errors import PostNotFound
from socialfeed.domain.ids import PostId, UserId

R = TypeVar("R", Like, Share)


@cache
def _add(dialect: Dialect, table: Table) -> Insert:
    values = {name: bindparam(name, type_=table.c[name].type) for name in REACTION}
    return dialect.insert(table).values(values).on_conflict_do_nothing(index_elements=["post_id", "user_id"])


@cache
def _add_and_count(dialect: Dialect, table: Table) -> Select[*tuple[Any, ...]]:
    """One row if the reaction is new: the post's new counts, or nulls where there is no such post."""
    new = _add(dialect, table).returning(table.c.post_id).cte("new")
    return _counted(new, table, 1)


@cache
def _stored(table: Table) -> Select[Any]:
    columns = (table.c[name] for name in REACTION)
    return select(*columns).where(table.c.post_id == bindparam("post"), table.c.user_id == bindparam("user"))


@cache
def _remove(table: Table) -> ReturningDelete[*tuple[Any, ...]]:
    columns = (table.c[name] for name in REACTION)
    removal = delete(table).where(table.c.post_id == bindparam("post"), table.c.user_id == bindparam("user"))
    return removal.returning(*columns)


@cache
def _remove_and_count(table: Table) -> Select[*tuple[Any, ...]]:
    """The reaction that was there, if any, and the post's new counts."""
    # What `count_post` takes, before the reaction is locked: the order of those who remove the post.
    post = bindparam("post", type_=table.c.post_id.type)
    held = select(post).select_from(select(func.pg_advisory_xact_lock_shared(post)).subquery("held"))
    gone = _remove(table).where(table.c.post_id == held.scalar_subquery()).cte("gone")
    return _counted(gone, table, -1, *(gone.c[name] for name in REACTION))


def _counted(changed: CTE, table: Table, by: int, *before: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    # With the post taken from the row that was changed, it is counted after that and not without it.
    counts = count_post(changed.c.post_id, table.name, literal(by, Integer)).lateral("counted")
    return select(*before, *(counts.c[name] for name in COUNTS)).select_from(changed.outerjoin(counts, true()))


class _SqlReactions(Counting, Generic[R]):
    """On Postgres one statement adds, or removes, and counts."""

    __slots__ = ()

    _table: ClassVar[Table]

    @staticmethod
    def _from_row(row: Row) -> R:
        raise NotImplementedError

    async def add(self, reaction: R) -> tuple[R, Counts]:
        key = {"post": reaction.post_id, "user": reaction.user_id}
        # Whoever runs into another's reaction and finds it taken back a moment later tries again: each turn means
        # that somebody else got on.
        while not (added := await self._added(reaction)):
            if row := await self._first(_stored(self._table), key):
                return self._from_row(row), await self._counts(reaction.post_id)
        [counts] = added
        if counts is None:
            await self._run(_remove(self._table), key)
            raise PostNotFound
        return reaction, counts

    async def remove(self, post_id: PostId, user_id: UserId) -> tuple[R | None, Counts]:
        key = {"post": post_id, "user": user_id}
        if self._dialect.has_deltas:
            both = await self._first(_remove_and_count(self._table), key)
            if both is not None:
                return self._from_row(both[: len(REACTION)]), Counts(*both[len(REACTION) :])
        elif (row := await self._first(_remove(self._table), key)) is not None:
            counts = await self._bump_post(post_id, self._table.name, -1)
            return self._from_row(row), cast("Counts", counts)
        return None, await self._counts(post_id)

    async def _added(self, reaction: R) -> list[Counts | None]:
        """Empty if there is such a reaction, else the post's new counts, or None without such a post."""
        values = reaction_values(reaction)
        if self._dialect.has_deltas:
            row = await self._first(_add_and_count(self._dialect, self._table), values)
            return [] if row is None else [None if row[0] is None else Counts(*row)]
        if not await self._run(_add(self._dialect, self._table), values):
            return []
        return [await self._bump_post(reaction.post_id, self._table.name, 1)]


class SqlLikes(_SqlReactions[Like]):
    __slots__ = ()

    _table = tables.likes
    _from_row = staticmethod(like_from_row)


class SqlShares(_SqlReactions[Share]):
    __slots__ = ()

    _table = tables.shares
    _from_row = staticmethod(share_from_row)
