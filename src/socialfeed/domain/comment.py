"""Comments: a tree under each post, by adjacency and depth."""

from dataclasses import dataclass
from datetime import datetime

from socialfeed.domain import text
from socialfeed.domain.errors import CommentNotFound
from socialfeed.domain.ids import CommentId, PostId, UserId

CONTENT_MAX = 5_000


@dataclass(frozen=True, slots=True)
class Comment:
    """`depth` is 0 for a comment on the post itself and one more for each reply level."""

    id: CommentId
    post_id: PostId
    author_id: UserId
    parent_id: CommentId | None
    depth: int
    content: str
    created_at: datetime

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
        if parent is not None and parent.post_id != post_id:
            raise CommentNotFound(field="parent_id")
        return cls(
            id=comment_id,
            post_id=post_id,
            author_id=author_id,
            parent_id=parent.id if parent else None,
            depth=parent.depth + 1 if parent else 0,
            content=text.clean(content, "content", minimum=1, maximum=CONTENT_MAX, lines=True),
            created_at=at,
        )
