"""Posts, and what they said before."""

from socialfeed.adapters.sql import tables
from socialfeed.adapters.sql.columns import to_datetime
from socialfeed.adapters.sql.rows import Row, Values
from socialfeed.domain.post import Post, PostEdit

_p = tables.posts.c

POST = (_p.id, _p.author_id, _p.content, _p.image_url, _p.created_at, _p.edited_at, _p.deleted_at, _p.deleted_by)


def post_from_row(row: Row) -> Post:
    id_, author_id, content, image_url, created_at, edited_at, deleted_at, deleted_by = row
    return Post(
        id_,
        author_id,
        content,
        image_url,
        to_datetime(created_at),
        None if edited_at is None else to_datetime(edited_at),
        None if deleted_at is None else to_datetime(deleted_at),
        deleted_by,
    )


def post_values(post: Post) -> Values:
    return {
        "id": post.id,
        "author_id": post.author_id,
        "content": post.content,
        "image_url": post.image_url,
        "created_at": post.created_at,
        "edited_at": post.edited_at,
        "deleted_at": post.deleted_at,
        "deleted_by": post.deleted_by,
    }


_e = tables.post_edits.c

EDIT = (_e.post_id, _e.number, _e.content, _e.image_url, _e.at)


def edit_from_row(row: Row) -> PostEdit:
    post_id, number, content, image_url, at = row
    return PostEdit(post_id, number, content, image_url, to_datetime(at))


def edit_values(edit: PostEdit) -> Values:
    return {
        "post_id": edit.post_id,
        "number": edit.number,
        "content": edit.content,
        "image_url": edit.image_url,
        "at": edit.at,
    }
