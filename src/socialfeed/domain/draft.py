"""What is going to be a post: later, or at a moment that its author set. Nobody else ever learns of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from socialfeed.domain.errors import Invalid
from socialfeed.domain.ids import DraftId, MediaId, UserId
from socialfeed.domain.post import (
    PostOptions,
    ReplyPolicy,
    Visibility,
    clean_content,
    clean_image_url,
    clean_language,
    clean_unfinished,
    clean_warning,
)

DRAFTS_MAX = 300
"""For each user, planned ones included."""

SOONEST, LATEST = timedelta(minutes=1), timedelta(days=365)
"""How far ahead a post is planned."""


@dataclass(frozen=True, slots=True)
class Draft:
    """It may be empty, unless it is planned for `scheduled_at`. One that could not be published then says why in
    `failure`, the code of an error, and waits for its author. `media_ids` names what was deleted meanwhile, too: the
    post is not published without it unless its author says so.
    """

    id: DraftId
    author_id: UserId
    content: str
    image_url: str | None
    visibility: Visibility
    reply_policy: ReplyPolicy
    sensitive: bool
    content_warning: str | None
    language: str | None
    created_at: datetime
    updated_at: datetime
    scheduled_at: datetime | None = None
    failure: str | None = None
    media_ids: tuple[MediaId, ...] = ()

    @classmethod
    def write(
        cls,
        draft_id: DraftId,
        author_id: UserId,
        *,
        content: str,
        image_url: str | None = None,
        visibility: Visibility = Visibility.PUBLIC,
        reply_policy: ReplyPolicy = ReplyPolicy.EVERYONE,
        sensitive: bool = False,
        content_warning: str | None = None,
        language: str | None = None,
        media_ids: Sequence[MediaId] = (),
        scheduled_at: datetime | None = None,
        at: datetime,
    ) -> "Draft":
        """As `Post.write`. Raises `Invalid`: INVALID_SCHEDULE for a moment that is not a minute to a year ahead."""
        warning = clean_warning(content_warning)
        return cls(
            draft_id,
            author_id,
            clean_unfinished(content) if scheduled_at is None else clean_content(content),
            clean_image_url(image_url),
            visibility,
            reply_policy,
            sensitive or warning is not None,
            warning,
            clean_language(language),
            at,
            at,
            None if scheduled_at is None else _check_ahead(scheduled_at, at),
            media_ids=tuple(media_ids),
        )

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
        media_ids: Sequence[MediaId] | None = None,
        scheduled_at: datetime | None = None,
        is_planned: bool = True,
        at: datetime,
    ) -> "Draft":
        """As `Post.edited`. One that is not `is_planned` any more loses its moment, and so does one that failed, unless
        it gets another. Raises `Invalid`.
        """
        moment = None if self.failure else self.scheduled_at
        if scheduled_at is not None:
            moment = _check_ahead(scheduled_at, at)
        if not is_planned:
            moment = None
        said = self.content if content is None else content
        warning = self.content_warning if content_warning is None else clean_warning(content_warning)
        return replace(
            self,
            content=clean_unfinished(said) if moment is None else clean_content(said),
            image_url=self.image_url if image_url is None else clean_image_url(image_url),
            visibility=visibility or self.visibility,
            reply_policy=reply_policy or self.reply_policy,
            sensitive=(self.sensitive if sensitive is None else sensitive) or warning is not None,
            content_warning=warning,
            language=self.language if language is None else clean_language(language),
            media_ids=self.media_ids if media_ids is None else tuple(media_ids),
            updated_at=at,
            scheduled_at=moment,
            failure=None,
        )

    def failed(self, code: str) -> "Draft":
        return replace(self, failure=code)

    def is_due(self, at: datetime) -> bool:
        return self.scheduled_at is not None and self.failure is None and self.scheduled_at <= at

    @property
    def options(self) -> PostOptions:
        """What the post is going to be, but for its media."""
        return PostOptions(
            content=self.content,
            image_url=self.image_url,
            visibility=self.visibility,
            reply_policy=self.reply_policy,
            sensitive=self.sensitive,
            content_warning=self.content_warning,
            language=self.language,
        )


def _check_ahead(moment: datetime, now: datetime) -> datetime:
    if not now + SOONEST <= moment <= now + LATEST:
        message = "A moment from one minute to a year from now, please."
        raise Invalid(message, code="INVALID_SCHEDULE", field="scheduled_at")
    return moment
