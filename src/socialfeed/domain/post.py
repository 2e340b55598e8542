"""Posts."""

from dataclasses import dataclass
from datetime import datetime

from socialfeed.domain import text
from socialfeed.domain.ids import PostId, UserId

CONTENT_MAX = 5_000


@dataclass(frozen=True, slots=True)
class Post:
    id: PostId
    author_id: UserId
    content: str
    image_url: str | None
    created_at: datetime

    @classmethod
    def write(
        cls, post_id: PostId, author_id: UserId, *, content: str, image_url: str | None = None, at: datetime
    ) -> "Post":
        """1 to 5,000 characters; the image's address is stored and shown, never fetched."""
        return cls(
            id=post_id,
            author_id=author_id,
            content=text.clean(content, "content", minimum=1, maximum=CONTENT_MAX, lines=True),
            image_url=text.clean_url(image_url, "image_url") if image_url else None,
            created_at=at,
        )
