"""Bookmarks."""

from socialfeed.adapters.sql import tables
from socialfeed.adapters.sql.columns import to_datetime
from socialfeed.adapters.sql.rows import Row, Values
from socialfeed.domain.bookmark import Bookmark

_b = tables.bookmarks.c

BOOKMARK = (_b.id, _b.user_id, _b.post_id, _b.folder, _b.created_at)


def bookmark_from_row(row: Row) -> Bookmark:
    id_, user_id, post_id, folder, created_at = row
    return Bookmark(id_, user_id, post_id, folder, to_datetime(created_at))


def bookmark_values(bookmark: Bookmark) -> Values:
    return {
        "id": bookmark.id,
        "user_id": bookmark.user_id,
        "post_id": bookmark.post_id,
        "folder": bookmark.folder,
        "created_at": bookmark.created_at,
    }
