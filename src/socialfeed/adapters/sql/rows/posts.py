"""Posts, and what they said before."""

import json
from collections.abc import Iterator

from socialfeed.adapters.sql import tables
from socialfeed.adapters.sql.columns import to_datetime
from socialfeed.adapters.sql.rows import Row, Values
from socialfeed.domain.post import Post, PostEdit, ReplyPolicy, Visibility

_p = tables.posts.c

POST = (
    _p.id,
    _p.author_id,
    _p.content,
    _p.image_url,
    _p.created_at,
    _p.edited_at,
    _p.deleted_at,
    _p.deleted_by,
    _p.visibility,
    _p.reply_policy,
    _p.sensitive,
    _p.content_warning,
    _p.language,
    _p.tags,
    _p.mentions,
    _p.quote_of,
    _p.locked_at,
)

# By value: calling an enumeration costs ten times as much.
_VISIBILITIES = {str(visibility): visibility for visibility in Visibility}
_REPLY_POLICIES = {str(policy): policy for policy in ReplyPolicy}
_EMPTY = "[]"


def post_from_row(row: Row) -> Post:
    (
        id_,
        author_id,
        content,
        image_url,
        created_at,
        edited_at,
        deleted_at,
        deleted_by,
        visibility,
        reply_policy,
        sensitive,
        content_warning,
        language,
        tags,
        mentions,
        quote_of,
        locked_at,
    ) = row
    return Post(
        id_,
        author_id,
        content,
        image_url,
        to_datetime(created_at),
        None if edited_at is None else to_datetime(edited_at),
        None if deleted_at is None else to_datetime(deleted_at),
        deleted_by,
        _VISIBILITIES[visibility],
        _REPLY_POLICIES[reply_policy],
        bool(sensitive),
        content_warning,
        language,
        () if tags == _EMPTY else tuple(json.loads(tags)),
        () if mentions == _EMPTY else tuple(json.loads(mentions)),
        quote_of,
        None if locked_at is None else to_datetime(locked_at),
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
        "visibility": post.visibility.value,
        "reply_policy": post.reply_policy.value,
        "sensitive": post.sensitive,
        "content_warning": post.content_warning,
        "language": post.language,
        "tags": json.dumps(post.tags, ensure_ascii=False),
        "mentions": json.dumps(post.mentions),
        "quote_of": post.quote_of,
        "locked_at": post.locked_at,
    }


def tag_values(post: Post) -> Iterator[Values]:
    """One row for each tag."""
    return ({"tag": tag, "post_id": post.id} for tag in post.tags)


_e = tables.post_edits.c

EDIT = (_e.post_id, _e.number, _e.content, _e.image_url, _e.at, _e.content_warning)


def edit_from_row(row: Row) -> PostEdit:
    post_id, number, content, image_url, at, content_warning = row
    return PostEdit(post_id, number, content, image_url, to_datetime(at), content_warning)


def edit_values(edit: PostEdit) -> Values:
    return {
        "post_id": edit.post_id,
        "number": edit.number,
        "content": edit.content,
        "image_url": edit.image_url,
        "at": edit.at,
        "content_warning": edit.content_warning,
    }
