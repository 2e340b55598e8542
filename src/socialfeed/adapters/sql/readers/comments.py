"""Comments, level by level."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import BigInteger, SelectBase, and_, bindparam, func, select

from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.readers.base import Reader, once_each
from socialfeed.adapters.sql.rows.comments import COMMENT, comment_from_row
from socialfeed.adapters.sql.tables import comment_counters, comment_likes, comments
from socialfeed.domain.comment import Comment, Liking
from socialfeed.domain.ids import MAX_ID, CommentId, PostId, UserId


def _comments(dialect: Dialect) -> SelectBase:
    return select(*COMMENT).where(dialect.any_of(comments.c.id, "ids"))


def _children(dialect: Dialect, limit: int, newest_first: bool) -> SelectBase:
    of_each = dialect.first_of_each(
        dialect.each("parents"),
        comments,
        group=comments.c.parent_id,
        past=bindparam("after", type_=BigInteger),
        newest_first=newest_first,
        limit=limit,
    )
    found = of_each.rows.c
    return (
        select(*(found[column.name] for column in COMMENT))
        .select_from(of_each.source)
        # All children of a parent are of one post, which may be another than the one that was asked about.
        .where(found.post_id == bindparam("post", type_=BigInteger))
        .order_by(found.id.desc() if newest_first else found.id)
    )


def _child_counts(dialect: Dialect) -> SelectBase:
    parent = comments.c.parent_id
    under_post = comments.c.post_id == bindparam("post", type_=BigInteger)
    stays = comments.c.deleted_at.is_(None)
    return select(parent, func.count()).where(dialect.any_of(parent, "parents"), under_post, stays).group_by(parent)


def _liking(dialect: Dialect) -> SelectBase:
    counted, own = comment_counters.c, comment_likes.c
    is_viewers = and_(own.comment_id == counted.comment_id, own.user_id == bindparam("viewer", type_=BigInteger))
    return (
        select(counted.comment_id, counted.likes, own.user_id)
        .select_from(comment_counters.outerjoin(comment_likes, is_viewers))
        .where(dialect.any_of(counted.comment_id, "ids"), counted.likes > 0)
    )


class SqlCommentReader(Reader):
    __slots__ = ()

    async def comments_by_ids(self, ids: Sequence[CommentId]) -> dict[CommentId, Comment]:
        rows = await self._database.by_key(_comments, ids)
        return {row[0]: comment_from_row(row) for row in rows}

    async def children(
        self,
        post_id: PostId,
        parent_ids: Sequence[CommentId | None],
        *,
        limit: int,
        after: CommentId | None = None,
        newest_first: bool = False,
    ) -> dict[CommentId | None, list[Comment]]:
        if not parent_ids:
            return {}
        start = MAX_ID if newest_first else 0
        rows = await self._database.rows(
            _children,
            limit,
            newest_first,
            parents=_stored(post_id, parent_ids),
            post=post_id,
            after=start if after is None else after,
        )
        children = defaultdict[CommentId | None, list[Comment]](list)
        for comment in map(comment_from_row, rows):
            children[comment.parent_id].append(comment)
        return dict(children)

    async def child_counts(
        self, post_id: PostId, parent_ids: Sequence[CommentId | None]
    ) -> dict[CommentId | None, int]:
        if not parent_ids:
            return {}
        rows = await self._database.rows(_child_counts, parents=_stored(post_id, parent_ids), post=post_id)
        return {None if parent == post_id else parent: count for parent, count in rows}

    async def liking(self, viewer_id: UserId | None, ids: Sequence[CommentId]) -> dict[CommentId, Liking]:
        rows = await self._database.by_key(_liking, ids, viewer=viewer_id or 0)
        return {comment_id: Liking(likes, liker is not None) for comment_id, likes, liker in rows}


def _stored(post_id: PostId, parent_ids: Sequence[CommentId | None]) -> list[int]:
    """The parents as the column has them: the post itself where there is none."""
    return once_each(int(post_id) if parent is None else int(parent) for parent in parent_ids)
