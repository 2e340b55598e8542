"""Posts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypedDict

from socialfeed.domain import text
from socialfeed.domain.errors import Invalid
from socialfeed.domain.ids import PostId, UserId

CONTENT_MAX = 5_000
WARNING_MAX = 200

RESTORABLE = timedelta(days=30)
"""How long a deleted post can be brought back; then it is purged."""


class Visibility(StrEnum):
    """Who may see a post. Its author and those it mentions always may; of a private account's posts nobody else but
    followers sees any.
    """

    PUBLIC = "public"
    UNLISTED = "unlisted"
    """Everybody who comes across it, but no search, no trends and no public feed lead there."""
    FOLLOWERS = "followers"
    MENTIONED = "mentioned"


class ReplyPolicy(StrEnum):
    """Who may comment on a post. Its author always may."""

    EVERYONE = "everyone"
    FOLLOWED = "followed"
    """Those whom the author follows, and those the post mentions."""
    MENTIONED = "mentioned"
    NOBODY = "nobody"


class PostOptions(TypedDict, total=False):
    """What its author says about a post, as `Post.write` takes it."""

    content: str
    image_url: str | None
    visibility: Visibility
    reply_policy: ReplyPolicy
    sensitive: bool
    content_warning: str | None
    language: str | None


class PostChanges(TypedDict, total=False):
    """What is to be another, as `Post.edited` takes it: None leaves a part as it is."""

    content: str | None
    image_url: str | None
    visibility: Visibility | None
    reply_policy: ReplyPolicy | None
    sensitive: bool | None
    content_warning: str | None
    language: str | None


@dataclass(frozen=True, slots=True)
class Post:
    """A deleted post is shown to nobody, and waits for its author to think again. `tags` are normalised and `mentions`
    are accounts that the text named when it was written; a post with `quote_of` is a share with words. Nobody but its
    author comments on a post that is locked.
    """

    id: PostId
    author_id: UserId
    content: str
    image_url: str | None
    created_at: datetime
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    deleted_by: UserId | None = None
    visibility: Visibility = Visibility.PUBLIC
    reply_policy: ReplyPolicy = ReplyPolicy.EVERYONE
    sensitive: bool = False
    content_warning: str | None = None
    language: str | None = None
    tags: tuple[str, ...] = ()
    mentions: tuple[UserId, ...] = ()
    quote_of: PostId | None = None
    locked_at: datetime | None = None

    @classmethod
    def write(
        cls,
        post_id: PostId,
        author_id: UserId,
        *,
        content: str,
        image_url: str | None = None,
        visibility: Visibility = Visibility.PUBLIC,
        reply_policy: ReplyPolicy = ReplyPolicy.EVERYONE,
        sensitive: bool = False,
        content_warning: str | None = None,
        language: str | None = None,
        tags: Sequence[str] = (),
        mentions: Sequence[UserId] = (),
        quote_of: PostId | None = None,
        at: datetime,
    ) -> "Post":
        """1 to 5,000 characters; the image's address is stored and shown, never fetched. A warning, of at most 200
        characters, makes the post sensitive; the language is BCP 47's. Raises `Invalid`.
        """
        warning = clean_warning(content_warning)
        return cls(
            id=post_id,
            author_id=author_id,
            content=clean_content(content),
            image_url=clean_image_url(image_url),
            created_at=at,
            visibility=visibility,
            reply_policy=reply_policy,
            sensitive=sensitive or warning is not None,
            content_warning=warning,
            language=clean_language(language),
            tags=tuple(tags),
            mentions=tuple(mentions),
            quote_of=quote_of,
        )

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    def edited(
        self,
        *,
        content: str | None = None,
        image_url: str | None = None,
        visibility: Visibility | None = None,
        reply_policy: ReplyPolicy | None = None,
        sensitive: bool | None = None,
        content_warning: str | None = None,
        language: str | None = None,
        tags: Sequence[str] = (),
        mentions: Sequence[UserId] = (),
        has_other_media: bool = False,
        at: datetime,
    ) -> "Post":
        """None leaves a part as it is; an empty `image_url`, `content_warning` or `language` removes it. A warning
        keeps the post sensitive. `tags` and `mentions` are those of another content, and count where there is one.
        Whom it is for may grow and shrink at any time. `edited_at` moves only where the post says something else, see
        `says`, or has other media. The same post if nothing is another. Raises `Invalid`.
        """
        said = self.content if content is None else clean_content(content)
        warning = self.content_warning if content_warning is None else clean_warning(content_warning)
        changed = replace(
            self,
            content=said,
            image_url=self.image_url if image_url is None else clean_image_url(image_url),
            visibility=visibility or self.visibility,
            reply_policy=reply_policy or self.reply_policy,
            sensitive=(self.sensitive if sensitive is None else sensitive) or warning is not None,
            content_warning=warning,
            language=self.language if language is None else clean_language(language),
            tags=self.tags if said == self.content else tuple(tags),
            mentions=self.mentions if said == self.content else tuple(mentions),
        )
        if has_other_media or changed.says != self.says:
            return replace(changed, edited_at=at)
        return self if changed == self else changed

    @property
    def says(self) -> tuple[str, str | None, str | None]:
        """What readers read: its history keeps each, and neither whom it was for nor who could answer."""
        return self.content, self.image_url, self.content_warning

    def as_said(self, number: int) -> "PostEdit":
        """What it says now, for its history."""
        said_at = self.edited_at or self.created_at
        return PostEdit(self.id, number, self.content, self.image_url, said_at, self.content_warning)

    @property
    def is_locked(self) -> bool:
        return self.locked_at is not None

    def locked(self, at: datetime) -> "Post":
        return self if self.is_locked else replace(self, locked_at=at)

    def unlocked(self) -> "Post":
        return replace(self, locked_at=None)

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
    content_warning: str | None = None


def clean_content(content: str) -> str:
    """What a post would say: normalised. Raises `Invalid`."""
    return text.clean(content, "content", minimum=1, maximum=CONTENT_MAX, lines=True)


def clean_unfinished(content: str) -> str:
    """As `clean_content`, of what may still be nothing."""
    return text.clean(content, "content", maximum=CONTENT_MAX, lines=True)


def clean_warning(warning: str | None) -> str | None:
    return text.clean(warning, "content_warning", maximum=WARNING_MAX) or None if warning else None


def clean_language(language: str | None) -> str | None:
    return text.clean_locale(language, "language") if language else None


def clean_image_url(image_url: str | None) -> str | None:
    return text.clean_url(image_url, "image_url") if image_url else None
