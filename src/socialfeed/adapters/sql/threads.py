"""The comments of posts, which no index has by their post: walked level by level from the posts themselves."""

from typing import Any

from sqlalchemy import BindParameter, Select, select

from socialfeed.adapters.sql.tables import comments


def thread(post: BindParameter[Any]) -> Select[int]:
    """The ids of all comments of a post, tombstones too."""
    comment = comments.alias("comment")
    first = select(comment.c.id).where(comment.c.parent_id == post).cte("thread", recursive=True)
    below = first.union_all(select(comment.c.id).join_from(first, comment, comment.c.parent_id == first.c.id))
    return select(below.c.id)


def comments_of(post: BindParameter[Any]) -> Select[int]:
    """The ids of those that are counted."""
    return select(comments.c.id).where(comments.c.id.in_(thread(post)), comments.c.deleted_at.is_(None))
