"""Likes and shares."""

from socialfeed.adapters.sql.columns import to_datetime
from socialfeed.adapters.sql.rows import Row, Values
from socialfeed.domain.comment import CommentLike
from socialfeed.domain.engagement import Like, Share

REACTION = ("id", "post_id", "user_id", "created_at")
COMMENT_LIKE = ("id", "comment_id", "user_id", "created_at")


def like_from_row(row: Row) -> Like:
    id_, post_id, user_id, created_at = row
    return Like(id_, post_id, user_id, to_datetime(created_at))


def share_from_row(row: Row) -> Share:
    id_, post_id, user_id, created_at = row
    return Share(id_, post_id, user_id, to_datetime(created_at))


def comment_like_from_row(row: Row) -> CommentLike:
    id_, comment_id, user_id, created_at = row
    return CommentLike(id_, comment_id, user_id, to_datetime(created_at))


def reaction_values(reaction: Like | Share) -> Values:
    return {
        "id": reaction.id,
        "post_id": reaction.post_id,
        "user_id": reaction.user_id,
        "created_at": reaction.created_at,
    }


def comment_like_values(like: CommentLike) -> Values:
    return {
        "id": like.id,
        "comment_id": like.comment_id,
        "user_id": like.user_id,
        "created_at": like.created_at,
    }
