"""What users keep of posts, for themselves and on their profile."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from socialfeed.domain.bookmark import Bookmark, Folder
from socialfeed.domain.draft import Draft
from socialfeed.domain.ids import DraftId, EventId, PostId, UserId


class Bookmarks(Protocol):
    async def put(self, bookmark: Bookmark) -> bool:
        """Stores the bookmark. One of the same user and post keeps its place and its moment, and only changes the
        folder. Whether anything changed.
        """

    async def remove(self, user_id: UserId, post_id: PostId) -> bool:
        """Whether there was one."""

    async def move(self, user_id: UserId, folder: str, to: str) -> int:
        """Moves all of a folder to another; returns how many."""

    async def remove_of(self, user_id: UserId) -> None:
        """Removes all of the user's."""


class BookmarkReader(Protocol):
    """As all readers: committed data, one round trip a call."""

    async def page(
        self, user_id: UserId, *, folder: str | None = None, limit: int, before: EventId | None = None
    ) -> list[Bookmark]:
        """The user's bookmarks with an id below `before`, newest first: of one folder, or all."""

    async def folders(self, user_id: UserId) -> list[Folder]:
        """Those that hold something, by name, the default one first."""


class Drafts(Protocol):
    async def add(self, draft: Draft) -> None:
        """Raises `IdConflict`."""

    async def locked(self, draft_id: DraftId) -> Draft | None:
        """The draft, which nobody else changes, publishes or removes until this transaction ends. Who locks the
        author's account, too, does that first.
        """

    async def save(self, draft: Draft) -> None:
        """Replaces the stored draft of this id, which must be `locked`."""

    async def remove(self, draft_id: DraftId) -> None:
        """Idempotent."""

    async def count_of(self, author_id: UserId) -> int:
        """How many the author has. Exact where the author's account is locked."""

    async def remove_of(self, author_id: UserId) -> None:
        """Removes all of the author's."""


class DraftReader(Protocol):
    async def drafts_by_ids(self, ids: Sequence[DraftId]) -> dict[DraftId, Draft]: ...

    async def page(
        self, author_id: UserId, *, scheduled: bool | None = None, limit: int, before: DraftId | None = None
    ) -> list[Draft]:
        """The author's drafts with an id below `before`, newest first: those that are planned, those that are not, or
        all.
        """

    async def due(self, at: datetime, *, limit: int) -> list[Draft]:
        """Those planned for `at` or earlier that have not failed, the longest due first."""


class Pins(Protocol):
    async def put(self, user_id: UserId, post_id: PostId, at: datetime) -> bool:
        """Pins the post in place of any other. Whether that changed anything."""

    async def remove(self, user_id: UserId) -> PostId | None:
        """The post that was pinned, if any."""


class PinReader(Protocol):
    async def pinned(self, user_ids: Sequence[UserId]) -> dict[UserId, PostId]:
        """The post that each of the users pinned, whatever became of it; those who pinned none are left out."""
