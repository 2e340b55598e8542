"""Media in the database: what was uploaded, by whom, and which post or draft has it. Files are the `MediaStore`'s."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from socialfeed.domain.ids import DraftId, MediaId, PostId, UserId
from socialfeed.domain.media import Allowance, Media, MediaStatus


class MediaItems(Protocol):
    """Writing. What an owner's media count together changes with the rows, and is exact under any concurrency."""

    async def add(self, media: Media, allowance: Allowance) -> None:
        """Reserves its bytes. Raises `QuotaExceeded` or `TooManyPending` where the owner would have more than is
        allowed, and `IdConflict`.
        """

    async def locked(self, media_id: MediaId) -> Media | None:
        """The media, which nobody else changes until this transaction ends."""

    async def save(self, media: Media) -> None:
        """Replaces the stored media of this id, which must be `locked`. Raises `MediaNotFound`."""

    async def forget(self, media_id: MediaId) -> None:
        """Removes the row; its files must be gone. Idempotent."""

    async def attach(
        self, post_id: PostId, owner_id: UserId, media_ids: Sequence[MediaId], *, draft_id: DraftId | None = None
    ) -> bool:
        """Makes these, and no others, the media of the post, in this order; the post must be new or `locked`, and so
        must the draft that it was, which holds them no more. What the post had besides belongs to none any more.
        Whether anything changed. Raises as `domain.media.check_attachable`, and nothing has changed.
        """

    async def hold(self, draft_id: DraftId, owner_id: UserId, media_ids: Sequence[MediaId]) -> None:
        """Keeps these, and no others, for the draft, which must be new or `locked`: they are not `unattached`, and no
        other post or draft may have them. Raises as `attach`.
        """

    async def remove_of_post(self, post_id: PostId, at: datetime) -> None:
        """Marks the media of the post as removed."""

    async def remove_of(self, owner_id: UserId, at: datetime) -> None:
        """Marks everything of the owner as removed, and takes the descriptions out."""


class MediaReader(Protocol):
    async def media_by_ids(self, ids: Sequence[MediaId]) -> dict[MediaId, Media]: ...

    async def media_of_posts(self, post_ids: Sequence[PostId]) -> dict[PostId, list[Media]]:
        """The media of each post, in their order; posts without any may be left out."""

    async def unattached(self, before: datetime, *, limit: int) -> list[Media]:
        """What is in no post and no draft and was begun before this moment, the oldest first; none that is removed."""

    async def lagging(self, status: MediaStatus, before: datetime, *, limit: int) -> list[Media]:
        """What is RECEIVING or PENDING and was begun before this moment, the oldest first; none that is removed."""

    async def removed(self, after: MediaId | None, *, limit: int) -> list[Media]:
        """What is removed and not forgotten, by ascending id, those past `after`."""
