"""Comments, level by level."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    SelectBase,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
)

from socialfeed.adapters.sql.dialect import Dialect, Walk
from socialfeed.adapters.sql.readers.base import Reader, once_each
from socialfeed.adapters.sql.rows.comments import COMMENT, comment_from_row
from socialfeed.adapters.sql.tables import blocks, comment_counters, comment_likes, comments, posts, users
from socialfeed.application.ports.readers import NO_ONE, Onlooker, Place, Placed
from socialfeed.domain.comment import Comment, Liking, Sort
from socialfeed.domain.ids import MAX_ID, CommentId, PostId, UserId

_POST = bindparam("post", type_=BigInteger)


def _comments(dialect: Dialect) -> SelectBase:
    return select(*COMMENT).where(dialect.any_of(comments.c.id, "ids"))


def _shown() -> ColumnElement[bool]:
    """What `Onlooker` promises, of the comments at hand. Tombstones are shown whoever's they were.

    Of `x IS NOT NULL` the planner of Postgres believes that nearly every row passes, which is so. Of `x = y` it would
    believe that hardly one does, and rather fetch and sort all comments of a parent than walk the first few.
    """
    viewer, c = bindparam("viewer", type_=BigInteger), comments.c
    own = c.author_id == viewer
    is_author = and_(users.c.id == c.author_id, users.c.status == literal_column("'active'"))
    apart = (
        ~select(blocks).where(blocks.c.blocker_id == one, blocks.c.blocked_id == other).correlate(users).exists()
        for one, other in ((viewer, users.c.id), (users.c.id, viewer))
    )
    met = select(users.c.id).where(is_author, *apart).correlate(comments).scalar_subquery()
    is_viewers = and_(posts.c.id == _POST, posts.c.author_id == viewer)
    under_own = select(posts.c.id).where(is_viewers).correlate(None).scalar_subquery()
    return and_(
        or_(c.deleted_at.is_not(None), own, met.is_not(None)),
        or_(c.hidden_at.is_(None), own, bindparam("moderates", type_=Boolean), under_own.is_not(None)),
    )


def _children(dialect: Dialect, limit: int, newest_first: bool) -> SelectBase:
    parents, after = dialect.each("parents"), bindparam("after", type_=BigInteger)
    walk = Walk(comments.c.parent_id, parents.c.key, comments.c.id, after, newest_first)
    of_each = dialect.first_of_each(parents, comments, walk, limit=limit, where=_shown())
    found = of_each.rows.c
    return (
        select(literal_column("0"), *(found[column.name] for column in COMMENT))
        .select_from(of_each.source)
        # All children of a parent are of one post, which may be another than the one that was asked about.
        .where(found.post_id == _POST)
        .order_by(found.id.desc() if newest_first else found.id)
    )


def _ranked_children(dialect: Dialect, limit: int, hot: bool) -> SelectBase:
    counted, parents = comment_counters.c, dialect.each("parents")
    walk = Walk(
        counted.parent_id,
        parents.c.key,
        counted.comment_id,
        bindparam("after", type_=BigInteger),
        newest_first=True,
        score=counted.hot if hot else counted.likes,
        past_score=bindparam("score", type_=BigInteger),
    )
    is_this = comments.c.id == counted.comment_id
    shown = select(comments.c.id).where(is_this, _shown()).correlate(comment_counters).scalar_subquery()
    of_each = dialect.first_of_each(parents, comment_counters, walk, limit=limit, where=shown.is_not(None))
    found = of_each.rows.c
    score = found.hot if hot else found.likes
    return (
        select(score, *COMMENT)
        .select_from(of_each.source.join(comments, comments.c.id == found.comment_id))
        .where(comments.c.post_id == _POST)
        .order_by(score.desc(), comments.c.id.desc())
    )


def _child_counts(dialect: Dialect) -> SelectBase:
    parent = comments.c.parent_id
    counted = (dialect.any_of(parent, "parents"), comments.c.post_id == _POST, comments.c.deleted_at.is_(None))
    return select(parent, func.count()).where(*counted, _shown()).group_by(parent)


def _hidden_above(dialect: Dialect) -> SelectBase:
    c = comments.c
    columns = (c.parent_id, c.author_id, c.hidden_at)
    way = select(c.id.label("below"), *columns).where(dialect.any_of(c.id, "ids")).cte("way", recursive=True)
    way = way.union_all(select(way.c.below, *columns).join_from(comments, way, c.id == way.c.parent_id))
    return select(way.c.below, way.c.author_id).where(way.c.hidden_at.is_not(None)).distinct()


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
        onlooker: Onlooker = NO_ONE,
        *,
        limit: int,
        sort: Sort = Sort.OLDEST,
        after: Place | None = None,
    ) -> dict[CommentId | None, list[Placed]]:
        if not parent_ids:
            return {}
        values = _values(post_id, parent_ids, onlooker)
        if sort in (Sort.TOP, Sort.HOT):
            score, position = after or (MAX_ID, MAX_ID)
            rows = await self._database.rows(
                _ranked_children, limit, sort is Sort.HOT, after=position, score=score, **values
            )
        else:
            newest_first = sort is Sort.NEWEST
            start = MAX_ID if newest_first else 0
            rows = await self._database.rows(
                _children, limit, newest_first, after=start if after is None else after.id, **values
            )
        children = defaultdict[CommentId | None, list[Placed]](list)
        for score, *row in rows:
            comment = comment_from_row(row)
            children[comment.parent_id].append(Placed(comment, score))
        return dict(children)

    async def child_counts(
        self, post_id: PostId, parent_ids: Sequence[CommentId | None], onlooker: Onlooker = NO_ONE
    ) -> dict[CommentId | None, int]:
        if not parent_ids:
            return {}
        rows = await self._database.rows(_child_counts, **_values(post_id, parent_ids, onlooker))
        return {None if parent == post_id else parent: count for parent, count in rows}

    async def hidden_above(self, ids: Sequence[CommentId]) -> dict[CommentId, frozenset[UserId]]:
        if not ids:
            return {}
        found = defaultdict[CommentId, set[UserId]](set)
        # Threads are as deep as people like: this is no look-up by key, however few there are.
        for comment_id, author_id in await self._database.rows(_hidden_above, ids=list(ids)):
            found[comment_id].add(author_id)
        return {comment_id: frozenset(authors) for comment_id, authors in found.items()}

    async def liking(self, viewer_id: UserId | None, ids: Sequence[CommentId]) -> dict[CommentId, Liking]:
        rows = await self._database.by_key(_liking, ids, viewer=viewer_id or 0)
        return {comment_id: Liking(likes, liker is not None) for comment_id, likes, liker in rows}


def _values(post_id: PostId, parent_ids: Sequence[CommentId | None], onlooker: Onlooker) -> dict[str, Any]:
    """The parents as the column has them: the post itself where there is none."""
    parents = once_each(int(post_id) if parent is None else int(parent) for parent in parent_ids)
    return {
        "parents": parents,
        "post": post_id,
        "viewer": onlooker.user_id or 0,
        "moderates": onlooker.moderates,
    }
