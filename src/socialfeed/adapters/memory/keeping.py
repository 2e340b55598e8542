"""Bookmarks and pinned posts: the repositories of a transaction, and the readers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from socialfeed.adapters.memory.database import Changes, Database, Pin
from socialfeed.domain.bookmark import Bookmark, Folder
from socialfeed.domain.ids import EventId, PostId, UserId


@dataclass(frozen=True, slots=True)
class MemoryBookmarks:
    changes: Changes

    async def put(self, bookmark: Bookmark) -> bool:
        key = bookmark.post_id, bookmark.user_id
        present = self.changes.bookmarks.get(key)
        if present is not None and present.folder == bookmark.folder:
            return False
        self.changes.bookmarks.put(key, replace(present, folder=bookmark.folder) if present else bookmark)
        return True

    async def remove(self, user_id: UserId, post_id: PostId) -> bool:
        return self.changes.bookmarks.remove((post_id, user_id)) is not None

    async def move(self, user_id: UserId, folder: str, to: str) -> int:
        moved = [bookmark for bookmark in self._of(user_id) if bookmark.folder == folder]
        for bookmark in moved:
            self.changes.bookmarks.put((bookmark.post_id, user_id), replace(bookmark, folder=to))
        return len(moved)

    async def remove_of(self, user_id: UserId) -> None:
        for bookmark in self._of(user_id):
            self.changes.bookmarks.remove((bookmark.post_id, user_id))

    def _of(self, user_id: UserId) -> list[Bookmark]:
        return self.changes.bookmarks.matching(self.changes.database.bookmarks_by_user, user_id)


@dataclass(frozen=True, slots=True)
class MemoryBookmarkReader:
    database: Database

    async def page(
        self, user_id: UserId, *, folder: str | None = None, limit: int, before: EventId | None = None
    ) -> list[Bookmark]:
        wanted = (
            bookmark
            for bookmark in self._of(user_id)
            if (folder is None or bookmark.folder == folder) and (before is None or bookmark.id < before)
        )
        return sorted(wanted, key=lambda bookmark: bookmark.id, reverse=True)[:limit]

    async def folders(self, user_id: UserId) -> list[Folder]:
        counts = Counter(bookmark.folder for bookmark in self._of(user_id))
        return [Folder(name, counts[name]) for name in sorted(counts)]

    def _of(self, user_id: UserId) -> list[Bookmark]:
        keys = self.database.bookmarks_by_user.keys(user_id)
        return list(self.database.bookmarks.by_keys(keys).values())


@dataclass(frozen=True, slots=True)
class MemoryPins:
    changes: Changes

    async def put(self, user_id: UserId, post_id: PostId, at: datetime) -> bool:
        present = self.changes.pins.get(user_id)
        if present is not None and present.post_id == post_id:
            return False
        self.changes.pins.put(user_id, Pin(post_id, at))
        return True

    async def remove(self, user_id: UserId) -> PostId | None:
        pin = self.changes.pins.remove(user_id)
        return pin.post_id if pin else None


@dataclass(frozen=True, slots=True)
class MemoryPinReader:
    database: Database

    async def pinned(self, user_ids: Sequence[UserId]) -> dict[UserId, PostId]:
        return {user_id: pin.post_id for user_id, pin in self.database.pins.by_keys(user_ids).items()}
