"""Who follows whom."""

from socialfeed.adapters.sql import tables
from socialfeed.adapters.sql.columns import to_datetime
from socialfeed.adapters.sql.rows import Row, Values
from socialfeed.domain.graph import Follow

_f = tables.follows.c

FOLLOW = (_f.id, _f.follower_id, _f.followee_id, _f.created_at)


def follow_from_row(row: Row) -> Follow:
    id_, follower_id, followee_id, created_at = row
    return Follow(id_, follower_id, followee_id, to_datetime(created_at))


def follow_values(follow: Follow) -> Values:
    return {
        "id": follow.id,
        "follower_id": follow.follower_id,
        "followee_id": follow.followee_id,
        "created_at": follow.created_at,
    }
