"""Comments: a tree under each post, by adjacency and depth."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from socialfeed.domain import text
from socialfeed.domain.errors import CommentNotFound
from socialfeed.domain.ids import CommentId, LikeId, PostId, UserId

CONTENT_MAX = 5_000

LEVELS_SHOWN = 32
"""How many levels of a thread one answer goes down; any number is stored."""


class Sort(StrEnum):
    """The order of comments beside each other."""

    OLDEST = "oldest"
    NEWEST = "newest"
    TOP = "top"
    """By likes, then newest first."""
    HOT = "hot"
    """By `ranking.hot`, then newest first."""


@dataclass(frozen=True, slots=True)
class Comment:
    """`depth` is 0 for a comment on the post itself and one more for each reply level. A deleted comment that was
    answered stays as a tombstone: a place without words. One that is hidden takes everything below it along.
    """

    id: CommentId
    post_id: PostId
    author_id: UserId
    parent_id: CommentId | None
    depth: int
    content: str
    created_at: datetime
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    hidden_at: datetime | None = None
    hidden_by: UserId | None = None

    @classmethod
    def write(
        cls,
        comment_id: CommentId,
        author_id: UserId,
        post_id: PostId,
        *,
        content: str,
        parent: "Comment | None" = None,
        at: datetime,
    ) -> "Comment":
        """A comment on a post, or a reply to `parent`, which must stand under the same post."""
        if parent is not None and (parent.post_id != post_id or parent.is_deleted):
            raise CommentNotFound(field="parent_id")
        return cls(
            id=comment_id,
            post_id=post_id,
            author_id=author_id,
            parent_id=parent.id if parent else None,
            depth=parent.depth + 1 if parent else 0,
            content=_clean(content),
            created_at=at,
        )

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def is_hidden(self) -> bool:
        return self.hidden_at is not None

    def edited(self, content: str, at: datetime) -> "Comment":
        """The same comment, not edited, if it says the same."""
        changed = replace(self, content=_clean(content))
        return self if changed == self else replace(changed, edited_at=at)

    def deleted(self, at: datetime) -> "Comment":
        return replace(self, content="", deleted_at=at)

    def hidden(self, by: UserId, post_author_id: UserId, at: datetime) -> "Comment":
        """Once more only where somebody else hides what the post's author hid: the author cannot show it then."""
        if self.is_hidden and (by == post_author_id or self.is_hidden_by_other(post_author_id)):
            return self
        return replace(self, hidden_at=at, hidden_by=by)

    def is_hidden_by_other(self, post_author_id: UserId) -> bool:
        """Hidden by somebody else than the post's author, who therefore cannot show it."""
        return self.is_hidden and self.hidden_by != post_author_id

    def unhidden(self) -> "Comment":
        return replace(self, hidden_at=None, hidden_by=None)


@dataclass(frozen=True, slots=True)
class CommentLike:
    """At most one per user and comment, under any concurrency."""

    id: LikeId
    comment_id: CommentId
    user_id: UserId
    created_at: datetime


class Liking(NamedTuple):
    """How many like a comment, and whether one viewer is among them."""

    likes: int = 0
    liked: bool = False


def _clean(content: str) -> str:
    return text.clean(content, "content", minimum=1, maximum=CONTENT_MAX, lines=True)
