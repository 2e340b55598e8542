"""Comments."""

from functools import cache

from sqlalchemy import Insert, bindparam, delete, select, update

from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.repositories.comment_likes import NO_LIKES_TAKEN
from socialfeed.adapters.sql.repositories.counters import Counting
from socialfeed.adapters.sql.rows.comments import COMMENT, comment_from_row, comment_values
from socialfeed.adapters.sql.tables import comment_counters, comment_likes, comments
from socialfeed.domain.comment import Comment
from socialfeed.domain.engagement import Counts
from socialfeed.domain.errors import CommentNotFound, IdConflict, PostNotFound
from socialfeed.domain.ids import CommentId, UserId, unix_ms
from socialfeed.domain.ranking import hot

_GET = select(*COMMENT).where(comments.c.id == bindparam("id"))
_LOCK = _GET.with_for_update(key_share=True)
_SAVE = update(comments).where(comments.c.id == bindparam("key"))
_ANSWERED = select(comments.c.id).where(comments.c.parent_id == bindparam("parent")).limit(1)
_BLANK = update(comments).where(comments.c.author_id == bindparam("author")).values(content="")
_REMOVE = delete(comments).where(comments.c.id == bindparam("id"))
_TAKE_NO_LIKES = update(comment_counters).where(comment_counters.c.comment_id == bindparam("key"))
_REMOVE_LIKES = delete(comment_likes).where(comment_likes.c.comment_id == bindparam("comment"))


@cache
def _add(dialect: Dialect) -> Insert:
    return dialect.insert(comments).on_conflict_do_nothing(index_elements=["id"])


class SqlComments(Counting):
    __slots__ = ()

    async def get(self, comment_id: CommentId) -> Comment | None:
        row = await self._first(_GET, {"id": comment_id})
        return comment_from_row(row) if row else None

    async def add(self, comment: Comment) -> Counts:
        if not await self._run(_add(self._dialect), comment_values(comment)):
            raise IdConflict
        counts = await self._bump_post(comment.post_id, "comments", 1)
        if counts is None:
            await self._run(_REMOVE, {"id": comment.id})
            raise PostNotFound
        return counts

    async def locked(self, comment_id: CommentId) -> Comment | None:
        row = await self._first(_LOCK, {"id": comment_id})
        return comment_from_row(row) if row else None

    async def save(self, comment: Comment) -> None:
        if not await self._run(_SAVE, {"key": comment.id, **comment_values(comment)}):
            raise CommentNotFound

    async def delete(self, comment: Comment) -> Counts:
        # Locks the row that counts them: no like comes after those that are removed.
        await self._run(
            _TAKE_NO_LIKES, {"key": comment.id, "likes": NO_LIKES_TAKEN, "hot": hot(unix_ms(comment.id), 0)}
        )
        await self._run(_REMOVE_LIKES, {"comment": comment.id})
        if await self._is_answered(comment.id):
            await self.save(comment)
        else:
            await self._remove(comment)
        counts = await self._bump_post(comment.post_id, "comments", -1)
        if counts is None:
            raise PostNotFound
        return counts

    async def _remove(self, comment: Comment) -> None:
        ends: Comment | None = comment
        while ends is not None:
            await self._run(_REMOVE, {"id": ends.id})
            above = await self.locked(ends.parent_id) if ends.parent_id is not None else None
            is_left = above is None or not above.is_deleted or await self._is_answered(above.id)
            ends = None if is_left else above

    async def _is_answered(self, comment_id: CommentId) -> bool:
        return await self._first(_ANSWERED, {"parent": comment_id}) is not None

    async def blank_of(self, author_id: UserId) -> None:
        await self._run(_BLANK, {"author": author_id})
