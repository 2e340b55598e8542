"""The rows that count.

Each is the last thing that a use case touches before its commit, so that a hot one is locked for as short as can be,
and its absence is what tells that the post, or the user, does not exist.
"""

from functools import cache

from sqlalchemy import Update, bindparam, select, update

from socialfeed.adapters.sql.repositories.base import Repository
from socialfeed.adapters.sql.tables import post_counters, user_counters
from socialfeed.domain.engagement import Counts
from socialfeed.domain.errors import PostNotFound
from socialfeed.domain.ids import PostId, UserId

_p = post_counters.c

COUNTS = (_p.likes, _p.comments, _p.shares, _p.version)

_COUNTS = select(*COUNTS).where(_p.post_id == bindparam("post"))


@cache
def _bump_post(counter: str) -> Update:
    changed = {counter: _p[counter] + bindparam("by"), "version": _p.version + 1}
    return update(post_counters).where(_p.post_id == bindparam("key")).values(changed).returning(*COUNTS)


@cache
def _bump_user(counter: str) -> Update:
    changed = {counter: user_counters.c[counter] + bindparam("by")}
    return update(user_counters).where(user_counters.c.user_id == bindparam("key")).values(changed)


class Counting(Repository):
    """Base of the repositories whose rows are counted."""

    __slots__ = ()

    async def _bump_post(self, post_id: PostId, counter: str, by: int) -> Counts | None:
        """The new counts, or None if there is no such post."""
        row = await self._first(_bump_post(counter), {"key": post_id, "by": by})
        return Counts(*row) if row else None

    async def _bump_user(self, user_id: UserId, counter: str, by: int) -> bool:
        """Whether there is such a user."""
        return bool(await self._run(_bump_user(counter), {"key": user_id, "by": by}))

    async def _counts(self, post_id: PostId) -> Counts:
        row = await self._first(_COUNTS, {"post": post_id})
        if row is None:
            raise PostNotFound
        return Counts(*row)
