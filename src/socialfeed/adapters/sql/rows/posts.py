"""Posts."""

from socialfeed.adapters.sql import tables
from socialfeed.adapters.sql.columns import to_datetime
from socialfeed.adapters.sql.rows import Row, Values
from socialfeed.domain.post import Post

_p = tables.posts.c

POST = (_p.id, _p.author_id, _p.content, _p.image_url, _p.created_at)


def post_from_row(row: Row) -> Post:
    id_, author_id, content, image_url, created_at = row
    return Post(id_, author_id, content, image_url, to_datetime(created_at))


def post_values(post: Post) -> Values:
    return {
        "id": post.id,
        "author_id": post.author_id,
        "content": post.content,
        "image_url": post.image_url,
        "created_at": post.created_at,
    }
