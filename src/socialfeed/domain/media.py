"""Pictures and videos that people upload."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from socialfeed.domain import text
from socialfeed.domain.errors import (
    Invalid,
    MediaAttached,
    MediaBroken,
    MediaFailed,
    MediaNotFound,
    MediaTooManyFrames,
    MediaTooManyPixels,
)
from socialfeed.domain.ids import DraftId, MediaId, PostId, UserId

ALT_TEXT_MAX = 1_500
"""Characters that describe what is to be seen, for those who cannot see it."""

IMAGES_MAX, VIDEOS_MAX = 4, 1
"""How many a post may have; of one kind only."""

RENDITION_WIDTHS = (320, 640, 1_280)
"""Pixels. A picture is never made larger than it came, so a small one has fewer."""

PIXELS_MAX = 40_000_000
"""Of a picture, or of one frame of it."""

SIDE_MAX = 16_383
"""Pixels, either way: what WebP can hold."""

FRAMES_MAX = 500
FRAME_PIXELS_MAX = 200_000_000
"""Of all frames of an animation together."""

VIDEO_PIXELS_MAX = 3_840 * 2_160
VIDEO_MS_MAX = 180_000

ORPHANED_AFTER = timedelta(hours=24)
"""What no post and no draft has by then is removed."""

TRIED_AGAIN_AFTER = timedelta(hours=1)
"""A job that has not ended by then may be lost, in a broker that was emptied or after too many tries."""

GIVEN_UP_AFTER = timedelta(hours=24)
"""What was not processed by then never will be."""

RECEIVED_WITHIN = timedelta(hours=1)
"""A file that has not been stored by then is not coming any more."""

FORGOTTEN_AFTER = timedelta(hours=1)
"""How long a removed one is remembered, so that what a job still wrote after the removal is found and deleted: longer
than any job may run.
"""


class MediaKind(StrEnum):
    IMAGE = "image"
    VIDEO = "video"


class MediaStatus(StrEnum):
    RECEIVING = "receiving"
    """Its place is reserved and its file on the way to the store; nobody is shown it."""
    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"


EXTENSIONS: Mapping[str, str] = {
    "image/gif": "gif",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "video/mp4": "mp4",
    "video/webm": "webm",
}
"""What may be uploaded, and how the names of stored files end."""


class Header(NamedTuple):
    """What a file says of itself before anything in it is decoded. A video says it only to the job."""

    content_type: str
    width: int = 0
    height: int = 0
    frames: int = 1

    @property
    def kind(self) -> MediaKind:
        return MediaKind(self.content_type.partition("/")[0])

    def check(self) -> None:
        """Of a picture. Raises `MediaBroken`, `MediaTooManyPixels` or `MediaTooManyFrames`."""
        pixels = self.width * self.height
        if pixels == 0 or self.frames == 0:
            raise MediaBroken(field="file")
        if pixels > PIXELS_MAX or max(self.width, self.height) > SIDE_MAX:
            raise MediaTooManyPixels(field="file")
        if self.frames > FRAMES_MAX or (self.frames > 1 and self.frames * pixels > FRAME_PIXELS_MAX):
            raise MediaTooManyFrames(field="file")


class Rendition(NamedTuple):
    """A smaller picture of it, as WebP."""

    width: int
    height: int


class Look(NamedTuple):
    """What processing made of a file. Pixels and milliseconds; `bytes` are those of everything that is stored."""

    content_type: str
    width: int
    height: int
    bytes: int
    blurhash: str
    renditions: tuple[Rendition, ...]
    duration_ms: int | None = None


class Allowance(NamedTuple):
    """How much one account may keep."""

    bytes: int
    pending: int
    """Uploads that are not processed yet."""


@dataclass(frozen=True, slots=True)
class Media:
    """`key` is what the names of its files begin with; it cannot be guessed. `bytes` count towards the owner's quota.
    A removed one is gone for everybody and waits for its files to be deleted.
    """

    id: MediaId
    owner_id: UserId
    kind: MediaKind
    status: MediaStatus
    content_type: str
    width: int
    height: int
    bytes: int
    key: str
    alt_text: str
    created_at: datetime
    duration_ms: int | None = None
    blurhash: str | None = None
    renditions: tuple[Rendition, ...] = ()
    failure: str | None = None
    post_id: PostId | None = None
    position: int = 0
    removed_at: datetime | None = None
    draft_id: DraftId | None = None
    """What is to be the post that has it. Never together with `post_id`."""

    @classmethod
    def receive(
        cls, media_id: MediaId, owner_id: UserId, header: Header, size: int, *, key: str, alt_text: str, at: datetime
    ) -> "Media":
        """Of `size` bytes. Raises `Invalid`."""
        return cls(
            id=media_id,
            owner_id=owner_id,
            kind=header.kind,
            status=MediaStatus.RECEIVING,
            content_type=header.content_type,
            width=header.width,
            height=header.height,
            bytes=size,
            key=key,
            alt_text=_clean_alt_text(alt_text),
            created_at=at,
        )

    @property
    def is_removed(self) -> bool:
        return self.removed_at is not None

    @property
    def is_shown(self) -> bool:
        return self.status is not MediaStatus.RECEIVING and not self.is_removed

    @property
    def is_unfinished(self) -> bool:
        """Counts as one of the uploads that its owner has under way."""
        return self.status in (MediaStatus.RECEIVING, MediaStatus.PENDING) and not self.is_removed

    @property
    def bytes_counted(self) -> int:
        """Towards the quota of its owner."""
        return 0 if self.is_removed or self.status is MediaStatus.FAILED else self.bytes

    @property
    def incoming_key(self) -> str:
        """Where the upload lies until it is processed. No client is ever given it."""
        return f"incoming/{self.key}"

    @property
    def file_key(self) -> str:
        """Where what was made of it lies."""
        return f"{self.key}/{self.kind}.{EXTENSIONS[self.content_type]}"

    def rendition_key(self, width: int) -> str:
        """That of a picture smaller than all has the place of the smallest."""
        return f"{self.key}/{max(width, RENDITION_WIDTHS[0])}.webp"

    def every_key(self) -> Iterator[str]:
        """Every key at which there may be a file of it, whatever became of its processing."""
        yield self.incoming_key
        yield from (f"{self.key}/{self.kind}.{extension}" for extension in EXTENSIONS.values())
        yield from (self.rendition_key(width) for width in RENDITION_WIDTHS)

    def received(self) -> "Media":
        return replace(self, status=MediaStatus.PENDING)

    def ready(self, look: Look) -> "Media":
        return replace(
            self,
            status=MediaStatus.READY,
            content_type=look.content_type,
            width=look.width,
            height=look.height,
            bytes=look.bytes,
            blurhash=look.blurhash,
            renditions=look.renditions,
            duration_ms=look.duration_ms,
        )

    def failed(self, code: str) -> "Media":
        return replace(self, status=MediaStatus.FAILED, failure=code)

    def described(self, alt_text: str) -> "Media":
        """Raises `Invalid`."""
        return replace(self, alt_text=_clean_alt_text(alt_text))

    def attached(self, post_id: PostId, position: int) -> "Media":
        return replace(self, post_id=post_id, position=position, draft_id=None)

    def held(self, draft_id: DraftId) -> "Media":
        return replace(self, draft_id=draft_id)

    def detached(self) -> "Media":
        return replace(self, post_id=None, position=0, draft_id=None)

    def removed(self, at: datetime) -> "Media":
        """A post or draft that had it has it no more."""
        return self if self.is_removed else replace(self.detached(), removed_at=at)


def check_attachable(
    owner_id: UserId,
    media_ids: Sequence[MediaId],
    found: Mapping[MediaId, Media],
    *,
    post_id: PostId | None = None,
    draft_id: DraftId | None = None,
) -> None:
    """Whether this post or draft of the owner may have these, in this order; a post may have what its draft holds.
    Raises `MediaNotFound` for somebody else's, too, `MediaAttached`, `MediaFailed` and `Invalid` (TOO_MANY_MEDIA,
    DUPLICATE_MEDIA).
    """
    check_named(media_ids)
    for media_id in media_ids:
        media = found.get(media_id)
        if media is None or media.owner_id != owner_id or not media.is_shown:
            raise MediaNotFound(field="media_ids")
        if media.post_id not in (None, post_id) or media.draft_id not in (None, draft_id):
            raise MediaAttached(field="media_ids")
        if media.status is MediaStatus.FAILED:
            raise MediaFailed(field="media_ids")
    kinds = [found[media_id].kind for media_id in media_ids]
    if MediaKind.VIDEO in kinds and len(kinds) > VIDEOS_MAX:
        raise _too_many()


def check_named(media_ids: Sequence[MediaId]) -> None:
    """Whether any post may have so many. Raises `Invalid`."""
    if len(set(media_ids)) != len(media_ids):
        raise Invalid("Name each file once.", code="DUPLICATE_MEDIA", field="media_ids")
    if len(media_ids) > IMAGES_MAX:
        raise _too_many()


def _too_many() -> Invalid:
    return Invalid(f"A post has at most {IMAGES_MAX} pictures or one video.", code="TOO_MANY_MEDIA", field="media_ids")


def _clean_alt_text(alt_text: str) -> str:
    return text.clean(alt_text, "alt_text", minimum=0, maximum=ALT_TEXT_MAX, lines=True)
