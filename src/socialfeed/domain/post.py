"""Posts."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from socialfeed.domain import text
from socialfeed.domain.errors import Invalid
from socialfeed.domain.ids import PostId, UserId

CONTENT_MAX = 5_000

RESTORABLE = timedelta(days=30)
"""How long a deleted post can be brought back; then it is purged."""


@dataclass(frozen=True, slots=True)
class Post:
    """A deleted post is shown to nobody, and waits for its author to think again."""

    id: PostId
    author_id: UserId
    content: str
    image_url: str | None
    created_at: datetime
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    deleted_by: UserId | None = None

    @classmethod
    def write(
        cls, post_id: PostId, author_id: UserId, *, content: str, image_url: str | None = None, at: datetime
    ) -> "Post":
        """1 to 5,000 characters; the image's address is stored and shown, never fetched."""
        return cls(
            id=post_id,
            author_id=author_id,
            content=_clean(content),
            image_url=_clean_url(image_url),
            created_at=at,
        )

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    def edited(self, *, content: str | None = None, image_url: str | None = None, at: datetime) -> "Post":
        """None leaves a part as it is, an empty `image_url` removes the image. The same post, not edited, if nothing
        is another.
        """
        changed = replace(
            self,
            content=self.content if content is None else _clean(content),
            image_url=self.image_url if image_url is None else _clean_url(image_url),
        )
        return self if changed == self else replace(changed, edited_at=at)

    @property
    def is_taken_down(self) -> bool:
        """Deleted by somebody else than its author, who therefore cannot bring it back."""
        return self.is_deleted and self.deleted_by != self.author_id

    def deleted(self, by: UserId, at: datetime) -> "Post":
        return self if self.is_deleted else replace(self, deleted_at=at, deleted_by=by)

    def restored(self, at: datetime) -> "Post":
        """Raises `Invalid` (TOO_LATE) when it is to be purged."""
        if self.deleted_at is not None and at >= self.deleted_at + RESTORABLE:
            raise Invalid("This post was deleted too long ago.", code="TOO_LATE", field="post_id")
        return replace(self, deleted_at=None, deleted_by=None)


@dataclass(frozen=True, slots=True)
class PostEdit:
    """What a post said before it was edited. `number` counts from 1; `at` is when it was said."""

    post_id: PostId
    number: int
    content: str
    image_url: str | None
    at: datetime


def _clean(content: str) -> str:
    return text.clean(content, "content", minimum=1, maximum=CONTENT_MAX, lines=True)


def _clean_url(image_url: str | None) -> str | None:
    return text.clean_url(image_url, "image_url") if image_url else None
