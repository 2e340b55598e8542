"""Comments."""

from socialfeed.adapters.sql import tables
from socialfeed.adapters.sql.columns import to_datetime
from socialfeed.adapters.sql.rows import Row, Values
from socialfeed.domain.comment import Comment

COMMENT = tuple(
    tables.comments.c[name]
    for name in (
        "id",
        "post_id",
        "author_id",
        "parent_id",
        "depth",
        "content",
        "created_at",
        "edited_at",
        "deleted_at",
        "hidden_at",
        "hidden_by",
    )
)


def comment_from_row(row: Row) -> Comment:
    id_, post_id, author_id, parent_id, depth, content, created_at, edited_at, deleted_at, hidden_at, hidden_by = row
    return Comment(
        id_,
        post_id,
        author_id,
        None if parent_id == post_id else parent_id,
        depth,
        content,
        to_datetime(created_at),
        None if edited_at is None else to_datetime(edited_at),
        None if deleted_at is None else to_datetime(deleted_at),
        None if hidden_at is None else to_datetime(hidden_at),
        hidden_by,
    )


def comment_values(comment: Comment) -> Values:
    return {
        "id": comment.id,
        "post_id": comment.post_id,
        "author_id": comment.author_id,
        "parent_id": comment.post_id if comment.parent_id is None else comment.parent_id,
        "depth": comment.depth,
        "content": comment.content,
        "created_at": comment.created_at,
        "edited_at": comment.edited_at,
        "deleted_at": comment.deleted_at,
        "hidden_at": comment.hidden_at,
        "hidden_by": comment.hidden_by,
    }
