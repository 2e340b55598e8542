"""The rows that count, whose absence is what tells that the post, or the user, does not exist.

The row of a user is the last thing that a use case touches before its commit, so that a hot one is locked for as short
as can be. For the row of a post nobody waits on Postgres: whoever finds it locked counts in a delta beside it, of which
each connection has its own. All who read add up row and deltas, and a job folds them (decision 17). SQLite has one
writer at a time, and no deltas.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Update,
    bindparam,
    delete,
    func,
    literal,
    select,
    text,
    tuple_,
    update,
)

from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.repositories.base import Repository
from socialfeed.adapters.sql.rows import Row
from socialfeed.adapters.sql.rows.counts import COUNTERS, COUNTS, selected_counts, summed
from socialfeed.adapters.sql.tables import counter_deltas, likes, post_counters, posts, shares, user_counters
from socialfeed.adapters.sql.threads import comments_of
from socialfeed.domain.engagement import Counts
from socialfeed.domain.errors import PostNotFound
from socialfeed.domain.ids import PostId, UserId

_p, _d = post_counters.c, counter_deltas.c
_POST: BindParameter[Any] = bindparam("post")

_LOCK = select(_p.post_id).where(_p.post_id == _POST).with_for_update(key_share=True)
_KEEP_STILL = text("SELECT pg_advisory_xact_lock(:post)")


def count_post(post_id: ColumnElement[Any], counter: str, by: ColumnElement[int]) -> FromClause:
    """On Postgres, one row of the post's new counts, or none without such a post."""
    moved = (by if name == counter else literal(0, Integer) for name in COUNTERS)
    return func.count_post(post_id, *moved).table_valued(*COUNTS, name="counted")


@cache
def _bump_post(dialect: Dialect, counter: str) -> Select[*tuple[Any, ...]] | Update:
    by = bindparam("by", type_=Integer)
    if dialect.has_deltas:
        counted = count_post(bindparam("key", type_=_p.post_id.type), counter, by)
        return select(*(counted.c[name] for name in COUNTS))
    changed = {counter: _p[counter] + by, "version": _p.version + 1}
    new = (_p[name] for name in COUNTS)
    return update(post_counters).where(_p.post_id == bindparam("key")).values(changed).returning(*new)


@cache
def _bump_user(counter: str) -> Update:
    changed = {counter: user_counters.c[counter] + bindparam("by")}
    return update(user_counters).where(user_counters.c.user_id == bindparam("key")).values(changed)


@cache
def _counts(dialect: Dialect) -> Select[*tuple[Any, ...]]:
    return selected_counts(dialect).where(_p.post_id == _POST)


@cache
def _lock_free(dialect: Dialect) -> Select[PostId]:
    free = select(_p.post_id).where(dialect.any_of(_p.post_id, "posts"))
    return free.with_for_update(skip_locked=True, key_share=True)


@cache
def _fold(dialect: Dialect) -> Update:
    free = select(_d.post_id, _d.id).where(dialect.any_of(_d.post_id, "posts")).with_for_update(skip_locked=True)
    of_posts = dialect.any_of(_d.post_id, "posts")
    folded = delete(counter_deltas).where(of_posts, tuple_(_d.post_id, _d.id).in_(free)).returning(*_d).cte("folded")
    aside = select(folded.c.post_id, *summed(folded)).group_by(folded.c.post_id).subquery("aside")
    moved = {name: _p[name] + aside.c[name] for name in COUNTS}
    return update(post_counters).where(_p.post_id == aside.c.post_id).values(moved)


@cache
def _recount(dialect: Dialect) -> Update:
    """What the rows say, and no deltas."""
    quotes = select(func.count()).where(posts.c.quote_of == _POST, posts.c.deleted_at.is_(None))
    found: dict[str, Any] = {
        "likes": select(func.count()).where(likes.c.post_id == _POST).scalar_subquery(),
        "comments": select(func.count()).select_from(comments_of(_POST).subquery("standing")).scalar_subquery(),
        "shares": select(func.count()).where(shares.c.post_id == _POST).scalar_subquery() + quotes.scalar_subquery(),
        "version": _p.version + 1,
    }
    if dialect.has_deltas:
        folded = delete(counter_deltas).where(_d.post_id == _POST).returning(_d.changes).cte("folded")
        found["version"] += select(func.coalesce(func.sum(folded.c.changes), 0)).scalar_subquery()
    new = (_p[name] for name in COUNTS)
    return update(post_counters).where(_p.post_id == _POST).values(found).returning(*new)


class Counting(Repository):
    """Base of the repositories whose rows are counted."""

    __slots__ = ()

    async def _bump_post(self, post_id: PostId, counter: str, by: int) -> Counts | None:
        """The new counts, or None if there is no such post."""
        row = await self._first(_bump_post(self._dialect, counter), {"key": post_id, "by": by})
        return Counts(*row) if row else None

    async def _bump_user(self, user_id: UserId, counter: str, by: int) -> bool:
        """Whether there is such a user."""
        return bool(await self._run(_bump_user(counter), {"key": user_id, "by": by}))

    async def _counts(self, post_id: PostId) -> Counts:
        return _found(await self._first(_counts(self._dialect), {"post": post_id}))

    async def _keep_still(self, post_id: PostId) -> None:
        """Waits for those who count for this post, and has others wait until this transaction ends."""
        if self._dialect.has_deltas:
            await self._first(_KEEP_STILL, {"post": post_id})


class SqlCounters(Counting):
    __slots__ = ()

    async def fold(self, post_ids: Sequence[PostId]) -> int:
        if not self._dialect.has_deltas:
            return 0
        # Deltas are added to no row that somebody else has, so no fold waits for another, or for those who count.
        rows = await self._connection.execute(_lock_free(self._dialect), {"posts": list(post_ids)})
        free = [row[0] for row in rows]
        return await self._run(_fold(self._dialect), {"posts": free}) if free else 0

    async def recount(self, post_id: PostId) -> Counts:
        # In this order, as a process of the last release waits for the row alone.
        await self._keep_still(post_id)
        await self._first(_LOCK, {"post": post_id})
        return _found(await self._first(_recount(self._dialect), {"post": post_id}))


def _found(row: Row | None) -> Counts:
    if row is None:
        raise PostNotFound
    return Counts(*row)
