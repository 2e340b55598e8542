"""Likes of comments: at most one per user and comment.

The row that counts them is locked before anything else of theirs is touched, here and where a comment is deleted: it
tells that there is such a comment, no two transactions can wait for each other over one, and no like outlives it.
"""

from functools import cache
from typing import cast

from sqlalchemy import Insert, bindparam, delete, select, update

from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.repositories.base import Repository
from socialfeed.adapters.sql.rows import Row
from socialfeed.adapters.sql.rows.reactions import COMMENT_LIKE, comment_like_from_row, comment_like_values
from socialfeed.adapters.sql.tables import comment_counters, comment_likes
from socialfeed.domain.comment import CommentLike
from socialfeed.domain.errors import CommentNotFound
from socialfeed.domain.ids import CommentId, UserId, unix_ms
from socialfeed.domain.ranking import hot

NO_LIKES_TAKEN = -1
"""What counts the likes of a tombstone."""

_c, _l = comment_counters.c, comment_likes.c
_ROW = tuple(_l[name] for name in COMMENT_LIKE)
_IS_THIS = (_l.comment_id == bindparam("comment"), _l.user_id == bindparam("user"))

_LOCK = select(_c.likes).where(_c.comment_id == bindparam("comment")).with_for_update(key_share=True)
_COUNT = update(comment_counters).where(_c.comment_id == bindparam("key"))
_STORED = select(*_ROW).where(*_IS_THIS)
_REMOVE = delete(comment_likes).where(*_IS_THIS).returning(*_ROW)


@cache
def _add(dialect: Dialect) -> Insert:
    return dialect.insert(comment_likes).on_conflict_do_nothing(index_elements=["comment_id", "user_id"])


class SqlCommentLikes(Repository):
    __slots__ = ()

    async def add(self, like: CommentLike) -> tuple[CommentLike, int]:
        likes = await self._locked(like.comment_id)
        if not await self._run(_add(self._dialect), comment_like_values(like)):
            # It is there still: whoever takes it back waits for the lock.
            row = await self._first(_STORED, {"comment": like.comment_id, "user": like.user_id})
            return comment_like_from_row(cast("Row", row)), likes
        return like, await self._count(like.comment_id, likes + 1)

    async def remove(self, comment_id: CommentId, user_id: UserId) -> tuple[CommentLike | None, int]:
        likes = await self._locked(comment_id)
        row = await self._first(_REMOVE, {"comment": comment_id, "user": user_id})
        if row is None:
            return None, likes
        return comment_like_from_row(row), await self._count(comment_id, likes - 1)

    async def _locked(self, comment_id: CommentId) -> int:
        row = await self._first(_LOCK, {"comment": comment_id})
        if row is None or row[0] == NO_LIKES_TAKEN:
            raise CommentNotFound
        return int(row[0])

    async def _count(self, comment_id: CommentId, likes: int) -> int:
        await self._run(_COUNT, {"key": comment_id, "likes": likes, "hot": hot(unix_ms(comment_id), likes)})
        return likes
